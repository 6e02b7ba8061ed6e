"""Edits, deletions and reactions in hot rooms: a window's go out together, each message once, and none is lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from chat import changes, deliveries, reactions
from chat.bursts import BACK_MS, FRESH_MS
from chat.planning import Plan
from chat.ports import Sender
from chat.protocol import DeleteMessage, EditMessage, React
from chat.storage.changes import REPLAYED
from chat.storage.counters import Counters
from chat.storage.messages import SETTLE_MS
from simulation.world import World
from tests.unit.hot_rooms import HOT, ROOM, Worker, arena, heard, put_in_force, say
from tests.unit.test_deaths import Death, Mortal

HOST = Sender(user="host", name="Host", connection="host-1")


def edit(world: World, seq: int, text: str) -> None:
    changes.edit(world.services, HOST, EditMessage(id=f"{seq} {text}", room=ROOM, seq=seq, text=text))


def delete(world: World, seq: int) -> None:
    changes.delete(world.services, HOST, DeleteMessage(id=f"delete {seq}", room=ROOM, seq=seq))


def react(world: World, seq: int, emoji: str) -> None:
    reactions.react(world.services, HOST, React(id=f"{seq} {emoji}", room=ROOM, seq=seq, emoji=emoji))


def changed(world: World, connection: str = "s0000") -> list[dict[str, Any]]:
    """What a socket was told of changed messages, in the order in which it came."""
    return [event["message"] for event in world.sockets.heard(connection, "message_changed")]


def talked(size: int = 150, messages: int = 3, plan: Plan = HOT) -> World:
    """A hot room in which something was said and everybody has it."""
    world = arena(size, plan=plan)
    for number in range(messages):
        say(world, f"message {number}")
    Worker(world).run()
    return world


def test_all_changes_of_a_window_are_one_frame_with_each_message_as_it_stands() -> None:
    world = talked()
    posts = world.sockets.posts
    for number in range(20):
        react(world, 2, chr(0x1F600 + number))
    edit(world, 1, "other words")
    delete(world, 3)
    edit(world, 1, "the last words")
    Worker(world).run()
    assert world.sockets.posts == posts + 150
    told = changed(world)
    assert [(message["seq"], message["kind"], message["text"]) for message in told] == [
        (2, "text", "message 1"),
        (3, "deleted", ""),
        (1, "text", "the last words"),
    ]
    assert len(told[0]["reactions"]) == 20
    assert [message["rev"] for message in told] == [20, 22, 23]


def test_a_change_in_a_claimed_window_costs_its_author_one_write_for_telling_it() -> None:
    world = talked()
    react(world, 1, "a")
    world.connections_table.calls.clear()
    react(world, 1, "b")
    assert world.connections_table.calls == ["put"]


def test_messages_and_changes_of_a_window_share_its_frame_messages_first() -> None:
    world = talked()
    posts = world.sockets.posts
    edit(world, 1, "other words")
    say(world, "and more")
    Worker(world).run()
    assert world.sockets.posts == posts + 150
    assert [event["type"] for event in world.sockets.received["s0000"]][-2:] == ["message", "message_changed"]


def test_a_window_without_changes_reads_nothing_of_them() -> None:
    world = talked()
    say(world, "no change")
    world.messages_table.calls.clear()
    Worker(world).run()
    assert world.messages_table.calls == ["get!", "query"]


def test_what_was_changed_before_the_room_was_hot_is_not_told_again() -> None:
    world = arena(20)
    say(world, "one")
    edit(world, 1, "told at once")
    assert len(changed(world)) == 1
    world.clock.pass_ms(max(BACK_MS, FRESH_MS) + 1)
    put_in_force(world, HOT)
    edit(world, 1, "told by the window")
    Worker(world).run()
    assert [message["text"] for message in changed(world)] == ["told at once", "told by the window"]


def test_more_changes_than_a_run_takes_are_told_by_the_next() -> None:
    world = talked(messages=REPLAYED + 20)
    for seq in range(1, REPLAYED + 21):
        world.clock.pass_ms(15)  # within what a room takes
        react(world, seq, "a")
    Worker(world).run()
    assert [message["seq"] for message in changed(world)] == list(range(1, REPLAYED + 21))


def test_a_change_that_is_stored_late_is_told_when_it_is_there() -> None:
    world = talked(size=20)
    table = world.messages_table
    genuine = table.transact
    late: list[Any] = []
    table.transact = lambda writes, *, token=None: late.append((writes, token))  # type: ignore[method-assign]
    react(world, 1, "a")  # its writer believes that it is stored, and claims the window
    table.transact = genuine  # type: ignore[method-assign]
    react(world, 2, "b")
    Worker(world).run(rounds=1)
    assert [message["seq"] for message in changed(world)] == [2]
    for writes, token in late:
        table.transact(writes, token=token)
    Worker(world).run()
    assert [message["seq"] for message in changed(world)] == [2, 1]


def test_a_rev_that_nobody_uses_is_waited_for_no_longer_than_somebody_may() -> None:
    world = talked()
    Counters(world.messages_table).take_rev(ROOM, world.clock.now_ms())
    react(world, 2, "b")
    Worker(world).run(rounds=60)
    assert [message["seq"] for message in changed(world)] == [2]
    assert world.queue.bodies == []
    assert world.services.fanout.windows.cursor(ROOM).revs_passed_over == ()
    assert world.clock.now_ms() > SETTLE_MS


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_no_change_is_lost_whichever_call_a_function_dies_at(*, late: bool) -> None:
    """Each run ends one function at one call: the author's, whose client sends again, or the queue's."""
    for at in range(1_000):
        world = talked(size=20)
        mortal = Mortal(world, at, late=late)
        died = False
        for step in (partial(react, world, 2, "a"), partial(delete, world, 3)):
            try:
                step()
            except Death:
                died = True
                mortal.end()
                step()
        died |= worked_off_with_a_death(world, mortal)
        if not died:
            mortal.end()
            assert at > 10
            return
        say(world, "the next message")
        Worker(world).run(rounds=60)
        for name in ("s0000", "s0019"):
            assert {message["seq"] for message in changed(world, name)} == {2, 3}, f"call {at}"
            assert heard(world, name)[-1] >= 4


def worked_off_with_a_death(world: World, mortal: Mortal) -> bool:
    """Works off what waits; whether a function died over it, whose bodies come again."""
    died = False
    while world.queue.bodies:
        batch, world.queue.bodies = world.queue.bodies[:10], world.queue.bodies[10:]
        try:
            assert all(deliveries.work_off(world.desk, batch))
        except Death:
            died = True
            mortal.end()
            world.queue.bodies += batch
        if world.queue.bodies and not died:
            world.clock.pass_ms(30_000)
    return died
