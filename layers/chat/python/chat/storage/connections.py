"""Open sockets, what they subscribed to, and the tickets that open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chat.errors import UnavailableError
from chat.ports import (
    Absent,
    Condition,
    ConditionError,
    Delete,
    Equal,
    Item,
    Key,
    Page,
    Present,
    Principal,
    Put,
    Query,
    Table,
    TransactionError,
)
from chat.storage import keys
from chat.storage.paging import every_page
from chat.storage.shapes import Shape, Shapes, home, shape_of

LIFETIME_S = 2 * 3600 + 600
"""A row outlives the socket's own end (API Gateway: 2 h) a little; the TTL sweeps what `$disconnect` missed."""

ATTEMPTS = 4
"""Times that a subscription may move while it is being changed."""


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
        self.shapes = Shapes(table)

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
        for page in every_page(self._table, Query(keys.connection_rows(connection))):
            held = []
            for row in page.items:
                user = row["user"]
                held.append((row["pk"], row["sk"]))
                held += [keys.user_connection(user, connection)] if row["sk"] == keys.SELF else _places(row)
            self._table.delete_many(held)
        return user

    def subscribe(self, connection: str, room: str, user: str, now_ms: int) -> None:
        """Adds the socket to the room's fan-out; twice is once, and puts it where the room's shape has it now.

        4 write units, and half a read unit where the shape is not remembered.
        """
        shard = home(connection, self.shapes.recall(room, now_ms).shards)
        shared = {
            "connection": connection,
            "room": room,
            "user": user,
            "shard": shard,
            "expires_at_s": now_ms // 1000 + LIFETIME_S,
        }
        side, place = keys.connection_room(connection, room), keys.subscription(room, shard, connection)
        unchanged: Condition = Absent()
        left: list[Key] = []
        for _ in range(ATTEMPTS):
            puts = [Put(_row(side, shared), unchanged), Put(_row(place, shared))]
            try:
                self._table.transact([*puts, *(Delete(key) for key in left if key != place)])
            except TransactionError as refused:
                standing = refused.conflicts.get(0)
                unchanged = Equal("shard", standing["shard"]) if standing else Absent()
                left = _places(standing) if standing else []
            else:
                return
        raise UnavailableError("The subscription is moving; send again.", retry_after_ms=200)

    def unsubscribe(self, connection: str, room: str) -> None:
        """Takes the socket out of the room's fan-out; twice is once. A read unit and 4 write units."""
        side = keys.connection_room(connection, room)
        for _ in range(ATTEMPTS):
            standing = self._table.get(side, consistent=True)
            if standing is None:
                return
            here = Delete(side, Equal("shard", standing["shard"]))
            try:
                self._table.transact([here, *(Delete(place) for place in _places(standing))])
            except TransactionError:
                continue
            return
        raise UnavailableError("The subscription is moving; send again.", retry_after_ms=200)

    def unsubscribe_user(self, user: str, room: str) -> list[str]:
        """Takes all of the user's open sockets out of the room's fan-out; which they were."""
        found = self.of_user(user, consistent=True)
        for connection in found:
            self.unsubscribe(connection, room)
        return found

    def drop(self, room: str, dead: Mapping[str, int]) -> None:
        """Removes dead sockets' subscriptions, all at once; each is given with the shard that it stands in.

        On the room's side only: a socket's own rows go with its `$disconnect` or by TTL. A write unit each.
        """
        self._table.delete_many((keys.subscription(room, shard, name) for name, shard in dead.items()), Present())

    def look_ahead(self, room: str, limit: int) -> Callable[[], Page]:
        """Begins `look`: its first Query, which is made while whatever is asked next is under way."""
        return self._table.read_ahead(_head(room, limit))

    def look(
        self, room: str, limit: int, now_ms: int, begun: Callable[[], Page] | None = None
    ) -> tuple[Shape, list[Slice]]:
        """The room's shape and up to `limit` subscriptions of each shard.

        One Query in a room of one shard, none where `look_ahead` has `begun` it; where there are more, these are read
        at the same time after it.
        """
        (head,) = [begun()] if begun else self._table.query(_head(room, limit))
        shape = self.shapes.remember(room, shape_in(head), now_ms)
        more = range(1, shape.readable)
        others = [Query(keys.subscription_shard(room, shard), limit=limit) for shard in more]
        pages = self._table.query(*others) if others else []
        return shape, [_slice(0, head, limit), *(_slice(at, page, limit) for at, page in zip(more, pages, strict=True))]

    def slices(self, room: str, shard: int, limit: int, most: int, *, after: str | None = None) -> Iterator[Slice]:
        """The shard's connections behind `after`, `limit` at a time and up to `most` times.

        Each part but the first is read while the one before it is being dealt with.
        """
        pk = keys.subscription_shard(room, shard)
        (page,) = self._table.query(Query(pk, limit=limit, start=(pk, after or keys.SHAPE)))
        for _ in range(most - 1):
            if page.end is None:
                break
            following = self._table.read_ahead(Query(pk, limit=limit, start=page.end))
            yield _slice(shard, page, limit)
            page = following()
        yield _slice(shard, page, limit)

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


def _row(key: Key, values: Item) -> Item:
    return {"pk": key[0], "sk": key[1], **values}


def _places(side: Item) -> list[Key]:
    """Where a subscription stands on the room's side: a moved one in two shards for a while."""
    shards = {side["shard"], side.get("moved_from", side["shard"])}
    return [keys.subscription(side["room"], shard, side["connection"]) for shard in sorted(shards)]


def shape_in(head: Page) -> Shape:
    """The shape in the first page of a room's first shard."""
    return shape_of(next((item for item in head.items if item["sk"] == keys.SHAPE), None))


def _head(room: str, limit: int) -> Query:
    """The first shard's first page: the room's shape, where it has one, stands before its subscriptions."""
    return Query(keys.subscription_shard(room, 0), limit=limit + 1)


def _slice(shard: int, page: Page, limit: int) -> Slice:
    """What a page of a shard has in it, but for the room's shape; `end` where there may be more."""
    found = [item["connection"] for item in page.items if item["sk"] != keys.SHAPE]
    if len(found) > limit:
        return Slice(shard, found[:limit], found[limit - 1])
    return Slice(shard, found, str(page.end[1]) if page.end else None)
