"""Last step of the media state machine: the file becomes a message of its room."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media, signals
from chat.aws import media_store, wiring
from chat.aws.models import REJECTED
from chat.media import MediaError
from chat.protocol import Media


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"upload", "media"}` in; `{"upload", "seq"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.uploads().find(event["upload"])
    if record is None or record.status == REJECTED:
        raise MediaError("The upload was forgotten.")
    seq = media.announce(wiring.services(), record.upload(), msgspec.convert(event["media"], Media))
    record.finish(seq)
    signals.UPLOADS.add(of="announced")
    return {"upload": event["upload"], "seq": seq}
