"""Who is typing: told to who looks at the room, and the first thing to go under load.

Posts in a room of N sockets: at most N - 1 for a notice; one notice a user in 5 s, and `TYPISTS` notices a room in 5 s
from one function instance, whatever N is; none at all above 100 sockets. So at most 5 (N - 1) posts in 5 s, one a
second and socket. Calls: one Query for a notice that is sent, none for one that is not.
"""

from __future__ import annotations

import logging

from chat import access, notices
from chat.errors import UnavailableError
from chat.ports import Sender
from chat.protocol import Author, Done, StartTyping, TypingStarted, encode
from chat.services import Services

COALESCED_MS = 5_000
"""A user's repeats within this cost no post: half of the time that a notice is valid."""

TYPISTS = 5
"""Notices of one room in `COALESCED_MS`: who sees five people type does not need the sixth."""

LARGE_MS = 30_000
"""How long a room is taken to be too large after it was found so."""

logger = logging.getLogger(__name__)


def start_typing(services: Services, sender: Sender, command: StartTyping) -> Done:
    """Tells the room's other users, unless they know, or there are too many, or there is too much to do.

    Raises as `access.require_speaker`: who may not post is not seen typing.
    """
    access.require_speaker(services, sender.user, command.room)
    if _wanted(services, sender.user, command.room):
        try:
            _tell(services, sender, command.room)
        except UnavailableError:
            logger.warning("typing not told", extra={"room": command.room})
    return Done()


def _wanted(services: Services, user: str, room: str) -> bool:
    """Whether a notice is to be sent now: the instance's own memory says, without a call."""
    recent, now_ms = services.notices.recent, services.clock.now_ms()
    if recent.held(notices.PAUSE, now_ms) or recent.held(("large", room), now_ms):
        return False
    if services.pace.over_limit(room, now_ms) or recent.held(("typing", room, user), now_ms):
        return False
    if not any(recent.take(("typist", room, place), COALESCED_MS, now_ms) for place in range(TYPISTS)):
        return False
    recent.hold(("typing", room, user), now_ms + COALESCED_MS)
    return True


def _tell(services: Services, sender: Sender, room: str) -> None:
    followers = services.notices.followers.of_room(room, notices.ROOM_LIMIT)
    if followers is None:
        services.notices.recent.hold(("large", room), services.clock.now_ms() + LARGE_MS)
        return
    others = [follower.connection for follower in followers if follower.user != sender.user]
    frame = encode(TypingStarted(room=room, user=Author(sender.user, sender.name)))
    notices.post(services.notices, others, frame)
