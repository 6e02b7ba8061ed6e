"""Messages that were acknowledged a moment ago, kept until their Region can't lose them any more.

A Region copies what it stores to the others a second or two later. If it is lost before that, what it had acknowledged
is with its sender alone, who says it again in the Region that has taken over: under its number, which the voucher of
the ack proves. Pure: knows no connection.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agent_chat.frames import RestoreMessage, Sent
from agent_chat.outbox import Entry

KEPT_MS = 60_000
"""From an ack until a later one comes: many times what copying takes (99.9 % within 3 s). A Region that is lost later
than that has sent the message on."""

LIMIT = 1_000
"""Messages kept, over all rooms: the oldest go first."""


@dataclass(frozen=True)
class _Kept:
    command: RestoreMessage
    epoch: int
    acked_ms: float


class Acknowledged:
    """What may have to be said again. `epoch` is the one that `Ready` told of on the connection of the ack."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque(maxlen=LIMIT)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, entry: Entry, sent: Sent, epoch: int, now_ms: float) -> None:
        """A message was acknowledged. Nothing is kept of a stage in one Region, which gives no vouchers."""
        # The ack proves that the Region lives: what it has acknowledged long before is on its way.
        while self._kept and self._kept[0].acked_ms < now_ms - KEPT_MS:
            self._kept.popleft()
        if sent.voucher is not None:
            command = RestoreMessage(
                id=entry.id,
                room=entry.room,
                text=entry.text,
                reply_to=entry.reply_to,
                seq=sent.seq,
                sent_at_ms=sent.sent_at_ms,
                voucher=sent.voucher,
            )
            self._kept.append(_Kept(command, epoch, now_ms))

    def of_earlier(self, epoch: int) -> list[RestoreMessage]:
        """What was acknowledged in epochs before this one, in the order of the acks."""
        return [kept.command for kept in self._kept if kept.epoch < epoch]

    def forget(self, command_id: str) -> None:
        """The message is where it will not be lost, or was refused for good."""
        self._kept = deque((kept for kept in self._kept if kept.command.id != command_id), maxlen=LIMIT)
