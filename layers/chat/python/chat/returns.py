"""Messages of an earlier epoch that reach this Region after it has taken over: from their senders, or by replication.

Whoever has read on into the present one is past their numbers. So each is told as a change, under a rev of the epoch in
force: that way everybody learns of it who follows the room now, or comes back to it.

What a Region had stored when it was lost, and had not acknowledged, its sender may have sent again and been given
another number. The first to be known here stays: what comes later under the same command becomes void, in the home
Region and by replication in all others.
"""

from __future__ import annotations

import logging

from chat import messages
from chat.errors import InvalidFieldError, MessageNotFoundError
from chat.numbering import epoch_of
from chat.ports import Item, Sender
from chat.protocol import RestoreMessage, Sent
from chat.services import Arrivals, Services
from chat.storage import keys
from chat.storage.homes import Home
from chat.storage.messages import VOID, Draft
from chat.storage.vouchers import Acknowledged

logger = logging.getLogger(__name__)


def restore(services: Services, sender: Sender, command: RestoreMessage) -> Sent:
    """Stores a message under the number that another Region has acknowledged, unless it is here by now.

    The same message from its sender and by replication is one: both stand under the same key. A consistent read; where
    it is not here, a transaction of two items and a change. Raises `InvalidFieldError` for what no Region vouches for.
    """
    said = Acknowledged(
        sender.user,
        command.id,
        command.room,
        command.text,
        command.reply_to,
        command.seq,
        command.sent_at_ms,
    )
    if services.regions is None or not services.regions.vouchers.proves(command.voucher, said):
        raise InvalidFieldError("This is not what the stage has acknowledged.")
    draft = Draft(
        room=command.room,
        kind="text",
        user=sender.user,
        name=sender.name,
        text=command.text,
        command_id=command.id,
        sent_at_ms=command.sent_at_ms,
        reply_to=command.reply_to,
    )
    messages.bring_back(services, draft, command.seq)
    return Sent(room=command.room, seq=command.seq, sent_at_ms=command.sent_at_ms, voucher=command.voucher)


def is_told_here(arrivals: Arrivals, home: Home, item: Item) -> bool:
    """Whether this Region tells others of what a stream has: of what its epochs have, of what is late, of the rest.

    The rest are memberships, which are their home's.
    """
    if not item["pk"].startswith((keys.MESSAGES, keys.CHANGES)):
        return home.region == arrivals.homes.here
    return home.region_of(epoch_of(int(item["sk"]))) == arrivals.homes.here or _is_late(arrivals, home, item)


def receive(arrivals: Arrivals, home: Home, item: Item) -> None:
    """Has readers told of a message, or of a change, that comes too late to be found by reading on.

    Nothing for any other item. Two writes, then what a change costs. Safe to repeat. Raises `UnavailableError`.
    """
    if not _is_late(arrivals, home, item):
        return
    room, number = str(item["room"]), int(item["sk"])
    if item["pk"].startswith(keys.CHANGES):
        arrivals.returned.receive_change(room, number)
        _tell_again(arrivals, room, int(item["seq"]))
    elif arrivals.returned.receive(item):
        _tell_again(arrivals, room, number)
    else:
        logger.info("sent again meanwhile", extra={"room": room, "seq": number})


def _is_late(arrivals: Arrivals, home: Home, item: Item) -> bool:
    if not item["pk"].startswith((keys.MESSAGES, keys.CHANGES)) or item.get("kind", item.get("what")) == VOID:
        return False
    return home.region == arrivals.homes.here and epoch_of(int(item["sk"])) < home.epoch


def _tell_again(arrivals: Arrivals, room: str, seq: int) -> None:
    try:
        arrivals.changes.alter(room, seq, messages.returned_plan, arrivals.clock.now_ms())
    except MessageNotFoundError:  # a change has come before its message, which is told of itself
        logger.info("not here yet", extra={"room": room, "seq": seq})
