"""Diaries as the journals that `loadtest.checker` judges, as a real client would have written them.

A person has two devices: the one whose feeds hand out messages, and their log, which is read from its beginning in the
end. All clocks are right here: what clocks that are wrong do to clients is simulated, and no business of the checker's.

Deletions are left to `simulation.runs.judgement`: a frame that tells of one may be lost, and is then learnt by the next
heartbeat, minutes later; until then the reader may be shown what was deleted, as one may who has no network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from loadtest import journal
from loadtest.journal import Line, digest
from simulation.runs.diary import Diary, Entry, Saw
from simulation.runs.places import Places


def journal_of(diary: Diary, places: Places | None = None, forgotten: Collection[str] = ()) -> list[Line]:
    """Both devices, one behind the other.

    `places`: of a stage in several Regions, where messages stand in the end. `forgotten`: commands that were
    acknowledged, of which nobody is left who could know.
    """
    seen = diary if places is None else _placed(diary, places, forgotten)
    return [
        journal.Device(device=diary.user, user=diary.user, ordered=True),
        *_device(seen),
        journal.Device(device=f"{diary.user}.log", user=diary.user),
        *_log(seen),
    ]


def _placed(diary: Diary, places: Places, forgotten: Collection[str]) -> Diary:
    """What was seen, each message by the place that it has in the end.

    Left out is what nobody can judge any more: what was heard of a Region that is lost for good, its acks of what is
    forgotten, and counts that were of what was known then. What came as a change was found in the log.
    """
    placed = Diary(diary.user, diary.people, diary.scheduler, told_late=True)
    for entry in diary.entries:
        user = diary.user if entry.saw is Saw.ACKED else entry.user
        message = entry.saw in {Saw.HEARD, Saw.READ, Saw.CHANGED, Saw.ACKED}
        seq = places.seq_of(entry.room, entry.seq, user, entry.command_id) if message else entry.seq
        unknown = entry.saw in {Saw.HEARD, Saw.CHANGED} and not places.is_stored(entry)
        unknown = unknown or (entry.saw is Saw.ACKED and entry.command_id in forgotten)
        if unknown or entry.saw in {Saw.MARKED, Saw.UNREAD}:
            continue
        saw = Saw.CHANGED if entry.saw is Saw.HEARD and seq != entry.seq else entry.saw
        newest = places.place(entry.room, entry.newest)
        placed.entries.append(replace(entry, saw=saw, seq=places.place(entry.room, seq), newest=newest))
    return placed


def _device(diary: Diary) -> Iterator[Line]:
    began: dict[str, int] = {}
    voids: dict[str, list[Entry]] = {}
    for entry in diary.of(Saw.READ):
        voids.setdefault(entry.room, [])
        if entry.kind == "void":
            voids[entry.room].append(entry)
    for entry in diary.entries:
        if entry.saw is Saw.SUBSCRIBED:
            began[entry.room] = entry.seq
        if entry.saw is Saw.CAUGHT_UP:
            if entry.room not in voids:  # put out of the room: what is void there nobody tells them any more
                continue
            # A feed passes over what is void, and says so to nobody.
            yield from (_heard(void, "history") for void in voids[entry.room])
            if diary.told_late:
                yield from (_heard(each, "history") for each in diary.of(Saw.CHANGED) if each.room == entry.room)
            after = min(began.get(entry.room, 0), entry.seq)
            yield journal.CaughtUp(at_ms=entry.at_ms, room=entry.room, after=after, last_seq=entry.seq)
        else:
            yield from _lines(diary, entry)


def _log(diary: Diary) -> Iterator[Line]:
    last: dict[str, Entry] = {}
    for entry in diary.of(Saw.READ):
        last[entry.room] = entry
        yield _heard(entry, "history")
    for room, entry in last.items():
        yield journal.CaughtUp(at_ms=entry.at_ms, room=room, after=0, last_seq=entry.seq)


def _lines(diary: Diary, entry: Entry) -> Iterator[Line]:
    """One entry in the journal's words."""
    at_ms, room = entry.at_ms, entry.room
    match entry.saw:
        case Saw.SENT:
            yield journal.Sent(at_ms=at_ms, room=room, command=entry.command_id, digest=digest(entry.text))
        case Saw.ACKED:
            yield journal.Acked(at_ms=at_ms, room=room, command=entry.command_id, seq=entry.seq)
        case Saw.REFUSED:
            yield journal.Refused(at_ms=at_ms, room=room, command=entry.command_id, code=entry.text)
        case Saw.HEARD:
            yield _heard(entry, "live")
        case Saw.EDITED:
            wanted = digest(entry.text)
            yield journal.ChangeSent(at_ms=at_ms, room=room, seq=entry.seq, change="edited", digest=wanted)
        case Saw.SUBSCRIBED:
            yield journal.Subscribed(at_ms=at_ms, room=room, last_seq=entry.newest, after=entry.seq)
        case Saw.MARKED:
            yield journal.Read(at_ms=at_ms, room=room, seq=entry.seq)
        case Saw.UNREAD:
            yield journal.Unread(
                at_ms=at_ms,
                room=room,
                unread=entry.unread,
                read_seq=entry.seq,
                last_seq=entry.newest,
                asked_at_ms=entry.asked_ms,
            )
        case _:
            yield from _membership(diary, entry)


def _membership(diary: Diary, entry: Entry) -> Iterator[Line]:
    at_ms, room = entry.at_ms, entry.room
    match entry.saw:
        case Saw.JOINED:
            yield journal.Joined(at_ms=at_ms, room=room)
        case Saw.INVITED:
            yield journal.Joined(at_ms=at_ms, room=room, user=entry.user)
        case Saw.LEFT:
            yield journal.Left(at_ms=at_ms, room=room)
        case Saw.REMOVED:
            yield journal.Removed(at_ms=at_ms, room=room, user=entry.user)
        case Saw.ERASED:
            yield journal.Erased(at_ms=at_ms, user=diary.user)


def _heard(entry: Entry, via: journal.Via) -> journal.Heard:
    return journal.Heard(
        at_ms=entry.at_ms,
        room=entry.room,
        seq=entry.seq,
        author=entry.user or None,
        command=entry.command_id or None,
        digest=digest(entry.text) if entry.kind == "text" else None,
        kind=entry.kind,
        via=via,
        version=entry.version,
        rev=entry.rev,
    )
