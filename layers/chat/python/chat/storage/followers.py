"""Who has a room open: the room's subscriptions, read for their users; and how often they are told who types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.ports import Clock, Query, Table
from chat.storage import keys
from chat.storage.connections import SHARDS
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

    def of_rooms(self, rooms: Sequence[str], most: int) -> dict[str, list[Follower] | None]:
        """Each room's followers, None for a room with more than `most` sockets.

        One Query a room and shard, all at the same time: up to `most` + 1 rows of about 150 bytes each.
        """
        asked = [
            (room, Query(keys.subscription_shard(room, at), limit=most + 1)) for room in rooms for at in range(SHARDS)
        ]
        pages = self._table.query(*(query for _, query in asked)) if asked else []
        found: dict[str, list[Follower]] = {room: [] for room in rooms}
        for (room, _), page in zip(asked, pages, strict=True):
            found[room] += [Follower(item["connection"], item["user"]) for item in page.items]
        return {room: followers if len(followers) <= most else None for room, followers in found.items()}

    def of_room(self, room: str, most: int) -> list[Follower] | None:
        """The room's followers, None where there are more than `most` sockets."""
        return self.of_rooms([room], most)[room]

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
        users: set[str] = set()
        rows = 0
        queries = [Query(keys.subscription_shard(room, at)) for at in range(SHARDS)]
        while queries:
            pages = self._table.query(*queries)
            users.update(item["user"] for page in pages for item in page.items)
            rows += sum(len(page.items) for page in pages)
            queries = [Query(query.pk, start=page.end) for query, page in zip(queries, pages, strict=True) if page.end]
        return len(users), rows
