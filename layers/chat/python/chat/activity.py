"""Activity: how far the rooms have got that nobody has on screen, told to the sockets of their members.

A socket that follows a room has its messages. Members' other sockets get one small event instead: the room's newest
number and its preview. It is made on the side of events, never by whoever sends a message.

* Of a direct room at once, for each message.
* Of another one about every two seconds, however much is said. Who hears of a message first claims the room for
  `HELD_MS`, over all function instances, and the event is made `DELAY_S` after the claim: a second after the last
  message that relies on it. So the event after a burst has the burst's last number.
* Of rooms with more than 100 members, or more than 100 sockets that follow them, nobody is told: there are mentions.

Posts for N members with a socket each, F of which follow the room: N - F in two seconds, whatever is said, and none
above 100. What is unread is counted as in lists of rooms, so one's own messages are unread on one's other devices, too,
until the one that has the room on screen has read it: a moment later.
"""

from __future__ import annotations

import msgspec

from chat import notices
from chat.notices import ROOM_LIMIT, ActivityDue
from chat.protocol import Preview, RoomAdvanced, encode
from chat.services import Activity, Notices

HELD_MS = 2_000
"""How long a room stays claimed: one event in that time."""

DELAY_S = 3
"""When the event is made, seconds after the claim."""

LARGE_MS = 60_000
"""How long nobody claims a room that was found too large."""

LOOKED_AT = 2 * ROOM_LIMIT
"""Rows of members looked at: those of up to 100 banned users make no small room a large one."""


def announce(bundle: Activity, room: str) -> None:
    """The preview of the room has a new message: has its members told, unless that is under way.

    No call where this instance knows of a claim; else what `RoomDirectory.find` costs, one write unit, and a message to
    the queue of notices for whoever claims, or for each message of a direct room. Raises `UnavailableError`: then
    perhaps nobody is told, and the message is to be announced again.
    """
    now_ms = bundle.clock.now_ms()
    if bundle.recent.held(room, now_ms):
        return
    record = bundle.rooms.find(room)
    if record is not None and record.kind == "direct":
        notices.enqueue(bundle.queue, ActivityDue(room))
        return
    taken_until_ms = bundle.claims.take(room, HELD_MS)
    if not taken_until_ms:
        notices.enqueue(bundle.queue, ActivityDue(room), delay_s=DELAY_S)
    # Not before: who goes by a claim that came to nothing is told of by nobody.
    bundle.recent.hold(room, taken_until_ms or now_ms + HELD_MS)


def tell(bundle: Notices, room: str) -> None:
    """Tells members' sockets that don't follow the room how far it has got. Done twice, it is only told twice.

    Calls: one read, one Query for the members, one for the followers and one for each member, and a post a socket. A
    room that is too large is left alone for a minute. Raises `UnavailableError`.
    """
    sockets = _elsewhere(bundle, room)
    if sockets is None:
        bundle.activity_claims.hold(room, LARGE_MS)
        return
    latest = bundle.rooms.latest(room) if sockets else None
    if latest is not None:
        preview = msgspec.convert(latest, Preview)
        notices.post(bundle, sockets, encode(RoomAdvanced(room=room, last_seq=preview.seq, latest=preview)))


def _elsewhere(bundle: Notices, room: str) -> list[str] | None:
    """Sockets of members that don't follow the room; None for a room that is too large."""
    members, more = bundle.members.page(room, None, LOOKED_AT)
    inside = [member.user for member in members if member.inside]
    if more or len(inside) > ROOM_LIMIT:
        return None
    followers = bundle.followers.of_room(room, ROOM_LIMIT, "activity")
    if followers is None:
        return None
    following = {follower.connection for follower in followers}
    return [name for name in bundle.connections.of_users(inside) if name not in following]
