"""Who is online, as others were told last: one row a user, written when it changes.

The sockets themselves are the truth (`chat.storage.connections`). This row is the truth as it was announced, so that
what somebody asks and what they are told agree, and so that a hundred users are read in one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.ports import Absent, ConditionError, Equal, Item, Table
from chat.storage import keys
from chat.storage.rooms import get_batches

OFFLINE_KEPT_S = 600
"""How long it is remembered that somebody went: longer than a change has to wait for the next one."""


@dataclass(frozen=True)
class Standing:
    """What others were told of a user last. An online one ends by itself at `expires_at_s`, with their last socket."""

    user: str
    name: str
    online: bool
    changed_at_ms: int
    expires_at_s: int
    announced: bool = False
    """Whether telling them has been done with; until then whoever looks at this tells them, too."""

    def online_at(self, now_ms: int) -> bool:
        """Whether the user counts as online at this time."""
        return self.online and self.expires_at_s * 1000 > now_ms


class PresenceBook:
    """The standing of all users in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user: str) -> Standing | None:
        """What was told last, None where nothing was for long. A consistent read, one unit."""
        item = self._table.get(keys.presence(user), consistent=True)
        return _standing(item) if item else None

    def change(self, told: Standing | None, now: Standing) -> bool:
        """Replaces `told` with `now`; False where something else was told meanwhile. One write unit."""
        pk, sk = keys.presence(now.user)
        condition = Equal("changed_at_ms", told.changed_at_ms) if told else Absent()
        try:
            self._table.put({"pk": pk, "sk": sk, **vars(now)}, condition)
        except ConditionError:
            return False
        return True

    def forget(self, user: str) -> None:
        """Forgets what was told of the user; forgetting nothing is not an error. One write unit."""
        self._table.delete(keys.presence(user))

    def online_among(self, users: Sequence[str], now_ms: int) -> list[Standing]:
        """Those of the users who are online, by id. Half a read unit a user, one call for a hundred."""
        found = get_batches(self._table, [keys.presence(user) for user in dict.fromkeys(users)])
        standings = (_standing(item) for item in found)
        return sorted((each for each in standings if each.online_at(now_ms)), key=lambda each: each.user)


def _standing(item: Item) -> Standing:
    return Standing(**{name: item[name] for name in Standing.__dataclass_fields__ if name in item})
