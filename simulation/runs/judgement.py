"""What is wrong with a run: what `loadtest.checker` finds in clients' journals, and what only who sees everything can.

A simulation knows what is stored in the end, and has one clock for all. The rules here hold what clients saw against
both; each is a function of the evidence that finds violations of one kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec

from chat.numbering import Numbers, epoch_of
from chat.ports import Item
from chat.storage import keys
from chat.storage.counters import Counters
from chat.storage.memberships import BANNED
from chat.storage.messages import DELETED, VOID
from loadtest.checker import Allowances, Kind, check
from simulation.cloud.cloud import REGION
from simulation.cloud.regions import COPIED
from simulation.runs.case import LAST_WORDS_MS
from simulation.runs.diary import Diary, Entry, Saw
from simulation.runs.faults import Lost
from simulation.runs.journals import journal_of
from simulation.runs.places import Places
from simulation.runs.play import READING_MS, Run

NEVER_MS = 1 << 62

GRACE_MS = 15_000
"""How long somebody who was removed may still hear or say something: rights are remembered for 5 s."""

ALLOWANCES = Allowances(grace_ms=60_000, skew_ms=0, closed=True)
"""For the checker: a machine that slept hears what had come before. All clocks are one, and everybody has a journal."""

PROMPT_MS = 5_000
"""By when a message is heard by whoever listens, where nothing is wrong."""

MOST_TOLD = 2
"""Times that a socket gets the same message."""


@dataclass(frozen=True)
class Finding:
    """One violation."""

    kind: str
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.who}: {self.what}"


@dataclass(frozen=True)
class Session:
    """One subscription as its reader lived it: from the number it began behind, what was heard, and how it ended."""

    diary: Diary
    began: Entry
    heard: list[Entry]
    complete: Entry | None
    """What it held in the end; None where it had ended before."""
    ended_ms: int | None


class Evidence:
    """A run, as rules ask about it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.diaries = run.diaries
        self.tables = run.tables
        self._counters = Counters(self.tables["messages"], run.homes)

    @cached_property
    def log(self) -> dict[str, dict[int, Item]]:
        """What is stored, by room and number."""
        log: dict[str, dict[int, Item]] = defaultdict(dict)
        for (pk, sk), item in self.tables["messages"].items.items():
            if pk.startswith(keys.MESSAGES):
                log[item["room"]][int(sk)] = item
        return log

    @cached_property
    def numbers(self) -> dict[str, Numbers]:
        """What was given in each room."""
        return {room: self._counters.read(room).numbers for room in self.run.case.rooms}

    @cached_property
    def places(self) -> Places:
        """Where messages stand in the end."""
        return Places(self.log, self.numbers)

    def newest(self, room: str) -> int:
        """The highest number that was given."""
        return self.numbers[room].newest

    def member(self, room: str, user: str) -> bool:
        """Whether somebody is in a room in the end."""
        item = self.tables["rooms"].items.get(keys.member(room, user))
        return item is not None and item["role"] != BANNED

    @cached_property
    def entries(self) -> list[tuple[Diary, Entry]]:
        """Everybody's, in the order of time."""
        both = [(diary, entry) for diary in self.diaries for entry in diary.entries]
        return sorted(both, key=lambda each: each[1].at_ms)

    @cached_property
    def edits(self) -> dict[tuple[str, int], list[Entry]]:
        """Texts that were asked for instead, by room and number."""
        edits: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        for diary in self.diaries:
            for entry in diary.of(Saw.EDITED):
                edits[entry.room, entry.seq].append(entry)
        return edits

    @cached_property
    def erased(self) -> dict[str, int]:
        """Users who are gone, and when they were told so."""
        return {diary.user: entry.at_ms for diary in self.diaries for entry in diary.of(Saw.ERASED)}

    @cached_property
    def sessions(self) -> list[Session]:
        """All subscriptions."""
        return [session for diary in self.diaries for room in self.run.case.rooms for session in _sessions(diary, room)]

    def told_late(self, session: Session) -> set[int]:
        """Messages of a session that came otherwise than in their turn: as changes, or before, under another number."""
        if not self.run.case.regions:
            return set()
        room = session.began.room
        changed = {entry.seq for entry in session.diary.of(Saw.CHANGED) if entry.room == room}
        heard = {
            self.places.seq_of(room, entry.seq, entry.user, entry.command_id)
            for entry in session.diary.of(Saw.HEARD)
            if entry.room == room
        }
        return changed | heard

    def gone(self, room: str) -> set[int]:
        """Numbers that were heard of in a Region which is lost for good, and that are nowhere now."""
        if len(self.run.standing) == len(self.run.case.regions or (REGION,)):
            return set()
        heard = {entry.seq for diary in self.diaries for entry in diary.of(Saw.HEARD) if entry.room == room}
        return {seq for seq in heard - self.log[room].keys() if epoch_of(seq) == 0}

    def forgotten(self, diary: Diary) -> set[str]:
        """Commands that a Region acknowledged which is lost for good, and of which no client knows any more."""
        if not any(isinstance(fault, Lost) and fault.back_ms is None for fault in self.run.case.faults):
            return set()
        ended_ms = max((entry.at_ms for entry in diary.of(Saw.RESTARTED)), default=0)
        acked = (entry for entry in diary.of(Saw.ACKED) if epoch_of(entry.seq) == 0)
        return {entry.command_id for entry in acked if entry.at_ms <= ended_ms}

    def absences(self) -> Iterator[tuple[str, str, int, int]]:
        """Who was out of which room, from when and until when, as far as that is beyond doubt."""
        for _, entry in self.entries:
            if entry.saw is Saw.REMOVED:
                again = [
                    other.at_ms
                    for diary, other in self.entries
                    if other.room == entry.room
                    and other.at_ms >= entry.at_ms - GRACE_MS
                    and (
                        (other.saw is Saw.JOINED and diary.user == entry.user)
                        or (other.saw is Saw.INVITED and other.user == entry.user)
                    )
                ]
                yield entry.room, entry.user, entry.at_ms, min(again, default=NEVER_MS)


def judge(run: Run) -> list[Finding]:
    """All violations: those that clients' journals show, and those that only who sees everything finds."""
    evidence = Evidence(run)
    places = evidence.places if run.case.regions else None
    journals = [journal_of(diary, places, evidence.forgotten(diary)) for diary in run.diaries]
    verdict = check(journals, ALLOWANCES)
    # Two Regions that cannot hear each other have no order between them: that of each is judged here.
    judged = [each for each in verdict.violations if places is None or each.kind is not Kind.REORDERED]
    found = [Finding(each.kind.value, each.device, str(each)) for each in judged]
    return found + [finding for rule in RULES for finding in rule(evidence)]


def acknowledged_is_stored(evidence: Evidence) -> Iterator[Finding]:
    """An ack is a promise: the message stands under its number.

    Of a Region that is lost for good it does where its sender's client has lived on. Where a Region that was lost has
    come back, the number may be another, that its sender was told elsewhere.
    """
    for diary in evidence.diaries:
        for entry in diary.of(Saw.ACKED):
            if entry.command_id in evidence.forgotten(diary):
                continue
            item = evidence.log[entry.room].get(
                evidence.places.seq_of(entry.room, entry.seq, diary.user, entry.command_id)
            )
            kept = item is not None and (item["kind"] == DELETED or item.get("command_id") == entry.command_id)
            if not kept:
                yield Finding("lost", diary.user, f"{entry} and stored is {item}")


def stored_is_stored_once(evidence: Evidence) -> Iterator[Finding]:
    """A command has one message, however often it came."""
    seen: dict[tuple[str, str], int] = {}
    for room, log in evidence.log.items():
        for seq, item in log.items():
            command = (str(item.get("user")), str(item.get("command_id")))
            if item.get("command_id") is None:
                continue
            if command in seen:
                yield Finding("doubled", command[0], f"{command[1]} is {seen[command]} and {seq} of {room}")
            seen[command] = seq


def heard_is_in_order_and_whole(evidence: Evidence) -> Iterator[Finding]:
    """A feed hands out every message behind the number that it began with, once, by number."""
    for session in evidence.sessions:
        who, room, start = session.diary.user, session.began.room, session.began.seq
        numbers = [entry.seq for entry in session.heard]
        if numbers != sorted(set(numbers)):
            yield Finding("disordered", who, f"{room} as {numbers}")
        last = session.complete.seq if session.complete else max(numbers, default=start)
        log = evidence.log[room]
        due = {seq for seq, item in log.items() if start < seq <= last and item["kind"] != VOID}
        if missing := sorted(due - set(numbers) - evidence.told_late(session)):
            yield Finding("skipped", who, f"{missing} of {room}, between {start} and {last}")
        if unknown := sorted(set(numbers) - log.keys() - evidence.gone(room)):
            yield Finding("invented", who, f"{unknown} of {room}, which are not stored")


def readers_arrive(evidence: Evidence) -> Iterator[Finding]:
    """In the end, whoever reads a room that they are in holds all of it."""
    for session in evidence.sessions:
        complete = session.complete
        if complete and evidence.member(complete.room, session.diary.user):
            newest = evidence.newest(complete.room)
            if complete.seq < newest:
                yield Finding("behind", session.diary.user, f"{complete.seq} of {newest} in {complete.room}")


def readers_agree(evidence: Evidence) -> Iterator[Finding]:
    """In the end everybody reads what is stored."""
    for diary in evidence.diaries:
        for entry in diary.of(Saw.READ):
            item = evidence.log[entry.room].get(entry.seq)
            if item is None and evidence.run.case.regions and entry.kind == VOID:
                continue  # a number of another Region's that came to nothing: nobody but it may say so for good
            if item is None or (item["kind"], item["text"]) != (entry.kind, entry.text):
                yield Finding("disagreed", diary.user, f"{entry} and stored is {item}")


def changes_last(evidence: Evidence) -> Iterator[Finding]:
    """What was deleted stays deleted; the last edit stands."""
    altered: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for diary in evidence.diaries:
        for entry in diary.of(Saw.DELETED):
            item = evidence.log[entry.room].get(entry.seq)
            if item is None or item["kind"] != DELETED or item["text"]:
                yield Finding("undeleted", diary.user, f"{entry} and stored is {item}")
        for entry in diary.of(Saw.ALTERED):
            altered[entry.room, entry.seq].append(entry)
    for (room, seq), entries in altered.items():
        item, last = evidence.log[room].get(seq, {}), max(entries, key=lambda entry: entry.rev)
        known = len({entry.text for entry in entries}) == len({edit.text for edit in evidence.edits[room, seq]})
        if known and item.get("kind") == "text" and item["text"] != last.text:
            yield Finding("unedited", room, f"{last} and stored is {item}")


def the_deleted_is_not_shown(evidence: Evidence) -> Iterator[Finding]:
    """Whose client knows that a message was deleted is not shown it.

    An older change may come after a newer one: who shows changes goes by their `rev`.
    """
    for diary in evidence.diaries:
        deleted: dict[tuple[str, int], int] = {}
        for entry in diary.entries:
            place = entry.room, entry.seq
            if entry.saw is Saw.DELETED or (entry.saw is Saw.CHANGED and entry.kind == DELETED):
                deleted[place] = entry.rev
                continue
            again = entry.saw is Saw.HEARD or (entry.saw is Saw.CHANGED and entry.rev > deleted.get(place, 0))
            if again and place in deleted and entry.kind == "text":
                yield Finding("shown", diary.user, str(entry))


def the_erased_are_gone(evidence: Evidence) -> Iterator[Finding]:
    """After erasure nothing of the user's is stored."""
    for room, log in evidence.log.items():
        for seq, item in log.items():
            if item.get("user") in evidence.erased:
                yield Finding("unerased", str(item["user"]), f"{seq} of {room}: {item}")


def the_removed_are_out(evidence: Evidence) -> Iterator[Finding]:
    """Who was removed neither hears what is said after it nor says anything."""
    for room, user, since_ms, until_ms in evidence.absences():
        for item in evidence.log[room].values():
            if item.get("user") == user and since_ms + GRACE_MS < item["sent_at_ms"] < until_ms:
                yield Finding("intruded", user, f"said {item} in {room}, removed at {since_ms}")
        for diary in evidence.diaries:
            if diary.user == user:
                yield from _overheard(evidence, diary, room, since_ms, until_ms)
        if until_ms == NEVER_MS:
            yield from _posted_to(evidence, user, room, since_ms)


def _overheard(evidence: Evidence, diary: Diary, room: str, since_ms: int, until_ms: int) -> Iterator[Finding]:
    for entry in diary.of(Saw.HEARD, Saw.CHANGED):
        sent_at_ms = evidence.log[room].get(entry.seq, {}).get("sent_at_ms", 0)
        if entry.room == room and entry.at_ms < until_ms and sent_at_ms > since_ms + GRACE_MS:
            yield Finding("intruded", diary.user, f"heard {entry}, removed at {since_ms}")


def _posted_to(evidence: Evidence, user: str, room: str, since_ms: int) -> Iterator[Finding]:
    """Of somebody who does not come back: what came to their sockets, whatever their client made of it."""
    for owner, frames in evidence.run.frames:
        places = {place for frame in frames for place in _messages_of(frame)} if owner == user else set()
        for seq in (seq for in_room, seq in places if in_room == room):
            if evidence.log[room].get(seq, {}).get("sent_at_ms", 0) > since_ms + GRACE_MS:
                yield Finding("intruded", user, f"was sent {seq} of {room}, removed at {since_ms}")


def unread_counts_to_the_newest(evidence: Evidence) -> Iterator[Finding]:
    """In the end, counts are of all that is there."""
    for diary in evidence.diaries:
        for entry in diary.of(Saw.UNREAD):
            calm = entry.asked_ms > evidence.run.ends_ms - READING_MS
            if calm and entry.newest != evidence.newest(entry.room):
                yield Finding("miscounted", diary.user, f"{entry} of {evidence.newest(entry.room)}")


def what_is_said_is_heard_at_once(evidence: Evidence) -> Iterator[Finding]:
    """Where nothing is wrong, or not any more, a message is with its readers in seconds."""
    begins_ms = evidence.run.began_ms + (LAST_WORDS_MS if evidence.run.case.faults else 0)
    for session in evidence.sessions:
        room, who = session.began.room, session.diary.user
        heard = {entry.seq: entry.at_ms for entry in session.heard}
        for seq, item in evidence.log[room].items():
            sent_at_ms = item["sent_at_ms"]
            listening = session.began.at_ms < sent_at_ms and seq > session.began.seq
            if item["kind"] == VOID or not listening or sent_at_ms < begins_ms:
                continue
            if session.ended_ms is not None and session.ended_ms < sent_at_ms + PROMPT_MS:
                continue
            if not evidence.member(room, who):
                continue
            if heard.get(seq, 1 << 62) > sent_at_ms + PROMPT_MS:
                late = heard.get(seq)
                words = f"{(late - sent_at_ms) / 1000:.1f} s late" if late else "never"
                yield Finding("late", who, f"{seq} of {room}, {words}")


def what_is_said_is_posted(evidence: Evidence) -> Iterator[Finding]:
    """Where nothing is wrong, a message comes to who listens by itself: nobody has to see a gap and ask.

    A digest leaves messages out; who has just begun to listen may have been read too late; whose an erased message
    was is not known any more.
    """
    if evidence.run.case.faults or "digest" in evidence.run.case.fanout:
        return
    posted: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for user, frames in evidence.run.frames:
        posted[user].update(place for frame in frames for place in _messages_of(frame))
    for session in evidence.sessions:
        who, room = session.diary.user, session.began.room
        for entry in session.heard:
            item = evidence.log[room].get(entry.seq, {})
            settled = item.get("sent_at_ms", 0) > session.began.at_ms + PROMPT_MS
            if settled and item.get("user") not in {who, None} and (room, entry.seq) not in posted[who]:
                yield Finding("unposted", who, f"{entry.seq} of {room} had to be asked for")


def nobody_is_told_thrice(evidence: Evidence) -> Iterator[Finding]:
    """Where nothing is wrong, a socket gets a message once; and once more where its room has just become hot.

    A room's first window does not know what was posted before it, nor what others post who do not know of it yet.
    """
    if evidence.run.case.faults:
        return
    for user, frames in evidence.run.frames:
        told = Counter(place for frame in frames for place in _messages_of(frame))
        for (room, seq), times in told.items():
            if times > MOST_TOLD:
                yield Finding("repeated", user, f"{seq} of {room} came {times} times")


def an_epoch_has_one_order(evidence: Evidence) -> Iterator[Finding]:
    """Within an epoch, what is sent after something was acknowledged has a higher number."""
    if not evidence.run.case.regions:
        return  # the checker judges it, over all numbers
    sent = {entry.command_id: entry.at_ms for _, entry in evidence.entries if entry.saw is Saw.SENT}
    acked = [(diary, entry) for diary, entry in evidence.entries if entry.saw is Saw.ACKED]
    first: dict[tuple[str, int], Entry] = {}
    for diary, entry in sorted(acked, key=lambda each: each[1].seq, reverse=True):
        place = entry.room, epoch_of(entry.seq)
        later = first.get(place)
        if later is not None and later.at_ms < sent[entry.command_id]:
            yield Finding("reordered", diary.user, f"{entry} was sent after {later}")
        if later is None or entry.at_ms < later.at_ms:
            first[place] = entry


def regions_agree(evidence: Evidence) -> Iterator[Finding]:
    """In the end all Regions have the same."""
    one, *others = evidence.run.standing
    for other in others:
        for name in COPIED:
            here, there = one.tables[name].items, other.tables[name].items
            for key in sorted(here.keys() | there.keys(), key=str):
                if here.get(key) != there.get(key):
                    yield Finding("diverged", name, f"{key} is {here.get(key)} and {there.get(key)}")


def clients_are_sound(evidence: Evidence) -> Iterator[Finding]:
    """Nothing goes wrong in a client's own code."""
    for failure in evidence.run.failures:
        yield Finding("failed", "client", failure)


RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    acknowledged_is_stored,
    stored_is_stored_once,
    heard_is_in_order_and_whole,
    readers_arrive,
    readers_agree,
    changes_last,
    the_deleted_is_not_shown,
    the_erased_are_gone,
    the_removed_are_out,
    unread_counts_to_the_newest,
    what_is_said_is_heard_at_once,
    what_is_said_is_posted,
    nobody_is_told_thrice,
    an_epoch_has_one_order,
    regions_agree,
    clients_are_sound,
)


class _Place(msgspec.Struct):
    room: str
    seq: int


class _Event(msgspec.Struct):
    type: str = ""
    message: _Place | None = None


_decoder: msgspec.json.Decoder[list[_Event] | _Event] = msgspec.json.Decoder(list[_Event] | _Event)


def _messages_of(frame: str) -> Iterator[tuple[str, int]]:
    """Rooms and numbers of the messages that a frame has. API Gateway's own say `message`, too: a text."""
    if '"type":"message"' not in frame:
        return
    decoded = _decoder.decode(frame)
    for event in decoded if isinstance(decoded, list) else [decoded]:
        if event.type == "message" and event.message is not None:
            yield event.message.room, event.message.seq


def _sessions(diary: Diary, room: str) -> Iterator[Session]:
    began: Entry | None = None
    heard: list[Entry] = []
    for entry in diary.entries:
        if entry.room not in {room, ""}:
            continue
        ends = entry.saw in {Saw.SUBSCRIBED, Saw.EXCLUDED, Saw.LEFT, Saw.RESTARTED, Saw.UNFOLLOWED, Saw.CAUGHT_UP}
        if ends and began is not None:
            complete = entry if entry.saw is Saw.CAUGHT_UP else None
            yield Session(diary, began, heard, complete, None if complete else entry.at_ms)
            began, heard = None, []
        if entry.saw is Saw.SUBSCRIBED:
            began, heard = entry, []
        elif entry.saw is Saw.HEARD and began is not None:
            heard.append(entry)
    if began is not None:
        yield Session(diary, began, heard, None, diary.entries[-1].at_ms)
