"""How far a command is, on one line of a terminal that is written over and over. Elsewhere nothing is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TextIO

from chat.aws.dead_letters.treatment import Tally

PAUSE_S = 0.2


class StatusLine:
    """One line, five times a second at most. `end` takes it away."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._shown_s = time.monotonic()
        self._width = 0

    def show(self, text: Callable[[], str]) -> None:
        """Shows what `text` gives, which is asked only where it is shown."""
        now_s = time.monotonic()
        if self._terminal.isatty() and now_s - self._shown_s >= PAUSE_S:
            self._shown_s = now_s
            self._write(text())

    def end(self) -> None:
        """Takes the line away."""
        if self._width:
            self._write("")
            self._terminal.write("\r")
            self._terminal.flush()

    def _write(self, line: str) -> None:
        self._terminal.write(f"\r{line.ljust(self._width)}")
        self._terminal.flush()
        self._width = len(line)


class Progress:
    """`expected` is how many letters there seemed to be at the start. Call it after each batch, `end` at the end."""

    def __init__(self, terminal: TextIO, name: str, expected: int) -> None:
        self._line = StatusLine(terminal)
        self._name = name
        self._expected = expected
        self._started_s = time.monotonic()
        self.end = self._line.end

    def __call__(self, tally: Tally) -> None:
        """Shows how far it is."""
        self._line.show(lambda: self.line(tally, time.monotonic() - self._started_s))

    def line(self, tally: Tally, elapsed_s: float) -> str:
        """What is shown after so many seconds."""
        left = max(0, self._expected - tally.looked_at)
        rate = tally.looked_at / elapsed_s if elapsed_s else 0
        return f"{self._name}: {tally.done} done, {len(tally.failed)} failed, about {left} left, {rate:.0f} letters/s"


class RowsProgress:
    """Rows of a table, counted by several threads. `expected`: how many there seemed to be; None where nobody knows."""

    def __init__(self, terminal: TextIO, name: str, expected: int | None) -> None:
        self._line = StatusLine(terminal)
        self._name = name
        self._expected = expected
        self._started_s = time.monotonic()
        self._lock = threading.Lock()
        self._rows = 0
        self.end = self._line.end

    def __call__(self, rows: int) -> None:
        """So many more."""
        with self._lock:
            self._rows += rows
            self._line.show(lambda: self.line(self._rows, time.monotonic() - self._started_s))

    def line(self, rows: int, elapsed_s: float) -> str:
        """What is shown after so many seconds."""
        rate = rows / elapsed_s if elapsed_s else 0
        of = f" of about {self._expected:,}" if self._expected is not None else ""
        left_s = (self._expected - rows) / rate if self._expected and rate and rows < self._expected else 0
        ends = f", {left_s:,.0f} s left" if left_s else ""
        return f"{self._name}: {rows:,}{of} rows, {rate:,.0f} a second{ends}"
