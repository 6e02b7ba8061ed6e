"""`/api/scaling`, `/api/metrics` and the rest that operators use: good, bad, unauthorised and conflicting input."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from chat import deeds, http, infrastructure, measures
from chat.alerts import Alarm
from chat.dead_letters import LetterView
from chat.operators import BURST, RATE_PER_S
from chat.planning import Thresholds
from chat.ports import Query
from chat.storage import keys
from chat.storage.answers import HELD_MS
from chat.storage.fanout_settings import REMEMBERED_MS
from chat.storage.scaling import Scaling
from tests.unit.operators_stage import Stage, answer_to, call, token_of
from tests.unit.test_handlers import body, recorded

CONFIG, ROLLBACK = "POST /api/scaling/config", "POST /api/scaling/rollback"
ACKNOWLEDGE = "POST /api/monitoring/alerts/{name}/acknowledge"
CHANGE = {"if_version": 0, "why": "a party", "thresholds": {"direct": 50}}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    stage.install(monkeypatch)
    return stage


ROUTES = [
    "GET /api/scaling/config",
    "GET /api/scaling/versions",
    CONFIG,
    ROLLBACK,
    "GET /api/metrics",
    "GET /api/infrastructure/status",
    "GET /api/monitoring/alerts",
    ACKNOWLEDGE,
    "GET /api/monitoring/dashboards",
    "GET /api/monitoring/dashboards/{name}",
    "GET /api/audit",
    "GET /api/audit/chain",
    "GET /api/dead-letters",
    "GET /api/dead-letters/{queue}",
    "POST /api/dead-letters/{queue}/redrive",
    "POST /api/dead-letters/{queue}/discard",
]


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("route", ROUTES)
def test_only_operators_are_let_in(route: str) -> None:
    assert call(route, user=None)[0] == 401
    status, refused = call(route, user="ada")
    assert (status, refused["code"]) == (403, "not_allowed")


def test_an_operator_s_loop_is_held_back_and_nobody_else_s_requests(stage: Stage) -> None:
    answers = [call("GET /api/scaling/config")[0] for _ in range(BURST + 1)]
    assert answers == [200] * BURST + [429]
    assert call("GET /api/audit")[1]["retry_after_ms"] == 1_000 // RATE_PER_S
    assert call("GET /api/audit", user="ada")[0] == 403
    stage.world.clock.pass_ms(1_000 // RATE_PER_S)
    assert call("GET /api/audit")[0] == 200


def test_a_change_is_in_force_for_delivery_within_seconds_and_taken_back_by_its_version(stage: Stage) -> None:
    settings = stage.world.services.fanout.settings
    assert settings.recall().direct == 100
    status, changed = call(CONFIG, {**CHANGE, "limits": {"user_rate_per_s": 5}})
    assert (status, changed["stored"], changed["current"]["version"]) == (200, True, 1)
    stage.world.clock.pass_ms(REMEMBERED_MS)
    assert settings.recall().direct == 50
    looked = call("GET /api/scaling/config")[1]
    assert (looked["in_force"]["direct"], looked["in_force"]["user_rate_per_s"]) == (50, 5)
    assert (looked["deployed"]["direct"], looked["current"]["operator"]) == (100, "olga")
    status, back = call(ROLLBACK, {"version": 0, "if_version": 1, "why": "it is over"})
    assert (status, back["current"]["version"]) == (200, 2)
    stage.world.clock.pass_ms(REMEMBERED_MS)
    assert settings.recall().direct == 100
    assert [version["why"] for version in call("GET /api/scaling/versions")[1]["versions"]] == ["it is over", "a party"]
    noted = call("GET /api/audit", queryStringParameters={"day": "2026-01-01"})
    assert noted[1]["deeds"] == []
    assert {deed["what"] for deed in call("GET /api/audit")[1]["deeds"]} == {"scaling.change"}


def test_a_dry_run_shows_the_effect_and_changes_nothing(stage: Stage) -> None:
    rooms = [{"online": 80, "rate_per_s": 1}]
    _, shown = call(CONFIG, {**CHANGE, "dry_run": True, "rooms": rooms})
    (effect,) = shown["effect"]
    assert (effect["before"]["tier"], effect["after"]["tier"]) == ("direct", "slices")
    assert effect["before"]["posts_per_s"] == 80
    assert (shown["stored"], stage.control.book.current().version, stage.functions.applied) == (False, 0, [])


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"thresholds": {"direct": 1}}, "direct is 10 to 1000"),
        ({"thresholds": {"speed": 1}}, "no threshold speed"),
        ({"thresholds": {"coalesce": 15_000}}, "lets one room take all"),
        ({"thresholds": {"direct": "many"}}, "Expected `int`"),
        ({"limits": {"user_rate_per_s": 0}}, "user_rate_per_s is 1 to"),
        ({"limits": {"user_rate_per_s": 100}}, "user_burst is not below"),
        ({"limits": {"room_rate_per_s": 501}}, "a partition bears no more"),
        ({"limits": {"anything": 1}}, "Invalid enum value"),
        ({"functions": {"health": {"reserved": 5}}}, "can't be scaled"),
        ({"functions": {"message.deliver": {"reserved": 5, "pollers": 6}}}, "would be throttled"),
        ({"functions": {"message.deliver": {"reserved": 5, "provisioned": 6}}}, "more provisioned than may run"),
        ({"functions": {"message.command": {"pollers": 6}}}, "works off no queue"),
        ({"functions": {"message.deliver": {"pollers": 1}}}, ">= 2"),
        ({"why": " "}, "matching regex"),
        ({"surprise": 1}, "unknown field"),
    ],
)
def test_what_makes_no_sense_or_is_unsafe_is_refused_with_the_reason(wanted: dict[str, Any], reason: str) -> None:
    status, refused = call(CONFIG, {**CHANGE, **wanted})
    assert (status, refused["code"]) == (400, "invalid_field")
    assert reason in refused["message"]


@pytest.mark.usefixtures("stage")
def test_who_has_not_seen_the_newest_version_changes_nothing() -> None:
    assert call(CONFIG, CHANGE)[0] == 200
    for route, sent in ((CONFIG, CHANGE), (ROLLBACK, {"version": 0, "if_version": 0, "why": "back"})):
        status, refused = call(route, sent)
        assert (status, refused["code"]) == (409, "version_conflict")
    assert call(ROLLBACK, {"version": 7, "if_version": 1, "why": "back"})[1]["code"] == "version_not_found"


def test_concurrency_that_lambda_does_not_take_is_not_stored(stage: Stage) -> None:
    wanted = {**CHANGE, "functions": {"message.deliver": {"reserved": 50, "pollers": 20}}}
    stage.functions.down = True
    assert call(CONFIG, wanted)[0] == 503
    assert stage.control.book.current().version == 0
    stage.functions.down = False
    assert call(CONFIG, wanted)[0] == 200
    assert stage.functions.applied == [{"message.deliver": {"reserved": 50, "pollers": 20}}]


def test_the_same_request_with_the_same_key_is_done_once(stage: Stage) -> None:
    first, again = call(CONFIG, CHANGE, key="k1"), call(CONFIG, CHANGE, key="k1")
    assert first == again == (200, first[1])
    assert stage.control.book.current().version == 1
    other = call(CONFIG, {**CHANGE, "if_version": 1}, key="k1")
    assert (other[0], other[1]["code"]) == (422, "idempotency_key_reused")
    assert call(CONFIG, CHANGE, key="")[0] == 400


def test_the_same_request_at_the_same_time_is_told_to_wait(stage: Stage) -> None:
    meanwhile: list[tuple[int, Any]] = []
    stage.functions.meanwhile = lambda: meanwhile.append(call(CONFIG, CHANGE, key="k1"))
    assert call(CONFIG, CHANGE, key="k1")[0] == 200
    ((status, told),) = meanwhile
    assert (status, told["code"], told["temporary"]) == (409, "still_running", True)


def test_who_was_quicker_is_not_overwritten_and_its_concurrency_is_set_again(stage: Stage) -> None:
    quicker = Scaling(version=1, functions={"message.deliver": {"reserved": 7}}, why="quicker")
    stage.functions.meanwhile = lambda: stage.control.book.store(quicker)
    status, refused = call(CONFIG, {**CHANGE, "functions": {"message.deliver": {"reserved": 50}}})
    assert (status, refused["code"]) == (409, "version_conflict")
    assert stage.control.book.current() == quicker
    assert stage.functions.applied[-1] == quicker.functions


def test_a_change_that_a_later_deployment_makes_senseless_locks_nobody_out(stage: Stage) -> None:
    assert call(CONFIG, {**CHANGE, "thresholds": {"no_typing": 3_000}})[0] == 200
    stage.control = replace(stage.control, deployed=Thresholds(no_receipts=2_500))
    status, looked = call("GET /api/scaling/config")
    assert (status, looked["in_force"]["no_typing"], looked["in_force"]["no_receipts"]) == (200, 2_000, 2_500)
    assert call(CONFIG, {**CHANGE, "if_version": 1})[0] == 200


def test_a_request_that_was_refused_may_be_sent_again_with_its_key(stage: Stage) -> None:
    stage.functions.down = True
    assert call(CONFIG, CHANGE, key="k1")[0] == 503
    stage.functions.down = False
    assert call(CONFIG, CHANGE, key="k1")[0] == 200


def test_a_request_that_broke_off_can_be_taken_on_by_its_repeat_only(stage: Stage) -> None:
    book, clock = stage.answers, stage.world.clock
    assert book.claim("olga", "k", "one") is None
    claim = book.claim("olga", "k", "one")
    assert claim is not None
    assert claim.answer is None
    clock.pass_ms(HELD_MS + 1)
    other = book.claim("olga", "k", "two")
    assert other is not None
    assert other.fingerprint == "one"
    assert book.claim("olga", "k", "one") is None


def test_an_alarm_is_taken_on_and_that_is_noted(stage: Stage) -> None:
    active = Alarm(name="chat-test-slow", state="ALARM", since_ms=10, reason="high", means="look")
    stage.alarms.found = [active, msgspec.structs.replace(active, name="chat-test-fine", state="OK")]
    found = call("GET /api/monitoring/alerts")[1]
    assert (len(found["active"]), found["quiet"], len(found["history"])) == (1, 1, 1)
    assert found["active"][0]["acknowledged"] is None
    status, taken = call(ACKNOWLEDGE, {"note": "on it"}, key="k", pathParameters={"name": "chat-test-slow"})
    assert (status, taken["acknowledged"]["operator"], taken["acknowledged"]["note"]) == (200, "olga", "on it")
    assert call("GET /api/monitoring/alerts")[1]["active"][0] == taken
    assert call("GET /api/audit")[1]["deeds"][0]["about"] == "chat-test-slow"
    stage.alarms.found = [msgspec.structs.replace(active, since_ms=20)]
    later = call("GET /api/monitoring/alerts")[1]
    assert later["active"][0]["acknowledged"] is None
    assert [(care["name"], care["since_ms"]) for care in later["cared_for"]] == [("chat-test-slow", 10)]


@pytest.mark.parametrize(
    ("name", "sent", "status", "code"),
    [
        ("chat-test-fine", {"note": "on it"}, 409, "alarm_quiet"),
        ("nothing", {"note": "on it"}, 404, "alarm_not_found"),
        ("chat-test-fine", {"note": ""}, 400, "invalid_field"),
        ("chat-test-fine", "no object", 400, "invalid_field"),
    ],
)
def test_what_can_not_be_taken_on(stage: Stage, name: str, sent: Any, status: int, code: str) -> None:
    stage.alarms.found = [Alarm(name="chat-test-fine", state="OK", since_ms=1, reason="", means="")]
    answered = call(ACKNOWLEDGE, sent, pathParameters={"name": name})
    assert (answered[0], answered[1]["code"]) == (status, code)


@pytest.mark.usefixtures("stage")
def test_a_part_that_fails_leaves_the_others_alone() -> None:
    status, told = call("GET /api/infrastructure/status")
    assert (status, told["complete"]) == (200, False)
    assert told["parts"]["tables"]["items"] == [{"name": "Rooms", "status": "ACTIVE"}]
    assert (told["parts"]["queues"]["state"], told["parts"]["queues"]["items"]) == ("failed", [])
    assert "no way" not in json.dumps(told)


def test_a_part_that_is_late_is_not_waited_for() -> None:
    over = threading.Event()

    def waits() -> infrastructure.Items:
        over.wait(30)
        return []

    told = infrastructure.ask({"slow": waits, "quick": list}, 0, budget_s=0.2)
    over.set()
    assert (told.parts["slow"].state, told.parts["quick"].state, told.complete) == ("late", "ok", False)


@pytest.mark.usefixtures("stage")
def test_numbers_come_as_json_or_as_prometheus_reads_them() -> None:
    assert call("GET /api/metrics")[1]["samples"][0]["value"] == 3.0
    told = metrics_for("text/plain; version=0.0.4")
    assert told["headers"]["content-type"] == measures.PROMETHEUS
    assert told["body"] == '# TYPE chat_lambda_errors gauge\nchat_lambda_errors{resource="De\\"liver"} 3.0\n'
    assert metrics_for("application/openmetrics-text")["body"].endswith("# EOF\n")


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("", measures.JSON),
        ("*/*", measures.JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", measures.JSON),
        (
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            measures.OPENMETRICS,
        ),
        ("text/plain;q=0.4, application/json;q=0.3", measures.PROMETHEUS),
        ("text/*, application/json;q=0.9", measures.PROMETHEUS),
        ("application/json;q=0, */*;q=0.1", measures.PROMETHEUS),
        ("TEXT/PLAIN ; Q=1", measures.PROMETHEUS),
    ],
)
def test_the_form_that_is_preferred_is_given(accept: str, given: str) -> None:
    assert metrics_for(accept)["headers"]["content-type"] == given


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("accept", ["text/html", "image/*", "*/*;q=0", "application/json;q=nan"])
def test_a_form_that_is_not_given_is_refused(accept: str) -> None:
    refused = metrics_for(accept)
    assert (refused["statusCode"], body(refused)["code"]) == (406, "not_acceptable")


def metrics_for(accept: str) -> http.Answer:
    event = recorded("http_api", routeKey="GET /api/metrics")
    event["headers"] = {"authorization": f"Bearer {token_of('olga')}", "accept": accept}
    return answer_to(event)


@pytest.mark.usefixtures("stage")
def test_what_is_no_day_is_refused() -> None:
    assert call("GET /api/audit", queryStringParameters={"day": "yesterday"})[0] == 400


@pytest.mark.usefixtures("stage")
def test_a_dashboard_is_looked_at_over_some_hours() -> None:
    assert call("GET /api/monitoring/dashboards")[1]["names"] == ["service"]
    route, about = "GET /api/monitoring/dashboards/{name}", {"name": "service"}
    looked = call(route, pathParameters=about, queryStringParameters={"hours": "12"})[1]
    assert (looked["hours"], looked["panels"][0]["lines"][0]["values"]) == (12, [1.0, 2.5])
    assert call(route, pathParameters=about)[1]["hours"] == 3
    assert call(route, pathParameters=about, queryStringParameters={"hours": "2"})[0] == 400
    status, refused = call(route, pathParameters={"name": "nothing"})
    assert (status, refused["code"]) == (404, "dashboard_not_found")


def test_the_chain_of_what_operators_did_is_gone_through(stage: Stage) -> None:
    assert call("GET /api/audit/chain")[1] == {"held": 0, "days": 0, "complete": True, "breaks": []}
    for version in range(2):
        call(CONFIG, {**CHANGE, "if_version": version})
    assert call("GET /api/audit/chain")[1] == {"held": 2, "days": 1, "complete": True, "breaks": []}
    (page,) = stage.world.rooms_table.query(Query(keys.AUDIT_DAYS))
    pk, sk = keys.audit(page.items[0]["sk"], 1)
    stage.world.rooms_table.put({**(stage.world.rooms_table.get((pk, sk)) or {}), "why": "another reason"})
    told = call("GET /api/audit/chain")[1]
    assert (told["held"], [each["number"] for each in told["breaks"]]) == (1, [1])


def test_a_chain_that_takes_too_long_says_how_far_it_was_gone_through(stage: Stage) -> None:
    for version in range(2):
        call(CONFIG, {**CHANGE, "if_version": version})
    assert deeds.verify_chain(stage.world.rooms_table, lambda: False) == deeds.Chain(
        held=1, days=1, complete=False, breaks=[]
    )


INDEX: dict[str, Any] = {"pathParameters": {"queue": "index"}}
REDRIVE, DISCARD = "POST /api/dead-letters/{queue}/redrive", "POST /api/dead-letters/{queue}/discard"


def letter(name: str) -> LetterView:
    return LetterView(id=name, sent_at_ms=1, receives=4, outline=f'{{"room": "{name}"}}')


def test_dead_letters_are_counted_and_looked_at(stage: Stage) -> None:
    stage.letters.letters = [letter("lunch"), letter("general")]
    (queue,) = call("GET /api/dead-letters")[1]["queues"]
    assert (queue["name"], queue["waiting"], queue["redrive"]) == ("index", 2, "queue")
    shown = call("GET /api/dead-letters/{queue}", **INDEX)[1]["letters"]
    assert [each["id"] for each in shown] == ["lunch", "general"]
    assert call("GET /api/dead-letters/{queue}", pathParameters={"queue": "none"})[1]["code"] == "queue_not_found"


def test_letters_that_are_meant_are_sent_again_once_and_that_is_noted(stage: Stage) -> None:
    stage.letters.letters = [letter("lunch"), letter("general")]
    wanted = {"why": "the cause is mended", "contains": "lunch"}
    first, again = call(REDRIVE, wanted, key="k", **INDEX), call(REDRIVE, wanted, key="k", **INDEX)
    assert first == again
    assert (first[0], first[1]["chosen"], first[1]["done"]) == (200, 1, 1)
    assert stage.letters.treated == [("lunch", "redrive", "olga")]
    (deed,) = call("GET /api/audit")[1]["deeds"]
    assert (deed["what"], deed["why"]) == ("letters.redrive", "the cause is mended")
    assert deed["about"] == "index: 100 at most, with 'lunch'"


def test_a_dry_run_shows_the_letters_that_are_meant_and_does_nothing(stage: Stage) -> None:
    stage.letters.letters = [letter("lunch"), letter("general")]
    _, shown = call(DISCARD, {"why": "to see", "limit": 1, "dry_run": True}, **INDEX)
    assert (shown["chosen"], shown["done"], [each["id"] for each in shown["letters"]]) == (1, 0, ["lunch"])
    assert (len(stage.letters.letters), stage.letters.treated) == (2, [])
    assert call("GET /api/audit")[1]["deeds"] == []


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("sent", [{}, {"why": " "}, {"why": "x", "limit": 101}, {"why": "x", "queue": "other"}])
def test_letters_are_not_treated_without_a_reason_or_too_many_at_once(sent: Any) -> None:
    status, refused = call(DISCARD, sent, **INDEX)
    assert (status, refused["code"]) == (400, "invalid_field")
