"""What an event of Lambda's goes back to: its `chat.correlation` ids, wherever such an event has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from chat.correlation import ATTRIBUTE

Event = Mapping[str, Any]


def of_event(event: Event) -> list[str]:
    """Of all that is in the event; empty where it is the first of its kind, such as a schedule's."""
    if "Records" in event:
        return [of_record(record) for record in event["Records"]]
    return list(_of_request(event))


def of_record(record: Event) -> str:
    """Of a message of a queue or a record of a stream: what it says, else its own id, which nothing before it has."""
    if "messageId" in record:
        carried = record.get("messageAttributes", {}).get(ATTRIBUTE, {}).get("stringValue")
        return str(carried or record["messageId"])
    image = record.get("dynamodb", {}).get("NewImage", {})
    return str(image.get(ATTRIBUTE, {}).get("S") or record.get("eventID", ""))


def user_hash(event: Event) -> str | None:
    """12 digits by which a user of a socket is counted, and not known; None where nobody is behind the event."""
    user = (event.get("requestContext", {}).get("authorizer") or {}).get("user")
    return hashlib.sha256(str(user).encode()).hexdigest()[:12] if user else None


def _of_request(event: Event) -> Iterator[str]:
    """A request of API Gateway's, an event of EventBridge's, or what a state machine hands on."""
    found = event.get("requestContext", {}).get("requestId") or event.get(ATTRIBUTE) or event.get("id")
    if isinstance(found, str):
        yield found
