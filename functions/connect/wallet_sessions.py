"""`POST /api/wallet/sessions`: a message that a wallet signed becomes a session. Deployed where wallets may sign in."""

from __future__ import annotations

import msgspec

from chat import http, log
from chat.aws import wallet_door


class SignedMessage(msgspec.Struct, frozen=True):
    """The text of EIP-4361 as the wallet showed it, and what the wallet made of it."""

    message: str
    signature: str


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a token, its user and its end; 400 for what is no such message, 401 for one that proves nothing."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Signs in."""
    signed = http.body(event, SignedMessage)
    session = wallet_door.wallet_door().sign_in(signed.message, signed.signature)
    user = {"id": session.principal.user, "name": session.principal.name}
    return http.answer(201, {"token": session.token, "user": user, "expires_at_ms": session.expires_at_ms})
