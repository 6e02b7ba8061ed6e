"""Each minute, and when an alarm of capacity goes on or off: what waits before it is needed is raised or lowered."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.aws import capacity


@log.invocations
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Says what was changed. Whoever calls, everything is reviewed: a repeat changes nothing more."""
    return {"changes": [str(change) for change in capacity.review().run()]}
