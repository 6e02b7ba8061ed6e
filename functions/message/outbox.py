"""The messages table's stream: every stored message becomes one `MessagePosted` event on the topic."""

from __future__ import annotations

from typing import Any

from chat import events, log
from chat.aws import batches, wiring
from chat.aws.dynamodb import from_attributes


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """In a shard's order, at least once. The batch goes on from the first record that was not taken."""
    records = event["Records"]
    published = wiring.events().publish(
        [events.message_posted(from_attributes(record["dynamodb"]["NewImage"])) for record in records]
    )
    failed = (record for record, taken in zip(records, published, strict=True) if not taken)
    first = next(failed, None)
    identifiers = [] if first is None else [{"itemIdentifier": first["dynamodb"]["SequenceNumber"]}]
    return {"batchItemFailures": identifiers}
