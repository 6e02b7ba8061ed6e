"""A whole table as what a job goes through, page by page (`chat.passages`). Only operators scan; no function does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat.aws.dynamodb import from_attributes, to_attributes
from chat.ports import Item
from operations.pace import Pace, units_of

PAGE = 500
"""Rows between two reports, each of which is a write unit."""


@dataclass(frozen=True)
class Pages:
    """All rows of a table, in no order."""

    dynamodb: Any
    table_name: str
    pace: Pace

    def expected(self) -> int | None:
        """How many rows there are, as DynamoDB counts them every six hours."""
        count: int | None = self.dynamodb.describe_table(TableName=self.table_name)["Table"].get("ItemCount")
        return count

    def page(self, cursor: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        """The next rows, and behind which to go on; None at the end. Half a read unit for 4 KB."""
        start = {"ExclusiveStartKey": to_attributes(dict(cursor))} if cursor else {}
        answer = self.dynamodb.scan(TableName=self.table_name, Limit=PAGE, ReturnConsumedCapacity="TOTAL", **start)
        self.pace.spend(units_of(answer))
        end = answer.get("LastEvaluatedKey")
        return [from_attributes(item) for item in answer["Items"]], from_attributes(end) if end else None
