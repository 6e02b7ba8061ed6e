"""First reading of the journals: what was sent, acknowledged, and said of memberships and erasures.

There is little of it beside what was heard, and all of it is needed to judge any hearing: so it is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from loadtest.checker.verdict import Kind, Verdict, Violation
from loadtest.journal import (
    Acked,
    Changed,
    ChangeSent,
    Device,
    Erased,
    Joined,
    Journal,
    JournalError,
    Left,
    Line,
    Removed,
    Sent,
)

Key = TypeVar("Key", int, str)


@dataclass(slots=True)
class Sending:
    """A text that somebody wanted in a room, by their command."""

    device: str
    digest: str
    sent_at_ms: float
    """Of the first attempt."""
    follows: int
    """The highest number of the room that this device had an ack of, when it sent this first."""
    seq: int | None = None
    acked_at_ms: float | None = None
    confirmed: bool = False


@dataclass(slots=True)
class Membership:
    """When a user may have come to see a room, and when it is known that they no longer did."""

    begun_ms: list[float] = field(default_factory=list)
    ended_ms: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Room:
    """What was done in a room."""

    sendings: dict[tuple[str, str], Sending] = field(default_factory=dict)
    """By user and command."""
    numbers: dict[int, tuple[str, str]] = field(default_factory=dict)
    """User and command by acknowledged number."""
    edits: defaultdict[int, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    """Digests of the texts that somebody wanted for a message, by its number."""
    deleted_ms: dict[int, float] = field(default_factory=dict)
    """When somebody first knew that a message was deleted."""
    members: defaultdict[str, Membership] = field(default_factory=lambda: defaultdict(Membership))
    erased_ms: dict[str, float] = field(default_factory=dict)
    """By user, when somebody first knew of the erasure."""


class Deeds:
    """Takes in journals; afterwards says what may be heard."""

    def __init__(self, verdict: Verdict) -> None:
        self.rooms: defaultdict[str, Room] = defaultdict(Room)
        self.users: set[str] = set()
        self.erased_ms: dict[str, float] = {}
        """Everywhere, by user."""
        self._verdict = verdict
        self._devices: dict[str, Device] = {}
        self._acked: defaultdict[tuple[str, str], int] = defaultdict(int)
        """The highest acknowledged number by device and room."""

    def read(self, journal: Journal) -> None:
        """Raises `JournalError` where a journal doesn't begin with its device, or a device has two users."""
        device = None
        for line in journal:
            if isinstance(line, Device):
                device = self._known(line)
            elif device is None:
                raise JournalError("A journal begins with the device that it belongs to.")
            else:
                self._verdict.records += 1
                self._take(device, line)

    def _known(self, device: Device) -> Device:
        known = self._devices.setdefault(device.device, device)
        if known != device:
            raise JournalError(f"The device {device.device} is two: of {known.user} and of {device.user}.")
        self.users.add(device.user)
        self._verdict.devices = len(self._devices)
        return known

    def _take(self, device: Device, line: Line) -> None:
        match line:
            case Sent():
                self._sent(device, line)
            case Acked():
                self._acknowledged(device, line)
            case ChangeSent():
                self.rooms[line.room].edits[line.seq].add(line.digest)
            case Changed(change="deleted"):
                _earliest(self.rooms[line.room].deleted_ms, line.seq, line.at_ms)
            case Joined():
                self.rooms[line.room].members[line.user or device.user].begun_ms.append(line.at_ms)
            case Left():
                self.rooms[line.room].members[device.user].ended_ms.append(line.at_ms)
            case Removed():
                self.rooms[line.room].members[line.user or device.user].ended_ms.append(line.at_ms)
            case Erased():
                erased = self.erased_ms if line.room is None else self.rooms[line.room].erased_ms
                _earliest(erased, line.user, line.at_ms)
            case _:
                pass

    def _sent(self, device: Device, sent: Sent) -> None:
        sendings = self.rooms[sent.room].sendings
        if (device.user, sent.command) not in sendings:
            follows = self._acked[device.device, sent.room]
            sendings[device.user, sent.command] = Sending(device.device, sent.digest, sent.at_ms, follows)
            self._verdict.sent += 1

    def _acknowledged(self, device: Device, acked: Acked) -> None:
        room, key = self.rooms[acked.room], (device.user, acked.command)
        sending = room.sendings.get(key)
        if sending is None:
            raise JournalError(f"{device.device} has an ack of {acked.command}, which it never sent to {acked.room}.")
        if sending.seq is None:
            self._first_ack(device, acked, sending)
        elif sending.seq != acked.seq:
            words = f"{acked.command} of {device.user} was acknowledged as {sending.seq} and as {acked.seq}"
            self._violated(Kind.DUPLICATED, device, acked, words)
        self._acked[device.device, acked.room] = max(self._acked[device.device, acked.room], acked.seq)

    def _first_ack(self, device: Device, acked: Acked, sending: Sending) -> None:
        self._verdict.acked += 1
        sending.seq, sending.acked_at_ms = acked.seq, acked.at_ms
        if acked.seq <= sending.follows:
            words = f"{acked.command} of {device.user} was sent after {sending.follows} was acknowledged to it"
            self._violated(Kind.REORDERED, device, acked, words)
        holder = self.rooms[acked.room].numbers.setdefault(acked.seq, (device.user, acked.command))
        if holder != (device.user, acked.command):
            words = f"{acked.command} of {device.user} and {holder[1]} of {holder[0]} were acknowledged as one number"
            self._violated(Kind.CONTRADICTED, device, acked, words)

    def _violated(self, kind: Kind, device: Device, acked: Acked, words: str) -> None:
        self._verdict.add(
            Violation(
                kind=kind,
                room=acked.room,
                device=device.device,
                at_ms=acked.at_ms,
                words=words,
                seq=acked.seq,
                user=device.user,
                command=acked.command,
            )
        )

    def judge_order(self, skew_ms: float) -> None:
        """What was sent after another device had its ack has a higher number, as far as clocks agree."""
        for name, room in self.rooms.items():
            self._judge_room_order(name, room, skew_ms)

    def _judge_room_order(self, name: str, room: Room, skew_ms: float) -> None:
        """From the highest number down: `first` is the earliest ack above."""
        first: tuple[float, int] | None = None
        for seq, key in sorted(room.numbers.items(), reverse=True):
            sending = room.sendings[key]
            if first is not None and first[0] + skew_ms < sending.sent_at_ms and seq > sending.follows:
                self._verdict.add(
                    Violation(
                        kind=Kind.REORDERED,
                        room=name,
                        device=sending.device,
                        at_ms=sending.sent_at_ms,
                        words=f"{key[1]} of {key[0]} was sent after {first[1]} was acknowledged at {first[0]:.0f} ms",
                        seq=seq,
                        user=key[0],
                        command=key[1],
                    )
                )
            if sending.acked_at_ms is not None and (first is None or sending.acked_at_ms < first[0]):
                first = (sending.acked_at_ms, seq)


def read_all(journals: Iterable[Journal], verdict: Verdict, skew_ms: float) -> Deeds:
    """The deeds of all journals."""
    deeds = Deeds(verdict)
    for journal in journals:
        deeds.read(journal)
    deeds.judge_order(skew_ms)
    return deeds


def _earliest(times: dict[Key, float], key: Key, at_ms: float) -> None:
    times[key] = min(times.get(key, at_ms), at_ms)
