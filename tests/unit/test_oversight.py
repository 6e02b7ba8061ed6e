"""Operators look rooms and users up, and moderate rooms that they are not in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.moderated_room import ask, furnished, message, outcome, result
from tests.unit.operators_stage import Stage, call

LOOK, DEAL, USER = (
    "GET /api/oversight/rooms/{room}",
    "POST /api/oversight/rooms/{room}",
    "GET /api/oversight/users/{user}",
)
LUNCH: dict[str, Any] = {"pathParameters": {"room": "lunch"}}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(world=furnished())
    stage.install(monkeypatch)
    return stage


def deal(what: str, **more: Any) -> tuple[int, Any]:
    return call(DEAL, {"what": what, "why": "a complaint by mail", **more}, **LUNCH)


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("route", [LOOK, DEAL, USER])
def test_only_operators_oversee(route: str) -> None:
    about: dict[str, Any] = {"pathParameters": {"room": "lunch", "user": "bob"}}
    assert call(route, user=None, **about)[0] == 401
    assert call(route, user="ada", **about)[1]["code"] == "not_allowed"


def test_a_room_shows_who_is_there_and_nothing_that_was_said(stage: Stage) -> None:
    ask(stage.world, "bea", action="report", room="lunch", seq=1, reason="rude")
    status, room = call(LOOK, **LUNCH)
    assert (status, room["members"], room["owner"], room["moderators"]) == (200, 4, "ada", ["mia"])
    assert (room["last_seq"], room["slow_mode_s"], room["tier"], room["more_members"]) == (1, 0, "direct", False)
    assert [(each["seq"], each["user"], each["reason"]) for each in room["reports"]] == [(1, "bea", "rude")]
    assert "Hello" not in str(room)
    assert call(LOOK, pathParameters={"room": "nothing"})[1]["code"] == "room_not_found"


@pytest.mark.usefixtures("stage")
def test_a_user_shows_their_sockets_and_rooms() -> None:
    user = call(USER, pathParameters={"user": "bob"})[1]
    assert [socket["connection"] for socket in user["sockets"]] == ["bob-1"]
    assert [(room["room"], room["role"]) for room in user["rooms"]] == [("lunch", "member")]
    assert (user["erasure"], user["export"]) == (None, None)
    nobody = call(USER, pathParameters={"user": "nobody"})[1]
    assert (nobody["sockets"], nobody["rooms"]) == ([], [])


def test_a_member_is_muted_and_heard_again(stage: Stage) -> None:
    assert deal("mute", user="bob", for_s=60)[0] == 200
    stage.world.clock.pass_ms(10_001)
    assert outcome(ask(stage.world, "bob", action="send", room="lunch", text="still here")) == "muted"
    assert call(LOOK, **LUNCH)[1]["muted"] == ["bob"]
    assert deal("mute", user="bob", for_s=0)[0] == 200
    stage.world.clock.pass_ms(10_001)
    assert outcome(ask(stage.world, "bob", action="send", room="lunch", text="here again")) == "ack"


def test_somebody_is_banned_and_let_in_again_and_an_owner_is_not(stage: Stage) -> None:
    assert deal("ban", user="bob")[0] == 200
    assert deal("ban", user="bob")[0] == 200
    assert call(LOOK, **LUNCH)[1]["banned"] == ["bob"]
    assert outcome(ask(stage.world, "bob", action="join", room="lunch")) == "banned"
    assert deal("unban", user="bob")[0] == 200
    assert call(LOOK, **LUNCH)[1]["banned"] == []
    status, refused = deal("ban", user="ada")
    assert (status, refused["code"]) == (403, "not_allowed")


def test_a_message_is_deleted_and_the_room_told_by_whom(stage: Stage) -> None:
    assert deal("delete", seq=1)[0] == 200
    assert message(stage.world)["kind"] == "deleted"
    assert deal("delete", seq=7)[1]["code"] == "message_not_found"


def test_a_room_is_slowed_down_and_every_deed_is_noted(stage: Stage) -> None:
    assert deal("slow_mode", slow_mode_s=30)[0] == 200
    assert result(stage.world, "ada", action="settings", room="lunch")["slow_mode_s"] == 30
    (deed,) = call("GET /api/audit")[1]["deeds"]
    assert (deed["what"], deed["about"], deed["why"]) == ("room.slow_mode", "lunch: 30 s", "a complaint by mail")


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"what": "mute"}, 400, "invalid_field"),
        ({"what": "delete"}, 400, "invalid_field"),
        ({"what": "close"}, 400, "invalid_field"),
        ({"what": "ban", "user": "bob", "why": " "}, 400, "invalid_field"),
        ({"what": "mute", "user": "eve"}, 404, "user_not_found"),
    ],
)
def test_what_makes_no_sense_is_refused(sent: dict[str, Any], status: int, code: str) -> None:
    answered = call(DEAL, {"why": "because", **sent}, **LUNCH)
    assert (answered[0], answered[1]["code"]) == (status, code)
