"""Operators look rooms and users up, and moderate where moderators don't: by the stage's right, whosever room it is.

What they may see is who is there and how it goes, never what was said; a reported message is named by its number.
Each deed has a reason and stands in the audit before it is done. Members are told of it as of a moderator's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from chat import access, changes, memberships, moderation
from chat.errors import InvalidFieldError, NotAllowedError, UserNotFoundError
from chat.ports import VIRTUAL, Ids, Principal, Sender
from chat.protocol import MAX_MUTE_S, MAX_NUMBER, MAX_SLOW_MODE_S
from chat.services import Services
from chat.storage.audit import AuditTrail, Deed
from chat.storage.memberships import Membership
from chat.versions import Why

MOST_MEMBERS = 1_000
"""That are counted: ten pages. A room has more than that where `more_members` says so."""

MOST_ROOMS, MOST_REPORTS = 100, 50

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]

logger = logging.getLogger(__name__)


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A member's report of a message."""

    seq: int
    user: str
    reason: str
    at_ms: int


class RoomLook(msgspec.Struct, frozen=True, kw_only=True):
    """One room. `tier`, `step` and `online` are as the room was reviewed last; `reports` the first by number."""

    room: str
    title: str
    kind: str
    members: int
    more_members: bool
    owner: str | None
    moderators: list[str]
    banned: list[str]
    muted: list[str]
    slow_mode_s: int
    blocked_words: int
    last_seq: int
    last_said_at_ms: int | None
    tier: str
    step: str
    online: int
    reports: list[ReportView]


class SocketView(msgspec.Struct, frozen=True, kw_only=True):
    """One open socket, and until when it may stay."""

    connection: str
    expires_at_ms: int


class RoomRole(msgspec.Struct, frozen=True, kw_only=True):
    """A room that a user is in, and as what."""

    room: str
    title: str
    role: str | None


class UserLook(msgspec.Struct, frozen=True, kw_only=True):
    """One user. `erasure` and `export` are the states of their jobs, None where they asked for none."""

    user: str
    sockets: list[SocketView]
    rooms: list[RoomRole]
    more_rooms: bool
    erasure: str | None
    export: str | None


class Deal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator has done in a room, and why.

    `mute` (for `for_s`; 0 ends it), `ban` and `unban` are of the `user`, `delete` of message `seq`, `slow_mode` of the
    whole room (`slow_mode_s` between two messages of a member; 0 ends it).
    """

    what: Literal["mute", "ban", "unban", "delete", "slow_mode"]
    why: Why
    user: Id | None = None
    for_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_MUTE_S)] = 3_600
    seq: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)] | None = None
    slow_mode_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_SLOW_MODE_S)] = 0


class Dealt(msgspec.Struct, frozen=True, kw_only=True):
    """It is done, and noted under `id`."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What looking and dealing take."""

    services: Services
    audit: AuditTrail
    ids: Ids


def look_at_room(desk: Desk, room: str) -> RoomLook:
    """About fifteen calls for a room of a thousand members. Raises `RoomNotFoundError`."""
    services, now_ms = desk.services, desk.services.clock.now_ms()
    record = access.require_room(services, room)
    members, more = _members(services, room)
    shape = services.fanout.connections.shapes.recall(room, now_ms)
    rules = services.protection.rules.find(room)
    latest = services.rooms.latest(room)
    reports, _ = services.protection.reports.page(room, None, MOST_REPORTS)
    return RoomLook(
        room=room,
        title=record.title,
        kind=record.kind,
        members=sum(each.inside for each in members),
        more_members=more,
        owner=next((each.user for each in members if each.role == "owner"), None),
        moderators=[each.user for each in members if each.role == "moderator"],
        banned=[each.user for each in members if not each.inside],
        muted=[each.user for each in members if each.muted_until_ms > now_ms],
        slow_mode_s=rules.slow_mode_s,
        blocked_words=len(rules.blocked_words),
        last_seq=services.messages.position(room).seq,
        last_said_at_ms=int(latest["sent_at_ms"]) if latest else None,
        tier=shape.plan.tier,
        step=shape.plan.step,
        online=shape.online,
        reports=[
            ReportView(seq=each.seq, user=each.user, reason=each.reason, at_ms=each.reported_at_ms) for each in reports
        ],
    )


def look_at_user(desk: Desk, user: str) -> UserLook:
    """Four calls. A user of whom nothing is known has no sockets and no rooms: users are made by no deed of ours."""
    services = desk.services
    listings = services.rooms.own_listings(user)
    sockets = services.fanout.connections.sockets_of(user, services.clock.now_ms())
    erasure, export = (services.account_jobs.find(user, kind) for kind in ("erasure", "export"))
    return UserLook(
        user=user,
        sockets=[SocketView(connection=each.connection, expires_at_ms=each.expires_at_s * 1_000) for each in sockets],
        rooms=[
            RoomRole(room=each.record.room, title=each.other or each.record.title, role=each.role)
            for each in listings[:MOST_ROOMS]
        ],
        more_rooms=len(listings) > MOST_ROOMS,
        erasure=erasure.state if erasure else None,
        export=export.state if export else None,
    )


def deal(desk: Desk, operator: Principal, room: str, wanted: Deal) -> Dealt:
    """Notes the deed, then does it; safe to repeat.

    Raises `InvalidFieldError`, `RoomNotFoundError`, `UserNotFoundError`, `MessageNotFoundError`, and `NotAllowedError`
    for banning an owner.
    """
    _require_named(wanted)
    record = access.require_room(desk.services, room)
    by = Sender(user=operator.user, name=operator.name, connection=f"{VIRTUAL}console")
    about = f"{record.room}: {_described(wanted)}"
    at_ms = desk.services.clock.now_ms()
    deed = Deed(desk.ids.new(), operator.user, f"room.{wanted.what}", about, wanted.why.strip(), at_ms)
    desk.audit.add(deed)
    _carry_out(desk.services, by, room, wanted)
    logger.info("room dealt with", extra={"deed": deed.id, "operator": operator.user, "about": about})
    return Dealt(id=deed.id)


def _require_named(wanted: Deal) -> None:
    if wanted.what == "delete" and wanted.seq is None:
        raise InvalidFieldError("`seq` says which message is deleted.")
    if wanted.what in {"mute", "ban", "unban"} and wanted.user is None:
        raise InvalidFieldError("`user` says who is meant.")


def _carry_out(services: Services, by: Sender, room: str, wanted: Deal) -> None:
    match wanted.what:
        case "delete":
            changes.take_away(services, by, room, wanted.seq or 0, lambda _: None)
        case "slow_mode":
            moderation.set_rules(services, by, room, slow_mode_s=wanted.slow_mode_s)
        case "mute":
            memberships.silence(services, by, _inside(services, room, wanted.user), wanted.for_s)
        case "ban":
            _ban(services, by, room, wanted.user or "")
        case "unban":
            memberships.let_in_again(services, by, room, wanted.user or "")


def _inside(services: Services, room: str, user: str | None) -> Membership:
    known = services.members.find(room, user or "")
    if known is None or not known.inside:
        raise UserNotFoundError("This user is not in the room.")
    return known


def _ban(services: Services, by: Sender, room: str, user: str) -> None:
    known = services.members.find(room, user)
    if known and known.role == "owner":
        raise NotAllowedError("The owner has to transfer the room first: nobody else could look after it.")
    if known and not known.inside:
        return
    target = known or memberships.outsider(room, user)
    memberships.put_out(services, by, target, now=known.role if known else None, ban=True)


def _members(services: Services, room: str) -> tuple[list[Membership], bool]:
    found: list[Membership] = []
    after: str | None = None
    while len(found) < MOST_MEMBERS:
        page, after = services.members.page(room, after, 100)
        found += page
        if after is None:
            return found, False
    return found, True


def _described(wanted: Deal) -> str:
    match wanted.what:
        case "delete":
            return f"message {wanted.seq}"
        case "slow_mode":
            return f"{wanted.slow_mode_s} s"
        case "mute":
            return f"{wanted.user} for {wanted.for_s} s"
        case _:
            return str(wanted.user)
