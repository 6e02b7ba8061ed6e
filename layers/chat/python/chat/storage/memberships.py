"""Who is in which room, as what; and a short memory of it, so that a busy sender costs no read per message.

A membership is two rows: one on the room's side, which rights are read from, and one in its user's list of rooms. A
banned user has the first only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from chat.ports import (
    Absent,
    Assign,
    Clock,
    ConditionError,
    Delete,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionError,
    Write,
)
from chat.storage import keys
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import RoomRecord, present
from chat.storage.traces import Trace, noted

REMEMBERED_MS = 5_000
"""How long a right that was lost can still be taken for held by a function instance that saw it last."""

CAPACITY = 10_000
"""Memberships remembered by one function instance; the longest unused goes first."""

BANNED = "banned"


@dataclass(frozen=True)
class Membership:
    """Somebody in a room, or kept out of it."""

    room: str
    user: str
    name: str
    role: str
    muted_until_ms: int = 0
    limited_until_ms: int = 0
    """Until when they may not post, having posted too much: see `chat.protection`."""

    @property
    def inside(self) -> bool:
        """Whether they may read the room."""
        return self.role != BANNED


class Memberships:
    """All memberships in one table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], tuple[int, Membership]] = OrderedDict()

    def recall(self, room: str, user: str) -> Membership | None:
        """The membership, at most `REMEMBERED_MS` late. No call when remembered, else as `find`.

        Only somebody inside is remembered: a newcomer never waits.
        """
        now_ms = self._clock.now_ms()
        until_ms, membership = self._seen.get((room, user), (0, None))
        if membership is not None and until_ms > now_ms:
            self._seen.move_to_end((room, user))
            return membership
        self._seen.pop((room, user), None)
        return self._keep(self._read(present(self._table, keys.member(room, user))))

    def recall_with(self, rules: RuleBook, room: str, user: str) -> Membership | None:
        """As `recall`; where neither the membership nor the room's rules are remembered, both are read in one call."""
        until_ms, _ = self._seen.get((room, user), (0, None))
        if until_ms > self._clock.now_ms() or rules.remembered(room):
            return self.recall(room, user)
        member, set_by_moderators = keys.member(room, user), keys.room_rules(room)
        found = {item["sk"]: item for item in self._table.get_many([member, set_by_moderators])}
        rules.remember(room, found.get(set_by_moderators[1]))
        return self._keep(self._read(found.get(member[1]))) or self.recall(room, user)

    def find(self, room: str, user: str) -> Membership | None:
        """The membership as it stands: a consistent read, one unit."""
        return self._read(self._table.get(keys.member(room, user), consistent=True))

    def among(self, room: str, users: Sequence[str]) -> list[str]:
        """Those of up to 100 different users who are inside the room, in their order. Half a read unit each."""
        found = self._table.get_many([keys.member(room, user) for user in users])
        inside = {membership.user for item in found if (membership := self._read(item)) and membership.inside}
        return [user for user in users if user in inside]

    def admit(self, record: RoomRecord, membership: Membership, *, other: str | None = None) -> Membership:
        """Stores a new membership, or returns the one that stands there already, a ban included."""
        listed = {**asdict(record), "role": membership.role, "read_seq": 0}
        if other is not None:
            listed["other"] = other
        listing_pk, listing_sk = keys.user_room(membership.user, record.room)
        writes = [_put(membership, Absent()), Put({"pk": listing_pk, "sk": listing_sk, **listed}, Absent())]
        try:
            self._table.transact(writes)
        except TransactionError as refused:
            standing = self._read(refused.conflicts.get(0))
            if standing is None:
                raise
            return standing
        return membership

    def dismiss(self, room: str, user: str) -> None:
        """Ends the membership; ending none is not an error."""
        rows = (keys.member(room, user), keys.user_room(user, room), keys.read_cursor(room, user))
        self._table.transact([Delete(row) for row in rows])
        self._forget(room, user)

    def ban(self, membership: Membership) -> None:
        """Ends the membership, if there is one, and keeps its user out."""
        kept_out = Membership(membership.room, membership.user, membership.name, BANNED)
        rows = (keys.user_room(kept_out.user, kept_out.room), keys.read_cursor(kept_out.room, kept_out.user))
        trace = noted(kept_out.user, Trace("ban", kept_out.room, 0))
        self._table.transact([_put(kept_out), trace, *(Delete(row) for row in rows)])
        self._forget(membership.room, membership.user)

    def unban(self, room: str, user: str) -> bool:
        """Lets the user in again; False where they were not banned."""
        try:
            self._table.delete(keys.member(room, user), Equal("role", BANNED))
        except ConditionError:
            return False
        return True

    def forget_name(self, room: str, user: str) -> None:
        """Leaves of a banned user what keeps them out, and no more; of others nothing is changed. One write unit."""
        try:
            self._table.update(keys.member(room, user), assign={"name": user}, condition=Equal("role", BANNED))
        except ConditionError:
            return  # they were let in again

    def mute(self, room: str, user: str, until_ms: int) -> bool:
        """Keeps the member from posting until then; False where there is no such member."""
        try:
            self._table.update(keys.member(room, user), assign={"muted_until_ms": until_ms}, condition=Present())
        except ConditionError:
            return False
        self._forget(room, user)
        return True

    def limit(self, room: str, user: str, until_ms: int) -> None:
        """Keeps the member from posting until then, for having posted too much. One write unit."""
        try:
            self._table.update(keys.member(room, user), assign={"limited_until_ms": until_ms}, condition=Present())
        except ConditionError:
            return  # they are out of the room already
        self._forget(room, user)

    def set_role(self, room: str, user: str, role: str, *, now: str) -> bool:
        """Gives the member another role, if theirs is `now`; False where it is not."""
        return self._change([*_roles(room, user, role, now)])

    def transfer(self, room: str, owner: str, heir: Membership) -> bool:
        """Makes `heir` the owner and the owner a moderator, in one; False where either has changed meanwhile."""
        return self._change([*_roles(room, owner, "moderator", "owner"), *_roles(room, heir.user, "owner", heir.role)])

    def page(self, room: str, after: str | None, limit: int) -> tuple[list[Membership], str | None]:
        """Members and banned users by user id behind `after`, and where to go on; None at the end."""
        pk, first = keys.member(room, "")
        start = keys.member(room, after) if after is not None else None
        (found,) = self._table.query(Query(pk, first, keys.MEMBERS_END, limit=limit, start=start))
        members = [membership for item in found.items if (membership := self._read(item))]
        return members, members[-1].user if found.end and members else None

    def _change(self, writes: list[Write]) -> bool:
        try:
            self._table.transact(writes)
        except TransactionError:
            return False
        self._seen.clear()  # roles change seldom, and by few: a fresh read each is cheaper than being wrong
        return True

    def _keep(self, found: Membership | None) -> Membership | None:
        if found and found.inside:
            self._seen[found.room, found.user] = (self._clock.now_ms() + REMEMBERED_MS, found)
            if len(self._seen) > CAPACITY:
                self._seen.popitem(last=False)
        return found

    def _forget(self, room: str, user: str) -> None:
        self._seen.pop((room, user), None)

    def _read(self, item: Item | None) -> Membership | None:
        if item is None:
            return None
        return Membership(
            item["room"],
            item["user"],
            item["name"],
            item["role"],
            item.get("muted_until_ms", 0),
            item.get("limited_until_ms", 0),
        )


def _put(membership: Membership, condition: Absent | None = None) -> Put:
    pk, sk = keys.member(membership.room, membership.user)
    return Put({"pk": pk, "sk": sk, **asdict(membership)}, condition)


def _roles(room: str, user: str, role: str, now: str) -> tuple[Write, Write]:
    return (
        Assign(keys.member(room, user), {"role": role}, Equal("role", now)),
        Assign(keys.user_room(user, room), {"role": role}, Present()),
    )
