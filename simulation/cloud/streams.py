"""From a table's stream to the function that reads it: in the order of each shard, at least once.

A batch that was not taken whole is handed out again from the first record that failed, until it is; nothing behind it
goes on meanwhile. That is what Lambda does for six hours or twenty times, longer than any simulation lasts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chat.aws.dynamodb import to_attributes
from chat.ports import Item, Key
from chat.storage import keys
from simulation.cloud.functions import End, Function, Outcome
from simulation.cloud.scheduler import US
from simulation.cloud.tables import shard_of

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud

Record = dict[str, Any]
Filter = Callable[[Key, Item | None], bool]
"""Whether records of a key are let through, with what stood there before."""

RETRY_MS = 1_000
"""A: Lambda's first pause before it hands a batch out again."""


def is_new_entry(key: Key, before: Item | None) -> bool:
    """Of the stream of messages: messages and changes that were added."""
    return before is None and key[0].startswith((keys.MESSAGES, keys.CHANGES))


def is_membership(key: Key, before: Item | None) -> bool:  # noqa: ARG001 - whatever became of it
    """Of the stream of rooms."""
    return key[0].startswith(keys.ROOM) and isinstance(key[1], str) and key[1].startswith(keys.MEMBER)


class Shard:
    """A part of a stream, read by one invocation at a time."""

    __slots__ = ("_busy", "_cloud", "_name", "_reader", "_records")

    def __init__(self, cloud: Cloud, name: str, reader: Function) -> None:
        self._cloud = cloud
        self._name = name
        self._reader = reader
        self._records: deque[Record] = deque()
        self._busy = False

    def add(self, record: Record) -> None:
        """A record has come; the reader finds it a little later."""
        self._records.append(record)
        if not self._busy:
            self._busy = True
            self._cloud.scheduler.after(self._cloud.figures.stream.draw_us(self._cloud.scheduler.chance), self._read)

    def _read(self) -> None:
        batch = [self._records[at] for at in range(min(len(self._records), self._cloud.figures.stream_batch))]
        if not batch:
            self._busy = False
            return
        self._reader.invoke({"Records": batch}, lambda outcome: self._done(batch, outcome))

    def _done(self, batch: Sequence[Record], outcome: Outcome) -> None:
        taken = _taken(batch, outcome)
        again = taken == len(batch) and self._cloud.disturbance.batch(self._name)
        if again:
            self._cloud.note(self._name, "batch", "handed out twice")
        else:
            for _ in range(taken):
                self._records.popleft()
        delay_us = 0 if taken == len(batch) and not again else RETRY_MS * US
        self._cloud.scheduler.after(delay_us, self._read)


def _taken(batch: Sequence[Record], outcome: Outcome) -> int:
    """How many of a batch, from its beginning, are done with."""
    if outcome.end is not End.RETURNED:
        return 0
    failed = {each["itemIdentifier"] for each in outcome.answer.get("batchItemFailures", [])}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return next((at for at, number in enumerate(numbers) if number in failed), len(batch))


class Stream:
    """What one table tells."""

    def __init__(self, cloud: Cloud, name: str, reader: Function, wanted: Filter, *, old_images: bool = False) -> None:
        self._cloud = cloud
        self._old_images = old_images
        self._name = name
        self._wanted = wanted
        self._shards = [Shard(cloud, f"{name}.{number}", reader) for number in range(cloud.figures.stream_shards)]
        self._number = 0

    def tell(self, key: Key, before: Item | None, after: Item | None) -> None:
        """An item was changed."""
        if before == after or not self._wanted(key, before):
            return
        self._number += 1
        kind = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
        images = {"OldImage": before if self._old_images else None, "NewImage": after}
        record = {
            "eventID": f"{self._name}-{self._number}",
            "eventName": kind,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": self._cloud.scheduler.now_ms // 1_000,
                "Keys": to_attributes({"pk": key[0], "sk": key[1]}),
                "SequenceNumber": f"{self._number:021}",
                "StreamViewType": "NEW_AND_OLD_IMAGES" if self._old_images else "NEW_IMAGE",
                **{name: to_attributes(image) for name, image in images.items() if image is not None},
            },
            "eventSourceARN": f"arn:aws:dynamodb:us-east-1:000000000000:table/{self._name}/stream/1",
        }
        self._shards[shard_of(key[0], len(self._shards))].add(record)
