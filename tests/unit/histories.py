"""Journals of a room that keeps every promise, however clients drop, come back and repeat; and how to break each.

A small chat server, written for this and sharing nothing with the checker. Clocks of devices differ, within the skew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from loadtest.checker import Kind
from loadtest.journal import (
    Acked,
    CaughtUp,
    Changed,
    ChangeSent,
    Closed,
    Device,
    Erased,
    Heard,
    Joined,
    Line,
    Opened,
    Read,
    Refused,
    Removed,
    Sent,
    Subscribed,
    Unread,
    Via,
    digest,
)

ROOM = "lobby"
STEP_MS = 20.0
GRACE_MS, SKEW_MS = 1_000.0, 50.0


@dataclass
class Entry:
    """What a number holds."""

    author: str | None
    command: str | None
    text: str
    kind: str = "text"
    version: int = 1


@dataclass
class Client:
    """A device with a journal, online from the start."""

    device: Device
    skew_ms: float
    lines: list[Line] = field(default_factory=list)
    online: bool = True
    had: set[int] = field(default_factory=set)
    began: int = 0
    member: bool = True
    read_seq: int = 0


class History:
    """What happened, one step after the other. `journals` is what each client wrote."""

    def __init__(self, users: int) -> None:
        self.now_ms = 1_000_000.0
        self.log: list[Entry] = []
        self.rev = 0
        self.clients: list[Client] = []
        self._commands: dict[tuple[str, str], int] = {}
        for at in range(users):
            device = Device(device=f"device-{at}", user=f"user-{at // 2}", ordered=at % 2 == 1)
            client = Client(device, skew_ms=(-SKEW_MS / 2, 0.0, SKEW_MS / 2)[at % 3])
            client.lines += [device, Joined(room=ROOM, at_ms=self.clock(client))]
            self.clients.append(client)
            self.come_back(client)

    @property
    def journals(self) -> list[list[Line]]:
        return [client.lines for client in self.clients]

    def clock(self, client: Client) -> float:
        self.now_ms += STEP_MS
        return self.now_ms + client.skew_ms

    def send(self, client: Client, lost_acks: int = 0) -> int:
        """The number of a new message, acknowledged after as many attempts without an ack. Others hear it live."""
        command = f"command-{len(self._commands)}"
        key, text = (client.device.user, command), f"text of {command}"
        for _ in range(lost_acks + 1):
            at_ms = self.clock(client)
            client.lines.append(Sent(room=ROOM, command=command, digest=digest(text), at_ms=at_ms))
            if key not in self._commands:
                self.log.append(Entry(client.device.user, command, text))
                self._commands[key] = len(self.log)
        seq = self._commands[key]
        client.lines.append(Acked(room=ROOM, command=command, seq=seq, at_ms=self.clock(client)))
        return seq

    def refuse(self, client: Client) -> None:
        """A text that was never stored."""
        command = f"refused-{len(client.lines)}"
        client.lines.append(Sent(room=ROOM, command=command, digest=digest("no"), at_ms=self.clock(client)))
        client.lines.append(Refused(room=ROOM, command=command, code="rate_limited", at_ms=self.clock(client)))

    def burn(self) -> None:
        """A number that was taken, and never stored."""
        self.log.append(Entry(None, None, "", "void"))

    def hear(self, client: Client, seq: int, via: Via = "live") -> None:
        """An entry as it stands comes to a client. An ordered one hands out each number once and no hole."""
        if client.device.ordered and via != "history" and (seq in client.had or not self._is_next(client, seq)):
            return
        entry = self.log[seq - 1]
        client.had.add(seq)
        client.lines.append(
            Heard(
                room=ROOM,
                seq=seq,
                author=entry.author,
                command=entry.command,
                digest=digest(entry.text) if entry.kind == "text" else None,
                kind=entry.kind,
                via=via,
                version=entry.version,
                at_ms=self.clock(client),
            )
        )

    def deliver(self, seq: int) -> None:
        """To all who are there."""
        for client in self.clients:
            if client.online and client.member:
                self.hear(client, seq)

    def drop(self, client: Client) -> None:
        """The connection breaks; nothing comes until it is back."""
        client.online = False
        client.lines.append(Closed(connection="c", at_ms=self.clock(client)))

    def come_back(self, client: Client) -> None:
        """Opens again, and gets all that was missed."""
        if not client.member:
            return
        client.online = True
        client.lines.append(Opened(connection="c", at_ms=self.clock(client)))
        missed = [seq for seq in range(client.began + 1, len(self.log) + 1) if seq not in client.had]
        after = missed[0] - 1 if missed else len(self.log)
        client.lines.append(Subscribed(room=ROOM, last_seq=len(self.log), after=after, at_ms=self.clock(client)))
        for seq in missed:
            self.hear(client, seq, "replay")
        at_ms = self.clock(client)
        client.lines.append(CaughtUp(room=ROOM, after=client.began, last_seq=len(self.log), at_ms=at_ms))

    def edit(self, client: Client, seq: int) -> None:
        """By whoever wrote it; a deleted message stays as it is."""
        entry = self.log[seq - 1]
        if entry.kind != "text":
            return
        entry.text, entry.version = f"{entry.text}, again", entry.version + 1
        self.rev += 1
        at_ms, new = self.clock(client), digest(entry.text)
        client.lines.append(ChangeSent(room=ROOM, seq=seq, change="edited", digest=new, at_ms=at_ms))
        client.lines.append(Changed(room=ROOM, seq=seq, change="edited", rev=self.rev, at_ms=self.clock(client)))

    def delete(self, client: Client, seq: int) -> None:
        """Leaves the number."""
        entry = self.log[seq - 1]
        if entry.kind != "text":
            return
        entry.kind, entry.text, entry.version = "deleted", "", entry.version + 1
        self.rev += 1
        client.lines.append(ChangeSent(room=ROOM, seq=seq, change="deleted", at_ms=self.clock(client)))
        client.lines.append(Changed(room=ROOM, seq=seq, change="deleted", rev=self.rev, at_ms=self.clock(client)))

    def remove(self, client: Client) -> None:
        """The user's devices hear no more."""
        for each in self.clients:
            if each.device.user == client.device.user:
                each.member = each.online = False
                each.lines.append(Removed(room=ROOM, at_ms=self.clock(each)))

    def rejoin(self, client: Client) -> None:
        """Again a member, who reads on from here."""
        for each in self.clients:
            if each.device.user == client.device.user and not each.member:
                each.member, each.began = True, len(self.log)
                each.lines.append(Joined(room=ROOM, at_ms=self.clock(each)))
                self.come_back(each)

    def read(self, client: Client) -> None:
        """Marks all as read, and asks for the count."""
        if client.member:
            client.read_seq = len(self.log)
            client.lines.append(Read(room=ROOM, seq=client.read_seq, at_ms=self.clock(client)))
            self.count(client)

    def count(self, client: Client, *, off_by: int = 0) -> None:
        """Asks for the count."""
        last, asked_at_ms = len(self.log), self.clock(client)
        count = Unread(
            room=ROOM,
            unread=last - client.read_seq + off_by,
            read_seq=client.read_seq,
            last_seq=last,
            asked_at_ms=asked_at_ms,
            at_ms=self.clock(client),
        )
        client.lines.append(count)

    def wait(self) -> None:
        """Longer than what is allowed for."""
        self.now_ms += 2 * (GRACE_MS + SKEW_MS)

    def _is_next(self, client: Client, seq: int) -> bool:
        return all(each in client.had for each in range(client.began + 1, seq)) and seq > max(client.had, default=0)


def settled(history: History) -> tuple[Client, Client, int]:
    """Everybody is back; two clients of different users, and the number of a message that both have."""
    for client in history.clients:
        history.rejoin(client)
        history.come_back(client)
    writer, reader = history.clients[0], history.clients[2]
    seq = history.send(writer)
    history.deliver(seq)
    history.wait()
    return writer, reader, seq


def lose(history: History) -> None:
    _, reader, seq = settled(history)
    reader.lines[:] = [line for line in reader.lines if not (isinstance(line, Heard) and line.seq == seq)]
    history.come_back(reader)


def void(history: History) -> None:
    _, reader, seq = settled(history)
    reader.lines.append(Heard(room=ROOM, seq=seq, kind="void", at_ms=history.clock(reader)))


def duplicate(history: History) -> None:
    _, reader, seq = settled(history)
    history.log.append(history.log[seq - 1])
    history.hear(reader, len(history.log))


def acknowledge_twice(history: History) -> None:
    writer, _, seq = settled(history)
    command = history.log[seq - 1].command or ""
    writer.lines.append(Acked(room=ROOM, command=command, seq=seq + 1, at_ms=history.clock(writer)))


def hand_out_twice(history: History) -> None:
    _, _, seq = settled(history)
    ordered = history.clients[1]
    ordered.lines.append(next(line for line in ordered.lines if isinstance(line, Heard) and line.seq == seq))


def reorder_numbers(history: History) -> None:
    """Who sent later, by everybody's clock, gets the lower number."""
    writer, reader, _ = settled(history)
    at = len(history.log)
    history.log += [Entry(reader.device.user, "late", "late"), Entry(writer.device.user, "early", "early")]
    for client, command, seq in ((writer, "early", at + 2), (reader, "late", at + 1)):
        client.lines.append(Sent(room=ROOM, command=command, digest=digest(command), at_ms=history.clock(client)))
        client.lines.append(Acked(room=ROOM, command=command, seq=seq, at_ms=history.clock(client)))
        history.wait()


def reorder_handing_out(history: History) -> None:
    settled(history)
    ordered = history.clients[1]
    first, second = history.send(history.clients[0]), history.send(history.clients[0])
    for seq in (second, first):
        ordered.had = set(range(1, seq))
        history.hear(ordered, seq)


def contradict(history: History) -> None:
    """Two readers hold different messages, of which neither was acknowledged, at one number."""
    writer, reader, _ = settled(history)
    seq = len(history.log) + 1
    for client, command in ((writer, "one"), (reader, "other")):
        writer.lines.append(Sent(room=ROOM, command=command, digest=digest(command), at_ms=history.clock(writer)))
        history.log[seq - 1 :] = [Entry(writer.device.user, command, command)]
        history.hear(client, seq)


def invent(history: History) -> None:
    writer, reader, _ = settled(history)
    history.log.append(Entry(writer.device.user, "never", "Nobody sent this."))
    history.hear(reader, len(history.log))


def garble(history: History) -> None:
    _, reader, seq = settled(history)
    history.log[seq - 1].text = "something else"
    history.hear(reader, seq)


def leave_a_hole(history: History) -> None:
    _, reader, _ = settled(history)
    history.burn()
    reader.lines.append(CaughtUp(room=ROOM, after=0, last_seq=len(history.log), at_ms=history.clock(reader)))


def tell_the_removed(history: History) -> None:
    writer, reader, _ = settled(history)
    history.remove(reader)
    history.wait()
    seq = history.send(writer)
    history.hear(reader, seq)


def resurrect(history: History) -> None:
    writer, reader, seq = settled(history)
    before = history.log[seq - 1].text
    history.delete(writer, seq)
    history.wait()
    history.log[seq - 1] = Entry(writer.device.user, history.log[seq - 1].command, before)
    history.hear(reader, seq, "history")


def show_the_erased(history: History) -> None:
    writer, reader, seq = settled(history)
    writer.lines.append(Erased(user=writer.device.user, at_ms=history.clock(writer)))
    history.wait()
    history.hear(reader, seq, "history")


def miscount(history: History) -> None:
    _, reader, _ = settled(history)
    history.count(reader, off_by=1)


def forget_reading(history: History) -> None:
    _, reader, _ = settled(history)
    history.read(reader)
    history.wait()
    reader.read_seq -= 1
    history.count(reader)


def count_too_few(history: History) -> None:
    _, reader, _ = settled(history)
    history.log.pop()
    reader.read_seq = 0
    history.count(reader)


BUGS: list[tuple[Kind, Callable[[History], None]]] = [
    (Kind.LOST, lose),
    (Kind.VOIDED, void),
    (Kind.DUPLICATED, duplicate),
    (Kind.DUPLICATED, acknowledge_twice),
    (Kind.DUPLICATED, hand_out_twice),
    (Kind.REORDERED, reorder_numbers),
    (Kind.REORDERED, reorder_handing_out),
    (Kind.CONTRADICTED, contradict),
    (Kind.INVENTED, invent),
    (Kind.INVENTED, garble),
    (Kind.UNEXPLAINED, leave_a_hole),
    (Kind.SEEN_AFTER_REMOVAL, tell_the_removed),
    (Kind.SEEN_AFTER_ERASURE, resurrect),
    (Kind.SEEN_AFTER_ERASURE, show_the_erased),
    (Kind.MISCOUNTED, miscount),
    (Kind.MISCOUNTED, forget_reading),
    (Kind.MISCOUNTED, count_too_few),
]
