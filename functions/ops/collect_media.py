"""Once an hour: a slice of the weekly look for media that nothing refers to, and of its removal."""

from __future__ import annotations

from typing import Any

from chat import log
from chat.aws import orphaned_media

LEFT_MS = 600_000
"""A slice begins no other page with less time than this: one in whose rooms much was said takes minutes."""


@log.invocations
def handle(_event: dict[str, Any], context: Any) -> dict[str, str]:  # noqa: ANN401  # Lambda's own
    """Which step it was, and how it stands. What fails is an error of the function's, and goes on in an hour."""
    collection = orphaned_media.collection(lambda: context.get_remaining_time_in_millis() < LEFT_MS)
    return {"step": collection.slice()}
