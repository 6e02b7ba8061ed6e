"""`POST /api/tickets`: a bearer token becomes a ticket that opens one socket, once, within a minute.

So nothing that lives long stands in a URL, where proxies and logs would keep it.
"""

from __future__ import annotations

from chat import http, log
from chat.aws import secrets, wiring

LIFETIME_MS = 60_000


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with the ticket, where to open the socket with it, and its end; 401 without a valid token."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Issues a ticket to whoever the token belongs to."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    ticket = wiring.ids().new()
    expires_at_ms = wiring.clock().now_ms() + LIFETIME_MS
    wiring.tickets().issue(ticket, principal, expires_at_ms)
    return http.answer(201, {"ticket": ticket, "url": wiring.websocket_url(), "expires_at_ms": expires_at_ms})
