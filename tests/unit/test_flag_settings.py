"""`/api/flags`: operators look at what is tried out, change it, and are held to the version that they saw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat import flag_settings
from chat.aws import flags, secrets, wiring
from chat.errors import UnauthorizedError
from chat.flag_settings import Desk, FlagChange
from chat.flags import FLAGS, RECIPIENTS, Recipients, Rule, Subject
from chat.operators import Operators
from chat.ports import Principal
from chat.storage.answers import AnswerBook
from chat.storage.audit import AuditTrail
from chat.storage.flag_rules import REMEMBERED_MS
from chat.versions import VersionConflictError
from functions.ops import flags as endpoint
from simulation.world import World
from tests.unit.test_handlers import CONTEXT

HALF = {"on": True, "shares": {"after": 50}}


class Verifier:
    def verify(self, token: str) -> Principal:
        if token == "forged":
            raise UnauthorizedError("Sign in first.")
        return Principal(token, token, operator=token == "by-claim")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    desk = desk_of(world)
    monkeypatch.setattr(secrets, "verifier", Verifier)
    monkeypatch.setattr(wiring, "operators", lambda: Operators(frozenset({"olga"})))
    monkeypatch.setattr(flags, "desk", lambda: desk)
    monkeypatch.setattr(wiring, "answers", lambda: AnswerBook(world.rooms_table, world.clock))
    return world


def desk_of(world: World) -> Desk:
    return Desk(rules=world.services.flags, audit=AuditTrail(world.rooms_table), ids=world.ids, clock=world.clock)


def ask(user: str, body: object = None, *, key: str | None = None) -> tuple[int, dict[str, Any]]:
    """GET without a body, POST with one."""
    event: dict[str, Any] = {
        "routeKey": "GET /api/flags" if body is None else "POST /api/flags",
        "headers": {"authorization": f"Bearer {user}", **({"idempotency-key": key} if key else {})},
        "body": None if body is None else json.dumps(body),
    }
    answer = endpoint.handle(event, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def change(**fields: object) -> dict[str, object]:
    return {"flag": "recipients", "rule": HALF, "if_version": 0, "why": "does reading along pay?", **fields}


def test_all_flags_are_shown_and_off_until_somebody_sets_them(world: World) -> None:
    status, found = ask("olga")
    assert (status, [each["flag"] for each in found["flags"]]) == (200, sorted(FLAGS))
    (shown,) = [each for each in found["flags"] if each["flag"] == "recipients"]
    assert (shown["variants"], shown["by"], shown["version"], shown["rule"]["on"]) == (
        ["along", "after"],
        "user",
        0,
        False,
    )
    assert world.services.flags.choose(RECIPIENTS, Subject("ada")).compared is False


@pytest.mark.parametrize("operator", ["olga", "by-claim"])
def test_a_change_is_noted_and_in_force_without_a_deployment(world: World, operator: str) -> None:
    status, found = ask(operator, change(rule={"on": True, "shares": {"after": 100}}, why=" ticket 7 "))
    assert (status, found["version"], found["in_force_within_ms"]) == (200, 1, REMEMBERED_MS)
    assert found["changed_at_ms"] == world.clock.now_ms()
    world.services.flags.recall()
    assert world.services.flags.choose(RECIPIENTS, Subject("ada")).variant is Recipients.AFTER
    trail = AuditTrail(world.rooms_table)
    ((deed, *more),) = [list(trail.of_day(day)) for day in trail.days()]
    assert (deed["operator"], deed["what"], deed["why"], more) == (operator, "flags.set", "ticket 7", [])
    assert deed["about"].startswith('recipients: {"on":true,"shares":{"after":100}')


def test_a_kill_switch_is_one_request(world: World) -> None:
    ask("olga", change(rule={"on": True, "shares": {"after": 100}}))
    status, found = ask("olga", change(rule={}, if_version=1, why="it is slower"))
    assert (status, found["version"]) == (200, 2)
    world.services.flags.recall()
    assert world.services.flags.choose(RECIPIENTS, Subject("ada")).variant is Recipients.ALONG


def test_who_has_not_seen_the_last_change_is_refused_and_nothing_is_noted(world: World) -> None:
    assert ask("olga", change())[0] == 200
    noted = len(world.rooms_table.items)
    for version in (0, 2):
        status, found = ask("olga", change(if_version=version, rule={}))
        assert (status, found["code"]) == (409, "version_conflict")
    assert len(world.rooms_table.items) == noted
    assert ask("olga")[1]["flags"][0]["rule"]["on"] is True


def test_a_change_whose_answer_got_lost_is_answered_again_and_done_once(world: World) -> None:
    first = ask("olga", change(), key="k1")
    assert (first, ask("olga", change(), key="k1")) == ((200, first[1]), first)
    assert world.services.flags.read("recipients").version == 1
    assert ask("olga", change(rule={}), key="k1")[0] == 422


def test_of_two_operators_at_the_same_moment_one_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(world)
    before = desk.audit.add

    def add(deed: Any) -> Any:
        monkeypatch.undo()
        flag_settings.change(desk_of(world), "ben", FlagChange("recipients", Rule(on=True), 0, "first"))
        return before(deed)

    monkeypatch.setattr(desk.audit, "add", add)
    with pytest.raises(VersionConflictError):
        flag_settings.change(desk, "olga", FlagChange("recipients", Rule(), 0, "second"))
    assert desk.rules.read("recipients").rule.on


@pytest.mark.parametrize(
    ("user", "body", "status", "code"),
    [
        ("ada", None, 403, "not_allowed"),
        ("ada", change(), 403, "not_allowed"),
        ("forged", change(), 401, "unauthorized"),
        ("olga", change(flag="colour"), 400, "invalid_field"),
        ("olga", change(rule={"on": True, "shares": {"sometimes": 5}}), 400, "invalid_field"),
        ("olga", change(rule={"on": True, "shares": {"after": 101}}), 400, "invalid_field"),
        ("olga", change(rule={"on": True, "shares": {"along": 5}}), 400, "invalid_field"),
        ("olga", change(rule={"on": True, "percent": 5}), 400, "invalid_field"),
        ("olga", change(rule={"roles": {"king": "after"}}), 400, "invalid_field"),
        ("olga", change(if_version=-1), 400, "invalid_field"),
        ("olga", change(why=" "), 400, "invalid_field"),
        ("olga", change(dry_run=True), 400, "invalid_field"),
        ("olga", {"flag": "recipients"}, 400, "invalid_field"),
        ("olga", [], 400, "invalid_field"),
    ],
)
def test_others_and_requests_that_make_no_sense_are_refused(
    world: World, user: str, body: object, status: int, code: str
) -> None:
    answered = ask(user, body)
    assert (answered[0], answered[1]["code"]) == (status, code)
    assert world.services.flags.read("recipients").version == 0
