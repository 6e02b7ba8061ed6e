"""`GET /api/config`: what a client has to know about the stage before it signs in."""

from __future__ import annotations

from chat import http, log
from chat.aws import wiring


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200, cached for a minute."""
    return http.respond(event, respond)


def respond(_event: http.Event) -> http.Answer:
    """How to sign in, where sockets open, where else to ask, and which share of pages is to tell how it fares."""
    settings = wiring.settings()
    return http.answer(
        200,
        {
            "stage": settings.stage,
            "sign_in": "oidc" if settings.oidc_issuer else "built-in",
            "issuer": settings.oidc_issuer,
            "client_id": settings.oidc_audience,
            "wallet_chains": [int(chain) for chain in (settings.wallet_chains or "").split(",") if chain],
            "websocket_url": wiring.websocket_url(),
            "addresses": [address for address in (settings.addresses or "").split(",") if address],
            "measured_share": int(settings.measured_percent or 0) / 100,
        },
        cache_control="public, max-age=60",
    )
