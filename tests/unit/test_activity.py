"""Previews that lists of rooms show: from events, in any order, any number of times."""

import msgspec
import pytest

from chat import events, messages, rooms
from chat.protocol import CreateRoom, ListRooms, Preview, SendMessage
from chat.storage import keys
from simulation.world import World


@pytest.fixture
def world() -> World:
    world = World()
    ada = world.connect("ada")
    rooms.create(world.services, ada, CreateRoom(id="make", title="Lunch", room="lunch"))
    for text in ("first", "second " + "x" * 100):
        messages.send(world.services, ada, SendMessage(id=text[:5], room="lunch", text=text))
    return world


def event(world: World, seq: int) -> events.MessagePosted:
    body = events.message_posted(world.messages_table.items[keys.message("lunch", seq)]).body
    return msgspec.json.decode(body, type=events.MessagePosted)


def shown(world: World) -> Preview | None:
    (room,) = rooms.list_rooms(world.services, world.connect("ada"), ListRooms(id="1")).rooms
    return room.latest


def show(world: World, seq: int) -> None:
    posted = event(world, seq)
    preview = events.preview(posted)
    assert preview is not None
    world.services.rooms.show_latest(posted.room, preview)


def test_a_room_without_messages_has_no_preview(world: World) -> None:
    assert shown(world) is None


def test_late_and_repeated_events_do_not_replace_a_newer_preview(world: World) -> None:
    for seq in (2, 1, 2, 1):
        show(world, seq)
        preview = shown(world)
        assert preview is not None
        assert (preview.seq, preview.author, preview.text) == (2, "Ada", ("second " + "x" * 100)[:80])


def test_a_void_entry_has_no_preview() -> None:
    item = {"sk": 3, "room": "lunch", "kind": "void", "text": "", "sent_at_ms": 1}
    posted = msgspec.json.decode(events.message_posted(item).body, type=events.MessagePosted)
    assert events.preview(posted) is None


def test_an_event_has_the_same_id_however_often_it_is_made(world: World) -> None:
    assert event(world, 1).id == event(world, 1).id != event(world, 2).id
