"""Partitions that may be longer than one page (1 MB)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from chat.ports import Page, Query


class Readable(Protocol):
    """What of a table reading takes."""

    def query(self, *queries: Query) -> list[Page]:
        """As `chat.ports.Table` has it."""


def every_page(table: Readable, query: Query) -> Iterator[Page]:
    """The pages of a query to its end, each read when it is asked for: what is done between two may change the next."""
    while True:
        (page,) = table.query(query)
        yield page
        if page.end is None:
            return
        query = replace(query, start=page.end)
