"""The registry of sockets, and tickets that open one of them once."""

import pytest

from chat import rooms, subscriptions
from chat.ports import Principal
from chat.protocol import CreateRoom, Subscribe
from simulation.world import World

ADA = Principal("ada", "Ada")


@pytest.fixture
def world() -> World:
    return World()


def test_a_ticket_opens_one_socket(world: World) -> None:
    now_ms = world.clock.now_ms()
    world.tickets.issue("secret", ADA, now_ms + 60_000)
    assert world.tickets.redeem("secret", now_ms) == ADA
    assert world.tickets.redeem("secret", now_ms) is None


def test_an_expired_ticket_opens_none(world: World) -> None:
    now_ms = world.clock.now_ms()
    world.tickets.issue("secret", ADA, now_ms + 60_000)
    assert world.tickets.redeem("secret", now_ms + 60_001) is None


def test_an_unknown_ticket_opens_none(world: World) -> None:
    assert world.tickets.redeem("", world.clock.now_ms()) is None
    assert world.tickets.redeem("guess", world.clock.now_ms()) is None


def test_a_ticket_can_not_be_read_from_the_table(world: World) -> None:
    world.tickets.issue("secret", ADA, world.clock.now_ms() + 60_000)
    assert "secret" not in str(world.connections_table.items)


def test_every_row_of_a_socket_expires(world: World) -> None:
    ada = world.connect("ada")
    rooms.create(world.services, ada, CreateRoom(id="make", title="Lunch", room="lunch"))
    subscriptions.subscribe(world.services, ada, Subscribe(id="1", room="lunch"))
    world.tickets.issue("secret", ADA, world.clock.now_ms() + 60_000)
    rows = world.connections_table.items.values()
    assert len(rows) == 5
    for row in rows:
        assert world.clock.now_ms() // 1000 < row["expires_at_s"] < world.clock.now_ms() // 1000 + 3 * 3600


def test_a_closed_socket_leaves_nothing_behind(world: World) -> None:
    ada = world.connect("ada")
    for number in range(40):
        room = f"room-{number}"
        rooms.create(world.services, ada, CreateRoom(id=room, title=room, room=room))
        subscriptions.subscribe(world.services, ada, Subscribe(id=room, room=room))
    world.services.fanout.connections.close("ada-1")
    assert world.connections_table.items == {}
    world.services.fanout.connections.close("ada-1")  # twice is once


def test_a_users_sockets_are_found_by_the_user(world: World) -> None:
    world.connect("ada", connection="phone")
    world.connect("ada", connection="laptop")
    world.connect("grace")
    assert sorted(world.services.fanout.connections.of_user("ada")) == ["laptop", "phone"]
