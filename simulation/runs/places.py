"""Where messages stand in the end, for who judges what was seen on the way there.

In a stage of one Region a number is a number. Where others have taken over, numbers have holes of a billion between
epochs, and a message may have been heard under a number that it does not have any more: its sender had no ack of that,
and it was given another. Judged is the message, at the place among all numbers where it is found in the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from chat.numbering import Numbers
from chat.ports import Item
from simulation.runs.diary import Entry

Log = Mapping[str, Mapping[int, Item]]
"""What is stored, by room and number."""


class Places:
    """Of one run. `numbers` are all that were given, by room."""

    def __init__(self, log: Log, numbers: Mapping[str, Numbers]) -> None:
        self._log = log
        self._numbers = numbers
        self._commands: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for room, entries in log.items():
            for seq, item in entries.items():
                if item.get("command_id"):
                    self._commands[room][str(item["user"]), str(item["command_id"])] = seq

    def seq_of(self, room: str, seq: int, user: str, command_id: str) -> int:
        """The number that a message has in the end, of which somebody was told another one or this."""
        return self._commands[room].get((user, command_id), seq)

    def is_stored(self, entry: Entry) -> bool:
        """Whether there is anything where an entry says that it was heard, or where its message stands instead."""
        return self.seq_of(entry.room, entry.seq, entry.user, entry.command_id) in self._log.get(entry.room, {})

    def place(self, room: str, seq: int) -> int:
        """A number's place among all that were given: itself, in the first epoch."""
        return self._numbers[room].count(1, seq) if room in self._numbers else seq
