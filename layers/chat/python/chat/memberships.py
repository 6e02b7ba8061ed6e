"""Members of a room: list them, bring them in, put them out, change what they may do.

Every change is announced to the room's subscribers, and to the user who comes or goes. Somebody who is put out gets
nothing more on sockets that were subscribed: their subscriptions are deleted here. What a function instance remembers
of their rights ends within 5 s, or 10 where it can not be told (`chat.storage.room_rules`).
"""

from __future__ import annotations

from typing import Literal

from chat import access
from chat.delivery import deliver, tell_user
from chat.errors import InvalidFieldError, NotAllowedError, UnavailableError, UserNotFoundError
from chat.ports import Principal, Sender
from chat.protocol import (
    Author,
    Done,
    Invite,
    ListMembers,
    Member,
    MemberChanged,
    MemberList,
    Mute,
    RemoveMember,
    Role,
    SetRole,
    Transfer,
    Unban,
    encode,
)
from chat.services import Fanout, Services
from chat.storage.memberships import Membership
from chat.storage.rooms import RoomRecord

Change = Literal["joined", "invited", "left", "removed", "banned", "unbanned", "muted", "unmuted", "role"]
_GONE = frozenset({"left", "removed", "unbanned"})
_SUBSCRIBED = frozenset({"muted", "unmuted", "role"})
"""Changes of somebody inside the room: they hear of it as a subscriber, like everybody else."""
_ROLES: dict[str, Role] = {
    "owner": "owner",
    "moderator": "moderator",
    "member": "member",
    "reader": "reader",
    "banned": "banned",
}


def list_members(services: Services, sender: Sender, command: ListMembers) -> MemberList:
    """A page of members by user id; moderators see who is banned, too. Pages may be short."""
    caller = access.require_member(services, sender.user, command.room)
    found, after = services.members.page(command.room, command.after, command.limit)
    shown = [member for member in found if member.inside or access.moderates(caller)]
    return MemberList(members=[_member(services, member) for member in shown], after=after)


def invite(services: Services, sender: Sender, command: Invite) -> Done:
    """Makes the user a member; inviting a member changes nothing. Raises `NotAllowedError`."""
    record = access.require_room(services, command.room)
    if record.kind == "direct":
        raise NotAllowedError("A direct room has two members.")
    caller = access.require_member_now(services, sender.user, command.room)
    if record.kind == "private" and not access.moderates(caller):
        raise NotAllowedError("Moderators invite into a private room.")
    access.require_lasting(services.account_jobs, command.user)
    if not bring_in(services, record, command.user, sender).inside:
        raise NotAllowedError("This user is banned; a moderator can let them in again.")
    return Done()


def bring_in(services: Services, record: RoomRecord, user: str, by: Principal) -> Membership:
    """Makes the user a member and tells of it; or the membership that stands there already, a ban included."""
    invited = services.members.newcomer(record.room, user, user)
    standing = services.members.admit(record, invited, read_seq=services.messages.newest(record.room))
    if standing is invited:
        announce(services.fanout, invited, "invited", by)
    return standing


def remove(services: Services, sender: Sender, command: RemoveMember) -> Done:
    """Puts the user out, with `ban` for good. Banning somebody who never was inside is allowed.

    Sent again after it was cut off, it takes away subscriptions that are left before it says that nobody is there.
    """
    caller = access.require_moderator(services, sender.user, command.room)
    known = services.members.find(command.room, command.user)
    if (known is None or not known.inside) and not command.ban:
        services.fanout.connections.unsubscribe_user(command.user, command.room)
        raise UserNotFoundError("This user is not in the room.")
    target = known or outsider(command.room, command.user)
    access.require_above(caller, target)
    put_out(services, sender, target, now=known.role if known else None, ban=command.ban)
    return Done()


def put_out(services: Services, by: Principal, target: Membership, *, now: str | None, ban: bool) -> None:
    """Ends the membership whose role is `now` (None: there is none), with `ban` for good, and tells the room.

    Raises `UnavailableError` where it has changed meanwhile.
    """
    done = services.members.ban(target, now=now) if ban else services.members.end(target)
    if not done:
        raise changed_meanwhile()
    services.fanout.connections.unsubscribe_user(target.user, target.room)
    announce(services.fanout, target, "banned" if ban else "removed", by)


def outsider(room: str, user: str) -> Membership:
    """Somebody who is not in the room, as far as banning them goes."""
    return Membership(room, user, user, "reader")


def unban(services: Services, sender: Sender, command: Unban) -> Done:
    """Lets a banned user in again; who is not banned stays as they are."""
    access.require_moderator(services, sender.user, command.room)
    let_in_again(services, sender, command.room, command.user)
    return Done()


def let_in_again(services: Services, by: Principal, room: str, user: str) -> None:
    """Ends a ban and tells the room; nothing where there is none."""
    banned = services.members.find(room, user)
    if banned and services.members.unban(room, user):
        announce(services.fanout, banned, "unbanned", by)


def mute(services: Services, sender: Sender, command: Mute) -> Done:
    """Keeps the member from posting for a while, in effect within 10 s, usually 5; 0 seconds ends it."""
    caller = access.require_moderator(services, sender.user, command.room)
    target = _require_target(services, command.room, command.user)
    access.require_above(caller, target)
    silence(services, sender, target, command.for_s)
    return Done()


def silence(services: Services, by: Principal, target: Membership, for_s: int) -> None:
    """As `mute`, of somebody inside, whoever asks for it."""
    until_ms = services.clock.now_ms() + for_s * 1000 if for_s else 0
    services.members.mute(target.room, target.user, until_ms)
    muted = Membership(target.room, target.user, target.name, target.role, until_ms)
    announce(services.fanout, muted, "muted" if until_ms else "unmuted", by)


def set_role(services: Services, sender: Sender, command: SetRole) -> Done:
    """Gives a member another role. Raises `NotAllowedError` for the owner's own."""
    access.require_owner(services, sender.user, command.room)
    target = _require_target(services, command.room, command.user)
    if target.role == "owner":
        raise NotAllowedError("An owner transfers the room to have another role.")
    if not services.members.set_role(command.room, command.user, command.role, now=target.role):
        raise changed_meanwhile()
    announce(services.fanout, Membership(target.room, target.user, target.name, command.role), "role", sender)
    return Done()


def transfer(services: Services, sender: Sender, command: Transfer) -> Done:
    """Hands the room over, both roles in one transaction."""
    owner = access.require_owner(services, sender.user, command.room)
    heir = _require_target(services, command.room, command.user)
    if heir.user == owner.user:
        raise InvalidFieldError("`user` is somebody else.")
    if not services.members.transfer(command.room, owner.user, heir):
        raise changed_meanwhile()
    announce(services.fanout, Membership(heir.room, heir.user, heir.name, "owner"), "role", sender)
    announce(services.fanout, Membership(owner.room, owner.user, owner.name, "moderator"), "role", sender)
    return Done()


def announce(
    fanout: Fanout, membership: Membership, change: Change, by: Principal, *, except_connection: str | None = None
) -> None:
    """Tells the room's subscribers, and whoever comes or goes on all their sockets but one.

    Posts: one a subscriber, once; where they follow the room's tail one a socket of whom it happened to.
    """
    role = "banned" if change == "banned" else None if change in _GONE else _ROLES[membership.role]
    frame = encode(
        MemberChanged(
            room=membership.room,
            user=Author(membership.user, membership.name),
            change=change,
            role=role,
            muted_until_ms=membership.muted_until_ms or None,
            by=Author(by.user, by.name),
        )
    )
    told = deliver(fanout, membership.room, frame, unless_tailed=True)
    if not told or change not in _SUBSCRIBED:
        tell_user(fanout, membership.user, frame, except_connection=except_connection)


def others_in(services: Services, room: str, user: str) -> bool:
    """Whether anybody else is inside the room. A page of 100, and one more for each that has banned users only."""
    after: str | None = None
    while True:
        found, after = services.members.page(room, after, 100)
        if any(member.inside and member.user != user for member in found):
            return True
        if after is None:
            return False


def _member(services: Services, membership: Membership) -> Member:
    muted = membership.muted_until_ms > services.clock.now_ms()
    return Member(
        user=Author(membership.user, membership.name),
        role=_ROLES[membership.role],
        muted_until_ms=membership.muted_until_ms if muted else None,
    )


def _require_target(services: Services, room: str, user: str) -> Membership:
    target = services.members.find(room, user)
    if target is None:
        raise UserNotFoundError("This user is not in the room.")
    return _require_inside(target)


def _require_inside(target: Membership) -> Membership:
    if not target.inside:
        raise UserNotFoundError("This user is not in the room.")
    return target


def changed_meanwhile() -> UnavailableError:
    """What the caller went by is so no longer; a repeat goes by what is."""
    return UnavailableError("Somebody changed this at the same moment; look again.", retry_after_ms=200)
