"""Before a deployment moves traffic: a conversation with the new versions. Called by CodeDeploy, once a function."""

from __future__ import annotations

import logging
from typing import Any

from chat import log
from chat.aws import rehearsal
from chat.rehearsal import rehearse

logger = logging.getLogger(__name__)


@log.invocations
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Says how it went to CodeDeploy, which otherwise waits an hour, and why to the log."""
    why = respond()
    rehearsal.report(event, succeeded=why is None)
    return {"ok": why is None, "why": why}


def respond() -> str | None:
    """What is wrong with the new versions, None for nothing."""
    try:
        rehearse(rehearsal.rehearsal())
    except Exception as error:  # whatever it is, nobody has seen these versions work
        logger.exception("rehearsal failed", extra={"why": str(error)})
        return str(error) or type(error).__name__
    return None
