"""A room that grows beyond what is posted to, and shrinks again: nobody misses a number, whoever dies and when."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat import changes, deliveries, memberships, subscriptions
from chat.delivery import tails
from chat.delivery.orders import Review, decode
from chat.planning import Plan
from chat.protocol import EditMessage, Subscribe, Sync
from chat.storage.memberships import Membership
from chat.storage.messages import SETTLE_MS
from chat.storage.shapes import SPREAD_MS, Shape
from simulation.world import World
from tests.unit.hot_rooms import ROOM, Worker, arena, heard, put_in_force, say
from tests.unit.tailed_room import HOST, LOW, Reader, pace_of
from tests.unit.test_deaths import Death, Mortal

SOCKETS = 24


def shape_of(world: World) -> Shape:
    return world.services.fanout.connections.shapes.find(ROOM)


def look(world: World, times: int = 1) -> None:
    """The next looks at the room, each when it is due, and what they have posted."""
    for _ in range(times):
        _work_off(world, world.queue.bodies)
        while posts := [body for body in world.queue.bodies if not isinstance(decode(body), Review)]:
            world.queue.bodies = [body for body in world.queue.bodies if body not in posts]
            _work_off(world, posts)
        world.clock.pass_ms(SPREAD_MS)


def _work_off(world: World, bodies: list[bytes]) -> None:
    world.queue.bodies = [body for body in world.queue.bodies if body not in bodies]
    assert all(deliveries.work_off(world.desk, bodies))


def tailed_room() -> World:
    """A room that was announced to be followed by its tail."""
    world = arena(SOCKETS, thresholds=LOW)
    say(world, "one")
    look(world)
    assert shape_of(world).silent
    return world


def shrink(world: World, sockets: int = 14) -> None:
    for number in range(sockets):
        world.services.fanout.connections.unsubscribe(f"s{number:04}", ROOM)


def test_a_room_above_the_threshold_is_announced_and_then_posted_to_no_more() -> None:
    world = tailed_room()
    (tail,) = pace_of(world, "s0003")
    assert world.services.fanout.tails.accepts(ROOM, tail["path"].rpartition("/")[2])
    posts = world.sockets.posts
    say(world, "two")
    assert (heard(world, "s0003"), world.sockets.posts) == ([1], posts)
    world.connections_table.calls.clear()
    say(world, "three")
    assert world.connections_table.calls == []


def test_until_the_announcement_is_on_its_way_messages_are_posted() -> None:
    world = arena(SOCKETS, thresholds=LOW)
    put_in_force(world, Plan("tail"), online=SOCKETS)
    say(world, "posted")
    Worker(world).run(rounds=1)
    assert heard(world, "s0003") == [1]


def test_changes_and_who_comes_are_not_posted_either_but_whom_it_happens_to_is_told() -> None:
    world = tailed_room()
    posts = world.sockets.posts
    changes.edit(world.services, HOST, EditMessage(id="e", room=ROOM, seq=1, text="other"))
    assert world.sockets.posts == posts
    assert world.sockets.heard("s0003", "message_changed") == []
    world.connect("eve")
    memberships.announce(world.services.fanout, Membership(ROOM, "eve", "Eve", "reader"), "role", HOST)
    assert world.sockets.listeners("member") == {"eve-1"}


def test_a_room_that_shrinks_is_posted_to_at_once_and_told_when_everybody_knows() -> None:
    world = tailed_room()
    shrink(world)
    look(world)
    shape = shape_of(world)
    assert (shape.plan.tier, shape.told_tail, shape.silent) == ("slices", True, False)
    say(world, "posted again")
    Worker(world).run(rounds=1)
    assert 2 in heard(world, "s0020")
    look(world, 2)
    assert pace_of(world, "s0020")[-1] is None
    assert shape_of(world).told_tail is False


def test_who_subscribes_is_told_where_the_tail_is_also_before_all_are() -> None:
    world = arena(SOCKETS, thresholds=LOW)
    host = world.connect("host", connection="host-9")
    command = Subscribe(id="s", room=ROOM)
    assert subscriptions.subscribe(world.services, host, command).tail is None
    put_in_force(world, Plan("tail"), online=SOCKETS)
    reply = subscriptions.subscribe(world.services, host, command)
    assert reply.tail is not None
    assert world.services.fanout.tails.accepts(ROOM, reply.tail.path.rpartition("/")[2])


def test_in_a_large_room_a_subscriber_and_a_heartbeat_are_told_by_the_shape_as_it_stands() -> None:
    """An instance remembers a shape for 2 s, in which the room may have been announced to all but this one."""
    world = arena(SOCKETS, thresholds=LOW)
    put_in_force(world, Plan("slices"), online=SOCKETS)
    shapes = world.services.fanout.connections.shapes
    known = shapes.recall(ROOM, world.clock.now_ms())
    world.connections_table.update(("room#arena#0", "#shape"), assign={"tier": "tail", "told_tail": True})
    assert shapes.remembered(ROOM, world.clock.now_ms()) == known
    assert tails.for_subscriber(world.services.fanout, ROOM, known) is not None
    assert list(tails.of_rooms(world.services.fanout, [ROOM])) == [ROOM]


def test_a_heartbeat_brings_the_tails_of_rooms_that_are_followed_and_of_no_others() -> None:
    world = tailed_room()
    synced = subscriptions.sync(world.services, HOST, Sync(id="1", rooms={ROOM: 0}, revs={ROOM: 0}))
    assert list(synced.tails) == [ROOM]
    assert subscriptions.sync(world.services, HOST, Sync(id="2", rooms={ROOM: 0})).tails == {}
    stranger = world.connect("eve")
    assert subscriptions.sync(world.services, stranger, Sync(id="3", rooms={}, revs={ROOM: 0})).tails == {}


def test_a_reader_follows_the_room_there_and_back_and_sees_every_message_and_change() -> None:
    world = arena(SOCKETS - 1, thresholds=LOW)
    reader = Reader(world)
    said: list[str] = []

    def talk(count: int) -> None:
        for _ in range(count):
            said.append(f"message {len(said) + 1}")
            say(world, said[-1])
            world.clock.pass_ms(300)

    talk(5)
    look(world)
    reader.listen()
    assert reader.tailed
    talk(150)
    reader.poll()
    changes.edit(world.services, HOST, EditMessage(id="e", room=ROOM, seq=100, text="edited"))
    talk(3)
    reader.poll()
    assert (reader.texts, reader.standing[100]) == (said, "edited")
    shrink(world)
    look(world)
    talk(70)
    look(world, 2)
    talk(2)
    Worker(world).run(rounds=2)
    reader.listen()
    assert not reader.tailed
    assert reader.texts == said


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_no_acknowledged_message_is_missed_whichever_call_a_function_dies_at(*, late: bool) -> None:
    """Each run ends one function at one call, while the room grows, is followed, and shrinks."""
    at = 0
    while Fate(at, late=late).is_met():
        at += 1
    assert at > 100


class Fate:
    """A room with a reader, and the call that a function dies at: a sender's, or the queue's, which is repeated."""

    def __init__(self, at: int, *, late: bool) -> None:
        self.world = arena(SOCKETS - 1, thresholds=LOW)
        self.reader = Reader(self.world)
        self.mortal = Mortal(self.world, at, late=late)
        self.acknowledged: set[int] = set()
        self.died = False

    def is_met(self) -> bool:
        """Whether a function died there. Whatever it was, the reader has all that was acknowledged, once."""
        self.live(3)
        for number in range(14):
            self.attempt(lambda number=number: self.leave(f"s{number:04}"))  # type: ignore[misc]
        self.live(4)
        died = self.died
        if not died:
            self.mortal.end()
            self.died = True  # from here on the reader may call, too
        self.live(1)
        self.world.clock.pass_ms(2 * SETTLE_MS)  # a number that nobody has stored is closed by who reads on
        for _ in range(2):
            self.reader.beat()
        assert self.acknowledged <= self.reader.numbers
        assert len(self.reader.texts) == len(set(self.reader.texts))
        assert not self.reader.tailed
        return died

    def live(self, rounds: int) -> None:
        """Two messages, the queue, and the reader, as often; SPREAD_MS between."""
        for _ in range(rounds):
            for number in range(2):
                text = f"{self.world.clock.now_ms()} {number}"
                self.attempt(lambda text=text: self.acknowledged.add(say(self.world, text)))  # type: ignore[misc]
            bodies, self.world.queue.bodies = self.world.queue.bodies, []
            for body in bodies:
                if not self.attempt(lambda body=body: deliveries.work_off(self.world.desk, [body])):  # type: ignore[misc]
                    self.world.queue.bodies.append(body)
            self.world.clock.pass_ms(SPREAD_MS)
            if self.died:
                self.reader.listen()
                self.reader.poll()

    def attempt(self, function: Callable[[], object]) -> bool:
        """Whether the function lived."""
        try:
            function()
        except Death:
            self.died = True
            self.mortal.end()
            return False
        return True

    def leave(self, connection: str) -> None:
        self.world.services.fanout.connections.unsubscribe(connection, ROOM)
