"""Push messages to telephones, by the services of those who make them: a port and its values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Told(Enum):
    """What became of one message for one device."""

    TAKEN = "taken"
    GONE = "gone"
    """The device takes none any more."""
    FAILED = "failed"
    """Another try may succeed."""
    REFUSED = "refused"
    """No other try of this message will succeed."""


@dataclass(frozen=True)
class Alert:
    """What a device shows of a room: the newest message, in place of what it showed of the room before."""

    room: str
    title: str
    author: str
    text: str
    """Empty where the stage sends none."""
    seq: int
    unread: int
    urgent: bool
    """Whether it is for its reader in person: a mention, or a direct message."""

    @property
    def body(self) -> str:
        """In words."""
        return f"{self.author}: {self.text}" if self.text else f"{self.unread} unread"


class MobilePush(Protocol):
    """Applications on telephones that the stage may send to, by platform: `apns`, `fcm`."""

    @property
    def platforms(self) -> list[str]:
        """Which there are."""

    def enroll(self, platform: str, token: str) -> str:
        """The name of an application on one telephone, from then on; the same for the same token.

        Raises `InvalidFieldError` for a token that is none, `UnavailableError`.
        """

    def tell(self, endpoint: str, alert: Alert, collapse: str) -> Told:
        """Sends it; `collapse` names what it takes the place of. Never raises."""

    def forget(self, endpoint: str) -> None:
        """Forgets the telephone; forgetting one that is not known is not an error. Raises `UnavailableError`."""
