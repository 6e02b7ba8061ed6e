"""Bodies of the delivery queue: frames for part of a room, the end of a window, a look at a room."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chat.ports import Queue


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """A frame for a shard of a room, or for the connections it names.

    With `members_behind` it is for all members behind that user id but one: see `chat.mentions`.
    """

    room: str
    frame: str
    shard: int | None = None
    connections: list[str] = []
    except_connection: str | None = None
    members_behind: str | None = None
    except_user: str | None = None
    more: list[str] = []
    """Frames that come after `frame`, in their order."""
    after: str | None = None
    """The connection of the shard to go on behind."""
    shards: list[int] = []
    """Where the subscriptions of `connections` stand; empty: all in the first shard."""
    again: int = 0
    """How often `connections` could not be reached so far; 0 in bodies of an earlier release, too."""
    variants: list[str] = []
    """What its frames' author got of what is tried out (`chat.exposures`)."""

    @property
    def frames(self) -> list[bytes]:
        """All of its frames, in order."""
        return [frame.encode() for frame in (self.frame, *self.more)]


class Tick(msgspec.Struct, frozen=True, omit_defaults=True, tag="tick", tag_field="order"):
    """A window of a room ends at `until_ms`: see `chat.bursts`."""

    room: str
    claimed_at_ms: int
    until_ms: int
    digest_messages: int = 0
    """How many of its messages a digest has in it; 0: it is none."""
    again: int = 0
    """How often something was left so far."""


class Review(msgspec.Struct, frozen=True, omit_defaults=True, tag="review", tag_field="order"):
    """A look at a room, where the last one was at `since_ms`: see `chat.delivery.reviews`."""

    room: str
    since_ms: int


Order = Delivery | Tick | Review


class _Head(msgspec.Struct):
    order: str | None = None


_KINDS: dict[str | None, type[Order]] = {None: Delivery, "tick": Tick, "review": Review}


def decode(body: bytes) -> Order:
    """What a body asks for. Raises `msgspec.MsgspecError` for one that asks for nothing known."""
    kind = msgspec.json.decode(body, type=_Head).order
    if kind not in _KINDS:
        raise msgspec.ValidationError(f"no order of the delivery queue: {kind!r}")
    order: Order = msgspec.json.decode(body, type=_KINDS[kind])
    return order


def enqueue(queue: Queue, orders: Iterable[Order], *, delay_s: int = 0) -> None:
    """Has them carried out, `delay_s` seconds from now. Raises `UnavailableError` unless all were taken."""
    queue.send([msgspec.json.encode(order) for order in orders], delay_s=delay_s)
