"""`/api/webhooks` and the functions behind the queues, on recorded events with a stage in memory."""

import json
from typing import Any

import pytest

from chat.aws import secrets, webhooks, wiring
from chat.operators import Operators
from chat.ports import Query
from chat.storage.answers import AnswerBook
from chat.storage.audit import Link, verify
from chat.tokens import BuiltInIssuer
from functions.message import webhook_deliveries
from functions.message import webhooks as webhook_routing
from functions.ops import webhook_settings
from simulation.outbound import MemoryOutbound
from tests.unit.test_handlers import CONTEXT, body, recorded
from tests.unit.test_webhooks import said
from tests.unit.webhook_stage import WebhookStage, posted

ASKED = {"url": "https://one.example/hook", "events": ["MessagePosted"]}
ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")


@pytest.fixture
def outbound() -> MemoryOutbound:
    return MemoryOutbound()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, outbound: MemoryOutbound) -> WebhookStage:
    stage = WebhookStage(outbound, private=False)
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    monkeypatch.setattr(wiring, "operators", lambda: Operators(frozenset({"ops"})))
    monkeypatch.setattr(wiring, "answers", lambda: AnswerBook(stage.world.rooms_table, stage.world.clock))
    monkeypatch.setattr(webhooks, "registry", lambda: stage.registry)
    monkeypatch.setattr(webhooks, "router", lambda: stage.router)
    monkeypatch.setattr(webhooks, "dispatch", lambda: stage.dispatch)
    return stage


def call(
    route: str, sent: Any = None, *, webhook: str = "", user: str | None = "ops", key: str | None = None
) -> tuple[int, dict[str, Any]]:
    event = recorded("http_api", routeKey=route, body=json.dumps(sent) if sent is not None else "")
    event["pathParameters"] = {"webhook": webhook}
    event["headers"].pop("authorization", None)
    if user:
        event["headers"]["authorization"] = f"Bearer {ISSUER.sign_in(user, wiring.SystemClock().now_ms()).token}"
    if key is not None:
        event["headers"]["idempotency-key"] = key
    answer = webhook_settings.handle(event, CONTEXT)
    return answer["statusCode"], body(answer)


def test_a_request_that_is_sent_again_makes_no_second_endpoint_and_no_second_secret(stage: WebhookStage) -> None:
    status, made = call("POST /api/webhooks", ASKED, key="one")
    assert call("POST /api/webhooks", ASKED, key="one") == (status, made)
    assert len(stage.registry.book.all()) == 1
    rotated = call("POST /api/webhooks/{webhook}/secret", webhook=made["id"], key="two")
    assert call("POST /api/webhooks/{webhook}/secret", webhook=made["id"], key="two") == rotated
    status, refused = call("POST /api/webhooks/{webhook}/enable", webhook=made["id"], key="two")
    assert (status, refused["code"]) == (422, "idempotency_key_reused")
    (page,) = stage.world.rooms_table.query(Query("answers#ops", consistent=True))
    assert not [item for item in page.items if "whsec" in str(item)]


def test_what_is_done_to_an_endpoint_is_noted_with_who_did_it(stage: WebhookStage) -> None:
    _, made = call("POST /api/webhooks", ASKED)
    for action in ("secret", "enable"):
        call(f"POST /api/webhooks/{{webhook}}/{action}", webhook=made["id"])
    call("DELETE /api/webhooks/{webhook}", webhook=made["id"])
    trail = stage.registry.audit
    noted = [deed for day in trail.days() for deed in trail.of_day(day)]
    assert [deed["what"].partition(".")[2] for deed in noted] == ["register", "rotate", "enable", "remove"]
    assert {(deed["operator"], deed["about"]) for deed in noted} == {("ops", f"webhook:{made['id']}")}
    assert all(isinstance(link, Link) for link in verify(trail))


def queued(*bodies: bytes) -> dict[str, Any]:
    event = recorded("sqs")
    template = event["Records"][0]
    event["Records"] = [
        {**template, "messageId": str(number), "body": each.decode()} for number, each in enumerate(bodies)
    ]
    return event


@pytest.mark.usefixtures("stage")
def test_an_operator_registers_looks_rotates_and_removes() -> None:
    status, made = call("POST /api/webhooks", ASKED)
    assert (status, made["status"], made["made_by"]) == (201, "ok", "ops")
    assert made["secret"].startswith("whsec_")
    shown = {name: value for name, value in made.items() if name != "secret"}
    assert call("GET /api/webhooks") == (200, {"webhooks": [shown]})
    one = {"webhook": made["id"]}
    assert call("GET /api/webhooks/{webhook}", **one) == (200, shown)
    status, rotated = call("POST /api/webhooks/{webhook}/secret", **one)
    assert (status, rotated["secret"] == made["secret"]) == (200, False)
    status, enabled = call("POST /api/webhooks/{webhook}/enable", **one)
    assert (status, enabled["status"]) == (200, "ok")
    assert call("DELETE /api/webhooks/{webhook}", **one)[0] == 200
    assert call("GET /api/webhooks") == (200, {"webhooks": []})


ROUTES = [
    "GET /api/webhooks",
    "POST /api/webhooks",
    "GET /api/webhooks/{webhook}",
    "DELETE /api/webhooks/{webhook}",
    "POST /api/webhooks/{webhook}/secret",
    "POST /api/webhooks/{webhook}/enable",
    "POST /api/webhooks/{webhook}/replay",
]


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_but_an_operator_may(stage: WebhookStage, route: str) -> None:
    made = call("POST /api/webhooks", ASKED)[1]
    for user, status, code in (("eve", 403, "not_allowed"), (None, 401, "unauthorized")):
        answer = call(route, ASKED, webhook=made["id"], user=user)
        assert (answer[0], answer[1]["code"]) == (status, code)
    assert [webhook.id for webhook in stage.book.all()] == [made["id"]]


@pytest.mark.parametrize("route", ROUTES[2:])
@pytest.mark.parametrize("webhook", ["unknown", "x" * 2_000])
@pytest.mark.usefixtures("stage")
def test_a_webhook_that_is_not_there_is_not_found(route: str, webhook: str) -> None:
    status, answer = call(route, {"room": "lunch", "first": 1, "last": 2}, webhook=webhook)
    assert (status, answer["code"]) == (404, "webhook_not_found")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, "malformed"),
        ([], "invalid_field"),
        ({}, "invalid_field"),
        ({**ASKED, "url": "http://one.example"}, "invalid_field"),
        ({**ASKED, "events": ["MessageRead"]}, "invalid_field"),
        ({**ASKED, "rooms": ["NO"]}, "invalid_field"),
        ({**ASKED, "more": 1}, "invalid_field"),
    ],
)
@pytest.mark.usefixtures("stage")
def test_a_registration_that_is_wrong_is_refused(sent: Any, code: str) -> None:
    status, answer = call("POST /api/webhooks", sent)
    assert (status, answer["code"]) == (400, code)


def test_messages_are_replayed(stage: WebhookStage) -> None:
    said(stage, 3)
    made = call("POST /api/webhooks", ASKED)[1]
    asked = {"room": "lunch", "first": 2, "last": 3}
    answer = call("POST /api/webhooks/{webhook}/replay", asked, webhook=made["id"])
    assert answer == (202, {"replayed": 2})
    assert len(stage.queue.bodies) == 2


def test_an_event_goes_from_one_queue_to_the_other_and_out(stage: WebhookStage, outbound: MemoryOutbound) -> None:
    stage.register("https://one.example/hook")
    routed = webhook_routing.handle(queued(posted(1), b"poison"), CONTEXT)
    assert routed == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    sent = webhook_deliveries.handle(queued(b"poison", *stage.queue.bodies), CONTEXT)
    assert sent == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert [request.body for request in outbound.sent] == [posted(1)]
