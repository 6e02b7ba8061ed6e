"""Who is in which room, as what; and what is kept of it, so that a busy sender costs no read per message.

A membership is two rows: one on the room's side, which rights are read from, and one in its user's list of rooms. A
banned user has the first only.

A right that was lost is taken for held for `REMEMBERED_MS` at most where the shared tier was told, and for `SHARED_MS`
whatever is told to whom. What a function instance keeps for itself ends by then. What all share lives longer and has a
version: that of the room's rights, which stands in the row of the room's rules, is renewed in the transaction that
changes a right, and is itself believed for so long. A membership gets the version that was known before it was read, so
it is at least as new as that.
Two such changes in a room at the same moment collide, and are tried again: a room takes some fifty a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from chat.caching.kinds import Kind
from chat.caching.memory import Entry
from chat.caching.tiers import Kept, Tiers, Wanted
from chat.ports import (
    Absent,
    Assign,
    Condition,
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
from chat.storage.room_rules import REMEMBERED_MS, RULES, RoomRules, RuleBook, renewed_rights, rules_of
from chat.storage.rooms import RoomRecord, present
from chat.storage.traces import Trace, noted

LEFT_KEPT_S = 180 * 24 * 3600
"""How long it is remembered that somebody was a reader when they left."""

WARMED_AT_ONCE = 100
"""Members of one page, and of one round trip to the shared tier."""

BANNED = "banned"
READER = "reader"


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


MEMBERSHIP = Kind("membership", Membership, life_ms=600_000, capacity=10_000)
"""Only of somebody inside: a newcomer never waits."""


class Memberships:
    """All memberships in one table."""

    def __init__(self, table: Table, tiers: Tiers) -> None:
        self._table = table
        self._tiers = tiers
        self._rules = RuleBook(table, tiers)

    def recall(self, room: str, user: str) -> Membership | None:
        """The membership, at most `REMEMBERED_MS` late. No call when it is kept, else as `find`."""
        if self._tiers.shares:
            return self._recall_shared(room, user)
        known = self._tiers.find_one(MEMBERSHIP.of(room, user))
        return _membership(known) if known else self._read_for_itself(room, user)

    def recall_with_rules(self, room: str, user: str) -> Membership | None:
        """As `recall`; where neither the membership nor the room's rules are kept, both are read in one call."""
        if self._tiers.shares:
            return self._recall_shared(room, user)
        rules, known = self._tiers.find(Wanted(RULES.of(room)), Wanted(MEMBERSHIP.of(room, user)))
        if known:
            return _membership(known)
        return self._read_for_itself(room, user) if rules else self._read_both(room, user)

    def _recall_shared(self, room: str, user: str) -> Membership | None:
        rules, known = self._tiers.find(Wanted(RULES.of(room)), Wanted(MEMBERSHIP.of(room, user), _is_current))
        if rules is None and known is None:
            return self._read_both(room, user)
        current: RoomRules = rules.value if rules else self._rules.read(room)
        if known is not None and _has_version_of(known, current):
            return _membership(known)
        if known is not None:
            self._tiers.disbelieve(MEMBERSHIP.of(room, user))
        self._tiers.read_a_member(room)
        at_ms = self._tiers.clock.now_ms()
        return self._keep(self.find(room, user), at_ms, version=_version(current))

    def warm(self, room: str, most: int) -> int:
        """Keeps the first `most` members by user id for all, and the room's rules; how many there were.

        A unit for the rules and one for about 30 members.
        """
        rules = self._rules.find(room)
        pk, first = keys.member(room, "")
        query, warmed = Query(pk, first, keys.MEMBERS_END, limit=WARMED_AT_ONCE, consistent=True), 0
        while warmed < most:
            at_ms = self._tiers.clock.now_ms()
            (page,) = self._table.query(query)
            found = [membership for item in page.items if (membership := self._read(item)) and membership.inside]
            self._tiers.keep(*(_kept(membership, at_ms, _version(rules)) for membership in found))
            warmed += len(page.items)
            if page.end is None:
                break
            query = replace(query, start=page.end)
        return warmed

    def _read_for_itself(self, room: str, user: str) -> Membership | None:
        at_ms = self._tiers.clock.now_ms()
        return self._keep(self._read(present(self._table, keys.member(room, user))), at_ms)

    def _read_both(self, room: str, user: str) -> Membership | None:
        """The membership has no version: nobody knew the one that it has before it was read."""
        self._tiers.read_a_member(room)
        member, set_by_moderators, at_ms = keys.member(room, user), keys.room_rules(room), self._tiers.clock.now_ms()
        found = {item["sk"]: item for item in self._table.get_many([member, set_by_moderators])}
        membership = self._read(found.get(member[1])) or self.find(room, user)
        kept = [Kept(RULES.of(room), rules_of(found.get(set_by_moderators[1])), at_ms)]
        if membership and membership.inside:
            kept.append(_kept(membership, at_ms))
        self._tiers.keep(*kept)
        return membership

    def find(self, room: str, user: str) -> Membership | None:
        """The membership as it stands: a consistent read, one unit."""
        return self._read(self._table.get(keys.member(room, user), consistent=True))

    def among(self, room: str, users: Sequence[str]) -> list[str]:
        """Those of up to 100 different users who are inside the room, in their order. Half a read unit each."""
        found = self._table.get_many([keys.member(room, user) for user in users])
        inside = {membership.user for item in found if (membership := self._read(item)) and membership.inside}
        return [user for user in users if user in inside]

    def admit(
        self, record: RoomRecord, membership: Membership, *, other: str | None = None, read_seq: int = 0
    ) -> Membership:
        """Stores a new membership, or returns the one that stands there already, a ban included.

        `read_seq`: up to where the room counts as read; what was said before somebody came is not unread.
        """
        try:
            self._table.transact(admission(record, membership, other=other, read_seq=read_seq))
        except TransactionError as refused:
            standing = self._read(refused.conflicts.get(0))
            if standing is None:
                raise
            return standing
        return membership

    def take_over(self, record: RoomRecord, owner: Membership, *, read_seq: int) -> bool:
        """Makes a newcomer the owner of a room that has none; False where it has one, or nothing came of it.

        Half a read unit; of two at the same moment one succeeds.
        """
        vacant = keys.vacancy(record.room)
        if self._table.get(vacant) is None:
            return False
        writes = [*admission(record, owner, read_seq=read_seq), Delete(vacant, Present())]
        return self._change(record.room, [owner.user], writes)

    def newcomer(self, room: str, user: str, name: str) -> Membership:
        """A new membership of somebody: a reader's or a muted one's where they left as that. Half a read unit."""
        left = self._table.get(keys.left_member(room, user)) or {}
        return Membership(room, user, name, left.get("role", "member"), left.get("muted_until_ms", 0))

    def end(self, known: Membership) -> bool:
        """Ends a membership, if its role still is the one that is known; False where it is not.

        That its user may not post is remembered: leaving and coming back ends no mute.
        """
        now_ms = self._tiers.clock.now_ms()
        rows = (keys.user_room(known.user, known.room), keys.read_cursor(known.room, known.user))
        writes = [Delete(keys.member(known.room, known.user), Equal("role", known.role)), *map(Delete, rows)]
        vacant = _vacated(known.room) if known.role == "owner" else []
        try:
            self._table.transact([*writes, _remembered(known, now_ms), renewed_rights(known.room), *vacant])
        except TransactionError:
            return False
        self._forget(known.room, known.user)
        return True

    def rename(self, known: Membership, name: str) -> None:
        """The member is called something else now, elsewhere up to ten minutes late. One write unit."""
        with suppress(ConditionError):  # they are out of the room already
            self._table.update(keys.member(known.room, known.user), assign={"name": name}, condition=Present())
        self._forget(known.room, known.user)

    def dismiss(self, room: str, user: str, *, vacating: bool = False) -> None:
        """Ends the membership, and with `vacating` leaves the room without an owner; ending none is not an error."""
        rows = (keys.member(room, user), keys.user_room(user, room), keys.read_cursor(room, user))
        self._table.transact([*map(Delete, rows), renewed_rights(room), *(_vacated(room) if vacating else [])])
        self._forget(room, user)

    def ban(self, membership: Membership, *, now: str | None) -> bool:
        """Ends the membership and keeps its user out; False where their role is not `now`, None for no membership."""
        kept_out = Membership(membership.room, membership.user, membership.name, BANNED)
        unchanged = Absent() if now is None else Equal("role", now)
        rows = (keys.user_room(kept_out.user, kept_out.room), keys.read_cursor(kept_out.room, kept_out.user))
        trace = noted(kept_out.user, Trace("ban", kept_out.room, 0))
        writes: list[Write] = [_put(kept_out, unchanged), trace, *map(Delete, rows)]
        return self._change(kept_out.room, [kept_out.user], writes)

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
        return self._change(room, [user], [Assign(keys.member(room, user), {"muted_until_ms": until_ms}, Present())])

    def limit(self, room: str, user: str, until_ms: int) -> None:
        """Keeps the member from posting until then, for having posted too much; nothing for who is out of the room."""
        self._change(room, [user], [Assign(keys.member(room, user), {"limited_until_ms": until_ms}, Present())])

    def set_role(self, room: str, user: str, role: str, *, now: str) -> bool:
        """Gives the member another role, if theirs is `now`; False where it is not."""
        return self._change(room, [user], [*_roles(room, user, role, now)])

    def transfer(self, room: str, owner: str, heir: Membership) -> bool:
        """Makes `heir` the owner and the owner a moderator, in one; False where either has changed meanwhile."""
        writes = [*_roles(room, owner, "moderator", "owner"), *_roles(room, heir.user, "owner", heir.role)]
        return self._change(room, [owner, heir.user], writes)

    def page(self, room: str, after: str | None, limit: int) -> tuple[list[Membership], str | None]:
        """Members and banned users by user id behind `after`, and where to go on; None at the end."""
        pk, first = keys.member(room, "")
        start = keys.member(room, after) if after is not None else None
        if start and str(start[1]) > keys.MEMBERS_END:  # DynamoDB takes no start outside of the bounds
            return [], None
        (found,) = self._table.query(Query(pk, first, keys.MEMBERS_END, limit=limit, start=start))
        members = [membership for item in found.items if (membership := self._read(item))]
        return members, members[-1].user if found.end and members else None

    def _change(self, room: str, users: Sequence[str], writes: list[Write]) -> bool:
        """Changes rights of the users, and has everybody see it who keeps others. Two write units for that."""
        try:
            self._table.transact([*writes, renewed_rights(room)])
        except TransactionError:
            return False
        self._forget(room, *users)
        return True

    def _keep(self, found: Membership | None, at_ms: int, version: str = "") -> Membership | None:
        if found and found.inside:
            self._tiers.keep(_kept(found, at_ms, version))
        return found

    def _forget(self, room: str, *users: str) -> None:
        self._tiers.drop(RULES.of(room), *(MEMBERSHIP.of(room, user) for user in users))

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


def _membership(entry: Entry) -> Membership:
    membership: Membership = entry.value
    return membership


def _kept(membership: Membership, at_ms: int, version: str = "") -> Kept:
    """Without a version, a membership is believed as long as a version would be."""
    life_ms = None if version else REMEMBERED_MS
    return Kept(MEMBERSHIP.of(membership.room, membership.user), membership, at_ms, version, life_ms)


def _version(rules: RoomRules) -> str:
    """The version of memberships under these rights; never empty, which means none."""
    return f"rights {rules.rights}"


def _has_version_of(entry: Entry, rules: RoomRules) -> bool:
    return entry.version in {"", _version(rules)}


def _is_current(entry: Entry, earlier: Sequence[Entry | None]) -> bool:
    """Whether the membership is of the rights that were found before it; where none were, that is still to be seen."""
    (rules,) = earlier
    return rules is None or _has_version_of(entry, rules.value)


def admission(
    record: RoomRecord, membership: Membership, *, other: str | None = None, read_seq: int = 0
) -> list[Write]:
    """The rows of a new membership. `other` is the other user of a direct room."""
    listed = {**asdict(record), "role": membership.role, "read_seq": read_seq}
    if other is not None:
        listed["other"] = other
    pk, sk = keys.user_room(membership.user, record.room)
    return [_put(membership, Absent()), Put({"pk": pk, "sk": sk, **listed}, Absent())]


def _remembered(left: Membership, now_ms: int) -> Write:
    """What keeps somebody from posting when they come back, as long as it would have; nothing for who could post."""
    pk, sk = keys.left_member(left.room, left.user)
    if left.role != READER and left.muted_until_ms <= now_ms:
        return Delete((pk, sk))
    until_s = now_ms // 1000 + LEFT_KEPT_S if left.role == READER else left.muted_until_ms // 1000
    role = READER if left.role == READER else "member"
    return Put({"pk": pk, "sk": sk, "role": role, "muted_until_ms": left.muted_until_ms, "expires_at_s": until_s})


def _vacated(room: str) -> list[Write]:
    pk, sk = keys.vacancy(room)
    return [Put({"pk": pk, "sk": sk})]


def _put(membership: Membership, condition: Condition | None = None) -> Put:
    pk, sk = keys.member(membership.room, membership.user)
    return Put({"pk": pk, "sk": sk, **asdict(membership)}, condition)


def _roles(room: str, user: str, role: str, now: str) -> tuple[Write, Write]:
    return (
        Assign(keys.member(room, user), {"role": role}, Equal("role", now)),
        Assign(keys.user_room(user, room), {"role": role}, Present()),
    )
