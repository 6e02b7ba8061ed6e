"""Fan-out: everybody who subscribed, nobody else, whatever single connections answer."""

import msgspec
import pytest

from chat import deliveries, messages, rooms, subscriptions
from chat.delivery import Delivery
from chat.delivery.posting import RETRIES
from chat.errors import UnavailableError
from chat.ports import Outcome, Sender
from chat.protocol import CreateRoom, JoinRoom, SendMessage, Subscribe
from simulation.world import DEFAULTS, World


@pytest.fixture
def world() -> World:
    world = World()
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room="lunch"))
    return world


def subscribe(world: World, user: str, connection: str | None = None) -> Sender:
    sender = world.connect(user, connection=connection)
    rooms.join(world.services, sender, JoinRoom(id="join", room="lunch"))
    subscriptions.subscribe(world.services, sender, Subscribe(id="subscribe", room="lunch"))
    world.queue.bodies.clear()  # what the arrivals themselves have put there
    return sender


def send(world: World, sender: Sender, text: str = "hello") -> None:
    messages.send(world.services, sender, SendMessage(id=text, room="lunch", text=text))


def subscribed(world: World) -> set[str]:
    return {name for part in world.services.fanout.connections.look("lunch", 10_000, 0)[1] for name in part.connections}


def test_a_message_reaches_every_device_in_the_room_but_the_one_that_sent_it(world: World) -> None:
    ada = subscribe(world, "ada")
    subscribe(world, "ada", "ada-2")
    subscribe(world, "grace")
    world.connect("eve")
    send(world, ada)
    assert world.sockets.listeners() == {"ada-2", "grace-1"}
    (frame,) = world.sockets.heard("grace-1")
    assert frame["type"] == "message"
    assert frame["message"]["from"] == {"id": "ada", "name": "Ada"}
    assert (frame["message"]["seq"], frame["message"]["text"]) == (1, "hello")


def test_a_gone_connection_loses_its_subscription_and_fails_nobody_else(world: World) -> None:
    ada = subscribe(world, "ada")
    for number in range(5):
        subscribe(world, f"user{number}")
    world.sockets.answers["user2-1"] = Outcome.GONE
    send(world, ada)
    assert len(world.sockets.listeners()) == 4
    assert "user2-1" not in subscribed(world)
    assert len(subscribed(world)) == 5
    assert world.queue.bodies == []


def test_a_connection_that_can_not_be_reached_is_tried_again_from_the_queue(world: World) -> None:
    ada = subscribe(world, "ada")
    subscribe(world, "grace")
    world.sockets.answers["grace-1"] = Outcome.FAILED
    send(world, ada)
    (body,) = world.queue.bodies
    world.sockets.answers.clear()
    assert deliveries.work_off(world.desk, [body]) == [True]
    assert [frame["message"]["text"] for frame in world.sockets.heard("grace-1")] == ["hello"]


def test_the_queue_tries_after_longer_and_longer_pauses_and_then_says_that_it_failed(world: World) -> None:
    ada = subscribe(world, "ada")
    subscribe(world, "grace")
    subscribe(world, "bea")
    world.sockets.answers["grace-1"] = Outcome.FAILED
    world.queue.delays_s.clear()
    send(world, ada)
    for _ in range(RETRIES - 1):
        (body,) = world.queue.bodies
        world.queue.bodies.clear()
        assert deliveries.work_off(world.desk, [body]) == [True]
    (body,) = world.queue.bodies
    assert world.queue.delays_s == [2, 4, 8, 16, 32]
    assert deliveries.work_off(world.desk, [body]) == [False]
    assert (len(world.queue.bodies), len(world.sockets.heard("bea-1"))) == (1, 1)


def test_all_sockets_that_are_gone_are_dropped_at_once(world: World) -> None:
    ada = subscribe(world, "ada")
    for number in range(50):
        subscribe(world, f"user{number}")
        world.sockets.answers[f"user{number}-1"] = Outcome.GONE
    world.connections_table.calls.clear()
    send(world, ada)
    assert world.connections_table.calls == ["query", "delete_many"]
    assert subscribed(world) == {"ada-1"}


def test_a_large_room_is_delivered_in_slices_by_the_queue(world: World) -> None:
    ada = subscribe(world, "ada")
    for number in range(250):
        subscribe(world, f"user{number}")
    send(world, ada)
    assert world.sockets.listeners() == set()
    assert all(deliveries.work_off(world.desk, world.queue.bodies[:]))
    assert len(world.sockets.listeners()) == 250
    assert "ada-1" not in world.sockets.listeners()


def test_a_room_of_exactly_the_direct_limit_is_posted_to_at_once(world: World) -> None:
    ada = subscribe(world, "ada")
    for number in range(DEFAULTS.direct):
        subscribe(world, f"user{number}")
    send(world, ada)
    assert len(world.sockets.listeners()) == DEFAULTS.direct
    assert world.queue.bodies == []


def test_a_stored_message_is_acknowledged_even_when_it_can_not_be_delivered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = subscribe(world, "ada")

    def unavailable(*_: object) -> None:
        raise UnavailableError("down")

    monkeypatch.setattr(world.services.fanout.connections, "look", unavailable)
    assert messages.send(world.services, ada, SendMessage(id="1", room="lunch", text="hello")).seq == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"hello": "world"}', b'{"order": "dance", "room": "lunch"}'])
def test_a_body_that_is_no_order_fails_alone(world: World, body: bytes) -> None:
    ada = subscribe(world, "ada")
    good = Delivery(room="lunch", frame='{"type":"message"}', connections=[ada.connection])
    assert deliveries.work_off(world.desk, [body, msgspec.json.encode(good)]) == [False, True]
    assert world.sockets.listeners() == {"ada-1"}
