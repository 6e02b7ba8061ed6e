"""Who has a room open: the room's subscriptions, read for their users; and how often they are told who types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat.planning import Notice, tells
from chat.ports import Clock, Page, Query, Table
from chat.storage import keys
from chat.storage.connections import shape_in
from chat.storage.summaries import Summaries, Summary


@dataclass(frozen=True)
class Follower:
    """A socket that subscribed to a room, and whose it is."""

    connection: str
    user: str


class Followers:
    """The subscriptions of all rooms in one table. Rows past their TTL that still stand are not counted out."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._summaries = Summaries(table, clock)

    def of_rooms(self, rooms: Sequence[str], most: int, notice: Notice) -> dict[str, list[Follower] | None]:
        """Each room's followers; None for a room with more than `most` sockets, or where such notices are off.

        One Query a room, all at the same time: up to `most` + 2 rows of about 150 bytes each. As much again for each
        further shard of a room that has just shrunk.
        """
        heads = self._pages([Query(keys.subscription_shard(room, 0), limit=most + 2) for room in rooms])
        shapes = {room: shape_in(head) for room, head in zip(rooms, heads, strict=True)}
        told = [room for room in rooms if shapes[room].online <= most and tells(shapes[room].plan.step, notice)]
        asked = [(room, at) for room in told for at in range(1, shapes[room].readable)]
        pages = self._pages([Query(keys.subscription_shard(room, at), limit=most + 1) for room, at in asked])
        found: dict[str, dict[str, Follower]] = {room: {} for room in told}
        for room, page in [*zip(rooms, heads, strict=True), *zip((room for room, _ in asked), pages, strict=True)]:
            if room in found:
                found[room] |= {follower.connection: follower for follower in _followers(page)}
        return {room: _up_to(most, found.get(room)) for room in rooms}

    def of_room(self, room: str, most: int, notice: Notice) -> list[Follower] | None:
        """As `of_rooms`, of one room."""
        return self.of_rooms([room], most, notice)[room]

    def count_typing(self, room: str, window: int, until_ms: int) -> int:
        """Counts a notice of who types in the room; the how manieth it is in a window of time that ends at `until_ms`.

        One write unit.
        """
        row = self._table.update(
            keys.typing(room, window), add={"notices": 1}, assign={"expires_at_s": until_ms // 1000 + 60}
        )
        return int(row["notices"])

    def count_users(self, room: str) -> Summary:
        """How many users have the room open on some socket: `value` of the answer, as old as its size says."""
        return self._summaries.recall(keys.followers_count(room), lambda: self._count(room))

    def _count(self, room: str) -> tuple[int, int]:
        (head,) = self._table.query(Query(keys.subscription_shard(room, 0)))
        more = [Query(keys.subscription_shard(room, at)) for at in range(1, shape_in(head).readable)]
        users = {follower.user for follower in _followers(head)}
        rows = len(head.items)
        if head.end:
            more.append(Query(keys.subscription_shard(room, 0), start=head.end))
        while more:
            pages = self._pages(more)
            users.update(follower.user for page in pages for follower in _followers(page))
            rows += sum(len(page.items) for page in pages)
            more = [Query(query.pk, start=page.end) for query, page in zip(more, pages, strict=True) if page.end]
        return len(users), rows

    def _pages(self, queries: list[Query]) -> list[Page]:
        return self._table.query(*queries) if queries else []


def _followers(page: Page) -> Iterator[Follower]:
    return (Follower(item["connection"], item["user"]) for item in page.items if item["sk"] != keys.SHAPE)


def _up_to(most: int, found: dict[str, Follower] | None) -> list[Follower] | None:
    return list(found.values()) if found is not None and len(found) <= most else None
