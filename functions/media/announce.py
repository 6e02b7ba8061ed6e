"""Last step of the media state machine: the file becomes a message of its room."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media, signals
from chat.aws import media_store, wiring
from chat.protocol import Media


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"upload", "media"}` in; `{"upload", "seq"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.in_work(event["upload"])
    seq = media.announce(wiring.services(), record.upload(), msgspec.convert(event["media"], Media))
    record.finish(seq)
    signals.UPLOADS.add(of="announced")
    return {"upload": event["upload"], "seq": seq}
