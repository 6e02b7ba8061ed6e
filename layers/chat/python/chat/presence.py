"""Presence: a user is online while one of their sockets is open, and those who share a small room with them are told.

The rule. Somebody is told to be online when a socket of theirs opens while they count as offline, at once: who is back
is never taken for absent. They are told to be offline when, `OFFLINE_AFTER_S` after a socket of theirs closed, none is
open; where that is less than `QUIET_MS` after the last change, it waits. So a connection that flaps makes up to two
changes in `QUIET_MS`. A device more or less, a planned move to a new socket and a short cut change nothing. A socket
whose `$disconnect` never came counts until its row ends, 2 h 10 min after it was opened; nobody is told of that.

Notes in the queue have no order, and one may wait: whoever asks over a socket is online, whatever was told of them.

Posts for a change: one for each socket of others that follows one of the user's first 100 rooms, once each, rooms above
100 sockets left out. So at most N - 1 for a room of N, and none above 100. In such rooms users are counted, when asked.

A socket that opens or closes leaves a note in the queue of notices, because none can be posted to inside its own
`$connect`, and the door knows no rooms. Costs: the note; two read units for looking; for a change two write units, one
Query for the user's rooms and one for each of these.
"""

from __future__ import annotations

from dataclasses import replace

from chat import access, notices
from chat.errors import InvalidFieldError
from chat.notices import ROOM_LIMIT, PresenceDue
from chat.ports import Queue, Sender
from chat.protocol import Author, Presence, PresenceChanged, ReadPresence, encode
from chat.services import Notices, Services
from chat.storage.presence import OFFLINE_KEPT_S, Standing

OFFLINE_AFTER_S = 10
"""Longer than a lost connection usually takes to come back: a client tries first within half a second, then one."""

QUIET_MS = 10_000
"""Nobody is told to be offline sooner than this after the last that was told of them."""

RECHECK_S = 1
"""When to look again after somebody else changed what this run was about to."""

ROOMS_TOLD = 100
"""Of a user's rooms, by id: more would cost a change more than a hundred Queries."""


def socket_opened(queue: Queue, user: str) -> None:
    """A socket of the user is registered. Never raises."""
    notices.request(queue, PresenceDue(user))


def socket_closed(queue: Queue, user: str) -> None:
    """A socket of the user is no longer registered. Never raises."""
    notices.request(queue, PresenceDue(user), delay_s=OFFLINE_AFTER_S)


def read_presence(services: Services, sender: Sender, command: ReadPresence) -> Presence:
    """Who is online in a room or among users: half a read unit each, in one call.

    Of a room with more than 100 members only how many have it open: counted by reading its subscriptions, at most as
    often as `chat.storage.summaries` says. Members only.
    """
    if (command.room is None) == (command.users is None):
        raise InvalidFieldError("Give one of `room` and `users`.")
    if command.room is None:
        return _among(services, sender, command.users or [])
    access.require_member(services, sender.user, command.room)
    members, _ = services.members.page(command.room, None, ROOM_LIMIT + 1)
    if len(members) <= ROOM_LIMIT:
        return _among(services, sender, [member.user for member in members if member.inside], command.room)
    counted = services.notices.followers.count_users(command.room)
    return Presence(room=command.room, online=counted.value, listed=False, users=[], as_of_ms=counted.as_of_ms)


def settle(bundle: Notices, user: str) -> None:
    """Compares what was told of the user with their open sockets, and tells of a change.

    Safe to repeat: a change is stored, told and then marked as told, so that whoever comes after a run that died tells
    what it left untold. The sockets are looked at once more after the change is stored: a run at the same time that saw
    the old standing has then either changed them before, and is seen here, or comes after. Raises `UnavailableError`.
    """
    now_ms = bundle.clock.now_ms()
    told = bundle.presence.find(user)
    now = _standing(bundle, user, told, now_ms)
    if now.online == (told is not None and told.online_at(now_ms)):
        _confirm(bundle, told, now)
        return
    quiet_ms = QUIET_MS - (now_ms - told.changed_at_ms) if told and not now.online else 0
    if quiet_ms > 0:
        notices.enqueue(bundle.queue, PresenceDue(user), delay_s=-(-quiet_ms // 1000))
    elif not bundle.presence.change(told, now) or _standing(bundle, user, told, now_ms).online != now.online:
        notices.enqueue(bundle.queue, PresenceDue(user), delay_s=RECHECK_S)
    else:
        _announce(bundle, now)


def _confirm(bundle: Notices, told: Standing | None, now: Standing) -> None:
    """Nothing has changed: what was told holds for as long as the newest socket, and is told if it was not yet."""
    if told is None:
        return
    if now.online and now.expires_at_s > told.expires_at_s:
        longer = replace(told, name=now.name, expires_at_s=now.expires_at_s)
        told = longer if bundle.presence.change(told, longer) else told
    if not told.announced and told.online == now.online:
        _announce(bundle, told)


def _announce(bundle: Notices, standing: Standing) -> None:
    rooms = bundle.rooms.own_rooms(standing.user, ROOMS_TOLD)
    followers = bundle.followers.of_rooms(rooms, ROOM_LIMIT, "presence")
    others = (
        follower.connection for room in rooms for follower in followers[room] or [] if follower.user != standing.user
    )
    changed = PresenceChanged(user=Author(standing.user, standing.name), online=standing.online)
    notices.post(bundle, others, encode(changed))
    bundle.presence.change(standing, replace(standing, announced=True))


def _standing(bundle: Notices, user: str, told: Standing | None, now_ms: int) -> Standing:
    """What the user's sockets say now."""
    sockets = bundle.connections.sockets_of(user, now_ms)
    if sockets:
        newest = max(sockets, key=lambda socket: socket.expires_at_s)
        return Standing(user, newest.name, online=True, changed_at_ms=now_ms, expires_at_s=newest.expires_at_s)
    name = told.name if told else user
    return Standing(user, name, online=False, changed_at_ms=now_ms, expires_at_s=now_ms // 1000 + OFFLINE_KEPT_S)


def _among(services: Services, sender: Sender, users: list[str], room: str | None = None) -> Presence:
    now_ms = services.clock.now_ms()
    names = {standing.user: standing.name for standing in services.notices.presence.online_among(users, now_ms)}
    if sender.reachable and sender.user in users:
        names[sender.user] = sender.name
    online = [Author(user, names[user]) for user in sorted(names)]
    return Presence(room=room, online=len(online), listed=True, users=online, as_of_ms=now_ms)
