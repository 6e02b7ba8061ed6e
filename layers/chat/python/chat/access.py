"""Rights: who may do what in a room, and to whom. Reads memberships; changes nothing."""

from __future__ import annotations

from chat.errors import (
    AccountErasingError,
    BannedError,
    MutedError,
    NotAllowedError,
    NotAMemberError,
    RoomNotFoundError,
    TooManyRequestsError,
)
from chat.services import Services
from chat.storage.account_jobs import AccountJobs
from chat.storage.memberships import Membership
from chat.storage.rooms import RoomRecord

_RANKS = {"banned": 0, "reader": 1, "member": 2, "moderator": 3, "owner": 4}
_MODERATOR = _RANKS["moderator"]


def require_room(services: Services, room: str) -> RoomRecord:
    """The room. Raises `RoomNotFoundError`."""
    record = services.rooms.find(room)
    if record is None:
        raise RoomNotFoundError(f"There is no room {room}.")
    return record


def require_member(services: Services, user: str, room: str) -> Membership:
    """The membership of somebody who may read the room, at most 10 s late, usually 5 (`chat.storage.room_rules`).

    Raises `RoomNotFoundError` where there is no such room, `NotAMemberError` and `BannedError`.
    """
    return _inside(services, services.members.recall(room, user), room)


def require_member_now(services: Services, user: str, room: str) -> Membership:
    """As `require_member`, as it stands this moment: for what outlives the moment."""
    return _inside(services, services.members.find(room, user), room)


def require_speaker(services: Services, user: str, room: str) -> Membership:
    """The membership of somebody who may post, at most 10 s late, usually 5.

    Raises as `require_member`, `NotAllowedError`, `MutedError` and `TooManyRequestsError`. The room's rules are
    remembered from then on, and cost no call of their own.
    """
    membership = _inside(services, services.members.recall_with_rules(room, user), room)
    require_voice(membership, services.clock.now_ms())
    return membership


def require_voice(membership: Membership, now_ms: int) -> None:
    """Raises `NotAllowedError`, `MutedError` and `TooManyRequestsError` for somebody inside who may not post now."""
    if _RANKS[membership.role] < _RANKS["member"]:
        raise NotAllowedError("You may read this room, not write in it.")
    if membership.muted_until_ms > now_ms:
        raise MutedError("A moderator has muted you here.", retry_after_ms=membership.muted_until_ms - now_ms)
    if membership.limited_until_ms > now_ms:
        raise TooManyRequestsError(
            "You have posted too much in this minute.", retry_after_ms=membership.limited_until_ms - now_ms
        )


def require_moderator(services: Services, user: str, room: str) -> Membership:
    """The membership of a moderator or the owner. Raises as `require_member`, and `NotAllowedError`."""
    membership = require_member_now(services, user, room)
    if not moderates(membership):
        raise NotAllowedError("This takes a moderator of the room.")
    return membership


def require_owner(services: Services, user: str, room: str) -> Membership:
    """The owner's membership. Raises as `require_member`, and `NotAllowedError`."""
    membership = require_member_now(services, user, room)
    if membership.role != "owner":
        raise NotAllowedError("This takes the owner of the room.")
    return membership


def require_lasting(jobs: AccountJobs, user: str) -> None:
    """Raises `AccountErasingError` while the user is being erased. A read unit."""
    job = jobs.find(user, "erasure")
    if job and job.state == "running":
        raise AccountErasingError("This user's data is being erased.", retry_after_ms=120_000)


def require_above(actor: Membership, target: Membership) -> None:
    """Raises `NotAllowedError` unless the actor outranks the target."""
    if _RANKS[actor.role] <= _RANKS[target.role]:
        raise NotAllowedError("Only somebody of a higher role may do this to them.")


def moderates(membership: Membership) -> bool:
    """Whether this is a moderator or the owner."""
    return _RANKS[membership.role] >= _MODERATOR


def _inside(services: Services, membership: Membership | None, room: str) -> Membership:
    if membership is None:
        require_room(services, room)
        raise NotAMemberError("You are not a member of this room.")
    if not membership.inside:
        raise BannedError("You are banned from this room.")
    return membership
