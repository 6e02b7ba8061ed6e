"""What keeps the shared tier of caches fresh: operators who declare things stale, events, and warming.

Nothing depends on it: what is kept has versions and ends by itself. Events make it quicker, and see to it that no text
that was deleted stays there; warming spares a crowd that comes to a room a read for each of its members.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import msgspec

from chat.caching import tasks
from chat.caching.invalidations import Scope
from chat.caching.tasks import StaleDeclared, WarmingDue
from chat.caching.tiers import Tiers
from chat.errors import InvalidFieldError, UnavailableError
from chat.events import AnyEvent, MembershipChanged, MessageChanged, MessageDeleted
from chat.ports import Clock, Ids, Principal, Queue
from chat.storage.audit import AuditTrail, Deed
from chat.storage.memberships import MEMBERSHIP, Memberships
from chat.storage.messages import MessageLog, Span
from chat.storage.recent import MOST, RECENT
from chat.storage.room_rules import RULES
from chat.storage.rooms import RoomDirectory

WARMED_MEMBERS = 1_000
"""Of one room, at most: others are read when they come."""

WARMED_ROOMS = 100
"""Rooms that are warmed after a deployment: those of the newest activity."""

MAX_WHY_CHARS = 500

logger = logging.getLogger(__name__)


Task = StaleDeclared | WarmingDue | AnyEvent

_decoder: msgspec.json.Decoder[Task] = msgspec.json.Decoder(Task)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What taking an operator's word takes."""

    audit: AuditTrail
    queue: Queue
    ids: Ids
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What working it off takes."""

    tiers: Tiers
    rooms: RoomDirectory
    members: Memberships
    messages: MessageLog
    clock: Clock


def ask(desk: Desk, operator: Principal, scope: Scope, why: str) -> str:
    """Takes an operator's word that something is stale: noted, then put into the queue; the id of the note.

    Raises `InvalidFieldError`, and `UnavailableError`: then it may have been noted, and nothing else was done.
    """
    if bool(scope.value) == (scope.kind == "all"):
        raise InvalidFieldError("`value` says which room, user or prefix; with the scope `all` there is none.")
    if not why.strip():
        raise InvalidFieldError("`why` has nothing in it.")
    about = f"{scope.kind}:{scope.value}" if scope.value else scope.kind
    deed = Deed(desk.ids.new(), operator.user, "cache.invalidate", about, why.strip(), desk.clock.now_ms())
    desk.audit.add(deed)
    desk.queue.send([tasks.encode(StaleDeclared(scope))])
    logger.info(
        "cache declared stale", extra={"deed": deed.id, "operator": deed.operator, "about": about, "why": deed.why}
    )
    return deed.id


def reach(upkeep: Upkeep) -> bool:
    """Whether the shared tier answers; true where there is none. One round trip, none while it is taken to be away."""
    return upkeep.tiers.reach()


def carry_out(upkeep: Upkeep, body: bytes) -> None:
    """One body of the queue, or one event. Safe to repeat.

    Raises `UnavailableError` where an operator's word could not be written down, `msgspec.MsgspecError` for a body that
    is none. An event that could not be followed is not tried again: what is kept ends by itself.
    """
    match _decoder.decode(body):
        case StaleDeclared(scope):
            if not upkeep.tiers.declare(scope):
                raise UnavailableError("the cache is out of reach")
        case WarmingDue(None):
            for room in newest_rooms(upkeep.rooms):
                warm(upkeep, room)
        case WarmingDue(str(room)):
            warm(upkeep, room)
        case MessageChanged(room=room) | MessageDeleted(room=room):
            upkeep.tiers.drop(RECENT.of(room))
        case MembershipChanged(room=room, user=user):
            upkeep.tiers.drop(RULES.of(room), MEMBERSHIP.of(room, user))


def warm(upkeep: Upkeep, room: str) -> None:
    """Brings in what commands in the room ask for. Three calls, and one for each 100 members behind the first ones."""
    if upkeep.rooms.find(room) is None:
        return
    warmed = upkeep.members.warm(room, WARMED_MEMBERS)
    upkeep.messages.read(room, Span(MOST), upkeep.clock.now_ms())
    logger.info("room warmed", extra={"room": room, "members": warmed})


def newest_rooms(rooms: RoomDirectory) -> list[str]:
    """Public rooms by when something was said in them last, newest first: those are what many come to at once."""
    previews = rooms.previews([record.room for record in rooms.public_rooms()])
    return sorted(previews, key=lambda room: -int(previews[room]["sent_at_ms"]))[:WARMED_ROOMS]
