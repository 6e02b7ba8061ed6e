"""Tails of very large rooms: the newest part of a log and of its changes, as documents that caches serve to everybody.

A segment is a partition of the log (64 numbers), a page of changes one of theirs. What can't get anything more is
closed and stays as it is: each number in it is stored or `void`, by the log's own rules. The rest is cached for a
second. What is in a document was read after the rev that it names, so a reader that knows of later changes applies
them over it.

Nothing here knows who reads: a capability in the address says that somebody may (`chat.storage.tail_access`).

Calls: a read of the counter three times and a Query each of the log and of its changes; in `live` and for a page of
changes one more for those changed messages that are not in the segment. `tests/unit/test_tails.py` counts the units. So
many a second for each of CloudFront's caches that asks, however many clients do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.delivery.tails import POLL_MS
from chat.errors import TailNotYetError
from chat.messages import message_of
from chat.ports import Clock, Item
from chat.protocol import Message, TailChanges, TailLive, TailSegment
from chat.storage.changes import ChangeLog, Page
from chat.storage.counters import Counter
from chat.storage.keys import CHANGES_PER_BUCKET, MESSAGES_PER_BUCKET
from chat.storage.messages import Excerpt, MessageLog, Span

LIVE_CHANGES = 16
"""The newest changes in `live`: who lacks more of them reads the page that they are in."""

MOST_POLL_MS = 10_000
"""The pause between polls of a room in which nothing happens: a message there is seen so much later at most."""

CALM = 10
"""The pause is so manieth part of the time since something happened last."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What a tail is read from. It writes nothing but the `void` entries of burnt numbers."""

    messages: MessageLog
    changes: ChangeLog
    clock: Clock


def live(archive: Archive, room: str) -> TailLive:
    """Where the room is, its last segment as far as it goes, and what was changed last."""
    now_ms = archive.clock.now_ms()
    counter = archive.messages.counter(room)
    changed_after = max(0, counter.rev - LIVE_CHANGES)
    page = archive.changes.page(room, changed_after, now_ms, LIVE_CHANGES)
    segment = counter.seq // MESSAGES_PER_BUCKET
    excerpt = _read(archive, room, segment, now_ms)
    return TailLive(
        room=room,
        last_seq=excerpt.newest,
        segment=segment,
        messages=[message_of(entry) for entry in excerpt.entries],
        changed_after=changed_after,
        changed=_changed(archive, room, page, excerpt.entries),
        last_rev=page.last_rev,
        poll_ms=poll_ms(counter, now_ms),
    )


def segment(archive: Archive, room: str, number: int) -> TailSegment:
    """One segment. Raises `TailNotYetError` for one that the room has not reached."""
    now_ms = archive.clock.now_ms()
    rev = archive.changes.since(room, None, now_ms).last_rev
    excerpt = _read(archive, room, number, now_ms)
    first, last = _bounds(number, MESSAGES_PER_BUCKET)
    if excerpt.newest < first:
        raise TailNotYetError("The room has not got there yet.", retry_after_ms=POLL_MS)
    return TailSegment(
        room=room,
        segment=number,
        messages=[message_of(entry) for entry in excerpt.entries],
        rev=rev,
        closed=len(excerpt.entries) == last - first + 1,
    )


def changes(archive: Archive, room: str, number: int) -> TailChanges:
    """One page of changes. Raises `TailNotYetError` for one that the room has not reached."""
    first, last = _bounds(number, CHANGES_PER_BUCKET)
    page = archive.changes.page(room, first - 1, archive.clock.now_ms(), last - first + 1)
    if page.last_rev < first:
        raise TailNotYetError("The room has not got there yet.", retry_after_ms=POLL_MS)
    changed = _changed(archive, room, page, [])
    return TailChanges(room=room, page=number, changed=changed, last_rev=page.last_rev, closed=page.last_rev == last)


def poll_ms(counter: Counter, now_ms: int) -> int:
    """The pause between two polls: the longer, the longer nothing happened."""
    calm_ms = now_ms - max(counter.numbered_at_ms, counter.changed_at_ms)
    return max(POLL_MS, min(calm_ms // CALM, MOST_POLL_MS))


def _bounds(number: int, size: int) -> tuple[int, int]:
    """First and last number of a partition. Numbers begin with 1."""
    return max(1, number * size), (number + 1) * size - 1


def _read(archive: Archive, room: str, number: int, now_ms: int) -> Excerpt:
    first, last = _bounds(number, MESSAGES_PER_BUCKET)
    return archive.messages.read(room, Span(last - first + 1, after=first - 1), now_ms)


def _changed(archive: Archive, room: str, page: Page, known: Sequence[Item]) -> list[Message]:
    """The messages that a page is about, in the order of their last changes there, as they stand after it was read."""
    last_revs = {seq: rev for rev, seq in page.seqs.items()}
    entries = {int(entry["sk"]): entry for entry in known}
    others = [seq for seq in last_revs if seq not in entries]
    entries |= {int(entry["sk"]): entry for entry in (archive.changes.read(room, others) if others else [])}
    return [message_of(entries[seq]) for seq in sorted(last_revs, key=last_revs.__getitem__) if seq in entries]
