"""Leaving every room at once: what was only the user's goes, what others still need is handed over."""

from __future__ import annotations

from chat import memberships
from chat.ports import Principal
from chat.protocol import AccountErasing, encode
from chat.services import Accounts
from chat.storage.memberships import Membership
from chat.storage.rooms import Listing

HEIRS_LOOKED_AT = 100
"""Members, by id, among whom somebody is found to take over a room."""


def leave_all(accounts: Accounts, user: str) -> int:
    """Ends all of the user's memberships and subscriptions, and tells their rooms; how many there were.

    A room of theirs goes to a moderator of it, else to another member. Safe to repeat after it was cut off anywhere.
    """
    listings = accounts.rooms.own_listings(user)
    for listing in listings:
        _leave(accounts, user, listing)
    return len(listings)


def close_sockets(accounts: Accounts, user: str) -> None:
    """Tells the user's open sockets that the account is being erased, and forgets them.

    Nothing more is posted to them, and they count for nobody's presence. Whoever is not told, as by a cut line, opens
    another one, and is told there by the next pass.
    """
    found = accounts.fanout.connections.of_user(user, consistent=True)
    if found:
        accounts.fanout.sockets.post(found, encode(AccountErasing()))
    for connection in found:
        accounts.fanout.connections.close(connection)
    accounts.presence.forget(user)


def forget_devices(accounts: Accounts, user: str) -> int:
    """Tells the user on no device any more, and forgets what they were told of; how many devices there were."""
    devices = accounts.push.of([user])
    for device in devices:
        if device.endpoint.startswith("arn:"):
            accounts.mobile.forget(device.endpoint)
        accounts.push.remove(user, device.id)
    accounts.push.forget_turns(user)
    return len(devices)


def _leave(accounts: Accounts, user: str, listing: Listing) -> None:
    room = listing.record.room
    membership = accounts.members.find(room, user)
    if listing.record.kind == "direct":
        _forget_in_direct_room(accounts, user, room)
    vacating = membership is not None and membership.role == "owner" and not _hand_over(accounts, membership)
    accounts.members.dismiss(room, user, vacating=vacating)
    accounts.fanout.connections.unsubscribe_user(user, room)
    if membership:
        memberships.announce(accounts.fanout, membership, "left", Principal(user, membership.name))


def _hand_over(accounts: Accounts, owner: Membership) -> bool:
    """To whoever ranks highest of the first members by id; False where there is nobody."""
    found, _ = accounts.members.page(owner.room, None, HEIRS_LOOKED_AT)
    others = [member for member in found if member.inside and member.user != owner.user]
    heir = min(others, key=lambda member: member.role != "moderator", default=None)
    if heir is None or not accounts.members.transfer(owner.room, owner.user, heir):
        return False
    taken_over = Membership(heir.room, heir.user, heir.name, "owner")
    memberships.announce(accounts.fanout, taken_over, "role", Principal(owner.user, owner.name))
    return True


def _forget_in_direct_room(accounts: Accounts, user: str, room: str) -> None:
    """The other one keeps the room; whom it was with does not stand in their list any more."""
    found, _ = accounts.members.page(room, None, 2)
    for member in found:
        if member.user != user:
            accounts.rooms.forget_other(room, member.user)
