"""Opens a recording with the one demuxer that its first bytes ask for, and tells what is wrong with it in words.

FFmpeg reads playlists and lists of other files, too, which would have it open what an upload names: none of these
demuxers is ever reached, and no protocol is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import av
from av.container import InputContainer
from av.error import FFmpegError

from chat.file_signatures import File
from chat.media import MediaError

DAMAGED = "The recording is damaged."

CODECS = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "aac", "alac", "flac", "mp3", "opus", "vorbis"}
    | {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_s16be"},
)
"""What is decoded, and nothing else: each of FFmpeg's 500 decoders is one more that has to be trusted."""

OPEN_OPTIONS = {"protocol_whitelist": "", "probesize": "5000000", "analyzeduration": "5000000"}
"""No file or address that the upload names is opened; at most 5 MB, 5 s of it, are read to know its streams."""


@contextmanager
def opened(file: File, demuxer: str) -> Iterator[InputContainer]:
    """The recording, its decoders looked at; what goes wrong with it inside of the block is a `MediaError` too."""
    try:
        with av.open(file, "r", format=demuxer, options=OPEN_OPTIONS, metadata_errors="replace") as container:
            _refuse_other_codecs(container)
            yield container
    except (FFmpegError, EOFError, ValueError) as broken:
        raise MediaError(DAMAGED) from broken


def moving_picture(container: InputContainer) -> av.VideoStream | None:
    """Its video, None where there is but sound; the picture on a record's cover is none."""
    streams = [each for each in container.streams.video if not each.disposition & av.stream.Disposition.attached_pic]
    return streams[0] if streams else None


def sound(container: InputContainer) -> av.AudioStream | None:
    """Its first sound, None where it is silent."""
    return container.streams.audio[0] if container.streams.audio else None


def _refuse_other_codecs(container: InputContainer) -> None:
    for stream in (moving_picture(container), sound(container)):
        if stream is not None and stream.codec_context.codec.canonical_name not in CODECS:
            raise MediaError(f"Recordings in {stream.codec_context.codec.canonical_name} are not taken.")
