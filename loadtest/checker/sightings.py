"""Second reading of the journals: each hearing, claim and count is judged at once from the deeds, and then forgotten.

What is kept of a reader is which numbers it has had, as spans. What is kept of a message that nobody has an ack of is
what its first hearer heard.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from loadtest.checker.deeds import Deeds, Room, Sending
from loadtest.checker.numbers import Numbers
from loadtest.checker.verdict import Kind, Verdict, Violation
from loadtest.journal import Acked, CaughtUp, Device, Happening, Heard, Journal, Read, Unread

TEXT, VOID, DELETED = "text", "void", "deleted"


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is not held against anybody.

    `grace_ms`: how long after a removal or an erasure was known its effect may take, and how old a count may be.
    `skew_ms`: by how much the clocks of two devices may differ.
    `closed`: everybody who wrote left a journal, so that a message of somebody else was invented.
    """

    grace_ms: float = 5_000
    skew_ms: float = 500
    closed: bool = False


@dataclass(slots=True)
class Reader:
    """How far one device is in one room."""

    numbers: Numbers = field(default_factory=Numbers)
    last_handed: int = 0
    """The highest number that an ordered device has handed out."""
    deleted_ms: dict[int, float] = field(default_factory=dict)
    read: list[tuple[float, int]] = field(default_factory=list)
    """As `known`, of numbers that the server said were read by this user: as far as this device knows."""
    known: list[tuple[float, int]] = field(default_factory=list)
    """Times at which a higher number became known, with it: the last that is older than the grace, and younger ones."""


class Sightings:
    """Takes in journals after all deeds are known."""

    def __init__(self, deeds: Deeds, verdict: Verdict, allowances: Allowances) -> None:
        self._deeds = deeds
        self._verdict = verdict
        self._allowances = allowances
        self._readers: defaultdict[tuple[str, str], Reader] = defaultdict(Reader)
        """By device and room."""
        self._held: defaultdict[str, dict[int, tuple[str, str] | None]] = defaultdict(dict)
        """User and command by number, of those that are in no ack; None where a void was heard."""
        self._taken: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        """Number by user and command, of those that are in no ack."""

    def read(self, journal: Journal) -> None:
        """Of a journal that `Deeds` has read before."""
        device: Device | None = None
        for line in journal:
            if isinstance(line, Device):
                device = line
            elif device is not None:
                self._take(device, line)

    def _take(self, device: Device, line: Happening) -> None:
        match line:
            case Heard():
                self._heard(device, line)
            case Acked():
                self._learnt(self._readers[device.device, line.room].known, line.seq, line.at_ms)
            case CaughtUp():
                self._claimed(device, line)
            case Read():
                self._learnt(self._readers[device.device, line.room].read, line.seq, line.at_ms)
            case Unread():
                self._counted(device, line)
            case _:
                pass

    def _heard(self, device: Device, heard: Heard) -> None:
        self._verdict.heard += 1
        reader, room = self._readers[device.device, heard.room], self._deeds.rooms[heard.room]
        is_new = reader.numbers.add(heard.seq)
        if device.ordered and heard.via != "history":
            self._judge_handing_out(device, heard, reader, is_new=is_new)
        self._learnt(reader.known, heard.seq, heard.at_ms)
        self._judge_membership(device, heard, room)
        if heard.kind == VOID:
            self._judge_void(device, heard, room)
        elif heard.kind == DELETED:
            reader.deleted_ms.setdefault(heard.seq, heard.at_ms)
        else:
            self._judge_deletion(device, heard, room, reader)
            self._judge_content(device, heard, room)

    def _judge_handing_out(self, device: Device, heard: Heard, reader: Reader, *, is_new: bool) -> None:
        if not is_new:
            self._violated(Kind.DUPLICATED, device, heard, f"{heard.seq} was handed out before")
        elif heard.seq < reader.last_handed:
            self._violated(Kind.REORDERED, device, heard, f"{heard.seq} was handed out after {reader.last_handed}")
        reader.last_handed = max(reader.last_handed, heard.seq)

    def _judge_membership(self, device: Device, heard: Heard, room: Room) -> None:
        """A removal counts unless the user may have come back since, however clocks differ."""
        membership = room.members.get(device.user)
        if membership is None or not membership.ended_ms:
            return
        late_ms = self._allowances.grace_ms + self._allowances.skew_ms
        ends = [ended for ended in membership.ended_ms if ended + late_ms < heard.at_ms]
        if ends and not any(begun > max(ends) - late_ms for begun in membership.begun_ms):
            words = f"{device.user} was no longer in the room since {max(ends):.0f} ms"
            self._violated(Kind.SEEN_AFTER_REMOVAL, device, heard, words)

    def _judge_void(self, device: Device, heard: Heard, room: Room) -> None:
        key = room.numbers.get(heard.seq)
        if key is not None:
            words = f"{key[1]} of {key[0]} was acknowledged as {heard.seq}, which is a void"
            self._violated(Kind.VOIDED, device, heard, words)
        elif self._held[heard.room].setdefault(heard.seq, None) is not None:
            self._violated(Kind.CONTRADICTED, device, heard, f"{heard.seq} is a void here and was a message elsewhere")

    def _judge_deletion(self, device: Device, heard: Heard, room: Room, reader: Reader) -> None:
        """Neither a deleted message nor what an erased user left may be seen as it was."""
        late_ms = self._allowances.grace_ms
        if reader.deleted_ms.get(heard.seq, heard.at_ms) + late_ms < heard.at_ms:
            self._violated(Kind.SEEN_AFTER_ERASURE, device, heard, "this device had heard of its deletion before")
            return
        late_ms += self._allowances.skew_ms
        if room.deleted_ms.get(heard.seq, heard.at_ms) + late_ms < heard.at_ms:
            words = f"it was deleted at {room.deleted_ms[heard.seq]:.0f} ms"
            self._violated(Kind.SEEN_AFTER_ERASURE, device, heard, words)
            return
        self._judge_erasure(device, heard, room, late_ms)

    def _judge_erasure(self, device: Device, heard: Heard, room: Room, late_ms: float) -> None:
        """What the same user says later is a new beginning; so the message must have been sent before."""
        author = heard.author or ""
        erased_ms = [times[author] for times in (room.erased_ms, self._deeds.erased_ms) if author in times]
        sending = room.sendings.get((author, heard.command or ""))
        if not erased_ms or sending is None:
            return
        counted = [each for each in erased_ms if sending.sent_at_ms + self._allowances.skew_ms < each]
        if counted and min(counted) + late_ms < heard.at_ms:
            words = f"what {author} left was erased at {min(counted):.0f} ms"
            self._violated(Kind.SEEN_AFTER_ERASURE, device, heard, words)

    def _judge_content(self, device: Device, heard: Heard, room: Room) -> None:
        if heard.author is None or heard.command is None:
            self._verdict.foreign += 1
            return
        key = (heard.author, heard.command)
        sending = room.sendings.get(key)
        if sending is not None:
            self._judge_text(device, heard, room, sending)
        elif heard.kind == TEXT and (self._allowances.closed or heard.author in self._deeds.users):
            self._violated(Kind.INVENTED, device, heard, f"{heard.author} never sent {heard.command} to this room")
        else:
            self._verdict.foreign += 1
        if sending is not None and sending.seq is not None:
            self._judge_number(device, heard, sending.seq, sending)
        else:
            self._judge_number(device, heard, self._taken[heard.room].setdefault(key, heard.seq), None)
        self._judge_holder(device, heard, room, key)

    def _judge_text(self, device: Device, heard: Heard, room: Room, sending: Sending) -> None:
        """A first version is what was sent; a later one is what some edit of that number asked for."""
        if heard.digest is None:
            return
        allowed = (
            heard.digest == sending.digest if heard.version == 1 else heard.digest in room.edits.get(heard.seq, ())
        )
        if not allowed:
            self._violated(Kind.INVENTED, device, heard, f"nobody sent the text of version {heard.version}")

    def _judge_number(self, device: Device, heard: Heard, seq: int, sending: Sending | None) -> None:
        """A command has one number. `sending`: of one that was acknowledged."""
        if seq == heard.seq:
            if sending is not None and not sending.confirmed:
                sending.confirmed = True
                self._verdict.confirmed += 1
            return
        words = f"{heard.command} of {heard.author} came as {heard.seq} and has the number {seq}"
        self._violated(Kind.DUPLICATED, device, heard, words)

    def _judge_holder(self, device: Device, heard: Heard, room: Room, key: tuple[str, str]) -> None:
        """A number has one message."""
        acked = room.numbers.get(heard.seq)
        holder = acked or self._held[heard.room].setdefault(heard.seq, key)
        if holder == key:
            return
        other = "a void" if holder is None else f"{holder[1]} of {holder[0]}"
        words = f"{key[1]} of {key[0]} stands at {heard.seq}, which is {other}"
        self._violated(Kind.LOST if acked else Kind.CONTRADICTED, device, heard, words)

    def _claimed(self, device: Device, claim: CaughtUp) -> None:
        reader, room = self._readers[device.device, claim.room], self._deeds.rooms[claim.room]
        for seq in reader.numbers.missing(claim.after + 1, claim.last_seq):
            key = room.numbers.get(seq)
            kind = Kind.UNEXPLAINED if key is None else Kind.LOST
            lost = "nothing is known of it" if key is None else f"{key[1]} of {key[0]} was acknowledged as it"
            words = f"has everything up to {claim.last_seq}, it says, but not {seq}: {lost}"
            self._violated(kind, device, claim, words, seq)

    def _counted(self, device: Device, count: Unread) -> None:
        reader = self._readers[device.device, count.room]
        rest = max(0, count.last_seq - count.read_seq)
        old_ms = count.asked_at_ms - self._allowances.grace_ms
        known, read = _known_before(reader.known, old_ms), _known_before(reader.read, old_ms)
        if count.unread != rest:
            words = f"{count.unread} unread, where {count.read_seq} of {count.last_seq} are read"
        elif count.last_seq < known:
            words = f"counts up to {count.last_seq}, and {known} was known before"
        elif count.read_seq < read:
            words = f"read up to {count.read_seq}, after {read} was acknowledged as read"
        else:
            return
        self._violated(Kind.MISCOUNTED, device, count, words)

    def _learnt(self, known: list[tuple[float, int]], seq: int, at_ms: float) -> None:
        if known and known[-1][1] >= seq:
            return
        old_ms = at_ms - self._allowances.grace_ms
        while len(known) > 1 and known[1][0] < old_ms:
            del known[0]
        known.append((at_ms, seq))

    def _violated(
        self, kind: Kind, device: Device, line: Heard | CaughtUp | Unread, words: str, seq: int | None = None
    ) -> None:
        heard = line if isinstance(line, Heard) else None
        self._verdict.add(
            Violation(
                kind=kind,
                room=line.room,
                device=device.device,
                at_ms=line.at_ms,
                words=words,
                seq=heard.seq if heard else seq,
                user=heard.author if heard else None,
                command=heard.command if heard else None,
            )
        )


def _known_before(known: list[tuple[float, int]], at_ms: float) -> int:
    """The highest number that was known at that time."""
    return max((seq for known_ms, seq in known if known_ms <= at_ms), default=0)
