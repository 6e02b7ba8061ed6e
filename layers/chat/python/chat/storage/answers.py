"""What was answered to requests with an `Idempotency-Key`, so that asking again does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass

from chat.ports import Absent, Below, Clock, ConditionError, Equal, Item, Table
from chat.storage import keys

KEPT_S = 24 * 3_600
"""How long an answer is kept, before the TTL sweeps it."""

HELD_MS = 60_000
"""How long a request may take until it counts as broken off: above the time limit of every function behind HTTP."""


@dataclass(frozen=True)
class Claim:
    """Who asked first under a key. `answer` is None as long as there is none."""

    fingerprint: str
    answer: str | None


class AnswerBook:
    """The keys of all operators, in a table whose rows expire."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def claim(self, user: str, key: str, fingerprint: str) -> Claim | None:
        """None where the request is the first with this key; else what is known of the one before. One write unit.

        A request that broke off can be claimed again after `HELD_MS`, by one with the same body only.
        """
        now_ms = self._clock.now_ms()
        pk, sk = keys.answer(user, key)
        row: Item = {
            "pk": pk,
            "sk": sk,
            "fingerprint": fingerprint,
            "begun_at_ms": now_ms,
            "expires_at_s": now_ms // 1_000 + KEPT_S,
        }
        try:
            self._table.put(row, Absent())
        except ConditionError as taken:
            before = taken.item or {}
            known = Claim(str(before.get("fingerprint", "")), before.get("answer"))
            if known.answer is not None or known.fingerprint != fingerprint:
                return known
            return None if self._taken_over(row, now_ms) else known
        return None

    def keep(self, user: str, key: str, answer: str) -> None:
        """Keeps what was answered. One write unit."""
        # Whoever asks after that is told so, and never taken for the first: the time of a claim is no more.
        never_ms = self._clock.now_ms() + KEPT_S * 1_000
        self._table.update(keys.answer(user, key), assign={"answer": answer, "begun_at_ms": never_ms})

    def forget(self, user: str, key: str, fingerprint: str) -> None:
        """Lets the request be tried again: nothing was done. One write unit."""
        try:
            self._table.delete(keys.answer(user, key), Equal("fingerprint", fingerprint))
        except ConditionError:
            return

    def _taken_over(self, row: Item, now_ms: int) -> bool:
        try:
            self._table.put(row, Below("begun_at_ms", now_ms - HELD_MS))
        except ConditionError:
            return False
        return True
