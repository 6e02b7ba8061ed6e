"""`POST /api/sessions`: signs somebody in by name. Deployed in stages with the built-in issuer only."""

from __future__ import annotations

import msgspec

from chat import http, log
from chat.aws import secrets, wiring
from chat.errors import SignInUnavailableError


class SignIn(msgspec.Struct, frozen=True):
    """Who the caller says they are."""

    name: str


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a token, its user and its end; 400 for a name that is none."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Signs in."""
    issuer = secrets.built_in_issuer()
    if issuer is None:
        raise SignInUnavailableError("This stage does not sign people in by name.")
    session = issuer.sign_in(http.body(event, SignIn).name, wiring.clock().now_ms())
    user = {"id": session.principal.user, "name": session.principal.name}
    return http.answer(201, {"token": session.token, "user": user, "expires_at_ms": session.expires_at_ms})
