"""Which colour new sockets open on. Operators write it (`operations.swap`); functions look at it now and then."""

from __future__ import annotations

import logging

from chat.colours import BLUE, COLOURS
from chat.errors import UnavailableError
from chat.ports import Clock, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long a function instance goes by what it saw: a change is in force everywhere after that."""

logger = logging.getLogger(__name__)


class ColourBook:
    """One row for the whole stage; blue where there is none."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: str = BLUE
        self._until_ms = 0

    def in_force(self) -> str:
        """At most `REMEMBERED_MS` late. No call when remembered, else half a read unit.

        Where it can't be read, or is none, what was seen last counts on. Never raises.
        """
        now_ms = self._clock.now_ms()
        if self._until_ms <= now_ms:
            self._until_ms = now_ms + REMEMBERED_MS
            try:
                row = self._table.get(keys.COLOUR)
            except UnavailableError:
                logger.exception("colour not read")
            else:
                colour = row["colour"] if row else BLUE
                self._known = colour if colour in COLOURS else self._known
        return self._known
