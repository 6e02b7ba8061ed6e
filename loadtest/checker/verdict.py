"""What a check comes to: violations, each with who, what and when, and how much was looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Each is a promise that was broken."""

    LOST = "lost"
    """A message was acknowledged, and a reader that is past its number has not got it there."""
    VOIDED = "voided"
    """A number that was acknowledged turned out to hold nothing."""
    DUPLICATED = "duplicated"
    """One command took two numbers, or one number was handed out twice."""
    REORDERED = "reordered"
    """Numbers don't follow the order in which messages were acknowledged and sent, or were handed out in."""
    CONTRADICTED = "contradicted"
    """Two disagree on what a number holds, or on the number of a message."""
    INVENTED = "invented"
    """Somebody heard what nobody sent."""
    UNEXPLAINED = "unexplained"
    """A reader claims to be past a number that it has neither a message, a deletion nor a void for."""
    SEEN_AFTER_REMOVAL = "seen_after_removal"
    SEEN_AFTER_ERASURE = "seen_after_erasure"
    """A text of a user whose data was erased, or of a message that was deleted, came after that."""
    MISCOUNTED = "miscounted"
    """An unread count that is not what is left between two numbers, or goes behind what the user knew."""


class Violation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One broken promise. `device` is whose journal shows it; `at_ms` is that device's clock."""

    kind: Kind
    room: str
    device: str
    at_ms: float
    words: str
    seq: int | None = None
    user: str | None = None
    command: str | None = None

    def __str__(self) -> str:
        number = "" if self.seq is None else f" #{self.seq}"
        return f"{self.kind} {self.room}{number} at {self.at_ms:.0f} ms, {self.device}: {self.words}"


@dataclass(slots=True)
class Verdict:
    """All that was found. Violations beyond `KEPT` of a kind are counted only."""

    violations: list[Violation] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    devices: int = 0
    records: int = 0
    sent: int = 0
    acked: int = 0
    heard: int = 0
    confirmed: int = 0
    """Acknowledged messages that somebody else's device, or the sender's, has heard at their number."""
    foreign: int = 0
    """Entries heard whose author has no journal here: nobody can say whether they were sent."""

    def add(self, violation: Violation) -> None:
        """Counts a violation, and keeps it while there are few of its kind."""
        self.counts[violation.kind] += 1
        if self.counts[violation.kind] <= KEPT:
            self.violations.append(violation)

    @property
    def holds(self) -> bool:
        """Whether no promise was broken."""
        return not self.counts


KEPT = 200
"""Of each kind: enough to see what is wrong, and small when everything is."""
