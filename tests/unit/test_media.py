"""What may be uploaded, and how an image becomes a message of its room once."""

import dataclasses

import pytest

from chat import media, rooms, subscriptions
from chat.errors import ChatError, InvalidFieldError, TooLargeError, UnsupportedTypeError
from chat.protocol import CreateRoom, JoinRoom, LeaveRoom, Media, Picture, Subscribe
from simulation.world import World

UPLOAD = media.Upload(
    media="m1", room="lunch", user="ada", user_name="Ada", file_name="cat.jpg", content_type="image/jpeg"
)
SHOWN = Media(
    id="m1",
    name="cat.jpg",
    original=Picture("/media/lunch/m1/original.jpg", "image/jpeg", 1200, 800),
    thumbnail=Picture("/media/lunch/m1/thumbnail.webp", "image/webp", 480, 320),
)


@pytest.fixture
def world() -> World:
    world = World()
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room="lunch"))
    grace = world.connect("grace")
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    return world


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"content_type": "image/svg+xml"}, UnsupportedTypeError),
        ({"content_type": ""}, UnsupportedTypeError),
        ({"size_bytes": media.MAX_UPLOAD_BYTES + 1}, TooLargeError),
        ({"size_bytes": 0}, InvalidFieldError),
        ({"name": "  "}, InvalidFieldError),
        ({"name": "x" * 121}, InvalidFieldError),
    ],
)
def test_what_can_not_be_shown_is_refused_before_it_is_uploaded(
    changes: dict[str, object], error: type[ChatError]
) -> None:
    good = {"room": "lunch", "name": "cat.jpg", "content_type": "image/jpeg", "size_bytes": media.MAX_UPLOAD_BYTES}
    media.check(media.UploadRequest(**good))  # type: ignore[arg-type]
    with pytest.raises(error):
        media.check(media.UploadRequest(**{**good, **changes}))  # type: ignore[arg-type]


def test_an_image_is_announced_once_however_often_the_step_runs(world: World) -> None:
    assert media.announce(world.services, UPLOAD, SHOWN) == media.announce(world.services, UPLOAD, SHOWN) == 1
    frame = world.sockets.heard("grace-1")[0]
    assert all(again == frame for again in world.sockets.heard("grace-1"))
    assert frame["message"]["kind"] == "image"
    assert frame["message"]["from"] == {"id": "ada", "name": "Ada"}
    assert frame["message"]["media"]["thumbnail"]["url"] == "/media/lunch/m1/thumbnail.webp"


def test_an_image_of_somebody_who_left_is_not_announced(world: World) -> None:
    rooms.leave(world.services, world.connect("grace"), LeaveRoom(id="1", room="lunch"))
    with pytest.raises(media.MediaError):
        media.announce(world.services, dataclasses.replace(UPLOAD, user="grace", user_name="Grace"), SHOWN)


def test_a_rejection_goes_to_the_uploaders_connections_only(world: World) -> None:
    media.tell_rejected(world.services.fanout.connections, world.sockets, UPLOAD, "The image is damaged.")
    assert world.sockets.listeners("media_rejected") == {"ada-1"}
    assert world.sockets.heard("ada-1", "media_rejected") == [
        {"type": "media_rejected", "media": "m1", "room": "lunch", "reason": "The image is damaged."}
    ]


def test_variants_are_served_from_the_path_they_are_stored_under() -> None:
    assert media.variant_key(UPLOAD, "thumbnail", "image/webp") == "media/lunch/m1/thumbnail.webp"
    assert media.media_of(media.upload_key("m1")) == "m1"
