"""Last step of an upload that came to nothing: its record says why, its uploader is told, all its bytes go.

Of what its uploader gave up only the bytes go, which arrived afterwards: who did it knows.
"""

from __future__ import annotations

import json
from typing import Any

from chat import log, media, shown_media, signals
from chat.aws import files, media_store, wiring
from chat.aws.models import CANCELLED, UploadRecord
from chat.storage.messages import Stored

FAILED = "The file could not be processed; try again."


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The state of the state machine in, `error` in it as it was caught. Safe to repeat.

    A step may fail after it has done its work: what is in the room already stays there.
    """
    key = event["detail"]["object"]["key"]
    record = media_store.uploads().find(media.media_of(key))
    if record is not None and (posted := _posted(record)) is not None:
        record.finish(posted.seq)
        return {"upload": record.media, "rejected": None}
    reason = _reason(event["error"])
    if record is not None and record.status != CANCELLED:
        record.reject(reason)
        media.tell_rejected(wiring.connections(), wiring.sockets(), record.upload(), reason)
    _remove(key, event.get("inspected"))
    failed = event["error"]["Error"] != media.MediaError.__name__
    signals.UPLOADS.add(of="failed" if failed else "rejected")
    return {"upload": media.media_of(key), "rejected": reason}


def _posted(record: UploadRecord) -> Stored | None:
    upload = record.upload()
    return wiring.messages().recall(upload.room, upload.user, media.command_of(upload))


def _remove(key: str, inspected: dict[str, Any] | None) -> None:
    """What was uploaded, and whatever was made of it; before it was inspected nothing was."""
    media_store.bucket().discard(key)
    if inspected is not None:
        files.files().remove_below(shown_media.folder_of(inspected["room"], inspected["upload"]))


def _reason(error: dict[str, str]) -> str:
    """Words for the uploader: those of a `MediaError` are meant for them, those of a fault of ours are not."""
    if error["Error"] != media.MediaError.__name__:
        return FAILED
    return str(json.loads(error["Cause"])["errorMessage"])
