"""The streams of messages and of rooms: what was stored, and what became of it, becomes events on the topic."""

from __future__ import annotations

from typing import Any

from chat import events, log, returns, signals
from chat.aws import batches, wiring
from chat.aws.dynamodb import from_attributes
from chat.ports import Item
from chat.storage.keys import CANARY_ROOM


@log.invocations
def handle(event: batches.Event, _context: object) -> dict[str, Any]:
    """In a shard's order, at least once. The batch goes on from the first record that was not taken."""
    told = [(record, events.of_record(record, *_images(record))) for record in _of_this_region(event["Records"])]
    # What the stage says to itself is nobody else's business, webhooks' and the search index's neither.
    due = [(record, happened) for record, happened in told if happened and happened.room != CANARY_ROOM]
    published = wiring.events().publish([happened for _, happened in due])
    signals.EVENTS_PUBLISHED.add(sum(published))
    signals.EVENTS_REFUSED.add(len(published) - sum(published))
    failed = (record for (record, _), taken in zip(due, published, strict=True) if not taken)
    first = next(failed, None)
    identifiers = [] if first is None else [{"itemIdentifier": first["dynamodb"]["SequenceNumber"]}]
    return {"batchItemFailures": identifiers}


def _of_this_region(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those records that no other Region's outbox tells of; what comes late from one is told to readers first."""
    arrivals = wiring.arrivals()
    if arrivals is None:
        return records
    home = arrivals.homes.read()
    told = []
    for record in records:
        before, after = _images(record)
        item = after or before or {}
        if returns.is_told_here(arrivals, home, item):
            returns.receive(arrivals, home, item)
            told.append(record)
    return told


def _images(record: dict[str, Any]) -> tuple[Item | None, Item | None]:
    """The item before the change and after it; None where there was, or is, none."""
    images = (record["dynamodb"].get(name) for name in ("OldImage", "NewImage"))
    before, after = (from_attributes(image) if image else None for image in images)
    return before, after
