"""SQS batches: each record on its own, so that one that fails takes no other with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Event = Mapping[str, Any]

logger = logging.getLogger(__name__)


def answer(event: Event, carry_out: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Runs `carry_out` for each record and names those that raised, to be received again (partial batch response)."""
    failed = []
    for record in event["Records"]:
        try:
            carry_out(record)
        except Exception:
            logger.exception("record failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def answer_together(event: Event, carry_out: Callable[[Sequence[bytes]], list[bool]]) -> dict[str, Any]:
    """Runs `carry_out` for all bodies at once and names those that it was not done with. What it raises fails all."""
    records = event["Records"]
    done = carry_out([record["body"].encode() for record in records])
    failed = [record["messageId"] for record, taken in zip(records, done, strict=True) if not taken]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
