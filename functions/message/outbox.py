"""The messages table's stream: every stored message, and every change to one, becomes one event on the topic."""

from __future__ import annotations

from typing import Any

from chat import events, log
from chat.aws import batches, wiring
from chat.aws.dynamodb import from_attributes


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """In a shard's order, at least once. The batch goes on from the first record that was not taken."""
    told = [(record, events.of_row(from_attributes(record["dynamodb"]["NewImage"]))) for record in event["Records"]]
    due = [(record, happened) for record, happened in told if happened is not None]
    published = wiring.events().publish([happened for _, happened in due])
    failed = (record for (record, _), taken in zip(due, published, strict=True) if not taken)
    first = next(failed, None)
    identifiers = [] if first is None else [{"itemIdentifier": first["dynamodb"]["SequenceNumber"]}]
    return {"batchItemFailures": identifiers}
