"""A room's log: numbers without holes, each message stored once, under whatever is repeated or dies in between.

Storing takes two calls, one after the other. The first takes the next number from the room's counter (1 write unit).
The second stores the message under it together with a record of its sender's command (a transaction of two items, 4
write units up to 1 KB). Whoever dies between them has burnt a number; whoever repeats a command burns one and is told
the old one. A burnt number becomes a `void` entry: at once where the writer lives, else by the first reader that finds
it missing `SETTLE_MS` after it was given. A writer that comes later still finds its place taken and numbers anew.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from chat.errors import InvalidFieldError, UnavailableError
from chat.ports import Absent, ConditionError, Item, Put, Query, Table, TransactionError
from chat.storage import keys

REMEMBERED_S = 48 * 3600
"""How long a command keeps its number. The promise is 24 h; TTL deletion may be early by nothing and late by days."""

SETTLE_MS = 60_000
"""No writer is still under way after this: twice the longest run of a function that stores (29 s)."""

ATTEMPTS = 4
"""Numbers tried before the room is said to be unavailable: each is lost to a reader's `void` or a concurrent repeat."""

VOID = "void"


@dataclass(frozen=True)
class Draft:
    """A message before it has a number."""

    room: str
    kind: str
    user: str
    name: str
    text: str
    command_id: str
    sent_at_ms: int
    media: dict[str, Any] | None = None


@dataclass(frozen=True)
class Stored:
    """A durable message's place. `repeated`: it was stored by an earlier run of the same command."""

    seq: int
    sent_at_ms: int
    repeated: bool = False


class MessageLog:
    """The logs of all rooms in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, draft: Draft) -> Stored:
        """Numbers and stores a message; the same user's same command id gives the first one's place again.

        Two calls, 5 write units for a message up to 1 KB. A repeat costs two more. Raises `InvalidFieldError` for a
        command id that was used in another room, `UnavailableError` when the table is.
        """
        for _ in range(ATTEMPTS):
            seq = self._take_number(draft.room, draft.sent_at_ms)
            try:
                self._store(draft, seq)
            except TransactionError as refused:
                earlier = refused.conflicts.get(1)
                if earlier is None:
                    continue
                self._void(draft.room, seq, draft.sent_at_ms)
                return _repeated(earlier, draft.room)
            return Stored(seq=seq, sent_at_ms=draft.sent_at_ms)
        raise UnavailableError("The room is busy; send again.", retry_after_ms=200)

    def newest(self, room: str) -> int:
        """The newest number given in the room, 0 in an empty one. One read unit."""
        return self._counter(room)[0]

    def read(self, room: str, *, before: int | None, limit: int, now_ms: int) -> list[Item]:
        """Up to `limit` entries numbered below `before` (None: from the newest), oldest first.

        A number still under way is left out; one that was burnt is a `void` entry. Calls: one for the counter and one
        for the page's one to three partitions, read at the same time.
        """
        newest, numbered_at_ms = self._counter(room)
        last = newest if before is None else min(before - 1, newest)
        first = max(1, last - limit + 1)
        found = {int(item["sk"]): item for item in self._range(room, first, last)} if last else {}
        self._fill(room, range(first, last + 1), found, numbered_at_ms, now_ms)
        return [found[seq] for seq in sorted(found)]

    def _counter(self, room: str) -> tuple[int, int]:
        item = self._table.get(keys.counter(room), consistent=True)
        return (item["seq"], item["numbered_at_ms"]) if item else (0, 0)

    def _take_number(self, room: str, now_ms: int) -> int:
        item = self._table.update(keys.counter(room), add={"seq": 1}, assign={"numbered_at_ms": now_ms})
        return int(item["seq"])

    def _store(self, draft: Draft, seq: int) -> None:
        pk, sk = keys.message(draft.room, seq)
        entry: Item = {
            "pk": pk,
            "sk": sk,
            "room": draft.room,
            "kind": draft.kind,
            "user": draft.user,
            "name": draft.name,
            "text": draft.text,
            "sent_at_ms": draft.sent_at_ms,
            "command_id": draft.command_id,
        }
        if draft.media is not None:
            entry["media"] = draft.media
        command_pk, command_sk = keys.command(draft.user, draft.command_id)
        memory: Item = {
            "pk": command_pk,
            "sk": command_sk,
            "room": draft.room,
            "seq": seq,
            "sent_at_ms": draft.sent_at_ms,
            "expires_at_s": draft.sent_at_ms // 1000 + REMEMBERED_S,
        }
        token = uuid.uuid5(uuid.NAMESPACE_URL, f"{pk}/{seq}/{command_pk}").hex
        self._table.transact([Put(entry, Absent()), Put(memory, Absent())], token=token)

    def _void(self, room: str, seq: int, at_ms: int) -> Item | None:
        """Closes a burnt number; the entry that stands there now, None when another command's message does."""
        pk, sk = keys.message(room, seq)
        entry: Item = {"pk": pk, "sk": sk, "room": room, "kind": VOID, "text": "", "sent_at_ms": at_ms}
        try:
            self._table.put(entry, Absent())
        except ConditionError as taken:
            return taken.item
        return entry

    def _range(self, room: str, first: int, last: int) -> list[Item]:
        size = keys.MESSAGES_PER_BUCKET
        buckets = range(first // size, last // size + 1)
        open_queries = [Query(keys.message_bucket(room, bucket), first, last, consistent=True) for bucket in buckets]
        items: list[Item] = []
        while open_queries:
            pages = self._table.query(*open_queries)
            items.extend(item for page in pages for item in page.items)
            open_queries = [
                Query(query.pk, first, last, start=page.end, consistent=True)
                for query, page in zip(open_queries, pages, strict=True)
                if page.end
            ]
        return items

    def _fill(self, room: str, expected: range, found: dict[int, Item], numbered_at_ms: int, now_ms: int) -> None:
        """Turns numbers that nobody can still be storing into `void` entries, in the table and in `found`.

        A number is at most as old as the one after it, so going down from the newest, the last time seen bounds it.
        """
        newer_at_ms = numbered_at_ms
        for seq in reversed(expected):
            if seq in found:
                newer_at_ms = found[seq]["sent_at_ms"]
            elif now_ms - newer_at_ms > SETTLE_MS:
                entry = self._void(room, seq, newer_at_ms)
                if entry:
                    found[seq] = entry


def _repeated(earlier: Item, room: str) -> Stored:
    if earlier["room"] != room:
        raise InvalidFieldError("This id was used for a message in another room; take a new one.")
    return Stored(seq=int(earlier["seq"]), sent_at_ms=int(earlier["sent_at_ms"]), repeated=True)
