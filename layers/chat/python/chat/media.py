"""Uploads: what may be uploaded, under which names it is stored, and how an image becomes a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat import access, messages, protection
from chat.errors import (
    BannedError,
    InvalidFieldError,
    MutedError,
    NotAllowedError,
    NotAMemberError,
    RoomNotFoundError,
    SlowModeError,
    TooLargeError,
    TooManyRequestsError,
    UnsupportedTypeError,
)
from chat.ports import EdgeCache, Files, Sockets
from chat.protocol import Media, MediaRejected, RoomId, encode
from chat.services import Services
from chat.storage.connections import ConnectionRegistry
from chat.storage.messages import Draft

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
UPLOAD_LIFETIME_S = 15 * 60
"""How long a permission to upload lasts."""

MAX_FILE_NAME_CHARS = 120

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
"""Content types that are shown, and the ending that each is stored under."""

UPLOADS = "uploads/"


_FOR_GOOD = (
    BannedError,
    MutedError,
    NotAllowedError,
    NotAMemberError,
    RoomNotFoundError,
    SlowModeError,
    TooManyRequestsError,
)
"""Refusals of an image that waiting a moment would not change."""


class MediaError(Exception):
    """Nothing will come of an upload, however often it is tried; the message says why in words for the uploader.

    The state machine knows this error by its class's name and does not retry it.
    """


class UploadRequest(msgspec.Struct, frozen=True):
    """What a client wants to upload, and for which room."""

    room: RoomId
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class Upload:
    """A permitted upload: who, what, and for which room."""

    media: str
    room: str
    user: str
    user_name: str
    file_name: str
    content_type: str


def check(request: UploadRequest) -> None:
    """Raises `UnsupportedTypeError`, `TooLargeError` or `InvalidFieldError` for what will not be taken."""
    if request.content_type not in EXTENSIONS:
        raise UnsupportedTypeError(f"Images only: {', '.join(EXTENSIONS)}.")
    if request.size_bytes > MAX_UPLOAD_BYTES:
        raise TooLargeError(f"An image has at most {MAX_UPLOAD_BYTES:,} bytes.")
    if request.size_bytes < 1:
        raise InvalidFieldError("`size_bytes` is 1 or more.")
    if not 1 <= len(request.name.strip()) <= MAX_FILE_NAME_CHARS:
        raise InvalidFieldError(f"`name` is 1 to {MAX_FILE_NAME_CHARS} characters.")


def upload_key(media: str) -> str:
    """Where the client's bytes arrive."""
    return UPLOADS + media


def media_of(key: str) -> str:
    """The upload whose bytes arrived under `key`."""
    return key.removeprefix(UPLOADS)


def variant_key(upload: Upload, variant: str, content_type: str) -> str:
    """Where a form of the image is served from; the site serves it under the same path."""
    return f"media/{upload.room}/{upload.media}/{variant}.{EXTENSIONS[content_type]}"


def announce(services: Services, upload: Upload, media: Media) -> int:
    """Posts the image to its room as its uploader; its number there. Repeated, it is the same message.

    Raises `MediaError` when the uploader may not post there any more.
    """
    command_id = f"media-{upload.media}"
    try:
        membership = access.require_speaker(services, upload.user, upload.room)
        protection.take_turn(services, membership, command_id)
    except _FOR_GOOD as refused:
        raise MediaError(refused.message) from refused
    draft = Draft(
        room=upload.room,
        kind="image",
        user=upload.user,
        name=upload.user_name,
        text="",
        command_id=command_id,
        sent_at_ms=services.clock.now_ms(),
        media=msgspec.to_builtins(media),
    )
    return messages.post(services, draft).seq


def purge(files: Files, edge_cache: EdgeCache, media: str, shown: Sequence[str]) -> None:
    """Removes an image: as it was uploaded, and as it was `shown`, from caches too. Safe to repeat."""
    files.remove([upload_key(media), *shown])
    edge_cache.forget(shown)


def tell_rejected(connections: ConnectionRegistry, sockets: Sockets, upload: Upload, reason: str) -> None:
    """Tells the uploader's open connections, as far as they can be reached, that nothing will come of the upload."""
    frame = encode(MediaRejected(media=upload.media, room=upload.room, reason=reason))
    sockets.post(connections.of_user(upload.user), frame)
