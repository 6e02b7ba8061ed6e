"""SQS batches: each record on its own, so that one that fails takes no other with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
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
