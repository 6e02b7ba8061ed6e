"""WebSocket API events: who is speaking, and on which connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat import colours
from chat.ports import Sender

Event = Mapping[str, Any]

OK = {"statusCode": 200}


def connection_id(event: Event) -> str:
    """The connection that the event is about."""
    context = event["requestContext"]
    return colours.mark(context["connectionId"], context.get("stage", ""))


def sender(event: Event) -> Sender:
    """The principal that the authorizer put behind this connection; never anything from the frame."""
    authorized = event["requestContext"]["authorizer"]
    return Sender(user=authorized["user"], name=authorized["name"], connection=connection_id(event))
