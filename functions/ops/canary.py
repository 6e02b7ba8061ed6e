"""Each minute: a conversation over the stage's own sockets, measured. It fails when a user's would."""

from __future__ import annotations

import logging
from typing import Any

from chat import log, signals
from chat.aws import canary
from chat.canary import LineError, SilenceError, converse
from chat.errors import UnavailableError

logger = logging.getLogger(__name__)


@log.invocations
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Says how it went; what fails is counted and no failure of this function's, which would be tried again."""
    signals.CANARY_RUNS.add()
    try:
        times = converse(canary.canary())
    except (LineError, SilenceError, UnavailableError) as error:
        signals.CANARY_FAILURES.add()
        logger.warning("canary failed", exc_info=True)
        return {"ok": False, "why": str(error)}
    signals.CANARY_ACK_LATENCY.observe(round(times.ack_ms, 1))
    signals.CANARY_DELIVERY_LATENCY.observe(round(times.delivery_ms, 1))
    return {"ok": True, "ack_ms": round(times.ack_ms, 1), "delivery_ms": round(times.delivery_ms, 1)}
