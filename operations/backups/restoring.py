"""Rows of a backup in a table that is there: added where nothing stands, never put over what does.

So a restore may be begun again, goes on beside live traffic, and what was written since the backup stays. A row costs
its write units, whether it is added or refused. Rows whose return would be told to others say that they came back
(`chat.events.RESTORED`).
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError

from chat.events import RESTORED
from operations import rows
from operations.backups.numbers import REFUSED
from operations.errors import OperationError
from operations.pace import THREADS, Pace, units_of
from operations.rows import Attributes

BATCH_GET = 100
"""Keys that one BatchGetItem takes (DynamoDB quota)."""

NAMED = 10
"""Rows that are named one by one; of more it is told how many there are."""

READ_ROUNDS = 10
READ_PAUSE_S = 0.1
"""How often what a BatchGetItem left undone is asked for again, and how long before the first of them."""

Fate = Literal["added", "there", "other", "absent", "erased"]
"""`there`: it stands as it was. `other`: something else stands there, which is newer. `absent`: nothing does.

`erased`: nothing does either, because an erasure has been that fast.
"""


@dataclass
class Tally:
    """What became of rows, and the keys of the first that were absent or others."""

    fates: Counter[Fate] = field(default_factory=Counter)
    named: dict[Fate, list[str]] = field(default_factory=dict)

    def count(self, row: Attributes, fate: Fate) -> None:
        """One more."""
        self.fates[fate] += 1
        if fate in {"other", "absent"} and self.fates[fate] <= NAMED:
            pk, sk = rows.key_of(row)
            self.named.setdefault(fate, []).append(f"{pk} {sk}")


class RestoredTable:
    """A table that rows come back to. `report` is called with how many more were worked off."""

    def __init__(self, dynamodb: Any, table_name: str, pace: Pace, *, report: Callable[[int], None]) -> None:  # noqa: ANN401
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._pace = pace
        self._report = report

    def is_empty(self) -> bool:
        """Whether nothing is in it. One call."""
        return not self._dynamodb.scan(TableName=self._table_name, Limit=1, ConsistentRead=True)["Items"]

    def add(self, found: Iterable[Attributes], now_ms: int) -> Tally:
        """Adds the rows that are absent, `THREADS` at a time. Throttling past the retries ends it: begin it again."""
        tally = Tally()
        with ThreadPoolExecutor(THREADS) as threads:
            for batch in _batches(found, THREADS * 25):
                fates = threads.map(lambda row: self._add(row, now_ms), batch)
                for row, fate in zip(batch, fates, strict=True):
                    tally.count(row, fate)
                self._report(len(batch))
        return tally

    def compare(self, found: Iterable[Attributes], *, erased: Callable[[Attributes], bool] = lambda _: False) -> Tally:
        """Looks at what stands in each row's place, and changes nothing. A read unit a row, consistent.

        Rows that `erased` tells of may be taken away meanwhile.
        """
        tally = Tally()
        for batch in _batches(found, BATCH_GET):
            standing = self._read([_key(row) for row in batch])
            for row in batch:
                fate = _fate(row, standing.get(rows.key_of(row)))
                tally.count(row, "erased" if fate == "absent" and erased(row) else fate)
            self._report(len(batch))
        return tally

    def _add(self, row: Attributes, now_ms: int) -> Fate:
        try:
            answer = self._dynamodb.put_item(
                TableName=self._table_name,
                Item=_marked(row, now_ms),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ReturnConsumedCapacity="TOTAL",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED:
                raise
            self._pace.spend(1)
            standing: Attributes | None = error.response.get("Item")  # type: ignore[assignment]  # as it was asked for
            return _fate(row, standing)
        self._pace.spend(units_of(answer))
        return "added"

    def _read(self, wanted: list[Attributes]) -> dict[Any, Attributes]:
        found: dict[Any, Attributes] = {}
        for attempt in range(READ_ROUNDS):
            if not wanted:
                return found
            time.sleep(READ_PAUSE_S * 2**attempt if attempt else 0)
            asked = {self._table_name: {"Keys": wanted, "ConsistentRead": True}}
            answer = self._dynamodb.batch_get_item(RequestItems=asked, ReturnConsumedCapacity="TOTAL")
            self._pace.spend(units_of(answer))
            found |= {rows.key_of(row): row for row in answer["Responses"].get(self._table_name, [])}
            wanted = answer.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
        raise OperationError(f"The table {self._table_name} is too busy to be read: try again with fewer --units.")


def expired(row: Attributes, now_ms: int) -> bool:
    """Whether its TTL would remove it at once."""
    return "expires_at_s" in row and int(row["expires_at_s"]["N"]) * 1_000 <= now_ms


def _marked(row: Attributes, now_ms: int) -> Attributes:
    key = rows.key_of(row)
    told = rows.message(key) or rows.change(key) or rows.member(key)
    return {**row, RESTORED: {"N": str(now_ms)}} if told else row


def _fate(row: Attributes, standing: Attributes | None) -> Fate:
    if standing is None:
        return "absent"
    return "there" if _plain(standing) == _plain(row) else "other"


def _plain(row: Attributes) -> Attributes:
    return {name: value for name, value in row.items() if name != RESTORED}


def _key(row: Attributes) -> Attributes:
    return {"pk": row["pk"], "sk": row["sk"]}


def _batches(found: Iterable[Attributes], size: int) -> Iterator[list[Attributes]]:
    left = iter(found)
    while batch := list(itertools.islice(left, size)):
        yield batch
