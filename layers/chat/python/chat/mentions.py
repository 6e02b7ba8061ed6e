"""Mentions: who is named in a text, and how they learn of it on sockets that did not subscribe to the room.

Up to `MAX_MENTIONED` members are looked up and told by the sender's own function: for a text without `@` nothing is
called. Everybody in a room (`@room`) is told from the delivery queue, members page by page: a post for each socket of
each member, for one message of a moderator.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from chat import access, delivery
from chat.delivery import Delivery
from chat.delivery.orders import enqueue
from chat.errors import UnavailableError
from chat.protocol import MAX_MENTIONED
from chat.services import Fanout, Services
from chat.storage.memberships import Membership, Memberships

EVERYBODY = "room"

PAGE = 100
"""Members looked up and told at a time."""

PAGES = 20
"""Pages that one body of the queue is worth, well inside the time that the function has; then another goes on."""

_MENTION = re.compile(r"(?<![\w@])@(\w(?:[\w.+:|@-]*\w)?)")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mentions:
    """Members that a text names by id, and whether it names everybody."""

    users: tuple[str, ...] = ()
    room: bool = False


def find(services: Services, author: Membership, text: str) -> Mentions:
    """Whom the text mentions: members, and everybody if its author moderates. Other names are text.

    No call for a text without `@NAME`; else half a read unit a name.
    """
    names = named(text)
    everybody = EVERYBODY in names and access.moderates(author)
    asked = [name for name in names if name != EVERYBODY][:MAX_MENTIONED]
    return Mentions(tuple(services.members.among(author.room, asked)) if asked else (), everybody)


def named(text: str) -> list[str]:
    """What stands behind an `@` in the text, each once: ids of users perhaps, or `EVERYBODY`."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def tell(services: Services, room: str, mentioned: Mentions, frame: bytes, *, author: str) -> None:
    """Sends the frame to all open sockets of whoever is mentioned, but not to its author's. Never raises."""
    try:
        if mentioned.room:
            order = Delivery(room, frame.decode(), members_behind="", except_user=author)
            enqueue(services.fanout.queue, [order])
        else:
            delivery.tell_users(services.fanout, [user for user in mentioned.users if user != author], frame)
    except UnavailableError:
        logger.exception("message stored, mentions not told", extra={"room": room})


def carry_out(fanout: Fanout, members: Memberships, order: Delivery) -> None:
    """Tells members what a body of the delivery queue has for those behind `order.members_behind`, up to `PAGES` pages.

    Done twice, members may see the frame twice and drop it by its number. Raises `UnavailableError`.
    """
    behind = order.members_behind
    for users, end in _pages(members, order.room, behind or ""):
        delivery.tell_users(fanout, [user for user in users if user != order.except_user], order.frame.encode())
        behind = end
    if behind is not None:
        enqueue(fanout.queue, [msgspec.structs.replace(order, members_behind=behind)])


def _pages(members: Memberships, room: str, behind: str) -> Iterator[tuple[list[str], str | None]]:
    """Up to `PAGES` pages of members, each with where it ends; None at the end of all."""
    after: str | None = behind or None
    for _ in range(PAGES):
        found, after = members.page(room, after, PAGE)
        yield [member.user for member in found if member.inside], after
        if after is None:
            return
