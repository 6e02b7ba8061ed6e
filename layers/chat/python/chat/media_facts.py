"""What is known of an upload once its bytes were looked at. Pure: crosses the state machine as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from chat.protocol import MediaKind


@dataclass(frozen=True)
class Facts:
    """Of one upload; what its kind does not have is 0, and `frames` 1.

    Sizes are in pixels: of an image as it is stored, of a video as it is seen, of a document's first page in points.
    `duration_ms` is as its container says, 0 where that says nothing.
    """

    content_type: str
    width: int = 0
    height: int = 0
    frames: int = 1
    kind: MediaKind = "image"
    duration_ms: int = 0
    pages: int = 0
    audible: bool = False
    """Whether a video has sound."""
    hdr: bool = False
    """Whether a video's pictures are of high dynamic range."""
