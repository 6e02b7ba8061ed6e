"""Every command route of the WebSocket API, and `$default` for what is none: one frame in, its reply out."""

from __future__ import annotations

from typing import Any

from chat import commands, log, websocket
from chat.aws import wiring
from chat.aws.time_left import Context


@log.invocations
def handle(event: websocket.Event, context: Context) -> dict[str, Any]:
    """The body returned is the reply frame: API Gateway sends it to the connection that asked."""
    wiring.time_left().begin(context)
    reply = respond(event)
    wiring.cache_reporter().report()
    return {"statusCode": 200, "body": reply.decode()}


def respond(event: websocket.Event) -> bytes:
    """The reply frame, whatever came in."""
    return commands.answer(wiring.services(), websocket.sender(event), event.get("body") or "")
