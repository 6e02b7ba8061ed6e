"""A command sent again whose message is stored: it has its number, whatever has come to guard the room meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.ports import Verdict
from simulation.world import MemoryHook, World
from tests.unit.guarded_room import ask, guarded, outcome, protect, say


@pytest.fixture
def world() -> World:
    return guarded()


MEANWHILE: dict[str, Callable[[World], object]] = {
    "muted": lambda world: ask(world, "ada", action="mute", room="lunch", user="bob", for_s=600),
    "not_allowed": lambda world: ask(world, "ada", action="set_role", room="lunch", user="bob", role="reader"),
    "banned": lambda world: ask(world, "ada", action="remove", room="lunch", user="bob", ban=True),
    "not_a_member": lambda world: ask(world, "ada", action="remove", room="lunch", user="bob"),
    "blocked_word": lambda world: ask(world, "ada", action="configure", room="lunch", blocked_words=["hello"]),
    "message_refused": lambda world: protect(world, hook=MemoryHook(Verdict(allowed=False))),
}


@pytest.mark.parametrize("code", MEANWHILE)
def test_a_message_that_is_stored_is_never_said_to_be_refused(world: World, code: str) -> None:
    first = say(world, "bob", id="k1")
    MEANWHILE[code](world)
    world.clock.pass_ms(5_001)
    assert outcome(say(world, "bob", id="k2")) == code
    again = say(world, "bob", id="k1")
    assert again["result"] == first["result"]
    assert world.services.messages.newest("lunch") == 1
    assert len(world.sockets.heard("bea-1")) == 1


def test_the_same_id_in_another_room_is_refused_as_anything_else_is(world: World) -> None:
    ask(world, "ada", action="create", title="Dinner", room="dinner", members=["bob"])
    say(world, "bob", id="k1")
    ask(world, "ada", action="mute", room="dinner", user="bob", for_s=600)
    assert outcome(ask(world, "bob", action="send", id="k1", room="dinner", text="hello")) == "muted"


def test_a_refusal_for_good_costs_one_read_and_one_for_load_none(world: World) -> None:
    ask(world, "ada", action="mute", room="lunch", user="bob", for_s=600)
    say(world, "bob")
    world.messages_table.calls.clear()
    assert outcome(say(world, "bob")) == "muted"
    assert world.messages_table.calls == ["get!"]
    world.services.pace.observe("lunch", 1, world.clock.now_ms() - 1_000)
    world.services.pace.observe("lunch", 1_001, world.clock.now_ms())
    world.messages_table.calls.clear()
    assert outcome(say(world, "bea")) == "slow_down"
    assert world.messages_table.calls == []
