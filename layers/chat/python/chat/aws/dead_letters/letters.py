"""A dead letter: a body that nobody could work off, and what SQS knows about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

STRUCTURED = ("StringValue", "BinaryValue", "DataType")
"""What a message attribute is made of when it is sent: SQS hands out more than it takes."""


@dataclass(frozen=True)
class Letter:
    """As it was received. Its `id` stays the same as long as it is in the queue, `handle` is this receipt's own."""

    id: str
    body: str
    handle: str = field(repr=False)
    system: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Letter:
        """From a message of boto3's, received with all attributes."""
        return cls(
            id=message["MessageId"],
            body=message["Body"],
            handle=message["ReceiptHandle"],
            system=message.get("Attributes", {}),
            attributes={
                name: {part: value[part] for part in STRUCTURED if part in value}
                for name, value in message.get("MessageAttributes", {}).items()
            },
        )

    @property
    def sent_at_ms(self) -> int:
        """When it was first sent: to the queue that it died in, or straight here by whoever could not deliver it."""
        return int(self.system["SentTimestamp"])

    @property
    def first_received_at_ms(self) -> int:
        """When a consumer, or somebody who looked, first got it."""
        return int(self.system["ApproximateFirstReceiveTimestamp"])

    @property
    def receives(self) -> int:
        """How often it was received, this time included."""
        return int(self.system["ApproximateReceiveCount"])

    @cached_property
    def content(self) -> Any:  # noqa: ANN401  # JSON
        """The body, decoded; None for one that is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None
