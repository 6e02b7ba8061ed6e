"""First step of the media state machine: one run takes the upload, and looks at what the bytes are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chat import file_signatures, log, media, media_kinds
from chat.aws import media_store, wiring
from chat.aws.models import CANCELLED
from chat.aws.ranged_object import RangedObject
from chat.file_signatures import Signature
from chat.imaging import inspection as images
from chat.imaging import pages, texts
from chat.media import MediaError
from chat.media_facts import Facts
from chat.recordings import inspection as recordings


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "execution"}` in, the upload, its room and what its bytes are out. Safe to repeat within one execution.

    Raises `TakenError` in any other one, `MediaError` for bytes that are nothing known or not those that were promised.
    """
    record = media_store.uploads().find(media.media_of(event["key"]))
    if record is None:
        raise MediaError("Nobody was permitted to upload this.")
    if record.status == CANCELLED:
        raise MediaError("The upload was given up.")
    record.take(event["execution"], wiring.clock().now_ms())
    file = media_store.bucket().open(event["key"])
    media.check_arrived(record.upload(), file.size_bytes, file.parts())
    signature = file_signatures.signature_of(file.read(file_signatures.HEAD_BYTES) or b"")
    file.seek(0)
    return {
        "upload": record.media,
        "room": record.room,
        **asdict(_facts(file, signature, record.content_type)),
        "size_bytes": file.size_bytes,
        "stamp": file.stamp,
    }


def _facts(file: RangedObject, signature: Signature, declared: str) -> Facts:
    if signature.demuxer is not None:
        return _of_recording(file, signature.demuxer)
    if signature == file_signatures.DOCUMENT:
        return pages.inspect(_whole(file, media_kinds.DOCUMENT))
    if declared in media_kinds.TEXT_TYPES:
        return texts.inspect(_whole(file, media_kinds.DOCUMENT))
    return images.inspect(_whole(file, media_kinds.IMAGE))


def _of_recording(file: RangedObject, demuxer: str) -> Facts:
    limits = recordings.Limits(video_s=int(wiring.settings().need("video_max_s")))
    facts = recordings.inspect(file, demuxer, limits)
    _refuse_more(file, media_kinds.AUDIO if facts.kind == "audio" else media_kinds.VIDEO)
    return facts


def _whole(file: RangedObject, kind: media_kinds.MediaKind) -> bytes:
    _refuse_more(file, kind)
    return b"".join(file.parts())


def _refuse_more(file: RangedObject, kind: media_kinds.MediaKind) -> None:
    """What was permitted as another kind may be larger than this one's functions can work with."""
    if file.size_bytes > kind.max_bytes:
        raise MediaError(f"The {kind.name} has too many bytes.")
