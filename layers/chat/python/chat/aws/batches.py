"""SQS batches: each record on its own, so that one that fails takes no other with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chat import correlation, signals
from chat.aws import causes

Event = Mapping[str, Any]

MAX_RECEIVES = 5
"""A message that failed as often is a dead letter."""

logger = logging.getLogger(__name__)


def answer(event: Event, carry_out: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Runs `carry_out` for each record and names those that raised, to be received again (partial batch response)."""
    failed = []
    for record in event["Records"]:
        correlation.begin([causes.of_record(record)])
        try:
            carry_out(record)
        except Exception:
            logger.exception("record failed", extra={"message_id": record["messageId"]})
            failed.append(record)
    return _failures(failed)


def answer_together(event: Event, carry_out: Callable[[Sequence[bytes]], list[bool]]) -> dict[str, Any]:
    """Runs `carry_out` for all bodies at once and names those that it was not done with. What it raises fails all."""
    records = event["Records"]
    done = carry_out([record["body"].encode() for record in records])
    return _failures([record for record, taken in zip(records, done, strict=True) if not taken])


def _failures(failed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    signals.LETTERS_DEAD.add(sum(_receives(record) >= MAX_RECEIVES for record in failed))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _receives(record: Mapping[str, Any]) -> int:
    """How often the message was received, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
