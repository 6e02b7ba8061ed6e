"""The authorizer of `$connect`: a single-use ticket in the query string becomes the socket's principal."""

from __future__ import annotations

from typing import Any

from chat import log, signals
from chat.aws import wiring
from chat.websocket import Event


@log.invocations
def handle(event: Event, _context: object) -> dict[str, Any]:
    """Uses the ticket up. One that is unknown, used or expired is denied: the client sees 403 and needs a new one."""
    secret = (event.get("queryStringParameters") or {}).get("ticket", "")
    principal = wiring.tickets().redeem(secret, wiring.clock().now_ms())
    if principal is None:
        signals.TICKETS_REFUSED.add()
        return _policy(event, "Deny", "nobody", {})
    return _policy(event, "Allow", principal.user, {"user": principal.user, "name": principal.name})


def _policy(event: Event, effect: str, principal_id: str, context: dict[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }
