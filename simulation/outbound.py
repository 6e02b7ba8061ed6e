"""The world outside of AWS in memory: addresses that answer as they are set to, and remember what they were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
