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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chat import correlation
from chat.caching.tiers import Tiers
from chat.errors import InvalidFieldError, UnavailableError
from chat.numbering import Numbers, epoch_of
from chat.ports import Absent, ConditionError, Item, Put, Query, Table, TransactionError, Write
from chat.storage import keys, threads
from chat.storage.counters import Counter, Counters, Position
from chat.storage.homes import Homes
from chat.storage.recent import RecentMessages
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
class Span:
    """Which numbers to read: `limit` of them below `before`, above `after`, or with `around` in their middle.

    At most one of the three is set; none of them means the newest.
    """

    limit: int
    before: int | None = None
    after: int | None = None
    around: int | None = None

    def bounds(self, numbers: Numbers) -> tuple[int, int]:
        """First and last number, both included, in a room that has given these; first > last: none."""
        if self.after is not None:
            return self.after + 1, numbers.forward(self.after, self.limit)
        newest = numbers.newest
        if self.around is not None:
            last = min(numbers.forward(self.around, self.limit // 2), newest)
        else:
            last = newest if self.before is None else min(self.before - 1, newest)
        return numbers.back(last, self.limit), last


@dataclass(frozen=True)
class Excerpt:
    """Entries of a log, oldest first, and the span that was read: `first` to `last` of a log that ends at `newest`.

    `given` are the numbers of the span that somebody was given. `newest_rev` is the number of the room's newest change,
    0 where it was not looked at.
    """

    entries: list[Item]
    first: int
    last: int
    newest: int
    newest_rev: int = 0
    given: Sequence[range] = ()


class MessageLog:
    """The logs of all rooms in one table.

    `tiers` None: the newest entries of rooms are read anew each time. `homes` None: a stage of one Region.
    """

    def __init__(self, table: Table, tiers: Tiers | None = None, homes: Homes | None = None) -> None:
        self._table = table
        self._counters = Counters(table, homes)
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
        return self._counters.positions_of(rooms)

    def unread(self, room: str, read_seq: int, newest: int) -> int:
        """How many numbers were given behind one, up to the newest. One read unit, where that is in another epoch."""
        if epoch_of(read_seq) == epoch_of(newest):
            return max(0, newest - read_seq)
        return self._counter(room).numbers.count(read_seq + 1, newest)

    def read(self, room: str, span: Span, now_ms: int) -> Excerpt:
        """The entries of a span, oldest first.

        A number still under way is left out; one that was burnt is a `void` entry, and what lies between two epochs is
        one `void` entry with its last number as `until`. Calls: one for the counter and,
        unless they are kept (`chat.storage.recent`), one for the span's one to three partitions, read at once.
        """
        counter = self._counter(room)
        first, last = span.bounds(counter.numbers)
        excerpt = Excerpt([], first, last, counter.seq, counter.rev, counter.numbers.given(first, last))
        if self._recent is None:
            return replace(excerpt, entries=self._entries(room, first, last, counter, now_ms))
        look = self._recent.look(room, counter, first, last)
        if look.entries is not None:
            return replace(excerpt, entries=look.entries)
        final = look.mine and self._recent.settled(room, counter, now_ms)
        entries = self._entries(room, first, last, counter, now_ms)
        if final:
            self._recent.keep(room, counter, entries, now_ms)
        return replace(excerpt, entries=entries)

    def _entries(self, room: str, first: int, last: int, counter: Counter, now_ms: int) -> list[Item]:
        found = {int(item["sk"]): item for item in self._range(room, counter.numbers, first, last)}
        if first <= last < counter.seq and last not in found:
            counter = replace(counter, numbered_at_ms=self._given_before_ms(room, last, counter))
        self._fill(room, counter.numbers.given(first, last), found, counter, now_ms)
        for hole in counter.numbers.holes(first, last):
            found[hole.first] = {**void_of(room, hole.first, counter.numbered_at_ms), "until": hole.last}
        return [found[seq] for seq in sorted(found)]

    def _given_before_ms(self, room: str, seq: int, counter: Counter) -> int:
        """When a number had been given at the latest: before the next one that is stored, as far as that is near.

        Of a busy room the counter would say that it was just now, however old the number is.
        """
        later = self._range(room, counter.numbers, seq + 1, min(seq + BOUNDED_BY, counter.seq))
        times_ms = {int(item["sk"]): int(item["sent_at_ms"]) for item in later}
        return times_ms[min(times_ms)] if times_ms else counter.numbered_at_ms

    def _counter(self, room: str) -> Counter:
        return self._counters.read(room)

    def _take_number(self, room: str, taker: str, now_ms: int) -> int:
        return self._counters.take_number(room, taker, now_ms)

    def _store(self, draft: Draft, seq: int, root: Item | None) -> None:
        entry = entry_of(draft, seq)
        memory = memory_of(draft.user, draft.command_id, draft.room, seq, draft.sent_at_ms)
        stored: list[Write] = [Put(entry, Absent()), Put(memory, Absent())]
        epoch = epoch_of(seq)
        if epoch:  # copies of the memory may go over each other, those of what one epoch has given may not
            stored.append(Put(memory | {"sk": epoch}))
        # A repeat may have the same number, and has a time of its own.
        name = f"{entry['pk']}/{seq}/{memory['pk']}/{draft.sent_at_ms}/{draft.text}"
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
        entry = void_of(room, seq, at_ms)
        try:
            self._table.put(entry, Absent())
        except ConditionError as taken:
            return taken.item
        return entry

    def _range(self, room: str, numbers: Numbers, first: int, last: int) -> list[Item]:
        size = keys.MESSAGES_PER_BUCKET
        runs = [(run[0] // size, run[-1] // size) for run in numbers.given(first, last)]
        buckets = [bucket for low, high in runs for bucket in range(low, high + 1)]
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

    def _fill(self, room: str, expected: list[range], found: dict[int, Item], counter: Counter, now_ms: int) -> None:
        """Turns numbers that nobody seems to be storing into `void` entries, in the table and in `found`.

        A number is at most as old as the one after it, so going down from the newest, the last time seen bounds it.
        Another Region's numbers may still arrive: what is missing of them is void as far as is known, and not stored.
        """
        newer_at_ms = counter.numbered_at_ms
        for seq in (seq for run in reversed(expected) for seq in reversed(run)):
            if seq in found:
                newer_at_ms = found[seq]["sent_at_ms"]
            elif not counter.closes(seq):
                found[seq] = void_of(room, seq, newer_at_ms)
            elif now_ms - newer_at_ms > PATIENCE_MS:
                entry = self._void(room, seq, newer_at_ms)
                if entry:
                    found[seq] = entry


def entry_of(draft: Draft, seq: int) -> Item:
    """A message as it stands in the log."""
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
    return entry | {name: value for name in _SELDOM if (value := getattr(draft, name))}


def void_of(room: str, seq: int, at_ms: int) -> Item:
    """What stands under a number that no message has."""
    pk, sk = keys.message(room, seq)
    return {"pk": pk, "sk": sk, "room": room, "kind": VOID, "text": "", "sent_at_ms": at_ms}


def memory_of(user: str, command_id: str, room: str, seq: int, sent_at_ms: int) -> Item:
    """What is remembered of a command that has stored a message."""
    pk, sk = keys.command(user, command_id)
    expires_at_s = sent_at_ms // 1000 + REMEMBERED_S
    return {"pk": pk, "sk": sk, "room": room, "seq": seq, "sent_at_ms": sent_at_ms, "expires_at_s": expires_at_s}


def _repeated(earlier: Item, room: str) -> Stored:
    if earlier["room"] != room or "version" in earlier:
        raise InvalidFieldError("This id was used for another command; take a new one.")
    return Stored(seq=int(earlier["seq"]), sent_at_ms=int(earlier["sent_at_ms"]), repeated=True)


def _token(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex
