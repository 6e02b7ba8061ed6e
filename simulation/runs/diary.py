"""What one client saw, as a journal that the checker judges (`loadtest.journal`)."""

from __future__ import annotations

from agent_chat.frames import Message
from simulation.cloud.scheduler import Scheduler


class Diary:
    """One device's journal. `people` are all who are in the run."""

    def __init__(self, user: str, people: tuple[str, ...], scheduler: Scheduler) -> None:
        self.user = user
        self.people = people
        self.records: list[tuple[object, ...]] = []
        self._scheduler = scheduler

    def _add(self, *record: object) -> None:
        self.records.append((self._scheduler.now_ms, *record))

    def opened(self) -> None:
        self._add("opened")

    def closed(self) -> None:
        self._add("closed")

    def joined(self, room: str) -> None:
        self._add("joined", room)

    def left(self, room: str) -> None:
        self._add("left", room)

    def removed(self, room: str) -> None:
        self._add("removed", room)

    def excluded(self, room: str, code: str) -> None:
        self._add("excluded", room, code)

    def erased(self) -> None:
        self._add("erased")

    def subscribed(self, room: str, after: int | None, last_seq: int) -> None:
        self._add("subscribed", room, after, last_seq)

    def unsubscribed(self, room: str) -> None:
        self._add("unsubscribed", room)

    def sent(self, room: str, command_id: str, text: str) -> None:
        self._add("sent", room, command_id, text)

    def acked(self, room: str, command_id: str, seq: int) -> None:
        self._add("acked", room, command_id, seq)

    def refused(self, room: str, command_id: str, code: str) -> None:
        self._add("refused", room, command_id, code)

    def edits(self, room: str, seq: int, text: str) -> None:
        self._add("edits", room, seq, text)

    def edited(self, room: str, seq: int, text: str, rev: int) -> None:
        self._add("edited", room, seq, text, rev)

    def deleted(self, room: str, seq: int, rev: int) -> None:
        self._add("deleted", room, seq, rev)

    def unread(self, room: str, unread: int, read_seq: int, last_seq: int) -> None:
        self._add("unread", room, unread, read_seq, last_seq)

    def heard(self, message: Message, via: str) -> None:
        self._add("heard", via, message.room, message.seq, message.kind, message.text, message.command_id)

    def changed(self, message: Message) -> None:
        self._add("changed", message.room, message.seq, message.kind, message.text, message.rev)

    def caught_up(self, room: str, complete: int, newest: int, rev: int) -> None:
        self._add("caught_up", room, complete, newest, rev)
