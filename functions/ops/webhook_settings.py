"""`/api/webhooks`: operators register endpoints that are told of events, and look after them."""

from __future__ import annotations

from chat import http, log
from chat.aws import secrets, webhooks, wiring
from chat.webhooks import registration
from chat.webhooks.office import Registry
from chat.webhooks.registration import Registration
from chat.webhooks.replay import Range, replay


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a new endpoint and its secret, 200, 202 for a replay; 403 for who is no operator, 404."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    wiring.operators().require(principal)
    registry, operator = webhooks.registry(), principal.user
    match event["routeKey"]:
        case "GET /api/webhooks":
            return http.answer(200, {"webhooks": registration.listed(registry)})
        case "POST /api/webhooks":
            return http.answer(201, registration.register(registry, operator, http.body(event, Registration)))
        case route:
            return _one(event, route, registry, operator)


def _one(event: http.Event, route: str, registry: Registry, operator: str) -> http.Answer:
    """What is done to a single endpoint."""
    webhook = registration.look(registry, str(event["pathParameters"]["webhook"]))
    status, done = 200, registration.view(webhook)
    match route.partition("{webhook}"):
        case ("DELETE /api/webhooks/", _, ""):
            registration.remove(registry, operator, webhook.id)
        case (_, _, "/secret"):
            done = registration.rotate(registry, operator, webhook)
        case (_, _, "/enable"):
            done = registration.enable(registry, operator, webhook)
        case (_, _, "/replay"):
            status, done = 202, {"replayed": replay(registry, operator, webhook, http.body(event, Range))}
    return http.answer(status, done)
