"""`$disconnect`: a closed socket leaves the registry and its rooms. Best effort: the TTL sweeps what this misses."""

from __future__ import annotations

from typing import Any

from chat import log, websocket
from chat.aws import wiring


@log.invocations
def handle(event: websocket.Event, _context: object) -> dict[str, Any]:
    """Safe to repeat."""
    wiring.connections().close(websocket.connection_id(event))
    return websocket.OK
