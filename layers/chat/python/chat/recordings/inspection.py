"""What a recording really is: its kind, its length, its pictures' size as they are seen. Decodes one picture."""

from __future__ import annotations

from dataclasses import dataclass

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from chat.file_signatures import File
from chat.media import MediaError
from chat.media_facts import Facts
from chat.recordings.containers import DAMAGED, moving_picture, opened, sound
from chat.recordings.tones import is_hdr

MAX_PIXELS = 9_000_000
"""Of one picture of a video: 4K, in its wider form of 4,096 by 2,160 too."""

MIN_PX = 32
"""Of a side: MediaConvert makes nothing smaller."""

MAX_SOUND_S = 2 * 3600
"""A concert; two passes over it take minutes of a core."""

MICROSECONDS_A_MS = 1000

_VIDEO_TYPES = {"mov": "video/mp4", "matroska": "video/webm"}
_SOUND_TYPES = {
    "mov": "audio/mp4",
    "matroska": "audio/webm",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "flac": "audio/flac",
}


@dataclass(frozen=True)
class Limits:
    """How long recordings may be."""

    video_s: int
    sound_s: int = MAX_SOUND_S


def inspect(file: File, demuxer: str, limits: Limits) -> Facts:
    """Looks at the container, and decodes the first picture of a video. Raises `MediaError`, with words, for others."""
    with opened(file, demuxer) as container:
        duration_ms = _duration_ms(container)
        video = moving_picture(container)
        if video is not None:
            refuse_length(duration_ms, limits.video_s, "video")
            first = _first_picture(container, video)
            width, height = _seen_size(first)
            content_type = _VIDEO_TYPES.get(demuxer)
            if content_type is None:
                raise MediaError("Videos are taken as MP4, QuickTime and WebM.")
            return Facts(
                content_type,
                width,
                height,
                kind="video",
                duration_ms=duration_ms,
                audible=sound(container) is not None,
                hdr=is_hdr(first),
            )
        if sound(container) is None:
            raise MediaError("There is neither sound nor a picture in this recording.")
        refuse_length(duration_ms, limits.sound_s, "recording")
        return Facts(_SOUND_TYPES[demuxer], kind="audio", duration_ms=duration_ms, audible=True)


def refuse_length(duration_ms: int, most_s: int, what: str) -> None:
    """Raises `MediaError` for more than that; a container may say less than it has, so players ask again."""
    if duration_ms > most_s * 1000:
        raise MediaError(f"The {what} is longer than {most_s // 60} minutes.")


def refuse_size(width: int, height: int) -> None:
    """Raises `MediaError` for a picture that is too large to be decoded, before it is."""
    if width * height > MAX_PIXELS:
        raise MediaError("The video has too many pixels.")
    if min(width, height) < MIN_PX:
        raise MediaError("The video has too few pixels.")


def _duration_ms(container: InputContainer) -> int:
    """As the container says; of what says nothing, as browsers' recorders write it, as its packets say."""
    if container.duration is not None:
        return max(0, container.duration // MICROSECONDS_A_MS)
    ends = (
        (packet.pts + (packet.duration or 0)) * packet.time_base
        for packet in container.demux()
        if packet.pts is not None and packet.time_base is not None
    )
    longest = max((float(end) for end in ends), default=0.0)
    container.seek(0)
    return round(longest * 1000)


def _first_picture(container: InputContainer, video: av.VideoStream) -> VideoFrame:
    refuse_size(video.codec_context.width, video.codec_context.height)
    for picture in container.decode(video):
        refuse_size(picture.width, picture.height)
        return picture
    raise MediaError(DAMAGED)


def _seen_size(picture: VideoFrame) -> tuple[int, int]:
    """Turned as its player turns it."""
    return (picture.height, picture.width) if picture.rotation % 180 else (picture.width, picture.height)
