"""Who is typing: told to who looks at the room, and the first thing to go under load.

Posts in a room of N sockets: at most N - 1 for a notice; `TYPISTS` notices of a room in each `WINDOW_MS`, over all
function instances, whatever N is; none at all above 100 sockets. So at most 5 (N - 1) posts in 5 s, one a second and
socket. Calls: a Query and a write unit for a notice that is sent; none for one that is not, where the instance knows
why.
"""

from __future__ import annotations

import logging

from chat import access, notices
from chat.errors import UnavailableError
from chat.ports import Sender
from chat.protocol import Author, Done, StartTyping, TypingStarted, encode
from chat.services import Services

WINDOW_MS = 5_000
"""A user's repeats within this cost no post: half of the time that a notice is valid."""

TYPISTS = 5
"""Notices of one room in a window: who sees five people type does not need the sixth."""

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
    """Whether a notice may be sent now, as far as the instance's own memory says: without a call."""
    recent, now_ms = services.notices.recent, services.clock.now_ms()
    if any(recent.held(name, now_ms) for name in (notices.PAUSE, ("large", room), ("full", room))):
        return False
    return not services.pace.over_limit(room, now_ms) and recent.take(("typing", room, user), WINDOW_MS, now_ms)


def _tell(services: Services, sender: Sender, room: str) -> None:
    recent, now_ms = services.notices.recent, services.clock.now_ms()
    followers = services.notices.followers.of_room(room, notices.ROOM_LIMIT, "typing")
    if followers is None:
        recent.hold(("large", room), now_ms + LARGE_MS)
        return
    others = [follower.connection for follower in followers if follower.user != sender.user]
    if others and _take_turn(services, room, now_ms):
        frame = encode(TypingStarted(room=room, user=Author(sender.user, sender.name)))
        notices.post(services.notices, others, frame)


def _take_turn(services: Services, room: str, now_ms: int) -> bool:
    """Whether one more notice of the room may be sent in this window, by any instance; remembers when none may."""
    window = now_ms // WINDOW_MS
    until_ms = (window + 1) * WINDOW_MS
    sent = services.notices.followers.count_typing(room, window, until_ms)
    if sent >= TYPISTS:
        services.notices.recent.hold(("full", room), until_ms)
    return sent <= TYPISTS
