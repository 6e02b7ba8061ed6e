"""Step of the media state machine for videos that were converted: the poster's variants, and what was made told.

Whoever converted it left the files that `chat.recordings.ladder` names.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log, media, shown_media
from chat.aws import media_store, published_media
from chat.media import Upload
from chat.protocol import MediaFile
from chat.recordings import ladder
from chat.recordings.ladder import ladder_of, mp4_rung
from chat.shown_media import VIDEO_HLS, VIDEO_MP4, Beside


class UnconvertedError(Exception):
    """A file that the transcoder should have left is not there; the step before may have to run again."""


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """`{"key", "inspected"}` in; `{"upload", "media"}` out. Safe to repeat.

    Raises `MediaError`, also where what was converted may be another file than the one that was inspected, and
    `UnconvertedError` before anything was converted.
    """
    record = media_store.in_work(media.media_of(event["key"]))
    upload, facts = record.upload(), event["inspected"]
    media_store.bucket().open(event["key"], facts["stamp"])
    files = _files(upload, facts["width"], facts["height"])
    beside = Beside(kind="video", files=files, duration_ms=facts["duration_ms"])
    shown = published_media.publish(upload, _poster(upload), beside)
    return {"upload": upload.media, "media": msgspec.to_builtins(shown)}


def _files(upload: Upload, width: int, height: int) -> list[MediaFile]:
    """One MP4, and one playlist with all its segments."""
    rungs = ladder_of(width, height)
    smaller, largest = mp4_rung(rungs), rungs[-1]
    playlist = shown_media.file_of(upload.room, upload.media, VIDEO_HLS, 0).url.removeprefix("/")
    mp4 = playlist.removesuffix(VIDEO_HLS.name) + VIDEO_MP4.name
    sizes = media_store.bucket().sizes_below(shown_media.folder_of(upload.room, upload.media))
    if playlist not in sizes or mp4 not in sizes:
        raise UnconvertedError(f"no video of {upload.media}")
    streamed = sum(size for key, size in sizes.items() if key.startswith(playlist.removesuffix(".m3u8")))
    return [
        shown_media.file_of(
            upload.room, upload.media, VIDEO_MP4, sizes[mp4], width=smaller.width, height=smaller.height
        ),
        shown_media.file_of(upload.room, upload.media, VIDEO_HLS, streamed, width=largest.width, height=largest.height),
    ]


def _poster(upload: Upload) -> bytes:
    """The frame that was captured."""
    folder = shown_media.folder_of(upload.room, upload.media)
    for name in ladder.POSTERS:
        frame = media_store.bucket().find(folder + name)
        if frame is not None:
            return frame
    raise UnconvertedError(f"no poster of {upload.media}")
