"""Members of a room: list them, bring them in, put them out, change what they may do.

Every change is announced to the room's subscribers, and to the user who comes or goes. Somebody who is put out gets
nothing more on sockets that were subscribed: their subscriptions are deleted here. What a function instance remembers
of their rights ends within 5 s (`chat.storage.memberships.REMEMBERED_MS`).
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
    invited = Membership(command.room, command.user, command.user, "member")
    standing = services.members.admit(record, invited)
    if not standing.inside:
        raise NotAllowedError("This user is banned; a moderator can let them in again.")
    if standing is invited:
        announce(services.fanout, invited, "invited", sender)
    return Done()


def remove(services: Services, sender: Sender, command: RemoveMember) -> Done:
    """Puts the user out, with `ban` for good. Banning somebody who never was inside is allowed."""
    caller = access.require_moderator(services, sender.user, command.room)
    target = services.members.find(command.room, command.user)
    if target is None and not command.ban:
        raise UserNotFoundError("This user is not in the room.")
    target = target or Membership(command.room, command.user, command.user, "reader")
    access.require_above(caller, target)
    if command.ban:
        services.members.ban(target)
    else:
        _require_inside(target)
        services.members.dismiss(command.room, command.user)
    services.fanout.connections.unsubscribe_user(command.user, command.room)
    announce(services.fanout, target, "banned" if command.ban else "removed", sender)
    return Done()


def unban(services: Services, sender: Sender, command: Unban) -> Done:
    """Lets a banned user in again; who is not banned stays as they are."""
    access.require_moderator(services, sender.user, command.room)
    banned = services.members.find(command.room, command.user)
    if banned and services.members.unban(command.room, command.user):
        announce(services.fanout, banned, "unbanned", sender)
    return Done()


def mute(services: Services, sender: Sender, command: Mute) -> Done:
    """Keeps the member from posting for a while, in effect within 5 s; 0 seconds ends it."""
    caller = access.require_moderator(services, sender.user, command.room)
    target = _require_target(services, command.room, command.user)
    access.require_above(caller, target)
    until_ms = services.clock.now_ms() + command.for_s * 1000 if command.for_s else 0
    services.members.mute(command.room, command.user, until_ms)
    muted = Membership(target.room, target.user, target.name, target.role, until_ms)
    announce(services.fanout, muted, "muted" if until_ms else "unmuted", sender)
    return Done()


def set_role(services: Services, sender: Sender, command: SetRole) -> Done:
    """Gives a member another role. Raises `NotAllowedError` for the owner's own."""
    access.require_owner(services, sender.user, command.room)
    target = _require_target(services, command.room, command.user)
    if target.role == "owner":
        raise NotAllowedError("An owner transfers the room to have another role.")
    if not services.members.set_role(command.room, command.user, command.role, now=target.role):
        raise _changed_meanwhile()
    announce(services.fanout, Membership(target.room, target.user, target.name, command.role), "role", sender)
    return Done()


def transfer(services: Services, sender: Sender, command: Transfer) -> Done:
    """Hands the room over, both roles in one transaction."""
    owner = access.require_owner(services, sender.user, command.room)
    heir = _require_target(services, command.room, command.user)
    if heir.user == owner.user:
        raise InvalidFieldError("`user` is somebody else.")
    if not services.members.transfer(command.room, owner.user, heir):
        raise _changed_meanwhile()
    announce(services.fanout, Membership(heir.room, heir.user, heir.name, "owner"), "role", sender)
    announce(services.fanout, Membership(owner.room, owner.user, owner.name, "moderator"), "role", sender)
    return Done()


def announce(fanout: Fanout, membership: Membership, change: Change, by: Principal) -> None:
    """Tells the room's subscribers, and whoever comes or goes on all their sockets. Posts: one a subscriber, once."""
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
    deliver(fanout, membership.room, frame)
    if change not in _SUBSCRIBED:
        tell_user(fanout, membership.user, frame)


def count_up_to(services: Services, room: str, most: int) -> int:
    """How many are inside the room, counted to `most` of the first hundred."""
    members, _ = services.members.page(room, None, 100)
    return min(most, sum(member.inside for member in members))


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


def _changed_meanwhile() -> UnavailableError:
    return UnavailableError("Somebody changed this at the same moment; look again.", retry_after_ms=200)
