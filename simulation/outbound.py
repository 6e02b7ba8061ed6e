"""The world outside of AWS in memory: addresses that answer as they are set to, and remember what they were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chat.errors import InvalidFieldError
from chat.mobile import Alert, Told
from chat.outbound import OutboundAnswer, OutboundRequest


@dataclass
class MemoryOutbound:
    """What is not set answers 200."""

    answers: dict[str, OutboundAnswer] = field(default_factory=dict)
    sent: list[OutboundRequest] = field(default_factory=list)

    def post(self, requests: Sequence[OutboundRequest]) -> list[OutboundAnswer]:
        """Sends all."""
        self.sent += requests
        return [self.answers.get(request.url, OutboundAnswer(200)) for request in requests]


@dataclass
class MemoryMobile:
    """Telephones of both platforms, which answer as they are set to."""

    platforms: list[str] = field(default_factory=lambda: ["apns", "fcm"])
    answers: dict[str, Told] = field(default_factory=dict)
    told: list[tuple[str, Alert, str]] = field(default_factory=list)
    """Of each alert its endpoint, itself, and what it takes the place of."""
    forgotten: list[str] = field(default_factory=list)

    def enroll(self, platform: str, token: str) -> str:
        """A name made of both."""
        if token == "none":  # noqa: S105 - what a telephone's system never gives
            raise InvalidFieldError("`token` is what the telephone's system gave.")
        return f"arn:aws:sns:memory:1:endpoint/{'APNS' if platform == 'apns' else 'GCM'}/chat/{token}"

    def tell(self, endpoint: str, alert: Alert, collapse: str) -> Told:
        """What is not set takes it."""
        self.told.append((endpoint, alert, collapse))
        return self.answers.get(endpoint, Told.TAKEN)

    def forget(self, endpoint: str) -> None:
        """Forgets it."""
        self.forgotten.append(endpoint)
