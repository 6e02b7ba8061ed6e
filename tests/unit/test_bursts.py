"""Hot rooms: messages of a window go out together, in number order, and none is lost whoever dies and when."""

from __future__ import annotations

import json
import random
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import bursts, deliveries
from chat.bursts import HOLE_MS
from chat.delivery import hot, reviews
from chat.delivery.joining import joined, merged
from chat.delivery.orders import Review, Tick, decode
from chat.planning import FRAME_BYTES, Plan
from chat.ports import Absent, Outcome
from chat.storage import keys
from chat.storage.messages import SETTLE_MS, Draft
from chat.storage.windows import LOST_MS
from simulation.world import START_MS, World
from tests.unit.hot_rooms import HOT, ROOM, Worker, arena, heard, put_in_force, say
from tests.unit.test_deaths import Death, Mortal

_takers = count()

DIGEST = Plan("coalesced", "digest", 1_000)


def ticks(world: World) -> list[Tick]:
    return [order for order in map(decode, world.queue.bodies) if isinstance(order, Tick)]


def test_messages_of_a_window_come_as_one_frame_in_number_order() -> None:
    world = arena(150, plan=HOT)
    for number in range(10):
        say(world, f"message {number}")
    assert len(ticks(world)) == 1
    Worker(world).run()
    assert world.sockets.posts == 150
    assert {tuple(heard(world, name)) for name in world.sockets.listeners()} == {tuple(range(1, 11))}


def test_a_message_of_a_claimed_window_costs_one_write_and_no_read() -> None:
    world = arena(150, plan=HOT)
    say(world, "first")
    table = world.connections_table
    table.calls.clear()
    written, read = table.units.written, table.units.read
    say(world, "second")
    assert table.calls == ["put"]
    assert (table.units.written - written, table.units.read - read) == (1, 0)


def test_the_next_window_begins_where_the_last_one_ended() -> None:
    world = arena(150, plan=HOT)
    for first in (0, 5):
        for number in range(first, first + 5):
            say(world, f"message {number}")
        Worker(world).run()
    assert heard(world, "s0000") == list(range(1, 11))
    assert world.sockets.posts == 2 * 150


def test_a_small_hot_room_is_posted_to_by_the_tick_itself() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    say(world, "two")
    (body,) = world.queue.bodies
    world.queue.bodies.clear()
    assert deliveries.work_off(world.desk, [body]) == [True]
    assert (world.sockets.posts, heard(world, "s0000")) == (50, [1, 2])
    assert world.queue.bodies == []


def test_a_window_that_several_had_a_tick_enqueued_for_is_posted_once() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    (body,) = world.queue.bodies
    for _ in range(3):
        assert deliveries.work_off(world.desk, [body]) == [True]
    assert (world.sockets.posts, heard(world, "s0000")) == (50, [1])


def test_a_tick_goes_on_where_another_of_its_window_has_died() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    (body,) = world.queue.bodies
    (tick,) = ticks(world)
    assert world.services.fanout.windows.release(ROOM, tick.until_ms)
    assert deliveries.work_off(world.desk, [body]) == [True]
    assert heard(world, "s0000") == [1]


def test_a_window_is_waited_out_before_it_is_read() -> None:
    world = arena(50, plan=HOT)
    at_ms = world.clock.now_ms()
    say(world, "one")
    Worker(world).run()
    assert world.clock.now_ms() >= at_ms + HOT.window_ms


def test_messages_from_before_the_room_was_hot_are_not_told_again() -> None:
    world = arena(50)
    for number in range(5):
        say(world, f"message {number}")
        world.clock.pass_ms(3_000)
    put_in_force(world, HOT)
    say(world, "hot")
    Worker(world).run()
    assert heard(world, "s0000") == [1, 2, 3, 4, 5, 6]


def draft(world: World, text: str) -> Draft:
    return Draft(ROOM, "text", "eve", "Eve", text, text, world.clock.now_ms())


def store(world: World, seq: int) -> None:
    """The message of a number that was taken some time ago."""
    world.services.messages._store(draft(world, f"number {seq}"), seq, None)


def take_number(world: World) -> int:
    return world.services.messages._take_number(ROOM, f"taker {next(_takers)}", world.clock.now_ms())


def test_what_is_still_being_stored_holds_back_what_comes_after_it_for_a_moment() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    taken = take_number(world)
    say(world, "three")
    (body,) = world.queue.bodies
    world.queue.bodies.clear()
    assert deliveries.work_off(world.desk, [body]) == [True]
    assert heard(world, "s0000") == [1]
    store(world, taken)
    Worker(world).run()
    assert heard(world, "s0000") == [1, 2, 3]


def test_a_number_that_does_not_come_is_passed_over_and_follows_when_it_does() -> None:
    world = arena(50, plan=HOT)
    taken = take_number(world)
    say(world, "two")
    world.clock.pass_ms(HOLE_MS)
    worker = Worker(world)
    worker.run(rounds=1)
    assert heard(world, "s0000") == [2]
    store(world, taken)  # and its function dies before it claims a window
    worker.run()
    assert heard(world, "s0000") == [2, 1]
    assert world.queue.bodies == []


def test_a_number_that_nobody_took_is_waited_for_to_its_end_and_no_longer() -> None:
    world = arena(50, plan=HOT)
    take_number(world)
    say(world, "two")
    Worker(world).run(rounds=30)
    assert heard(world, "s0000") == [2]
    assert world.queue.bodies == []
    assert world.clock.now_ms() < START_MS + 4 * SETTLE_MS


def test_of_many_windows_with_something_left_one_has_it_looked_for() -> None:
    world = arena(50, plan=HOT)
    take_number(world)
    for number in range(5):
        say(world, f"message {number}")
        for batch in Worker(world).batches():
            first = [body for body in batch if not getattr(decode(body), "again", 0)]
            world.queue.bodies += [body for body in batch if body not in first]
            deliveries.work_off(world.desk, first)
    assert [tick.again for tick in ticks(world)] == [1]


def test_a_claim_whose_function_died_before_the_queue_is_not_relied_on() -> None:
    world = arena(50, plan=HOT)
    windows = world.services.fanout.windows
    windows.claim(ROOM, world.clock.now_ms(), 40)  # and dies
    say(world, "another")
    assert len(ticks(world)) == 1
    say(world, "a third relies on the second's tick")
    assert len(ticks(world)) == 1


def test_a_window_whose_tick_was_lost_is_claimed_anew() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    Worker(world).run()
    say(world, "lost")
    world.queue.bodies.clear()
    world.clock.pass_ms(HOT.window_ms + LOST_MS + 1)
    say(world, "found")
    Worker(world).run()
    assert heard(world, "s0000") == [1, 2, 3]


def test_two_ticks_of_the_same_window_are_harmless() -> None:
    world = arena(50, plan=HOT)
    say(world, "one")
    Worker(world, twice=True).run()
    assert set(heard(world, "s0000")) == {1}
    assert world.queue.bodies == []


@pytest.mark.parametrize("size", [20, 150])
@pytest.mark.parametrize("plan", [HOT, Plan("slices")], ids=["hot", "quiet"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_no_acknowledged_message_is_lost_whichever_call_a_function_dies_at(
    size: int, plan: Plan, *, late: bool
) -> None:
    """Each run ends one function at one call: the sender's, or the queue's, which gets its bodies again."""
    at = 0
    while True:
        world = arena(size, plan=plan)
        mortal = Mortal(world, at, late=late)
        acknowledged: list[int] = []
        died = False
        for number in range(3):
            try:
                acknowledged.append(say(world, f"message {number}"))
            except Death:
                died = True
                mortal.end()
        while world.queue.bodies:
            batch, world.queue.bodies = world.queue.bodies[:10], world.queue.bodies[10:]
            try:
                done = deliveries.work_off(world.desk, batch)
            except Death:
                died = True
                mortal.end()
                world.queue.bodies += batch
            else:
                assert all(done)
                if len(world.queue.bodies) and all(getattr(decode(body), "again", 0) for body in world.queue.bodies):
                    world.clock.pass_ms(30_000)
        if not died:
            mortal.end()
            assert at > 10
            return
        assert len(world.sockets.listeners()) == size
        for name in world.sockets.listeners():
            assert set(acknowledged) <= set(heard(world, name)), f"call {at}"
        at += 1


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_and_twice_everybody_gets_every_message(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time
    world = arena(250, plan=HOT)
    names = [f"s{number:04}" for number in range(250)]
    gone, slow = set(names[:20]), set(names[20:40])
    world.sockets.answers |= dict.fromkeys(gone, Outcome.GONE) | dict.fromkeys(slow, Outcome.FAILED)
    worker = Worker(world, twice=True, chance=chance)
    for _ in range(4):
        burst_size = chance.randrange(1, 8)
        for number in range(burst_size):
            say(world, f"{world.clock.now_ms()} {number}")
        worker.run(rounds=1)
        world.clock.pass_ms(chance.randrange(2_000))
    for name in slow:
        world.sockets.answers.pop(name, None)
    worker.twice = False
    worker.run(rounds=80)
    everything = set(range(1, world.services.messages.newest(ROOM) + 1))
    assert {name: set(heard(world, name)) for name in names if name not in gone} == dict.fromkeys(
        sorted(set(names) - gone), everything
    )
    standing = {pk for (pk, sk) in world.connections_table.items if pk.startswith(f"room#{ROOM}") and sk in gone}
    assert standing == set()


def test_a_digest_has_the_newest_messages_and_says_which_it_skipped() -> None:
    world = arena(150, plan=DIGEST)
    for number in range(50):
        say(world, f"message {number}")
    assert world.queue.delays_s[-1] == 1
    world.clock.pass_ms(1_000)
    Worker(world).run()
    assert world.sockets.posts == 150
    assert world.sockets.heard("s0000", "messages_skipped") == [
        {"type": "messages_skipped", "room": ROOM, "first": 1, "last": 30}
    ]
    assert heard(world, "s0000") == list(range(31, 51))


def test_a_digest_skips_nothing_where_everything_fits() -> None:
    world = arena(50, plan=DIGEST)
    say(world, "one")
    Worker(world).run()
    assert world.sockets.heard("s0000", "messages_skipped") == []
    assert heard(world, "s0000") == [1]


def test_a_digest_of_long_messages_is_one_frame_all_the_same() -> None:
    world = arena(50, plan=DIGEST)
    for number in range(15):
        say(world, f"{number:04}", length=4_000)
    Worker(world).run()
    (skipped,) = world.sockets.heard("s0000", "messages_skipped")
    assert world.sockets.posts == 50
    assert heard(world, "s0000") == list(range(skipped["last"] + 1, 16))


def test_a_room_becomes_hot_by_its_own_rate_and_quiet_again() -> None:
    world = arena(150)
    worker = Worker(world)
    for number in range(80):
        say(world, f"message {number}")
        world.clock.pass_ms(40)
    shape = world.services.fanout.connections.shapes.find(ROOM)
    assert (shape.plan.tier, shape.plan.step) == ("coalesced", "no_typing")
    worker.run(rounds=60)
    assert set(heard(world, "s0000")) == set(range(1, 81))
    assert [frame["step"] for frame in world.sockets.heard("s0000", "room_pace")] == ["no_typing", "full"]
    shape = world.services.fanout.connections.shapes.find(ROOM)
    assert (shape.plan, shape.told, world.queue.bodies) == (Plan("slices"), "full", [])


def test_a_step_that_was_not_announced_is_announced_by_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    world = arena(20, plan=Plan("direct", "no_typing"))
    world.connections_table.update(keys.room_shape(ROOM), assign={"told": "full"})
    since_ms = world.services.fanout.connections.shapes.find(ROOM).reviewed_at_ms

    def die(*_: object, **__: object) -> None:
        raise Death

    monkeypatch.setattr(world.sockets, "post", die)
    with pytest.raises(Death):
        reviews.carry_out(world.desk, Review(ROOM, since_ms))
    monkeypatch.undo()
    Worker(world).run(rounds=30)
    assert [frame["step"] for frame in world.sockets.heard("s0000", "room_pace")][-1] == "full"


def test_who_comes_to_a_room_on_a_step_is_told_of_it() -> None:
    world = arena(5, plan=DIGEST)
    reviews.notice_subscriber(world.services.fanout, ROOM, "s0003", world.clock.now_ms())
    (pace,) = world.sockets.heard("s0003", "room_pace")
    assert (pace["room"], pace["step"], pace["tail"]) == (ROOM, "digest", None)


@given(st.lists(st.integers(1, FRAME_BYTES + 5_000)))
def test_joined_frames_keep_their_order_and_the_bound(sizes: list[int]) -> None:
    frames = [json.dumps({"n": number, "x": "x" * size}).encode() for number, size in enumerate(sizes)]
    found: list[Any] = []
    for frame in joined(frames):
        content = json.loads(frame)
        assert len(frame) <= FRAME_BYTES or not isinstance(content, list)
        found += content if isinstance(content, list) else [content]
    assert [each["n"] for each in found] == list(range(len(sizes)))
    assert joined(joined(frames)) == joined(frames)


def test_a_claim_and_a_tick_use_the_row_that_is_free() -> None:
    world = arena(0)
    hot.claim(world.services.fanout, ROOM, HOT, START_MS)
    bursts.carry_out(world.desk, ticks(world)[0])
    world.connections_table.put({"pk": keys.window(ROOM)[0], "sk": keys.window(ROOM)[1]}, Absent())


@given(st.lists(st.lists(st.one_of(st.integers(1, 20), st.sampled_from(["typing", "member"])), min_size=1)))
def test_what_waits_in_several_bodies_has_each_message_once_in_number_order(bodies: list[list[int | str]]) -> None:
    def event(item: int | str) -> bytes:
        found = {"type": item} if isinstance(item, str) else {"type": "message", "message": {"seq": item}}
        return json.dumps(found).encode()

    frames = [frame for body in bodies for frame in joined(map(event, body))]
    items = [item for body in bodies for item in body]
    numbers = sorted({item for item in items if isinstance(item, int)})
    others = [item for item in items if isinstance(item, str)]
    assert merged(frames) == [*map(event, numbers), *map(event, others)]


def test_bodies_for_the_same_shard_go_out_together_and_to_no_sender_its_own() -> None:
    world = arena(150, plan=Plan("slices"))
    world.services.fanout.connections.subscribe("host-1", ROOM, "host", world.clock.now_ms())
    for number in range(3):
        say(world, f"message {number}")
    Worker(world).run(rounds=1)
    assert world.sockets.posts == 150
    assert heard(world, "s0000") == [1, 2, 3]
    assert heard(world, "host-1") == []
