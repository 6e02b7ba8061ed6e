"""Letters as operators may see them: what identifies them, and nothing that users wrote."""

from __future__ import annotations

import json
from typing import Any

from chat.aws.dead_letters.letters import Letter

HARMLESS = frozenset(
    {
        *("action", "attempt", "due", "event", "id", "kind", "media", "room", "step", "user", "what"),
        *("connection", "connections", "except_connection", "except_user", "members_behind"),
        *("condition", "functionArn", "functionError", "requestId", "shardId", "streamArn"),
        *("startSequenceNumber", "endSequenceNumber", "timestamp"),
        *("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord"),
        *("account", "detail-type", "key", "region", "source", "time"),
    }
)
"""Fields whose text identifies and says nothing. Any other text is shown by its length, unless bodies are asked for."""


def outline(found: Letter) -> str:
    """A body without what people wrote."""
    if found.content is None:
        return f"({len(found.body)} characters that are no JSON)"
    return json.dumps(_outlined(found.content), ensure_ascii=False)


def _outlined(content: Any, field: str = "") -> Any:  # noqa: ANN401  # JSON
    if isinstance(content, dict):
        return {name: _outlined(value, name) for name, value in content.items()}
    if isinstance(content, list):
        return [_outlined(value, field) for value in content]
    return f"({len(content)} characters)" if isinstance(content, str) and field not in HARMLESS else content
