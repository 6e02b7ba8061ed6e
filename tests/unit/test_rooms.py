"""Rooms: who may enter, who sees what."""

import json

import pytest

from chat import access, commands, rooms, subscriptions
from chat.caching.tiers import Tiers
from chat.errors import InvalidFieldError, NotAMemberError, RoomExistsError, RoomNotFoundError, RoomPrivateError
from chat.ports import Sender
from chat.protocol import CreateRoom, JoinRoom, LeaveRoom, ListRooms, RoomEntered, Subscribe
from chat.storage.memberships import Memberships
from simulation.world import World


@pytest.fixture
def world() -> World:
    return World()


def create(world: World, sender: Sender, title: str, **fields: object) -> RoomEntered:
    return rooms.create(world.services, sender, CreateRoom(id=f"make-{title}", title=title, **fields))  # type: ignore[arg-type]


def other_instance(world: World) -> Memberships:
    """What another function instance has: the same table, a memory of its own."""
    return Memberships(world.rooms_table, Tiers(world.clock))


def test_a_public_room_is_listed_for_everybody_and_its_maker_is_in_it(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    for user, member in (("ada", True), ("grace", False)):
        (room,) = rooms.list_rooms(world.services, world.connect(user), ListRooms(id="1")).rooms
        assert (room.room, room.title, room.kind, room.member) == ("lunch", "Lunch", "public", member)


def test_a_private_room_is_listed_for_its_members_only(world: World) -> None:
    create(world, world.connect("ada"), "Secret", kind="private", members=["grace"])
    listed = {
        user: rooms.list_rooms(world.services, world.connect(user), ListRooms(id="1")).rooms
        for user in ("ada", "grace", "eve")
    }
    assert [len(listed[user]) for user in ("ada", "grace", "eve")] == [1, 1, 0]


def test_rooms_are_listed_by_title(world: World) -> None:
    ada = world.connect("ada")
    for title in ("zebra", "Apple", "mango"):
        create(world, ada, title)
    listed = rooms.list_rooms(world.services, ada, ListRooms(id="1")).rooms
    assert [room.title for room in listed] == ["Apple", "mango", "zebra"]


def test_a_user_in_more_rooms_than_one_batch_takes_sees_them_all(world: World) -> None:
    ada = world.connect("ada")
    for number in range(130):
        create(world, ada, f"Room {number}", kind="private")
    assert len(rooms.list_rooms(world.services, ada, ListRooms(id="1")).rooms) == 130


def test_a_list_of_rooms_fits_into_a_frame_with_ones_own_rooms_first(world: World) -> None:
    host, ada = world.connect("host"), world.connect("ada")
    for number in range(700):
        create(world, host, f"{number:03} " + "x" * 76)
    create(world, ada, "Zebra", kind="private")
    reply = commands.answer(world.services, ada, '{"action":"rooms","id":"1"}')
    assert len(reply) < 128 * 1024
    listed = json.loads(reply)["result"]["rooms"]
    assert len(listed) > 400
    assert listed[-1]["title"] == "Zebra"


def test_a_list_of_rooms_that_takes_several_frames_leaves_none_out(world: World) -> None:
    ada = world.connect("ada")
    own = {create(world, ada, f"{number:03} " + "部" * 70, kind="private").room.room for number in range(500)}
    public = {create(world, world.connect("host"), f"Open {number:03}").room.room for number in range(100)}
    seen: list[str] = []
    pages, after = 0, None
    while True:
        frame = json.dumps({"action": "rooms", "id": "1", "after": after})
        page = json.loads(commands.answer(world.services, ada, frame))["result"]
        seen += [room["room"] for room in page["rooms"]]
        pages, after = pages + 1, page["after"]
        if after is None:
            break
    assert (sorted(seen), pages > 1) == (sorted(own | public), True)
    assert set(seen[:300]) <= own


def test_repeating_a_create_gives_the_same_room(world: World) -> None:
    ada = world.connect("ada")
    assert create(world, ada, "Lunch").room.room == create(world, ada, "Lunch").room.room


def test_two_rooms_of_one_title_have_different_ids(world: World) -> None:
    first = create(world, world.connect("ada"), "Lunch")
    second = create(world, world.connect("grace"), "Lunch")
    assert first.room.room != second.room.room


def test_a_taken_room_id_is_refused(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    with pytest.raises(RoomExistsError):
        create(world, world.connect("grace"), "Lunch", room="lunch")


def test_a_title_of_blanks_is_refused(world: World) -> None:
    with pytest.raises(InvalidFieldError, match="title"):
        create(world, world.connect("ada"), "   ")


def test_a_room_of_a_hundred_invited_has_them_all(world: World) -> None:
    invited = [f"user{number}" for number in range(100)]
    made = create(world, world.connect("ada"), "Crowd", kind="private", members=invited)
    for user in invited:
        access.require_member(world.services, user, made.room.room)


def test_joining_twice_is_joining_once(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    grace = world.connect("grace")
    for _ in range(2):
        assert rooms.join(world.services, grace, JoinRoom(id="1", room="lunch")).room.member


def test_nobody_joins_a_room_that_does_not_exist(world: World) -> None:
    with pytest.raises(RoomNotFoundError):
        rooms.join(world.services, world.connect("ada"), JoinRoom(id="1", room="nowhere"))


def test_nobody_joins_somebody_elses_private_room(world: World) -> None:
    create(world, world.connect("ada"), "Secret", room="secret", kind="private")
    with pytest.raises(RoomPrivateError):
        rooms.join(world.services, world.connect("eve"), JoinRoom(id="1", room="secret"))


def test_only_members_subscribe(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    with pytest.raises(NotAMemberError):
        subscriptions.subscribe(world.services, world.connect("eve"), Subscribe(id="1", room="lunch"))


def test_who_leaves_is_no_member_and_gets_nothing_more_on_any_device(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    phone, laptop = world.connect("grace", connection="phone"), world.connect("grace", connection="laptop")
    rooms.join(world.services, phone, JoinRoom(id="1", room="lunch"))
    for device in (phone, laptop):
        subscriptions.subscribe(world.services, device, Subscribe(id="2", room="lunch"))
    rooms.leave(world.services, phone, LeaveRoom(id="3", room="lunch"))
    with pytest.raises(NotAMemberError):
        access.require_member(world.services, "grace", "lunch")
    assert not [name for part in world.services.fanout.connections.look("lunch", 10, 0)[1] for name in part.connections]


def test_a_membership_ended_elsewhere_counts_for_a_few_seconds_at_most(world: World) -> None:
    create(world, world.connect("ada"), "Lunch", room="lunch")
    access.require_member(world.services, "ada", "lunch")
    other_instance(world).dismiss("lunch", "ada")  # by another function instance, whose memory is its own
    access.require_member(world.services, "ada", "lunch")
    world.clock.pass_ms(5_001)
    with pytest.raises(NotAMemberError):
        access.require_member(world.services, "ada", "lunch")
