"""The end of a hot room's window: what its logs have that was not posted yet goes out, joined, in number order.

One run reads the log for all of the room's shards. Only what is contiguous is posted; behind a number that is still
being stored the log waits for `HOLE_MS`. Then it goes on without, and the number follows when it is there. While
anything is left, another tick comes by itself.

Behind the messages comes what was changed, each message once and as it stands, however often that was. Changes wait for
none before them: a message's own `rev` says which of two is the later.

A run may die anywhere and come twice: the cursor moves after the frames are on their way, so recipients may see a frame
twice and drop it by its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import msgspec

from chat.delivery.audience import spread
from chat.delivery.joining import joined
from chat.delivery.orders import Tick, enqueue
from chat.messages import message_of
from chat.numbering import epoch_of, floor
from chat.planning import FRAME_BYTES, MOST_WINDOW_MS
from chat.ports import Item
from chat.protocol import MessageChanged, MessagePosted, MessagesSkipped, encode
from chat.services import Deliveries
from chat.storage.changes import REPLAYED
from chat.storage.messages import SETTLE_MS, VOID, Span
from chat.storage.windows import Cursor

HOLE_MS = 1_000
"""How long the log waits for a number that is given and not stored: storing takes some 20 ms."""

BACK_MS = 2_000
"""Without a cursor, or with an old one: what was sent so long before the window may have relied on it."""

FRESH_MS = 10_000
"""A cursor that was moved less long ago is gone on from."""

MOST = 1_000
"""Messages of one run: two seconds of the fastest room."""

SKIPPED_BYTES = 200
"""For the brackets around a digest's messages and what it says of the others."""

ASIDE_MS, TIMES_ASIDE = 25, 4
"""How long, and how often, a tick steps aside for another one of its window: twice what that takes to post."""

LAST_PAUSE_S = 30
"""Ticks for what is left come after 1, 2, 4 … seconds, and so often at last."""


@dataclass(frozen=True)
class Due:
    """What a run posts, oldest first, and where it leaves the cursor."""

    entries: list[Item]
    changed: list[Item]
    cursor: Cursor
    left: bool
    """Whether there are numbers that are not there yet."""
    behind: bool
    """Whether there is more than a run takes."""


@dataclass(frozen=True)
class Changed:
    """Messages that were changed, in the order of their revs, up to which `rev` that is, and what it passes over."""

    entries: list[Item]
    rev: int
    passed_over: tuple[tuple[int, int], ...]


def carry_out(desk: Deliveries, tick: Tick) -> None:
    """Waits until the window is over, ends it, and posts what is due.

    Calls: a write, the cursor, the counter and the log's partitions, a write for the cursor; where something was
    changed, the log of changes and the messages; and what posting takes. Raises `UnavailableError` where it should be
    done again.
    """
    fanout, room = desk.fanout, tick.room
    wait_ms = min(tick.until_ms - fanout.clock.now_ms(), MOST_WINDOW_MS)
    if wait_ms > 0:
        desk.pause(wait_ms)
    # Before the log is read: who finds the window claimed until here has stored their message.
    is_mine = not tick.until_ms or fanout.windows.release(room, tick.until_ms)
    if not is_mine and _is_seen_to(desk, tick):
        return
    now_ms = fanout.clock.now_ms()
    before = fanout.windows.cursor(room)
    due = _due(desk, tick, before, now_ms)
    frames = [encode(MessagePosted(message=message_of(entry))) for entry in due.entries]
    if tick.digest_messages and frames:
        frames = _digest(room, frames, [int(entry["sk"]) for entry in due.entries], tick.digest_messages)
    frames += [encode(MessageChanged(message=message_of(entry))) for entry in due.changed]
    if frames:
        spread(fanout, room, joined(frames))
    after = _look_again(desk, tick, due, now_ms)
    if after != before:
        moved = replace(after, at_ms=now_ms, window_ms=tick.until_ms or before.window_ms)
        fanout.windows.advance(room, before, moved)


def _is_seen_to(desk: Deliveries, tick: Tick) -> bool:
    """Whether another tick has posted what this one's window has, given a moment to do so.

    Until who began a window has marked it, everybody in it has a tick enqueued: all of them come at its end, and one is
    enough. Did that one die, its cursor stays where it was, and the next one goes on. A read unit each time.
    """
    for _ in range(TIMES_ASIDE):
        if desk.fanout.windows.cursor(tick.room).window_ms == tick.until_ms:
            return True
        desk.pause(ASIDE_MS)
    return False


def _digest(room: str, frames: list[bytes], numbers: list[int], most: int) -> list[bytes]:
    """The newest messages, as many as may be and go into one frame; before them which were skipped."""
    sizes = accumulate(len(frame) + 1 for frame in reversed(frames[-most:]))
    kept = max(1, sum(size <= FRAME_BYTES - SKIPPED_BYTES for size in sizes))
    if kept == len(frames):
        return frames
    skipped = MessagesSkipped(room=room, first=numbers[0], last=numbers[-kept - 1])
    return [encode(skipped), *frames[-kept:]]


def _look_again(desk: Deliveries, tick: Tick, due: Due, now_ms: int) -> Cursor:
    """Has another tick enqueued where something is left and none is on its way for that; the cursor that knows it.

    A number's sender claims a window itself when it is stored. This is for one that died before it could.
    """
    if not due.left or (due.cursor.again_at_ms > now_ms and not tick.again and not due.behind):
        return due.cursor
    delay_s = 0 if due.behind else min(2**tick.again, LAST_PAUSE_S)
    again = msgspec.structs.replace(tick, until_ms=0, again=tick.again + 1)
    enqueue(desk.fanout.queue, [again], delay_s=delay_s)
    return replace(due.cursor, again_at_ms=now_ms + delay_s * 1_000)


def _due(desk: Deliveries, tick: Tick, cursor: Cursor, now_ms: int) -> Due:
    fresh = now_ms - cursor.at_ms < FRESH_MS
    excerpt = desk.messages.read(tick.room, Span(MOST, after=cursor.seq) if fresh else Span(MOST), now_ms)
    found = {int(entry["sk"]): entry for entry in excerpt.entries}
    given = [seq for run in excerpt.given for seq in run if seq > cursor.seq]
    reached, holes = _reached(found, given, cursor.seq, now_ms)
    if not given or reached == given[-1]:
        reached = max(reached, excerpt.last)  # nothing was given in between
    since_ms = 0 if fresh else tick.claimed_at_ms - BACK_MS
    due = {
        seq: entry for seq, entry in found.items() if cursor.seq < seq <= reached and entry["sent_at_ms"] >= since_ms
    }
    waited_for = _awaited(cursor.passed_over, now_ms)
    late = {int(entry["sk"]): entry for entry in desk.messages.some(tick.room, [seq for seq, _ in waited_for])}
    missing = [*((seq, at_ms) for seq, at_ms in waited_for if seq not in late), *((seq, now_ms) for seq in holes)]
    changed = _changed(desk, tick, cursor, excerpt.newest_rev, now_ms)
    return Due(
        [entry for _, entry in sorted((late | due).items()) if entry["kind"] != VOID],
        changed.entries,
        replace(cursor, seq=reached, passed_over=tuple(missing), rev=changed.rev, revs_passed_over=changed.passed_over),
        left=bool(missing or changed.passed_over) or reached < excerpt.newest or changed.rev < excerpt.newest_rev,
        behind=excerpt.last < excerpt.newest or changed.rev < excerpt.newest_rev,
    )


def _changed(desk: Deliveries, tick: Tick, cursor: Cursor, newest: int, now_ms: int) -> Changed:
    """What of the log of changes, whose newest rev this is, a run posts."""
    fresh = cursor.rev is not None and now_ms - cursor.at_ms < FRESH_MS
    done = max(cursor.rev or 0, floor(epoch_of(newest)))  # changes of an earlier epoch were told in its Region
    first = (done if fresh else max(done, newest - REPLAYED)) + 1
    last = min(newest, first + REPLAYED - 1)
    waited_for = _awaited(cursor.revs_passed_over, now_ms)
    rows = desk.changes.span(tick.room, first, last, now_ms) if first <= last else {}
    late = desk.changes.some(tick.room, [rev for rev, _ in waited_for]) if waited_for else {}
    missing = [(rev, at_ms) for rev, at_ms in waited_for if rev not in late]
    missing += [(rev, now_ms) for rev in range(first, last + 1) if rev not in rows]
    since_ms = 0 if fresh else tick.claimed_at_ms - BACK_MS
    told = [row for row in (late | rows).values() if row["what"] != VOID and row["changed_at_ms"] >= since_ms]
    entries = desk.changes.read(tick.room, sorted({int(row["seq"]) for row in told})) if told else []
    return Changed(sorted(entries, key=lambda entry: int(entry["rev"])), last, tuple(missing))


def _awaited(passed_over: Iterable[tuple[int, int]], now_ms: int) -> list[tuple[int, int]]:
    """Those of them that somebody may still be storing."""
    return [(number, at_ms) for number, at_ms in passed_over if now_ms - at_ms < 2 * SETTLE_MS]


def _reached(found: dict[int, Item], numbers: Sequence[int], posted: int, now_ms: int) -> tuple[int, list[int]]:
    """Up to which number everything can be posted now, and which below it have been missing for too long."""
    reached, holes, waiting = posted, list[int](), list[int]()
    for seq in numbers:
        entry = found.get(seq)
        if entry is None:
            waiting.append(seq)
            continue
        # A number is at least as old as the one after it.
        if waiting and now_ms - entry["sent_at_ms"] < HOLE_MS:
            break
        reached, holes, waiting = seq, holes + waiting, []
    return reached, holes
