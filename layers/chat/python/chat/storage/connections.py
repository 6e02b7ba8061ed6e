"""Open sockets, what they subscribed to, and the tickets that open them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat.ports import Absent, ConditionError, Delete, Present, Principal, Put, Query, Table
from chat.storage import keys

LIFETIME_S = 2 * 3600 + 600
"""A row outlives the socket's own end (API Gateway: 2 h) a little; the TTL sweeps what `$disconnect` missed."""

SHARDS = 1
"""Shards of a room's subscriptions. One shard bears ~100 changes a second and any number of reads in slices."""


@dataclass(frozen=True)
class Slice:
    """One page of a room's subscriptions; `end` is the connection to go on behind, None at the shard's end."""

    shard: int
    connections: list[str]
    end: str | None


@dataclass(frozen=True)
class Socket:
    """A registered socket; its row ends at `expires_at_s`. `name` is its user's."""

    connection: str
    name: str
    expires_at_s: int


class ConnectionRegistry:
    """All open sockets in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, connection: str, principal: Principal, now_ms: int) -> None:
        """Registers an accepted socket under its id and under its user."""
        expires_at_s = now_ms // 1000 + LIFETIME_S
        shared = {
            "connection": connection,
            "user": principal.user,
            "name": principal.name,
            "connected_at_ms": now_ms,
            "expires_at_s": expires_at_s,
        }
        rows = (keys.connection(connection), keys.user_connection(principal.user, connection))
        self._table.transact([Put({"pk": pk, "sk": sk, **shared}) for pk, sk in rows])

    def close(self, connection: str) -> str | None:
        """Forgets a socket and all its subscriptions; whose it was, None where it is not there any more."""
        user = None
        page = Query(keys.connection_rows(connection))
        while True:
            (rows,) = self._table.query(page)
            held = []
            for row in rows.items:
                user = row["user"]
                held.append((row["pk"], row["sk"]))
                held.append(
                    keys.user_connection(row["user"], connection)
                    if row["sk"] == keys.SELF
                    else keys.subscription(row["room"], row["shard"], connection)
                )
            self._table.delete_many(held)
            if rows.end is None:
                return user
            page = Query(page.pk, start=rows.end)

    def subscribe(self, connection: str, room: str, user: str, now_ms: int) -> None:
        """Adds the socket to the room's fan-out; twice is once."""
        shard = _shard(connection)
        shared = {
            "connection": connection,
            "room": room,
            "user": user,
            "shard": shard,
            "expires_at_s": now_ms // 1000 + LIFETIME_S,
        }
        sides = (keys.connection_room(connection, room), keys.subscription(room, shard, connection))
        self._table.transact([Put({"pk": pk, "sk": sk, **shared}) for pk, sk in sides])

    def unsubscribe(self, connection: str, room: str) -> None:
        """Takes the socket out of the room's fan-out; twice is once."""
        shard = _shard(connection)
        self._table.transact(
            [Delete(keys.connection_room(connection, room)), Delete(keys.subscription(room, shard, connection))]
        )

    def unsubscribe_user(self, user: str, room: str) -> list[str]:
        """Takes all of the user's open sockets out of the room's fan-out; which they were."""
        found = self.of_user(user, consistent=True)
        for connection in found:
            self.unsubscribe(connection, room)
        return found

    def drop(self, connection: str, room: str) -> bool:
        """Removes a dead socket's subscription from the room's side only; False where it was gone already.

        The socket's own rows go with its `$disconnect` or by TTL.
        """
        try:
            self._table.delete(keys.subscription(room, _shard(connection), connection), Present())
        except ConditionError:
            return False
        return True

    def first_slices(self, room: str, limit: int) -> list[Slice]:
        """Up to `limit` subscriptions of each shard, all shards read at the same time."""
        shards = range(SHARDS)
        pages = self._table.query(*(Query(keys.subscription_shard(room, shard), limit=limit) for shard in shards))
        return [
            Slice(shard, [item["connection"] for item in page.items], str(page.end[1]) if page.end else None)
            for shard, page in zip(shards, pages, strict=True)
        ]

    def slices(self, room: str, shard: int, limit: int) -> Iterator[list[str]]:
        """The shard's connections, `limit` at a time, each read when it is asked for."""
        pk = keys.subscription_shard(room, shard)
        query = Query(pk, limit=limit)
        while True:
            (page,) = self._table.query(query)
            if page.items:
                yield [item["connection"] for item in page.items]
            if page.end is None:
                return
            query = Query(pk, limit=limit, start=page.end)

    def sockets_of(self, user: str, now_ms: int) -> list[Socket]:
        """The user's open sockets, as they stand; rows past their end don't count. A consistent read."""
        (page,) = self._table.query(Query(keys.user_connections(user), consistent=True))
        rows = (Socket(item["connection"], item["name"], item["expires_at_s"]) for item in page.items)
        return [row for row in rows if row.expires_at_s * 1000 > now_ms]

    def of_user(self, user: str, *, consistent: bool = False) -> list[str]:
        """The user's open sockets, some of which may be dead. One page of 1 MB holds thousands."""
        (page,) = self._table.query(Query(keys.user_connections(user), consistent=consistent))
        return [item["connection"] for item in page.items]

    def of_users(self, users: Sequence[str]) -> list[str]:
        """The open sockets of several users, all looked up at the same time. As `of_user`."""
        pages = self._table.query(*(Query(keys.user_connections(user)) for user in users))
        return [item["connection"] for page in pages for item in page.items]


class TicketOffice:
    """Single-use tickets, kept beside the connections that they open."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def issue(self, secret: str, principal: Principal, expires_at_ms: int) -> None:
        """Remembers a new ticket until it is used or expires."""
        pk, sk = keys.ticket(secret)
        self._table.put(
            {
                "pk": pk,
                "sk": sk,
                "user": principal.user,
                "name": principal.name,
                "expires_at_ms": expires_at_ms,
                "expires_at_s": expires_at_ms // 1000 + 60,
            },
            Absent(),
        )

    def redeem(self, secret: str, now_ms: int) -> Principal | None:
        """Who the ticket was for, once; None for one that is unknown, used or expired. One write unit."""
        try:
            item = self._table.delete(keys.ticket(secret), Present())
        except ConditionError:
            return None
        if item is None or item["expires_at_ms"] < now_ms:
            return None
        return Principal(user=item["user"], name=item["name"])


def _shard(connection: str) -> int:
    return sum(connection.encode()) % SHARDS
