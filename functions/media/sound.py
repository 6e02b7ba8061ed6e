"""Step of the media state machine for sounds: as loud as all others, and its waveform to look at."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from chat import file_signatures, log, media, shown_media
from chat.aws import media_store, published_media
from chat.aws.ranged_object import RangedObject
from chat.imaging import waveforms
from chat.media import Upload
from chat.protocol import MediaFile
from chat.recordings import sounds
from chat.recordings.inspection import MAX_SOUND_S
from chat.recordings.sounds import Measured
from chat.shown_media import SOUND_MP4, Beside


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "media"}` out. Safe to repeat. Raises `MediaError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    upload = record.upload()
    measured, file = _make(upload, media_store.bucket().open(event["key"], event["inspected"]["stamp"]))
    beside = Beside(
        kind="audio",
        files=[file],
        duration_ms=measured.duration_ms,
        waveform=base64.b64encode(measured.peaks).decode(),
    )
    shown = published_media.publish(upload, waveforms.draw(measured.peaks), beside)
    return {"upload": upload.media, "media": msgspec.to_builtins(shown)}


def _make(upload: Upload, source: RangedObject) -> tuple[Measured, MediaFile]:
    """Listens to the upload, then stores it as it is played."""
    demuxer = file_signatures.demuxer_of(source)
    measured = sounds.measure(source, demuxer, MAX_SOUND_S)
    source.seek(0)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / SOUND_MP4.name
        sounds.encode(source, demuxer, measured.gain_db, made)
        file = shown_media.file_of(upload.room, upload.media, SOUND_MP4, made.stat().st_size)
        media_store.bucket().publish_file(file.url.removeprefix("/"), made, file.content_type)
    return measured, file
