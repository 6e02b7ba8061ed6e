"""Rooms: list, make, enter and leave them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Literal

import msgspec

from chat import access, memberships, signals
from chat.errors import BannedError, InvalidFieldError, NotAllowedError, RoomExistsError, RoomPrivateError
from chat.ports import Item, Sender
from chat.protocol import (
    MAX_REPLY_BYTES,
    CreateRoom,
    Done,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    OpenDirect,
    Preview,
    Room,
    RoomEntered,
    RoomKind,
    RoomList,
)
from chat.services import Services
from chat.storage.counters import Position
from chat.storage.memberships import Membership, admission
from chat.storage.rooms import Listing, RoomRecord

LISTED = 700
"""Rooms looked up for one page of the list: no more of them fit into a frame."""

_KINDS: dict[str, RoomKind] = {"public": "public", "private": "private", "direct": "direct"}


def list_rooms(services: Services, sender: Sender, command: ListRooms) -> RoomList:
    """The sender's rooms with what is unread in them, and the public ones, by title; as many as fit into a frame."""
    listings = {_place(listing): listing for listing in services.rooms.list_for(sender.user)}
    places = sorted(place for place in listings if place > (command.after or ""))
    kept = _fitting(view(services, [listings[place] for place in places[:LISTED]]))
    return RoomList(
        rooms=sorted(kept, key=lambda room: (room.title.casefold(), room.room)),
        after=places[len(kept) - 1] if len(kept) < len(places) else None,
    )


def create(services: Services, sender: Sender, command: CreateRoom) -> RoomEntered:
    """Makes the room, its maker the owner, everybody invited a member. Raises `RoomExistsError`.

    The room and its owner come into being at once, so a repeat gives nobody a right that they have lost since: it
    brings in whoever is missing if its sender may still invite, and is refused to who is out of the room.
    """
    title = command.title.strip()
    if not title:
        raise InvalidFieldError("`title` has nothing in it.")
    for user in (sender.user, *command.members):
        access.require_lasting(services.account_jobs, user)
    made_with = hashlib.sha256(f"{sender.user}\n{command.id}".encode()).hexdigest()[:16]
    wanted = RoomRecord(
        room=command.room or f"{_slug(title)}-{made_with[:8]}",
        title=title,
        kind=command.kind,
        made_with=made_with,
    )
    owner = Membership(wanted.room, sender.user, sender.name, "owner")
    made = services.rooms.make(wanted, admission(wanted, owner))
    if made.made_with != wanted.made_with:
        raise RoomExistsError(f"There is a room {wanted.room} already.")
    if made is wanted:
        signals.ROOMS_CREATED.add()
        memberships.announce(services.fanout, owner, "joined", sender, except_connection=sender.connection)
    if access.moderates(access.require_member_now(services, sender.user, made.room)):
        for user in dict.fromkeys(command.members):
            if user != sender.user:
                memberships.bring_in(services, made, user, sender)
    return _entered(services, sender, made)


def open_direct(services: Services, sender: Sender, command: OpenDirect) -> RoomEntered:
    """The one room of a pair of users, whoever asks first and however often; the other one learns of it."""
    if command.user == sender.user:
        raise InvalidFieldError("`user` is somebody else.")
    for user in (sender.user, command.user):
        access.require_lasting(services.account_jobs, user)
    pair = "\n".join(sorted((sender.user, command.user)))
    made_with = hashlib.sha256(pair.encode()).hexdigest()[:32]
    record = services.rooms.make(RoomRecord(room=f"direct-{made_with}", title="", kind="direct", made_with=made_with))
    opener = Membership(record.room, sender.user, sender.name, "member")
    if services.members.admit(record, opener, other=command.user) is opener:
        memberships.announce(services.fanout, opener, "joined", sender, except_connection=sender.connection)
    invited = Membership(record.room, command.user, command.user, "member")
    if services.members.admit(record, invited, other=sender.user) is invited:
        memberships.announce(services.fanout, invited, "invited", sender)
    return _entered(services, sender, record)


def join(services: Services, sender: Sender, command: JoinRoom) -> RoomEntered:
    """Makes the sender a member of a public room.

    Raises `RoomNotFoundError`, `RoomPrivateError` and `BannedError`.
    """
    record = access.require_room(services, command.room)
    known = services.members.find(command.room, sender.user)
    if known is None:
        if record.kind != "public":
            raise RoomPrivateError("This room is private; a member has to invite you.")
        access.require_lasting(services.account_jobs, sender.user)
        known, is_new = _admit(services, sender, record)
        if is_new:
            memberships.announce(services.fanout, known, "joined", sender)
    if not known.inside:
        raise BannedError("You are banned from this room.")
    return _entered(services, sender, record)


def _admit(services: Services, sender: Sender, record: RoomRecord) -> tuple[Membership, bool]:
    """The sender's membership, and whether it is new. Whoever comes to a room without an owner takes it over."""
    read_seq = services.messages.newest(record.room)
    joined = services.members.newcomer(record.room, sender.user, sender.name)
    owner = replace(joined, role="owner")
    if joined.role == "member" and services.members.take_over(record, owner, read_seq=read_seq):
        return owner, True
    known = services.members.admit(record, joined, read_seq=read_seq)
    return known, known is joined


def leave(services: Services, sender: Sender, command: LeaveRoom) -> Done:
    """Ends the membership and all the sender's subscriptions; leaving twice is leaving once."""
    known = services.members.find(command.room, sender.user)
    if known is None or not known.inside:
        services.fanout.connections.unsubscribe_user(sender.user, command.room)  # what a run that died has left
        return Done()
    if known.role == "owner" and memberships.others_in(services, command.room, sender.user):
        raise NotAllowedError("Transfer the room to another member before you leave it.")
    if not services.members.end(known):
        raise memberships.changed_meanwhile()
    services.fanout.connections.unsubscribe_user(sender.user, command.room)
    memberships.announce(services.fanout, known, "left", sender)
    return Done()


def view(services: Services, listings: list[Listing]) -> list[Room]:
    """The rooms as their user sees them. Two batches of reads for a hundred rooms."""
    names = [listing.record.room for listing in listings]
    # A private room's preview is only ever looked up for its members: nobody else has it in a list.
    previews = services.rooms.previews(names)
    newest = services.messages.positions_of([listing.record.room for listing in listings if listing.role])
    return [
        _view(services, listing, previews.get(listing.record.room), newest.get(listing.record.room, Position()))
        for listing in listings
    ]


def _place(listing: Listing) -> str:
    """Where a room stands in the whole list: those that the user is in first, each by id."""
    return f"{'public' if listing.role is None else 'own'}:{listing.record.room}"


def _fitting(rooms: list[Room]) -> list[Room]:
    """The first of the rooms, as many as one frame takes."""
    remaining_bytes = MAX_REPLY_BYTES - 1_000
    kept: list[Room] = []
    for room in rooms:
        remaining_bytes -= len(msgspec.json.encode(room)) + 1
        if remaining_bytes < 0:
            break
        kept.append(room)
    return kept


def _entered(services: Services, sender: Sender, record: RoomRecord) -> RoomEntered:
    listing = services.rooms.listing(record.room, sender.user) or Listing(record)
    latest = services.rooms.previews([record.room]).get(record.room)
    newest = services.messages.position(record.room)
    return RoomEntered(room=_view(services, listing, latest, newest), last_seq=newest.seq)


def _view(services: Services, listing: Listing, latest: Item | None, newest: Position) -> Room:
    record = listing.record
    role: Literal["owner", "moderator", "member", "reader"] | None = listing.role  # type: ignore[assignment]
    preview = (
        Preview(seq=latest["seq"], author=latest["author"], text=latest["text"], sent_at_ms=latest["sent_at_ms"])
        if latest
        else None
    )
    return Room(
        room=record.room,
        title=listing.other or record.title,
        kind=_KINDS[record.kind],
        member=role is not None,
        role=role,
        last_seq=newest.seq if role else 0,
        read_seq=listing.read_seq,
        unread=services.messages.unread(record.room, listing.read_seq, newest.seq) if role else 0,
        latest=preview,
        last_rev=newest.rev if role else 0,
    )


def _slug(title: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:40].strip("-") or "room"
