"""Operators' rules for the stage's feature flags (`chat.flags`): a row each, read together every few seconds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from chat.errors import UnavailableError
from chat.flags import FLAGS, Choice, Flag, Rule, Subject, Variant, check, choose
from chat.ports import Absent, Clock, ConditionError, Equal, Item, Page, Query, Table
from chat.storage import keys

REMEMBERED_MS = 5_000
"""How long a function instance goes by the rules it saw: a change is in force everywhere after that."""

OFF = Rule()

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A flag's rule as it is stored. `version` counts changes; 0: there was none, and the flag is off."""

    version: int = 0
    rule: Rule = OFF
    changed_at_ms: int = 0


class FlagRules:
    """The rules of all flags, as one function instance knows them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._known: Mapping[str, Rule] = {}
        self._until_ms = 0
        self._coming: Callable[[], Page] | None = None

    def read_along(self) -> None:
        """Has the rules read while whatever is asked next is under way, where they are due: nobody waits for them.

        Half a read unit in `REMEMBERED_MS`. Nothing where they are remembered.
        """
        now_ms = self._clock.now_ms()
        if self._until_ms <= now_ms:
            self._until_ms = now_ms + REMEMBERED_MS
            self._coming = self._table.read_ahead(Query(keys.FLAGS))

    def choose(self, flag: Flag[Variant], subject: Subject) -> Choice[Variant]:
        """What the subject gets by the rules that are known. No call behind `read_along` and another call.

        Where they can't be read those of before count on; of one that makes no sense, the control. Never raises.
        """
        self._settle()
        return choose(flag, self._known.get(flag.name), subject, self._clock.now_ms())

    def recall(self) -> None:
        """Has the rules known now: no call where they are remembered, else the one of `read_along`, waited for."""
        self.read_along()
        self._settle()

    def read(self, flag: str) -> Kept:
        """The rule as it stands: a consistent read, one unit."""
        item = self._table.get(keys.flag(flag), consistent=True)
        return _kept(item) if item else Kept()

    def write(self, flag: Flag[Variant], rule: Rule, *, version: int) -> Kept | None:
        """Replaces the flag's rule; None where it is not the one of `version` any more. A write unit for a kilobyte.

        Raises `ValueError` with what to change for a rule that makes no sense.
        """
        check(flag, rule)
        pk, sk = keys.flag(flag.name)
        kept = Kept(version + 1, rule, self._clock.now_ms())
        row = {"pk": pk, "sk": sk, "version": kept.version, "changed_at_ms": kept.changed_at_ms}
        condition = Equal("version", version) if version else Absent()
        try:
            self._table.put({**row, "rule": msgspec.to_builtins(rule)}, condition)
        except ConditionError:
            return None
        self._until_ms = 0
        return kept

    def _settle(self) -> None:
        if self._coming is None:
            return
        coming, self._coming = self._coming, None
        try:
            page = coming()
        except UnavailableError:
            logger.exception("rules of flags not read")
            return
        self._known = {name: rule for item in page.items if (rule := _usable(name := str(item["sk"]), item))}


def _usable(name: str, item: Item) -> Rule | None:
    """The rule of a flag that this release has. A release that is being replaced may know others."""
    flag = FLAGS.get(name)
    if flag is None:
        return None
    try:
        rule = _kept(item).rule
        check(flag, rule)
    except ValueError:
        logger.exception("a rule makes no sense", extra={"flag": name})
        return None
    return rule


def _kept(item: Item) -> Kept:
    """Raises `msgspec.ValidationError`, which is a `ValueError`, for a row that is none."""
    return Kept(int(item["version"]), msgspec.convert(item["rule"], Rule), int(item["changed_at_ms"]))
