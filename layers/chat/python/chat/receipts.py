"""Receipts: how many have read a message, who they are, and telling small rooms when that changes.

The cursors are counted, never the messages: a receipt costs the same whatever was read, and a room may have any size.

Told live: where everybody stands, in one event, to rooms of up to 100 cursors and 100 sockets. Whoever moves a cursor
first claims the room for a second, over all function instances; what moves meanwhile is in the same event, two seconds
after the claim. Posts in a room of N sockets: N in a second, however many read, and none above 100.
"""

from __future__ import annotations

import logging

from chat import access, notices
from chat.errors import UnavailableError
from chat.notices import ROOM_LIMIT, ReceiptsDue
from chat.ports import Sender
from chat.protocol import Author, Reader, ReadReceipts, Receipts, ReceiptsMoved, encode
from chat.services import Notices, Services
from chat.storage.read_cursors import Cursor

HELD_MS = 1_000
"""How long a room stays claimed: one event in that time."""

DELAY_S = 2
"""When the event is made, seconds after the claim: a second after the last cursor that relies on it has moved."""

LARGE_MS = 60_000
"""How long nobody claims a room that was found too large."""

logger = logging.getLogger(__name__)


def read_receipts(services: Services, sender: Sender, command: ReadReceipts) -> Receipts:
    """How many members have read at least up to a number, and a page of who. Members only.

    The count costs as `ReadCursors.count` says, the page as `ReadCursors.page`.
    """
    access.require_member(services, sender.user, command.room)
    cursors = services.notices.cursors
    counted = cursors.count(command.room, command.seq)
    found, after = cursors.page(command.room, command.seq, command.after, command.limit)
    return Receipts(
        room=command.room,
        seq=command.seq,
        count=counted.readers,
        as_of_ms=counted.as_of_ms,
        readers=[_reader(cursor) for cursor in found],
        after=after,
    )


def announce(services: Services, room: str) -> None:
    """A cursor of the room has moved: has the room told, unless that is under way. Never raises.

    No call where this instance knows of a claim; else one write unit, and a message to the queue of notices for whoever
    claims.
    """
    bundle, now_ms = services.notices, services.clock.now_ms()
    if not bundle.recent.take(("receipts", room), HELD_MS, now_ms):
        return
    try:
        taken_until_ms = bundle.cursors.claim_notice(room, HELD_MS)
    except UnavailableError:
        logger.warning("receipts not told", extra={"room": room})
        return
    if taken_until_ms:
        bundle.recent.hold(("receipts", room), taken_until_ms)
    else:
        notices.request(bundle.queue, ReceiptsDue(room), delay_s=DELAY_S)


def tell(bundle: Notices, room: str) -> None:
    """Tells the room's sockets where everybody stands. Done twice, it is only told twice. Raises `UnavailableError`.

    Calls: one Query a shard of followers, 8 at once for the cursors, and a post a socket. A room that is too large is
    left alone for a minute.
    """
    followers = bundle.followers.of_room(room, ROOM_LIMIT, "receipts")
    cursors = bundle.cursors.all_of(room, ROOM_LIMIT) if followers else []
    if followers is None or cursors is None:
        bundle.cursors.hold_notice(room, LARGE_MS)
        return
    frame = encode(ReceiptsMoved(room=room, readers=[_reader(cursor) for cursor in cursors]))
    notices.post(bundle, [follower.connection for follower in followers], frame)


def _reader(cursor: Cursor) -> Reader:
    return Reader(user=Author(cursor.user, cursor.name), seq=cursor.seq, read_at_ms=cursor.read_at_ms)
