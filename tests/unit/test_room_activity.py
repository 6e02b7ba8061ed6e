"""Rooms that are not on screen: who is told how far they have got, how often, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import activity, events
from chat.errors import UnavailableError
from chat.ports import Page, Query
from chat.storage import keys
from chat.storage.memberships import Membership
from chat.storage.rooms import RoomRecord
from simulation.table import MemoryTable
from simulation.world import World
from tests.unit.crowds import ROOM, ask, follow, posts, user, work_off


def elsewhere(size: int, room: str = ROOM) -> World:
    """A stage with a room of `size` members, each with a socket that does not follow it."""
    world = World()
    record = world.services.rooms.make(RoomRecord(room, room, "private", room))
    for number in range(size):
        sender = world.connect(user(number))
        world.services.members.admit(record, Membership(room, sender.user, sender.name, "member"))
    return world


def say(world: World, text: str, who: str = "u0000", room: str = ROOM) -> int:
    """Somebody says something, and nobody has heard of it yet; its number."""
    sent = ask(world, who, action="send", id=f"say-{text}", room=room, text=text)
    assert sent["type"] == "ack", sent
    world.sockets.received.clear()
    seq: int = sent["result"]["seq"]
    return seq


def hear(world: World, seq: int, room: str = ROOM) -> None:
    """The function that keeps previews hears of a message."""
    posted = msgspec.json.decode(
        events.message_posted(world.messages_table.items[keys.message(room, seq)]).body, type=events.MessagePosted
    )
    preview = events.preview(posted)
    assert preview is not None
    world.services.rooms.show_latest(room, preview)
    activity.announce(world.activity, room)


def told(world: World, connection: str) -> list[int]:
    """The numbers that a socket was told."""
    return [event["last_seq"] for event in world.sockets.heard(connection, "room_activity")]


def test_who_does_not_follow_a_room_is_told_how_far_it_has_got_and_what_was_said_last() -> None:
    world = elsewhere(2)
    hear(world, say(world, "soup?"))
    assert posts(world) == 0
    assert world.notices_queue.delays_s == [activity.DELAY_S]
    assert work_off(world) == 1
    (event,) = world.sockets.heard("u0001-1", "room_activity")
    latest = {"seq": 1, "author": "U0000", "text": "soup?", "sent_at_ms": world.clock.now_ms()}
    assert event == {"type": "room_activity", "room": ROOM, "last_seq": 1, "latest": latest}


def test_a_socket_that_follows_the_room_gets_nothing_and_its_users_other_ones_do() -> None:
    world = elsewhere(3)
    for number in (0, 1):
        follow(world, f"{user(number)}-1", user(number))
        world.connect(user(number), connection=f"{user(number)}-2")
    hear(world, say(world, "soup?"))
    work_off(world)
    assert world.sockets.listeners("room_activity") == {"u0000-2", "u0001-2", "u0002-1"}


def test_who_is_out_of_the_room_is_told_nothing() -> None:
    world = elsewhere(4)
    ask(world, user(1), action="leave", room=ROOM)
    world.services.members.ban(Membership(ROOM, user(2), "U0002", "member"), now="member")
    hear(world, say(world, "soup?"))
    work_off(world)
    assert world.sockets.listeners("room_activity") == {"u0000-1", "u0003-1"}


def test_what_is_unread_is_what_the_list_of_rooms_counts_ones_own_messages_included() -> None:
    world = elsewhere(2)
    for text in ("soup?", "or curry?"):
        hear(world, say(world, text))
    work_off(world)
    for number in range(2):
        (listed,) = ask(world, user(number), action="rooms")["result"]["rooms"]
        (event,) = world.sockets.heard(f"{user(number)}-1", "room_activity")
        assert event["last_seq"] - listed["read_seq"] == listed["unread"] == 2
        assert event["latest"] == listed["latest"]


@pytest.mark.parametrize(("size", "count"), [(2, 2), (10, 10), (100, 100), (1000, 0)])
def test_however_much_is_said_within_two_seconds_each_socket_is_told_once(size: int, count: int) -> None:
    world = elsewhere(size)
    for number in range(20):
        hear(world, say(world, f"{number}"))
        world.clock.pass_ms(activity.HELD_MS // 20 - 1)
    assert work_off(world) == 1
    assert posts(world) == count
    if count:
        assert told(world, "u0001-1") == [20]


@pytest.mark.parametrize(("size", "calls"), [(2, 6), (10, 14), (100, 104), (1000, 3)])
def test_telling_a_room_costs_a_query_for_each_member_and_four_calls_more(
    size: int, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = elsewhere(size)
    seq = say(world, "soup?")
    queries: list[Query] = []
    query = MemoryTable.query

    def counted(table: MemoryTable, *asked: Query) -> list[Page]:
        queries.extend(asked)
        return query(table, *asked)

    monkeypatch.setattr(MemoryTable, "query", counted)
    tables = (world.rooms_table, world.connections_table, world.messages_table)
    for table in tables:
        table.calls.clear()
    hear(world, seq)
    work_off(world)
    others = [call for table in tables for call in table.calls if call != "query"]
    assert others.pop(0) == "put"  # the preview, which there was anyway
    assert len(others) + len(queries) == calls


def test_nothing_of_it_is_on_the_way_of_the_message() -> None:
    world = elsewhere(3)
    world.services.fanout.connections.unsubscribe("u0000-1", ROOM)
    ask(world, user(0), action="send", room=ROOM, text="soup?")
    assert world.notices_queue.bodies == []
    assert posts(world) == 0


@dataclass
class Timeline:
    """A stage on which what waits in the queue of notices is worked off when its time has come."""

    world: World
    due: list[tuple[int, bytes]] = field(default_factory=list)
    told_at_ms: list[int] = field(default_factory=list)

    def hear(self, seq: int) -> None:
        hear(self.world, seq)
        queue = self.world.notices_queue
        delay_s = queue.delays_s[-1] if queue.delays_s else 0
        self.due += [(self.world.clock.now_ms() + delay_s * 1_000, body) for body in queue.bodies]
        queue.bodies.clear()

    def pass_ms(self, duration_ms: int) -> None:
        until_ms = self.world.clock.now_ms() + duration_ms
        while self.due and self.due[0][0] <= until_ms:
            self.world.clock.at_ms, body = self.due.pop(0)
            self.told_at_ms.append(self.world.clock.at_ms)
            self.world.notices_queue.bodies = [body]
            work_off(self.world)
        self.world.clock.at_ms = until_ms


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4_500), st.booleans()), min_size=1, max_size=30))
def test_each_message_is_told_within_three_seconds_and_a_room_once_in_two(said: list[tuple[int, bool]]) -> None:
    """`said`: pauses before messages, in ms, and whether it is another function instance that hears of it."""
    timeline = Timeline(elsewhere(2))
    world = timeline.world
    heard_at_ms = []
    for number, (pause_ms, another) in enumerate(said):
        timeline.pass_ms(pause_ms)
        if another:
            world.activity.recent.hold(ROOM, 0)
        heard_at_ms.append(world.clock.now_ms())
        assert ask(world, user(0), action="send", id=f"{number}", room=ROOM, text="hello")["type"] == "ack"
        timeline.hear(number + 1)
    timeline.pass_ms(activity.DELAY_S * 1_000)
    assert timeline.due == []
    seen = told(world, "u0001-1")
    for seq, at_ms in enumerate(heard_at_ms, 1):
        in_time = [
            last
            for last, told_ms in zip(seen, timeline.told_at_ms, strict=True)
            if at_ms < told_ms <= at_ms + activity.DELAY_S * 1_000
        ]
        assert max(in_time) >= seq
    assert seen[-1] == len(said)
    assert len(seen) <= (heard_at_ms[-1] - heard_at_ms[0]) // activity.HELD_MS + 1


def test_messages_of_a_direct_room_are_told_at_once_and_each() -> None:
    world = World()
    for who in ("ada", "grace"):
        world.connect(who)
    room = ask(world, "ada", action="direct", user="grace")["result"]["room"]["room"]
    follow(world, "ada-1", "ada", room)
    for number in range(3):
        hear(world, say(world, f"{number}", "ada", room), room)
        assert world.notices_queue.delays_s == [0] * (number + 1)
        work_off(world)
        assert told(world, "grace-1") == [number + 1]
        assert told(world, "ada-1") == []


def test_a_room_that_only_looks_like_a_direct_one_is_not_told_at_once() -> None:
    world = elsewhere(2, "direct-room")
    hear(world, say(world, "soup?", room="direct-room"), "direct-room")
    assert world.notices_queue.delays_s == [activity.DELAY_S]


def test_of_a_room_above_a_hundred_members_nobody_is_told_and_it_is_left_alone_for_a_minute() -> None:
    world = elsewhere(101)
    for passed_ms, asked in ((0, 1), (59_000, 0), (1_000, 1)):
        world.clock.pass_ms(passed_ms)
        hear(world, say(world, f"{world.clock.now_ms()}"))
        assert work_off(world) == asked
    assert posts(world) == 0


def test_banned_users_make_no_small_room_a_large_one() -> None:
    world = elsewhere(100)
    for number in range(100, 130):
        assert world.services.members.ban(Membership(ROOM, user(number), user(number), "member"), now=None)
    hear(world, say(world, "soup?"))
    work_off(world)
    assert posts(world) == 100


def test_a_room_that_more_than_a_hundred_sockets_follow_is_left_alone_too() -> None:
    world = elsewhere(2)
    for number in range(101):
        follow(world, f"phone-{number}", user(0))
    hear(world, say(world, "soup?"))
    work_off(world)
    assert posts(world) == 0


def test_two_function_instances_have_a_room_told_once() -> None:
    world = elsewhere(2)
    hear(world, say(world, "soup?"))
    world.activity.recent.hold(ROOM, 0)  # the other instance remembers nothing
    hear(world, say(world, "or curry?"))
    assert work_off(world) == 1
    assert told(world, "u0001-1") == [2]


def test_while_a_claim_is_known_hearing_of_a_message_costs_its_preview_only() -> None:
    world = elsewhere(2)
    hear(world, say(world, "soup?"))
    seq = say(world, "or curry?")
    world.rooms_table.calls.clear()
    hear(world, seq)
    assert world.rooms_table.calls == ["put"]


def once_out_of_reach(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, which fails the first time."""
    failed: list[bool] = []

    def attempt(*args: Any, **more: Any) -> Any:
        if not failed:
            failed.append(True)
            raise UnavailableError("out of reach")
        return call(*args, **more)

    return attempt


@pytest.mark.parametrize("fault", ["the room", "the claim", "the queue"])
def test_whom_a_run_that_failed_left_untold_its_repeat_tells(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = elsewhere(2)
    seq = say(world, "soup?")
    bundle = world.activity
    target: Any = {"the room": bundle.rooms, "the claim": bundle.claims, "the queue": bundle.queue}[fault]
    name = {"the room": "find", "the claim": "take", "the queue": "send"}[fault]
    monkeypatch.setattr(target, name, once_out_of_reach(getattr(target, name)))
    with pytest.raises(UnavailableError):
        hear(world, seq)
    assert work_off(world) == 0
    if fault == "the queue":
        world.clock.pass_ms(activity.HELD_MS)  # SQS hands the event out again after minutes
    hear(world, seq)
    assert work_off(world) == 1
    assert told(world, "u0001-1") == [1]
