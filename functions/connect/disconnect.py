"""`$disconnect`: a closed socket leaves the registry and its rooms. Best effort: the TTL sweeps what this misses."""

from __future__ import annotations

from typing import Any

from chat import log, presence, signals, websocket
from chat.aws import wiring


@log.invocations
def handle(event: websocket.Event, _context: object) -> dict[str, Any]:
    """Safe to repeat."""
    user = wiring.connections().close(websocket.connection_id(event))
    if user is not None:
        signals.CONNECTIONS_CLOSED.add()
        presence.socket_closed(wiring.notices_queue(), user)
    return websocket.OK
