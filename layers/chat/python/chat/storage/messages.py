"""A room's log: numbers without holes, each message stored once, under whatever is repeated or dies in between.

Storing takes two calls, one after the other. The first takes the next number from the room's counter (1 write unit).
The second stores the message under it together with a record of its sender's command (a transaction of two items, 4
write units up to 1 KB). The counter knows which command has raised it last, so what is repeated at once, by the network
or by its sender, goes on with the number that it has. Where others have spoken in between, that number is burnt, and so
is that of a repeat which is told the old one. A burnt number becomes a `void` entry: at once where the writer lives,
else by the first reader that finds it missing `PATIENCE_MS` after it was given. A writer that comes later still finds
its place taken and numbers anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chat import correlation
from chat.caching.tiers import Tiers
from chat.errors import InvalidFieldError, UnavailableError
from chat.ports import Absent, ConditionError, Differs, Item, Put, Query, Table, TransactionError, Write
from chat.storage import keys, threads
from chat.storage.recent import Counter, RecentMessages
from chat.storage.rooms import get_batches

REMEMBERED_S = 48 * 3600
"""How long a command keeps its number. The promise is 24 h; TTL deletion may be early by nothing and late by days."""

PATIENCE_MS = 5_000
"""So long readers wait for a number. Storing takes milliseconds; whoever takes longer, throttled, say, numbers anew."""

SETTLE_MS = 60_000
"""No writer is still under way after this: twice the longest run of a function that stores (29 s)."""

ATTEMPTS = 4
"""Numbers tried before the room is said to be unavailable: each is lost to a reader's `void` or a concurrent repeat."""

BOUNDED_BY = 16
"""Numbers behind a span that are looked at where its last one is missing."""

THREAD_ATTEMPTS = 8
"""Replies that may come between reading a thread's count and raising it."""

VOID = "void"
DELETED = "deleted"

_SELDOM = ("media", "reply_to", "thread", "mentions", "mentions_room")
"""Attributes of a message that are stored where there is something in them."""


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
    reply_to: int | None = None
    thread: int | None = None
    mentions: list[str] | None = None
    mentions_room: bool = False


@dataclass(frozen=True)
class Stored:
    """A durable message's place. `repeated`: it was stored by an earlier run of the same command."""

    seq: int
    sent_at_ms: int
    repeated: bool = False


@dataclass(frozen=True)
class Position:
    """The newest numbers given in a room: of its messages, and of changes to them."""

    seq: int = 0
    rev: int = 0


@dataclass(frozen=True)
class Span:
    """Which numbers to read: `limit` of them below `before`, above `after`, or with `around` in their middle.

    At most one of the three is set; none of them means the newest.
    """

    limit: int
    before: int | None = None
    after: int | None = None
    around: int | None = None

    def bounds(self, newest: int) -> tuple[int, int]:
        """First and last number, both included, in a room whose newest is `newest`; first > last: none."""
        if self.after is not None:
            return self.after + 1, min(self.after + self.limit, newest)
        if self.around is not None:
            last = min(self.around + self.limit // 2, newest)
        else:
            last = newest if self.before is None else min(self.before - 1, newest)
        return max(1, last - self.limit + 1), last


@dataclass(frozen=True)
class Excerpt:
    """Entries of a log, oldest first, and the span that was read: `first` to `last` of a log that ends at `newest`.

    `newest_rev` is the number of the room's newest change, 0 where it was not looked at.
    """

    entries: list[Item]
    first: int
    last: int
    newest: int
    newest_rev: int = 0


class MessageLog:
    """The logs of all rooms in one table. `tiers` None: the newest entries of rooms are read anew each time."""

    def __init__(self, table: Table, tiers: Tiers | None = None) -> None:
        self._table = table
        self._recent = RecentMessages(table, tiers, settle_ms=SETTLE_MS) if tiers else None

    def append(self, draft: Draft, root: Item | None = None, *, numbered: Callable[[], None] = lambda: None) -> Stored:
        """Numbers and stores a message; the same user's same command id gives the first one's place again.

        Two calls, 5 write units for a message up to 1 KB. A repeat costs two more, a reply four write units: `root` is
        the message that its thread is named by, as it was read. `numbered` is called whenever the message has got a
        number and is not stored yet. Raises `InvalidFieldError` for a command id that was
        used in another room, `UnavailableError` when the table is.
        """
        for attempt in range(ATTEMPTS):
            taker = _token(f"{draft.user}/{draft.command_id}/{attempt}")
            seq = self._take_number(draft.room, taker, draft.sent_at_ms)
            numbered()
            try:
                self._store(draft, seq, root)
            except UnavailableError:
                self._give_up(draft.room, seq, draft.sent_at_ms)
                raise
            except TransactionError as refused:
                earlier = refused.conflicts.get(1)
                if earlier is None:
                    continue
                if (earlier["room"], int(earlier["seq"])) != (draft.room, seq):
                    self._void(draft.room, seq, draft.sent_at_ms)
                return _repeated(earlier, draft.room)
            return Stored(seq=seq, sent_at_ms=draft.sent_at_ms)
        raise UnavailableError("The room is busy; send again.", retry_after_ms=200)

    def recall(self, room: str, user: str, command_id: str) -> Stored | None:
        """The place that an earlier run of the user's command gave a message of the room, None where none did.

        A consistent read, one unit.
        """
        earlier = self.memory(user, command_id)
        return _repeated(earlier, room) if earlier and earlier["room"] == room and "version" not in earlier else None

    def memory(self, user: str, command_id: str) -> Item | None:
        """What is remembered of a user's command, None for one that stored nothing. A consistent read, one unit."""
        return self._table.get(keys.command(user, command_id), consistent=True)

    def find(self, room: str, seq: int) -> Item | None:
        """The entry of a number, None where there is none, as there is none of a `void` one. A consistent read."""
        entry = self._table.get(keys.message(room, seq), consistent=True)
        return None if entry is None or entry["kind"] == VOID else entry

    def some(self, room: str, seqs: list[int]) -> list[Item]:
        """The entries of these numbers, as far as they are stored. A read unit each."""
        return get_batches(self._table, [keys.message(room, seq) for seq in seqs], consistent=True)

    def newest(self, room: str) -> int:
        """The newest number given in the room, 0 in an empty one. One read unit."""
        return self._counter(room).seq

    def position(self, room: str) -> Position:
        """The newest numbers given in the room. One read unit."""
        counter = self._counter(room)
        return Position(counter.seq, counter.rev)

    def counter(self, room: str) -> Counter:
        """As `position`, and when they were given. One read unit."""
        return self._counter(room)

    def newest_of(self, rooms: list[str]) -> dict[str, int]:
        """The newest number of each room that has one, eventually consistent: half a read unit a room."""
        return {room: position.seq for room, position in self.positions_of(rooms).items()}

    def positions_of(self, rooms: list[str]) -> dict[str, Position]:
        """As `newest_of`, with the newest number of a change beside it, for the same price."""
        items = get_batches(self._table, [keys.counter(room) for room in rooms])
        by_key = {item["pk"]: Position(int(item["seq"]), int(item.get("rev", 0))) for item in items}
        return {room: by_key[keys.counter(room)[0]] for room in rooms if keys.counter(room)[0] in by_key}

    def read(self, room: str, span: Span, now_ms: int) -> Excerpt:
        """The entries of a span, oldest first.

        A number still under way is left out; one that was burnt is a `void` entry. Calls: one for the counter and,
        unless they are kept (`chat.storage.recent`), one for the span's one to three partitions, read at once.
        """
        counter = self._counter(room)
        first, last = span.bounds(counter.seq)
        if self._recent is None:
            return Excerpt(self._entries(room, first, last, counter, now_ms), first, last, counter.seq, counter.rev)
        look = self._recent.look(room, counter, first, last)
        if look.entries is not None:
            return Excerpt(look.entries, first, last, counter.seq, counter.rev)
        final = look.mine and self._recent.settled(room, counter, now_ms)
        entries = self._entries(room, first, last, counter, now_ms)
        if final:
            self._recent.keep(room, counter, entries, now_ms)
        return Excerpt(entries, first, last, counter.seq, counter.rev)

    def _entries(self, room: str, first: int, last: int, counter: Counter, now_ms: int) -> list[Item]:
        found = {int(item["sk"]): item for item in self._range(room, first, last)} if first <= last else {}
        newer_at_ms = counter.numbered_at_ms
        if first <= last < counter.seq and last not in found:
            newer_at_ms = self._given_before_ms(room, last, counter)
        self._fill(room, range(first, last + 1), found, newer_at_ms, now_ms)
        return [found[seq] for seq in sorted(found)]

    def _given_before_ms(self, room: str, seq: int, counter: Counter) -> int:
        """When a number had been given at the latest: before the next one that is stored, as far as that is near.

        Of a busy room the counter would say that it was just now, however old the number is.
        """
        later = self._range(room, seq + 1, min(seq + BOUNDED_BY, counter.seq))
        times_ms = {int(item["sk"]): int(item["sent_at_ms"]) for item in later}
        return times_ms[min(times_ms)] if times_ms else counter.numbered_at_ms

    def _counter(self, room: str) -> Counter:
        item = self._table.get(keys.counter(room), consistent=True) or {}
        return Counter(*(int(item.get(name, 0)) for name in ("seq", "rev", "numbered_at_ms", "changed_at_ms")))

    def _take_number(self, room: str, taker: str, now_ms: int) -> int:
        """The next number; the last one given, where it was given to the same taker."""
        try:
            item = self._table.update(
                keys.counter(room),
                add={"seq": 1},
                assign={"numbered_at_ms": now_ms, "taker": taker},
                condition=Differs("taker", taker),
            )
        except ConditionError as taken:
            item = taken.item or {}
        return int(item["seq"])

    def _store(self, draft: Draft, seq: int, root: Item | None) -> None:
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
            **correlation.attribute(),
        }
        entry |= {name: value for name in _SELDOM if (value := getattr(draft, name))}
        command_pk, command_sk = keys.command(draft.user, draft.command_id)
        memory: Item = {
            "pk": command_pk,
            "sk": command_sk,
            "room": draft.room,
            "seq": seq,
            "sent_at_ms": draft.sent_at_ms,
            "expires_at_s": draft.sent_at_ms // 1000 + REMEMBERED_S,
        }
        stored: list[Write] = [Put(entry, Absent()), Put(memory, Absent())]
        # A repeat may have the same number, and has a time of its own.
        name = f"{pk}/{seq}/{command_pk}/{draft.sent_at_ms}/{draft.text}"
        if root is None:
            self._table.transact(stored, token=_token(name))
            return
        for _ in range(THREAD_ATTEMPTS):
            counted = threads.count_reply(root, seq)
            try:
                self._table.transact([*stored, *counted], token=_token(f"{name}/{root.get('replies', 0)}"))
            except TransactionError as refused:
                # The number is still ours where only another reply came between.
                if refused.conflicts.keys() != {len(stored)}:
                    raise
                root = refused.conflicts[len(stored)] or root
            else:
                return
        raise UnavailableError("The thread is busy; send again.", retry_after_ms=200)

    def _give_up(self, room: str, seq: int, at_ms: int) -> None:
        """Closes a number whose message may be stored or not, so that no reader waits for it; the first one stays."""
        with suppress(UnavailableError):
            self._void(room, seq, at_ms)

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
        """Turns numbers that nobody seems to be storing into `void` entries, in the table and in `found`.

        A number is at most as old as the one after it, so going down from the newest, the last time seen bounds it.
        """
        newer_at_ms = numbered_at_ms
        for seq in reversed(expected):
            if seq in found:
                newer_at_ms = found[seq]["sent_at_ms"]
            elif now_ms - newer_at_ms > PATIENCE_MS:
                entry = self._void(room, seq, newer_at_ms)
                if entry:
                    found[seq] = entry


def _repeated(earlier: Item, room: str) -> Stored:
    if earlier["room"] != room or "version" in earlier:
        raise InvalidFieldError("This id was used for another command; take a new one.")
    return Stored(seq=int(earlier["seq"]), sent_at_ms=int(earlier["sent_at_ms"]), repeated=True)


def _token(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex
