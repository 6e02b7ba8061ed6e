"""Which messages of a room have a word in them: a row for each word of each message, written after the fact.

The rows stand beside the messages, under partitions of their own, newest first: their sort key is the number below
zero, so that a page in key order is a page of the newest. A row says where to look and nothing else. What a search
shows is read from the log and looked at again, so a row too many, of a text that has changed since, shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat.ports import Item, Page, Query, Table
from chat.storage import keys
from chat.storage.rooms import get_batches

LOOKED_AT = 100
"""Rows of each word that one look reads: ~7 KB, one read unit."""


@dataclass(frozen=True)
class Look:
    """Numbers that have all of the words, newest first, and the number to go on from; None where no more can follow."""

    seqs: list[int]
    ceiling: int | None


class SearchIndex:
    """The words of all rooms, in the table of messages."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, room: str, seq: int, terms: Iterable[str]) -> None:
        """Makes the message be found by these words; twice is once. A write unit a word."""
        rows = (keys.term(room, term, seq) for term in terms)
        self._table.put_many([{"pk": pk, "sk": sk} for pk, sk in rows])

    def remove(self, room: str, seq: int, terms: Iterable[str]) -> None:
        """Ends that; ending what never was is not an error. A write unit a word."""
        self._table.delete_many([keys.term(room, term, seq) for term in terms])

    def look(self, room: str, terms: Sequence[str], ceiling: int | None) -> Look:
        """Numbers up to `ceiling` (None: the newest) that have all of the words, as far as one page of each word tells.

        One page a word, all at the same time: a read unit each. Where one word is rare, the next look starts at its
        next message, however many the others have before that.
        """
        first = None if ceiling is None else -ceiling
        queries = (Query(keys.term_rows(room, term), first=first, limit=LOOKED_AT) for term in terms)
        pages = self._table.query(*queries)
        lists = [[-int(row["sk"]) for row in page.items] for page in pages]
        floor = max(_floor(page) for page in pages)
        common = set.intersection(*(set(seqs) for seqs in lists))
        following = [_next_below(seqs, floor, page) for seqs, page in zip(lists, pages, strict=True)]
        known = [seq for seq in following if seq is not None]
        return Look(
            seqs=sorted(common, reverse=True),
            ceiling=min(known) if len(known) == len(following) else None,
        )

    def read(self, room: str, seqs: Sequence[int], *, consistent: bool = False) -> list[Item]:
        """Those entries of the log, in the order of `seqs`; what is not there any more is left out."""
        found = get_batches(self._table, [keys.message(room, seq) for seq in seqs], consistent=consistent)
        by_seq = {int(item["sk"]): item for item in found}
        return [by_seq[seq] for seq in seqs if seq in by_seq]


def _floor(page: Page) -> int:
    """The number down to which the page is complete."""
    return -int(page.end[1]) if page.end else 1


def _next_below(seqs: list[int], floor: int, page: Page) -> int | None:
    """The highest number below the floor that may have the word; None where there is none."""
    below = next((seq for seq in seqs if seq < floor), None)
    if below is not None:
        return below
    return floor - 1 if page.end and floor > 1 else None
