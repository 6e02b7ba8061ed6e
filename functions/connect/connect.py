"""`$connect`: an authorized socket enters the registry before it is opened."""

from __future__ import annotations

from typing import Any

from chat import log, presence, signals, websocket
from chat.aws import wiring


@log.invocations
def handle(event: websocket.Event, _context: object) -> dict[str, Any]:
    """The socket opens when this has answered 200, so its first frame finds it registered."""
    sender = websocket.sender(event)
    wiring.connections().open(sender.connection, sender, wiring.clock().now_ms())
    presence.socket_opened(wiring.notices_queue(), sender.user)
    signals.CONNECTIONS_OPENED.add()
    return websocket.OK
