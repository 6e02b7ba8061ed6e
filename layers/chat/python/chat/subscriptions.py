"""What a connection follows: live messages of rooms, what it missed of them, and how far its user has read."""

from __future__ import annotations

import msgspec

from chat import access, pages, receipts, rooms
from chat.delivery import reviews, tails, tell_user
from chat.errors import ChatError
from chat.messages import messages_for
from chat.numbering import epoch_of
from chat.ports import Sender
from chat.protocol import (
    Done,
    MarkRead,
    Message,
    Range,
    ReadMoved,
    Subscribe,
    Subscribed,
    Sync,
    Synced,
    Unsubscribe,
    encode,
)
from chat.services import Services
from chat.storage.messages import Excerpt, Span

REPLAYED = 100
"""Missed messages that come with the reply; of more, the reply says the range."""

CHANGED_BYTES = 48 * 1024
"""Changed messages, as JSON, that come with the reply beside what was missed; API Gateway sends at most 128 KB."""


def subscribe(services: Services, sender: Sender, command: Subscribe) -> Subscribed:
    """From now on the room's messages come to this connection, and what it missed comes with the reply.

    The subscription is stored first and the membership read after it: whoever is put out at this moment is either seen
    here, or their subscription is seen there. And a message is either in the reply, or delivered, or both.

    Over HTTP the reply is the same and nothing is stored: `last_seq` is where the stream of events goes on.
    """
    if services.regions is not None:
        services.regions.homes.require_here(epoch_of(command.after or 0))  # or what it has would be more than there is
    if sender.reachable:
        services.fanout.connections.subscribe(sender.connection, command.room, sender.user, services.clock.now_ms())
    try:
        membership = access.require_member_now(services, sender.user, command.room)
    except ChatError:
        if sender.reachable:
            services.fanout.connections.unsubscribe(sender.connection, command.room)
        raise
    tail = None
    if sender.reachable:
        tail = reviews.notice_subscriber(services.fanout, command.room, sender.connection, services.clock.now_ms())
    if membership.name != sender.name:  # somebody who was invited by their id, or has another name since
        services.members.rename(membership, sender.name)
    # Changes before messages: of a message that is changed in between, the later read has it as it stands.
    last_rev, changed = _changed(services, sender, command)
    missed = _missed(services, command)
    listing = services.rooms.listing(command.room, sender.user)
    (room,) = rooms.view(services, [listing] if listing else [])
    messages = messages_for(services, sender, missed.entries)
    budget_bytes = pages.BUDGET_BYTES - len(msgspec.json.encode(changed or []))
    ahead = command.after is not None and command.after > missed.newest
    reached = not ahead and (missed.first > missed.newest or missed.last == missed.newest)
    complete = reached and pages.oldest_fitting(messages, budget_bytes) == messages
    return Subscribed(
        room=room,
        last_seq=missed.newest,
        recovered=complete,
        messages=messages if complete else [],
        gap=None if complete or ahead else Range(missed.first, missed.newest),
        last_rev=last_rev,
        changed=changed or [],
        changes_gap=changed is None,
        tail=tail,
    )


def unsubscribe(services: Services, sender: Sender, command: Unsubscribe) -> Done:
    """The room's messages no longer come to this connection; over HTTP nothing came to it."""
    if sender.reachable:
        services.fanout.connections.unsubscribe(sender.connection, command.room)
    return Done()


def mark_read(services: Services, sender: Sender, command: MarkRead) -> Done:
    """Moves the user's cursor forward and tells their other devices, and a small room a little later.

    Two write units, one more at most once a second, and a post a device.
    """
    access.require_member(services, sender.user, command.room)
    seq = min(command.seq, services.messages.newest(command.room))
    if seq and services.notices.cursors.move(command.room, sender, seq):
        frame = encode(ReadMoved(room=command.room, seq=seq))
        tell_user(services.fanout, sender.user, frame, except_connection=sender.connection)
        receipts.announce(services, command.room)
    return Done()


def sync(services: Services, sender: Sender, command: Sync) -> Synced:
    """Newest numbers of those rooms in which the client lacks some, and tails to follow. Half a read unit for each."""
    followed = dict.fromkeys((*command.rooms, *command.revs))
    inside = {room: _may_read(services, sender.user, room) for room in followed}
    outside = [room for room in followed if not inside[room]]
    newest = services.messages.positions_of([room for room in followed if inside[room]])
    lacking = {room: last.seq for room, last in newest.items() if last.seq > command.rooms.get(room, last.seq)}
    changed = {room: last.rev for room, last in newest.items() if last.rev > command.revs.get(room, last.rev)}
    followed_live = [room for room in command.revs if inside[room] and sender.reachable]
    followed_by_tail = tails.of_rooms(services.fanout, followed_live)
    now_ms = services.clock.now_ms()
    return Synced(rooms=lacking, now_ms=now_ms, revs=changed, tails=followed_by_tail, outside=outside)


def _missed(services: Services, command: Subscribe) -> Excerpt:
    if command.after is None:
        newest = services.messages.newest(command.room)
        return Excerpt([], newest + 1, newest, newest)
    span = Span(limit=REPLAYED, after=command.after)
    return services.messages.read(command.room, span, services.clock.now_ms())


def _changed(services: Services, sender: Sender, command: Subscribe) -> tuple[int, list[Message] | None]:
    """The client's next `after_rev`, and messages changed since the last one; None for too many of them."""
    missed = services.changes.since(command.room, command.after_rev, services.clock.now_ms())
    if not missed.complete:
        return missed.last_rev, None
    entries = services.changes.read(command.room, missed.seqs) if missed.seqs else []
    changed = messages_for(services, sender, entries)
    fits = len(msgspec.json.encode(changed)) <= CHANGED_BYTES
    return missed.last_rev, changed if fits else None


def _may_read(services: Services, user: str, room: str) -> bool:
    membership = services.members.recall(room, user)
    return membership is not None and membership.inside
