"""Notices: what people see of each other and of rooms beside messages, told once, to small rooms; it may be lost.

A notice (typing, presence, receipts, activity) is worth less than any message. It is posted without a second attempt,
never goes to the delivery queue, and only to rooms with up to `ROOM_LIMIT` sockets: the size up to which a message is
posted directly, too. So one notice costs a room about 100 posts. How often there is one is said where it is made.

What has to wait goes through a queue of its own, so that notices never stand before messages.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import msgspec

from chat.errors import UnavailableError
from chat.ports import Outcome, Queue
from chat.services import Notices

ROOM_LIMIT = 100
"""Sockets that follow a room, up to which it gets notices; and members, up to which presence names them."""

PAUSE_MS = 5_000
"""How long a function instance makes no typing notices after a post of a notice that failed."""

logger = logging.getLogger(__name__)


class PresenceDue(msgspec.Struct, frozen=True, tag="presence", tag_field="due"):
    """A socket of the user opened or closed: see who they are to others now."""

    user: str


class ReceiptsDue(msgspec.Struct, frozen=True, tag="receipts", tag_field="due"):
    """Cursors moved in the room: tell it."""

    room: str


class ActivityDue(msgspec.Struct, frozen=True, tag="activity", tag_field="due"):
    """The room has got further: tell its members who don't follow it."""

    room: str


Due = PresenceDue | ReceiptsDue | ActivityDue


def enqueue(queue: Queue, due: Due, *, delay_s: int = 0) -> None:
    """Has `due` looked after by the function of notices, `delay_s` seconds from now. Raises `UnavailableError`."""
    queue.send([msgspec.json.encode(due)], delay_s=delay_s)


def request(queue: Queue, due: Due, *, delay_s: int = 0) -> None:
    """As `enqueue`, for who has more important things to do. Never raises."""
    try:
        enqueue(queue, due, delay_s=delay_s)
    except UnavailableError:
        logger.warning("notice lost", extra={"due": msgspec.to_builtins(due)})


def decode(body: bytes | str) -> Due:
    """What a body of the queue asks for. Raises `msgspec.MsgspecError` for one that is none."""
    due: Due = msgspec.json.decode(body, type=Due)
    return due


def post(notices: Notices, recipients: Iterable[str], frame: bytes) -> None:
    """Posts the frame once to each socket, each named once or not. Who can't be reached is not told. Never raises."""
    names = list(dict.fromkeys(recipients))
    outcomes = notices.sockets.post(names, frame, retry=False) if names else {}
    if Outcome.FAILED in outcomes.values():
        notices.recent.hold(PAUSE, notices.clock.now_ms() + PAUSE_MS)
        logger.warning("notices not delivered", extra={"recipients": len(names)})


PAUSE = "pause"
"""Held in the instance's memory while posts fail."""
