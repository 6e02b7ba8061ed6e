"""`POST /api/wallet/nonces`: a nonce for one sign-in message, good for five minutes."""

from __future__ import annotations

from chat import http, log
from chat.aws import wiring
from chat.storage.nonces import make_nonce


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with the nonce and its end. Asks nobody who they are: that is what the nonce is for."""
    return http.respond(event, respond)


def respond(_event: http.Event) -> http.Answer:
    """Gives one out."""
    nonce = make_nonce(wiring.ids().new())
    expires_at_ms = wiring.nonces().issue(nonce, wiring.clock().now_ms())
    return http.answer(201, {"nonce": nonce, "expires_at_ms": expires_at_ms})
