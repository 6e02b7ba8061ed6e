"""The numbers of rooms that were restored: none that may have been given before is given again.

A room's counter stands alone in its row. A backup's is older than what was said since, and one that was read while
people talked may be older than the messages beside it. So a room whose counter was lost goes on behind the newest
number that anybody knows of, with a gap for those that nobody does: as many as the room gave in twice the time since
the backup was taken, and at least `LEAST_GAP`. Numbers of the gap become `void` entries when somebody reads there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chat.aws.dynamodb import to_attributes
from chat.storage import keys
from operations import rows
from operations.pace import THREADS, Pace, units_of
from operations.rows import Attributes

LEAST_GAP = 64
"""A room that was silent before the backup may have spoken after it."""

REFUSED = "ConditionalCheckFailedException"


@dataclass
class RoomNumbers:
    """The newest numbers of a room that a backup knows of, when they were given, and how many were given lately."""

    seq: int = 0
    rev: int = 0
    numbered_at_ms: int = 0
    changed_at_ms: int = 0
    lately: int = 0

    @property
    def gap(self) -> int:
        """How many numbers are passed over."""
        return LEAST_GAP + 2 * self.lately


@dataclass
class Numbers:
    """Of all rooms of a backup that was taken at `taken_at_ms` and is restored at `now_ms`."""

    taken_at_ms: int
    now_ms: int
    rooms: defaultdict[str, RoomNumbers] = field(default_factory=lambda: defaultdict(RoomNumbers))

    def see(self, row: Attributes) -> None:
        """Takes note of a row of the table of messages."""
        key = rows.key_of(row)
        if (room := rows.counted_room(key)) is not None:
            known = self.rooms[room]
            self._see_seq(known, _number(row, "seq"), _number(row, "numbered_at_ms"))
            self._see_rev(known, _number(row, "rev"), _number(row, "changed_at_ms"))
        elif (message := rows.message(key)) is not None:
            known, at_ms = self.rooms[message[0]], _number(row, "sent_at_ms")
            self._see_seq(known, message[1], at_ms)
            known.lately += self._is_lately(at_ms)
        elif (change := rows.change(key)) is not None:
            known, at_ms = self.rooms[change[0]], _number(row, "changed_at_ms")
            self._see_rev(known, change[1], at_ms)
            known.lately += self._is_lately(at_ms)

    def see_preview(self, room: str, seq: int) -> None:
        """Takes note of a message that lists of rooms know of."""
        self._see_seq(self.rooms[room], seq, 0)

    def _see_seq(self, known: RoomNumbers, seq: int, at_ms: int) -> None:
        known.seq, known.numbered_at_ms = max(known.seq, seq), max(known.numbered_at_ms, at_ms)

    def _see_rev(self, known: RoomNumbers, rev: int, at_ms: int) -> None:
        known.rev, known.changed_at_ms = max(known.rev, rev), max(known.changed_at_ms, at_ms)

    def _is_lately(self, at_ms: int) -> bool:
        """Within as long before the backup as has passed since."""
        return at_ms >= 2 * self.taken_at_ms - self.now_ms


class Counters:
    """The counters in the table of messages."""

    def __init__(self, dynamodb: Any, table_name: str, pace: Pace) -> None:  # noqa: ANN401  # one of boto3's many
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._pace = pace

    def go_on(self, numbers: Numbers) -> int:
        """Raises counters that are behind what is known; how many rooms'. Two write units a room, twice is once."""
        with ThreadPoolExecutor(THREADS) as threads:
            return sum(threads.map(self._go_on, numbers.rooms.keys(), numbers.rooms.values()))

    def _go_on(self, room: str, known: RoomNumbers) -> bool:
        raised = self._raise(room, "seq", known.seq, known.gap, {"numbered_at_ms": known.numbered_at_ms})
        if known.rev:
            raised |= self._raise(room, "rev", known.rev, known.gap, {"changed_at_ms": known.changed_at_ms})
        return raised

    def _raise(self, room: str, name: str, known: int, gap: int, given: dict[str, int]) -> bool:
        (at,) = given
        values = {":next": known + gap, ":known": known, ":at": given[at]}
        pk, sk = keys.counter(room)
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=to_attributes({"pk": pk, "sk": sk}),
                UpdateExpression="SET #name = :next, #at = :at",
                ConditionExpression="attribute_not_exists(#name) OR #name < :known",
                ExpressionAttributeNames={"#name": name, "#at": at},
                ExpressionAttributeValues=to_attributes(values),
                ReturnConsumedCapacity="TOTAL",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED:
                raise
            return False
        self._pace.spend(units_of(answer))
        return True


def see_all(numbers: Numbers, found: Iterable[Attributes]) -> None:
    """Takes note of every row."""
    for row in found:
        numbers.see(row)


def _number(row: Attributes, name: str) -> int:
    return int(row.get(name, {}).get("N", 0))
