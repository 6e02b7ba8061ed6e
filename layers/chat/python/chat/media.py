"""Uploads: what may be uploaded, under which names it is stored, and how a file becomes a message."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from chat import access, messages, protection, shown_media
from chat.errors import (
    BannedError,
    InvalidFieldError,
    MutedError,
    NotAllowedError,
    NotAMemberError,
    RoomNotFoundError,
    SlowModeError,
    TooManyRequestsError,
)
from chat.media_kinds import IMAGE, check_size, kind_of
from chat.ports import Files, Sockets
from chat.protocol import Media, MediaRejected, RoomId, encode
from chat.services import Services
from chat.storage.connections import ConnectionRegistry
from chat.storage.messages import Draft

MAX_UPLOAD_BYTES = IMAGE.max_bytes
UPLOAD_LIFETIME_S = 15 * 60
"""How long a presigned form or address lasts."""

MAX_FILE_NAME_CHARS = 120

Sha256 = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]{43}=$")]
"""Of 32 bytes in base64."""

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
"""Refusals of a message that waiting a moment would not change."""


class MediaError(Exception):
    """Nothing will come of an upload, however often it is tried; the message says why in words for the uploader.

    The state machine knows this error by its class's name and does not retry it.
    """


class TakenError(Exception):
    """Another run of the state machine has this upload, or is done with it: the event of an object may come twice."""


class UploadRequest(msgspec.Struct, frozen=True):
    """What a client wants to upload, and for which room. `sha256` is of the file's bytes, in base64.

    `parts`: whether it can send a large file in parts (`chat.upload_parts`).
    """

    room: RoomId
    name: str
    content_type: str
    size_bytes: int
    sha256: Sha256 | None = None
    parts: bool = False


@dataclass(frozen=True)
class Upload:
    """A permitted upload: who, what, and for which room."""

    media: str
    room: str
    user: str
    user_name: str
    file_name: str
    content_type: str
    size_bytes: int
    sha256: str | None = None
    s3_upload: str | None = None
    """What S3 knows the upload by while it comes in parts; None where it comes as one form."""


def check(request: UploadRequest, limits: Mapping[str, int]) -> None:
    """Raises `UnsupportedTypeError`, `TooLargeError` or `InvalidFieldError` for what will not be taken.

    `limits` are the most bytes of each kind.
    """
    check_size(kind_of(request.content_type), request.size_bytes, limits)
    if request.size_bytes < 1:
        raise InvalidFieldError("`size_bytes` is 1 or more.")
    if not 1 <= len(request.name.strip()) <= MAX_FILE_NAME_CHARS:
        raise InvalidFieldError(f"`name` is 1 to {MAX_FILE_NAME_CHARS} characters.")


def check_arrived(upload: Upload, size_bytes: int, parts: Iterable[bytes]) -> None:
    """Raises `MediaError` where these are not the bytes that the client said it would send, as far as it did.

    `parts` are all of them, read only where there is a checksum to hold them against.
    """
    if size_bytes > upload.size_bytes:
        raise MediaError("The file has more bytes than were permitted.")
    if upload.sha256 and _sha256(parts) != upload.sha256:
        raise MediaError("The file was damaged on its way; send it again.")


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return base64.b64encode(digest.digest()).decode()


def upload_key(media: str) -> str:
    """Where the client's bytes arrive."""
    return UPLOADS + media


def media_of(key: str) -> str:
    """The upload whose bytes arrived under `key`."""
    return key.removeprefix(UPLOADS)


def command_of(upload: Upload) -> str:
    """The command id of the message that an upload becomes."""
    return f"media-{upload.media}"


def announce(services: Services, upload: Upload, media: Media) -> int:
    """Posts the file to its room as its uploader; its number there. Repeated, it is the same message.

    Raises `MediaError` when the uploader may not post there any more.
    """
    command_id = command_of(upload)
    try:
        membership = access.require_speaker(services, upload.user, upload.room)
        protection.take_turn(services, membership, command_id)
    except _FOR_GOOD as refused:
        raise MediaError(refused.message) from refused
    draft = Draft(
        room=upload.room,
        kind=media.kind,
        user=upload.user,
        name=upload.user_name,
        text="",
        command_id=command_id,
        sent_at_ms=services.clock.now_ms(),
        media=shown_media.to_row(media),
    )
    return messages.post(services, draft).seq


def remove(files: Files, media: str, shown: Sequence[str]) -> None:
    """Removes a file: as it was uploaded, and all that was `shown` of it. Safe to repeat.

    Beside a playlist are its segments, and frames, of which a message does not tell one by one.
    """
    for playlist in (key for key in shown if key.endswith(".m3u8")):
        files.remove_below(playlist.rpartition("/")[0] + "/")
    files.remove([upload_key(media), *shown])


def tell_rejected(connections: ConnectionRegistry, sockets: Sockets, upload: Upload, reason: str) -> None:
    """Tells the uploader's open connections, as far as they can be reached, that nothing will come of the upload."""
    frame = encode(MediaRejected(media=upload.media, room=upload.room, reason=reason))
    sockets.post(connections.of_user(upload.user), frame)
