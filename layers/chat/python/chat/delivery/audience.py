"""Who follows a room, and how frames get there: now where they are few, else slice by slice through the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chat.delivery import posting, slices
from chat.planning import ALWAYS_DIRECT
from chat.ports import Page
from chat.services import Fanout
from chat.storage.shapes import Shape

BEYOND = 2
"""One more than may be posted to directly, and the sender itself: a page that is full has more behind it."""


@dataclass(frozen=True)
class Audience:
    """Who follows a room. `recipients`, each with its shard, are None where they are too many to be posted to now."""

    shape: Shape
    recipients: dict[str, int] | None

    @property
    def hot(self) -> bool:
        """Whether what is in the room's log goes out once a window."""
        return self.shape.plan.tier == "coalesced"

    @property
    def tiny(self) -> bool:
        """Whether there is nothing to plan."""
        return self.recipients is not None and len(self.recipients) <= ALWAYS_DIRECT


@dataclass
class Outlook:
    """Who follows a room, read while a message is on its way into the log: one call less to wait for."""

    fanout: Fanout
    room: str
    begun: Callable[[], Page] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody has to be known by name, as far as this instance remembers the room."""
        shape = self.fanout.connections.shapes.remembered(self.room, self.fanout.clock.now_ms())
        return shape is None or (not shape.plan.reviewed and shape.online <= self._limit)

    def begin(self) -> None:
        """Has them read along with the next call.

        To be called once the message has its number: whoever subscribes too late to be seen here is told of the
        number, and asks for it.
        """
        self.begun = self.fanout.connections.look_ahead(self.room, self._limit + BEYOND)

    @property
    def _limit(self) -> int:
        return self.fanout.settings.known.direct


def spread(
    fanout: Fanout,
    room: str,
    frames: Sequence[bytes],
    *,
    except_connection: str | None = None,
) -> None:
    """Sends frames to the room now, or slice by slice through the queue. Raises `UnavailableError`."""
    audience = look(fanout, room, except_connection)
    send(fanout, room, frames, audience, except_connection=except_connection)


def look(fanout: Fanout, room: str, except_connection: str | None, outlook: Outlook | None = None) -> Audience:
    """Who is to be reached: one Query, none of a room that is known to have too many to post to."""
    now_ms, limit = fanout.clock.now_ms(), fanout.settings.known.direct
    shape = fanout.connections.shapes.remembered(room, now_ms)
    if shape is not None and shape.online > limit:
        return Audience(shape, None)
    shape, found = fanout.connections.look(room, limit + BEYOND, now_ms, outlook.begun if outlook else None)
    if any(part.end for part in found):
        return Audience(shape, None)
    named = {name: part.shard for part in found for name in part.connections if name != except_connection}
    if len(named) > ALWAYS_DIRECT and len(named) > fanout.settings.recall().direct:
        return Audience(shape, None)
    return Audience(shape, named)


def send(
    fanout: Fanout,
    room: str,
    frames: Sequence[bytes],
    audience: Audience,
    *,
    except_connection: str | None,
) -> None:
    """Sends frames to an audience that was just looked at. Raises `UnavailableError`."""
    if audience.recipients is not None:
        posting.post(fanout, room, audience.recipients, frames, path="direct")
    else:
        readable = audience.shape.readable
        slices.enqueue_shards(fanout, room, readable, frames, except_connection=except_connection)
