"""Who runs the stage, decided here alone: whom its configuration names, and whose token has a claim that says so."""

from __future__ import annotations

from dataclasses import dataclass

from chat.errors import NotAllowedError
from chat.ports import Principal


@dataclass(frozen=True)
class Operators:
    """The users that the stage's configuration names; others are operators by the claim `chat:operator` alone."""

    users: frozenset[str] = frozenset()

    def require(self, principal: Principal) -> None:
        """Lets operators pass. Raises `NotAllowedError` for everybody else."""
        if not (principal.operator or principal.user in self.users):
            raise NotAllowedError("This is for the operators of the stage.")


def named(setting: str | None) -> Operators:
    """The operators of the setting `operators`: user ids with commas between them; None for none."""
    return Operators(frozenset(filter(None, (user.strip() for user in (setting or "").split(",")))))
