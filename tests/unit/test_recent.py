"""The newest messages of rooms, kept: never other than the table says, whatever is under way, and cheaper."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from chat import commands
from chat.caching.tiers import Tiers
from chat.ports import Item
from chat.storage import keys
from chat.storage.counters import Counters
from chat.storage.messages import SETTLE_MS, Draft, Excerpt, MessageLog, Span
from simulation.cache import MemoryShared
from simulation.units import Units
from simulation.world import World

NEWEST = Span(50)


@pytest.fixture
def world() -> World:
    world = World()
    world.connect("ada")
    return world


@pytest.fixture
def common(world: World) -> MemoryShared:
    return MemoryShared(world.clock)


def instance(world: World, common: MemoryShared | None = None) -> MessageLog:
    """Of another function instance."""
    return MessageLog(world.messages_table, Tiers(world.clock, common, pause=world.clock.pass_ms))


def send(world: World, text: str = "hello", **fields: Any) -> None:
    number = len(world.messages_table.items)
    draft = Draft("lunch", "text", "ada", "Ada", text, f"c{number}", world.clock.now_ms())
    MessageLog(world.messages_table).append(Draft(**{**vars(draft), **fields}))


def read(log: MessageLog, world: World, span: Span = NEWEST) -> Excerpt:
    return log.read("lunch", span, world.clock.now_ms())


def plain(world: World, span: Span = NEWEST) -> Excerpt:
    return read(MessageLog(world.messages_table), world, span)


def calls_of(log: MessageLog, world: World, span: Span = NEWEST) -> list[str]:
    world.messages_table.calls.clear()
    read(log, world, span)
    return list(world.messages_table.calls)


def test_the_second_reader_of_a_room_reads_its_counter_only(world: World, common: MemoryShared) -> None:
    for _ in range(5):
        send(world)
    assert calls_of(instance(world, common), world) == ["get!", "query"]
    other = instance(world, common)
    assert calls_of(other, world) == ["get!"]
    assert read(other, world) == plain(world)
    assert [entry["sk"] for entry in read(other, world, Span(2)).entries] == [4, 5]


def test_without_a_shared_tier_an_instance_has_its_own_and_never_reads_more_than_before(world: World) -> None:
    for _ in range(5):
        send(world)
    log = instance(world)
    assert calls_of(log, world) == ["get!", "query"]
    assert calls_of(log, world) == ["get!"]
    send(world)
    assert calls_of(log, world) == ["get!", "query"]
    assert read(log, world) == plain(world)


def test_a_new_message_makes_stale_what_was_kept(world: World, common: MemoryShared) -> None:
    send(world)
    log = instance(world, common)
    read(log, world)
    send(world, "news")
    assert read(log, world) == plain(world)
    assert read(instance(world, common), world) == plain(world)


def change(world: World, action: str, **fields: Any) -> Any:
    sender = world.connect("ada")
    frame = json.dumps({"action": action, "id": f"x{len(world.messages_table.items)}", "room": "lunch", **fields})
    answer = json.loads(commands.answer(world.services, sender, frame))
    assert answer["type"] == "ack", answer
    return answer


@pytest.fixture
def room(world: World) -> World:
    """With three messages of ada's, sent as commands."""
    change(world, "create", title="Lunch")
    for text in ("one", "two", "three"):
        change(world, "send", text=text)
    return world


CHANGES: list[dict[str, Any]] = [
    {"action": "edit", "seq": 2, "text": "second"},
    {"action": "delete", "seq": 2},
    {"action": "react", "seq": 2, "emoji": "👍", "on": True},
    {"action": "pin", "seq": 2, "on": True},
    {"action": "send", "text": "a reply", "reply_to": 1},
]


@pytest.mark.parametrize("made", CHANGES, ids=lambda made: made["action"])
@pytest.mark.parametrize("wait_ms", [0, SETTLE_MS + 1])
def test_whatever_becomes_of_a_message_is_seen_by_the_next_reader(
    room: World, common: MemoryShared, made: dict[str, Any], wait_ms: int
) -> None:
    warm = instance(room, common)
    for _ in range(2):
        read(warm, room)
    change(room, **made)
    room.clock.pass_ms(wait_ms)
    for log in (warm, instance(room, common)):
        for _ in range(3):
            assert read(log, room) == plain(room)


def test_a_change_that_is_under_way_keeps_what_is_read_from_being_kept(room: World, common: MemoryShared) -> None:
    Counters(room.messages_table).take_rev("lunch", room.clock.now_ms())
    reader = instance(room, common)
    read(reader, room)
    message = keys.message("lunch", 2)
    pk, sk = keys.change("lunch", 1)
    room.messages_table.put({"pk": pk, "sk": sk, "room": "lunch", "seq": 2, "what": "edited", "changed_at_ms": 1})
    room.messages_table.update(message, assign={"text": "second", "rev": 1})
    assert read(reader, room) == plain(room)
    assert read(instance(room, common), room) == plain(room)


def test_a_message_that_is_under_way_keeps_what_is_read_from_being_kept(room: World, common: MemoryShared) -> None:
    log = MessageLog(room.messages_table)
    seq = log._take_number("lunch", "somebody", room.clock.now_ms())
    reader = instance(room, common)
    read(reader, room)
    draft = Draft("lunch", "text", "ada", "Ada", "late", "late", room.clock.now_ms())
    log._store(draft, seq, None)
    assert [entry["text"] for entry in read(reader, room).entries][-1] == "late"
    assert read(instance(room, common), room) == plain(room)


def test_a_reply_that_is_counted_between_two_partitions_being_read_is_not_kept_half(
    room: World, common: MemoryShared
) -> None:
    change(room, "send", text="a reply", reply_to=1)
    table, old = room.messages_table, {"replies": 0, "last_reply_seq": 0}
    whole = table.items[keys.message("lunch", 1)]
    table.items[keys.message("lunch", 1)] = {**whole, **old}
    reader = instance(room, common)
    read(reader, room)
    table.items[keys.message("lunch", 1)] = whole
    assert read(reader, room) == plain(room)


def test_who_reads_for_all_looks_at_the_changes_where_they_are_new(room: World, common: MemoryShared) -> None:
    change(room, "edit", seq=2, text="second")
    assert calls_of(instance(room, common), room) == ["get!", "query", "query"]
    assert calls_of(instance(room, common), room) == ["get!"]
    assert calls_of(instance(room), room) == ["get!", "query"]


def test_a_room_with_more_new_changes_than_are_looked_at_is_not_kept(room: World, common: MemoryShared) -> None:
    for number in range(130):
        change(room, "edit", seq=2, text=f"version {number}")
    assert calls_of(instance(room, common), room) == ["get!", "query", "query"]
    room.clock.pass_ms(2_000)
    assert calls_of(instance(room, common), room) == ["get!", "query", "query"]
    room.clock.pass_ms(SETTLE_MS)
    read(instance(room, common), room)
    assert calls_of(instance(room, common), room) == ["get!"]


@pytest.mark.parametrize("span", [Span(2, before=2), Span(2, around=1), Span(1, after=0), Span(150), Span(1, after=99)])
def test_spans_that_do_not_reach_the_newest_are_read_as_ever(room: World, common: MemoryShared, span: Span) -> None:
    for _ in range(2):
        assert read(instance(room, common), room, span) == plain(room, span)
    read(instance(room, common), room, Span(100))
    assert read(instance(room, common), room, span) == plain(room, span)


def test_texts_too_large_to_travel_are_not_kept(world: World, common: MemoryShared) -> None:
    for _ in range(10):
        send(world, "x" * 8_000)
    for _ in range(2):
        assert calls_of(instance(world, common), world) == ["get!", "query"]
    assert not [key for key in common.names() if ":claim:" not in key]


def test_what_a_reader_does_to_entries_is_nobody_elses(world: World) -> None:
    send(world)
    log = instance(world)
    for _ in range(2):
        read(log, world).entries[0]["text"] = "changed"
    assert read(log, world) == plain(world)


def test_a_crowd_that_comes_back_at_once_is_one_read_of_the_log(world: World, common: MemoryShared) -> None:
    for _ in range(60):
        send(world)
    world.messages_table.units = Units()
    for _ in range(1_000):
        read(instance(world, common), world, Span(100, after=10))
    assert world.messages_table.calls.count("query") == 1
    assert world.messages_table.units.read < 1_000 * 1 + 30  # a unit for each counter, and the log once


def test_a_crowd_in_a_busy_room_is_one_read_a_message(world: World, common: MemoryShared) -> None:
    world.messages_table.calls.clear()
    for number in range(10):
        send(world, f"message {number}")
        for _ in range(50):
            assert read(instance(world, common), world).newest == number + 1
        world.clock.pass_ms(100)
    assert world.messages_table.calls.count("query") == 10


@pytest.mark.parametrize("seed", range(20))
def test_readers_never_see_other_than_the_table_says(room: World, common: MemoryShared, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test repeats it
    readers = [instance(room, common) for _ in range(3)]
    spans = [NEWEST, Span(2), Span(100, after=1), Span(3, around=2), Span(5, before=3)]
    for step in range(60):
        made = chance.choice([*CHANGES, {"action": "send", "text": f"step {step}"}, None, None])
        if made and _possible(room, made):
            change(room, **made)
        room.clock.pass_ms(chance.choice([0, 10, 1_000, SETTLE_MS]))
        span = chance.choice(spans)
        assert read(chance.choice(readers), room, span) == plain(room, span)


def _possible(room: World, made: dict[str, Any]) -> bool:
    """Nothing more can be done to a message that was deleted."""
    message: Item = room.messages_table.items[keys.message("lunch", made.get("seq", 1))]
    return bool(message["kind"] == "text")
