"""Who runs the stage, decided here alone: whom its configuration names, and whose token has a claim that says so."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat.buckets import TokenBuckets
from chat.errors import NotAllowedError, TooManyRequestsError
from chat.ports import Clock, Principal

RATE_PER_S, BURST = 10, 100
"""Of one operator in one function instance: a console that looks at everything asks for less, a loop is held back.

API Gateway can't throttle these routes by themselves: its stage names routes that exist, and is deployed before them.
"""


@dataclass(frozen=True)
class Operators:
    """The users that the stage's configuration names; others are operators by the claim `chat:operator` alone."""

    users: frozenset[str] = frozenset()

    def require(self, principal: Principal) -> None:
        """Lets operators pass. Raises `NotAllowedError` for everybody else."""
        if not (principal.operator or principal.user in self.users):
            raise NotAllowedError("This is for the operators of the stage.")


@dataclass(frozen=True)
class Door:
    """Whom operators' endpoints let in, and how often."""

    operators: Operators
    clock: Clock
    buckets: TokenBuckets = field(default_factory=lambda: TokenBuckets(RATE_PER_S, BURST))

    def require(self, principal: Principal) -> None:
        """Lets operators pass. Raises `NotAllowedError` for everybody else, `TooManyRequestsError`."""
        self.operators.require(principal)
        wait_ms = self.buckets.take(principal.user, 1, self.clock.now_ms())
        if wait_ms:
            raise TooManyRequestsError(
                f"One operator asks {self.buckets.rate_per_s} times a second, and {self.buckets.burst} times at once.",
                retry_after_ms=wait_ms,
            )


def named(setting: str | None) -> Operators:
    """The operators of the setting `operators`: user ids with commas between them; None for none."""
    return Operators(frozenset(filter(None, (user.strip() for user in (setting or "").split(",")))))
