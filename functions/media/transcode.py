"""Step of the media state machine for videos that the stage converts itself: what MediaConvert does elsewhere."""

from __future__ import annotations

import mimetypes
import tempfile
import time
from pathlib import Path
from typing import Any

from chat import file_signatures, log, media, shown_media
from chat.aws import media_store, wiring
from chat.recordings import videos
from chat.recordings.videos import Bounds
from chat.shown_media import VIDEO_HLS

CONVERTING_S = 780
"""Two minutes less than the function has: for its start, and for storing what was made."""

_TYPES = {".m3u8": VIDEO_HLS.content_type, ".ts": "video/mp2t"}


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; how many files were stored out. Safe to repeat. Raises `MediaError`."""
    record = media_store.in_work(media.media_of(event["key"]))
    facts = event["inspected"]
    source = media_store.bucket().open(event["key"], facts["stamp"])
    demuxer = file_signatures.demuxer_of(source)
    bounds = Bounds(int(wiring.settings().need("video_max_s")), time.monotonic() + CONVERTING_S, time.monotonic)
    with tempfile.TemporaryDirectory() as folder:
        videos.transcode(source, demuxer, (facts["width"], facts["height"]), Path(folder), bounds)
        made = sorted(Path(folder).iterdir())
        for path in made:
            key = shown_media.folder_of(record.room, record.media) + path.name
            media_store.bucket().publish_file(key, path, _type_of(path))
    return {"upload": record.media, "files": len(made)}


def _type_of(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.types_map[path.suffix]
