"""How far a round is, on one line of a terminal that is written over and over. Elsewhere nothing is said."""

from __future__ import annotations

import time
from typing import TextIO

from operations.treatment import Tally

PAUSE_S = 0.2


class Progress:
    """`expected` is how many letters there seemed to be at the start. Call it after each batch, `end` at the end."""

    def __init__(self, terminal: TextIO, name: str, expected: int) -> None:
        self._terminal = terminal
        self._name = name
        self._expected = expected
        self._started_s = self._shown_s = time.monotonic()
        self._width = 0

    def __call__(self, tally: Tally) -> None:
        """Shows the line, five times a second at most."""
        now_s = time.monotonic()
        if self._terminal.isatty() and now_s - self._shown_s >= PAUSE_S:
            self._shown_s = now_s
            self._write(self.line(tally, now_s - self._started_s))

    def end(self) -> None:
        """Takes the line away."""
        if self._width:
            self._write("")
            self._terminal.write("\r")
            self._terminal.flush()

    def line(self, tally: Tally, elapsed_s: float) -> str:
        """What is shown after so many seconds."""
        left = max(0, self._expected - tally.looked_at)
        rate = tally.looked_at / elapsed_s if elapsed_s else 0
        return f"{self._name}: {tally.done} done, {len(tally.failed)} failed, about {left} left, {rate:.0f} letters/s"

    def _write(self, line: str) -> None:
        self._terminal.write(f"\r{line.ljust(self._width)}")
        self._terminal.flush()
        self._width = len(line)
