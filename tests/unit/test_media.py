"""What may be uploaded, and how an image becomes a message of its room once."""

import base64
import dataclasses
import hashlib

import pytest

from chat import media, rooms, shown_media, subscriptions
from chat.errors import ChatError, InvalidFieldError, TooLargeError, UnsupportedTypeError
from chat.media_kinds import parse_limits
from chat.protocol import CreateRoom, JoinRoom, LeaveRoom, Subscribe, Variant
from simulation.world import World

UPLOAD = media.Upload(
    media="m1",
    room="lunch",
    user="ada",
    user_name="Ada",
    file_name="cat.jpg",
    content_type="image/jpeg",
    size_bytes=1000,
)


def variant(longest_px: int, content_type: str, size_bytes: int) -> Variant:
    key = shown_media.variant_key("lunch", "m1", longest_px, content_type)
    return Variant(f"/{key}", content_type, longest_px, longest_px * 3 // 4, size_bytes)


SHOWN = shown_media.media_of(
    "m1",
    "cat.jpg",
    "1QcSHQRnh493V4dIh4eXh1h4kJUI",
    [
        variant(longest_px, content_type, 1_000 * longest_px + at)
        for longest_px in (480, 960, 2048)
        for at, content_type in enumerate(("image/avif", "image/webp", "image/jpeg"))
    ],
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
    media.check(media.UploadRequest(**good), parse_limits(""))  # type: ignore[arg-type]
    with pytest.raises(error):
        media.check(media.UploadRequest(**{**good, **changes}), parse_limits(""))  # type: ignore[arg-type]


def test_an_image_is_announced_once_however_often_the_step_runs(world: World) -> None:
    assert media.announce(world.services, UPLOAD, SHOWN) == media.announce(world.services, UPLOAD, SHOWN) == 1
    frame = world.sockets.heard("grace-1")[0]
    assert all(again == frame for again in world.sockets.heard("grace-1"))
    assert frame["message"]["kind"] == "image"
    assert frame["message"]["from"] == {"id": "ada", "name": "Ada"}
    assert frame["message"]["media"]["thumbnail"]["url"] == "/media/lunch/m1/480.webp"


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


def test_the_bytes_of_an_upload_are_those_that_were_promised() -> None:
    promised = dataclasses.replace(
        UPLOAD, size_bytes=3, sha256=base64.b64encode(hashlib.sha256(b"cat").digest()).decode()
    )
    media.check_arrived(promised, 3, [b"c", b"at"])
    media.check_arrived(dataclasses.replace(promised, sha256=None), 3, [b"dog"])
    with pytest.raises(media.MediaError, match="damaged on its way"):
        media.check_arrived(promised, 3, [b"dog"])
    with pytest.raises(media.MediaError, match="more bytes"):
        media.check_arrived(promised, 4, [b"cats"])


def test_a_deleted_image_is_forgotten_whole_for_the_price_of_one_path(world: World) -> None:
    keys = shown_media.objects_of(SHOWN)
    for key in [media.upload_key("m1"), *keys]:
        world.files.put(key, b"", "image/webp")
    media.remove(world.files, "m1", keys)
    world.purging.forget(keys)
    assert not world.files.objects
    assert world.edge_cache.forgotten == ["media/lunch/m1/*"]


def test_uploads_are_known_by_their_keys() -> None:
    assert media.media_of(media.upload_key("m1")) == "m1"
