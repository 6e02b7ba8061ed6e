"""How fast a room is being written to, as one function instance sees it from the numbers it is given. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from chat.errors import SlowDownError

LIMIT_PER_S = 500
"""Messages a second that a room takes: see the arithmetic in `chat.storage.keys`."""

CHANGES_PER_S = 200
"""Changes a second that a room takes: they count on the item that messages do, which bears 1,000 writes a second."""

WINDOW_MS = 1_000
MEASURED_MS = 5_000
"""How long a measured rate is believed."""

CAPACITY = 1_000
"""Rooms watched by one function instance; the longest unused goes first."""


@dataclass
class _Window:
    first_seq: int
    started_ms: int
    refused_until_ms: int = 0
    per_s: float = 0.0
    measured_ms: int = 0


class RoomPace:
    """Numbers are dense, so two of them and their times say how fast the whole room is, whoever writes to it."""

    def __init__(self, limit_per_s: int = LIMIT_PER_S) -> None:
        self._limit_per_s = self._first = limit_per_s
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def change(self, limit_per_s: int | None) -> None:
        """From now on by this limit; None: what it was made with."""
        self._limit_per_s = self._first if limit_per_s is None else limit_per_s

    def observe(self, room: str, seq: int, now_ms: int) -> None:
        """A number was given at this time."""
        window = self._windows.setdefault(room, _Window(seq, now_ms))
        self._windows.move_to_end(room)
        if len(self._windows) > CAPACITY:
            self._windows.popitem(last=False)
        elapsed_ms = now_ms - window.started_ms
        if elapsed_ms < WINDOW_MS:
            return
        if (seq - window.first_seq) * 1_000 > self._limit_per_s * elapsed_ms:
            window.refused_until_ms = now_ms + WINDOW_MS
        window.per_s, window.measured_ms = (seq - window.first_seq) * 1_000 / elapsed_ms, now_ms
        window.first_seq, window.started_ms = seq, now_ms

    def rate_per_s(self, room: str, now_ms: int) -> float:
        """Numbers a second, as they were measured last; 0 where that was not in the last `MEASURED_MS`."""
        window = self._windows.get(room)
        return window.per_s if window is not None and now_ms - window.measured_ms < MEASURED_MS else 0.0

    def over_limit(self, room: str, now_ms: int) -> bool:
        """Whether the room was seen above its limit in the last second."""
        window = self._windows.get(room)
        return window is not None and now_ms < window.refused_until_ms

    def require_below_limit(self, room: str, now_ms: int) -> None:
        """Raises `SlowDownError` for a second after the room was seen above its limit."""
        window = self._windows.get(room)
        if window is None or now_ms >= window.refused_until_ms:
            return
        raise SlowDownError(
            f"The room takes {self._limit_per_s} of these a second.", retry_after_ms=window.refused_until_ms - now_ms
        )
