"""`/api/push/…` and the function behind the queues, on recorded events, and browsers behind a push service of ours."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat.aws import push, secrets, wiring
from chat.aws.outbound import HttpOutbound
from chat.tokens import BuiltInIssuer
from functions.connect import push_subscriptions
from functions.message import push as push_messages
from tests.unit.browser_device import Browser
from tests.unit.outside import HANG, Receiver, receiving
from tests.unit.push_stage import PushStage, alert
from tests.unit.test_handlers import CONTEXT, body, recorded
from tests.unit.test_webhook_endpoints import queued

ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")
SUBSCRIPTIONS = "/api/push/subscriptions"


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiving() as server:
        server.status = 201
        yield server


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> PushStage:
    stage = PushStage(HttpOutbound(private=True, timeout_ms=400))
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    monkeypatch.setattr(push, "desk", lambda: stage.desk)
    monkeypatch.setattr(push, "notifier", lambda: stage.notifier)
    return stage


def call(route: str, sent: Any = None, *, user: str | None = "Grace", **path: str) -> tuple[int, dict[str, Any]]:
    shown = {"routeKey": route, "pathParameters": path}
    event = recorded("http_api", **shown, body=json.dumps(sent) if sent is not None else "")
    event["headers"].pop("authorization", None)
    if user:
        event["headers"]["authorization"] = f"Bearer {ISSUER.sign_in(user, wiring.SystemClock().now_ms()).token}"
    answer = push_subscriptions.handle(event, CONTEXT)
    return answer["statusCode"], body(answer)


def level_of(user: str) -> tuple[int, dict[str, Any]]:
    return call("GET /api/push/levels/{room}", user=user, room="lunch")


def test_a_user_registers_a_browser_is_told_on_it_and_removes_it(stage: PushStage, service: Receiver) -> None:
    browser = Browser()
    stage.room("ada", "grace")
    # `expirationTime` is in what browsers give, and is of no use here.
    asked = {"endpoint": service.url, "expirationTime": None, "keys": browser.keys}
    status, made = call(f"POST {SUBSCRIPTIONS}", asked)
    assert (status, made["kind"]) == (201, "web")
    status, shown = call(f"GET {SUBSCRIPTIONS}")
    assert (status, shown["subscriptions"]) == (200, [made])

    event = stage.say("ada", "@grace soup?")
    answer = push_messages.handle(queued(b"poison", event), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    (received,) = service.received
    assert alert(browser, received.body)["text"] == "@grace soup?"
    assert received.headers["authorization"].endswith(shown["vapid_public_key"])

    status, shown = call(f"DELETE {SUBSCRIPTIONS}", {"id": made["id"]})
    assert (status, shown["subscriptions"]) == (200, [])


@pytest.mark.usefixtures("stage")
def test_an_id_that_no_device_can_have_is_refused_and_one_that_none_has_is_not() -> None:
    status, answer = call(f"DELETE {SUBSCRIPTIONS}", {"id": "\U0001f4f1" * 300})
    assert (status, answer["code"]) == (400, "invalid_field")
    assert call(f"DELETE {SUBSCRIPTIONS}", {"id": "0" * 32})[0] == 200


def test_a_user_says_what_they_want_to_hear_of_a_room(stage: PushStage) -> None:
    stage.room("ada", "grace")
    assert level_of("Grace") == (200, {"room": "lunch", "level": None})
    assert call("POST /api/push/levels", {"room": "lunch", "level": "all"})[0] == 200
    assert level_of("Grace") == (200, {"room": "lunch", "level": "all"})
    assert level_of("Eve")[0] == 403
    assert stage.world.rooms_table.items["room#lunch", "member#grace"]["alerts"] == "all"
    status, answer = call("POST /api/push/levels", {"room": "lunch", "level": "all"}, user="Eve")
    assert (status, answer["code"]) == (403, "not_a_member")
    assert call("POST /api/push/levels", {"room": "lunch", "level": "loud"})[1]["code"] == "invalid_field"


@pytest.mark.parametrize(
    "route",
    [
        f"GET {SUBSCRIPTIONS}",
        f"POST {SUBSCRIPTIONS}",
        f"DELETE {SUBSCRIPTIONS}",
        "POST /api/push/levels",
        "GET /api/push/levels/{room}",
    ],
)
@pytest.mark.usefixtures("stage")
def test_nobody_registers_anything_without_a_token(route: str) -> None:
    status, answer = call(route, {}, user=None)
    assert (status, answer["code"]) == (401, "unauthorized")


def test_a_push_service_that_hangs_keeps_nobody_else_from_being_told(stage: PushStage, service: Receiver) -> None:
    stage.room("ada", "grace", "bob")
    with receiving() as hanging:
        hanging.status = HANG
        stage.device("grace", hanging.url)
        browser = stage.device("bob", service.url)
        assert stage.tell(stage.say("ada", "@grace @bob soup?")) == [True]
    assert alert(browser, service.received[0].body)["text"] == "@grace @bob soup?"
    assert b'"attempt":2' in stage.queue.bodies[0]
