"""`/api/webhooks`: operators register endpoints that are told of events, and look after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat import http, log, repeats
from chat.aws import secrets, webhooks, wiring
from chat.webhooks import registration
from chat.webhooks.office import Registry
from chat.webhooks.registration import Registration
from chat.webhooks.replay import Range, replay


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a new endpoint and its secret, 200, 202 for a replay; 403 for who is no operator, 404, 409, 422."""
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
            asked = http.body(event, Registration)
            made = _once(event, operator, lambda: registration.register(registry, operator, asked))
            return http.answer(201, registration.with_secret(registry, made))
        case route:
            return _one(event, route, registry, operator)


def _one(event: http.Event, route: str, registry: Registry, operator: str) -> http.Answer:
    """What is done to a single endpoint."""
    webhook = registration.look(registry, str(event["pathParameters"]["webhook"]))
    done: Mapping[str, Any] = registration.view(webhook)
    match route.partition("{webhook}"):
        case ("DELETE /api/webhooks/", _, ""):
            registration.remove(registry, operator, webhook.id)
        case (_, _, "/secret"):
            made = _once(event, operator, lambda: registration.rotate(registry, operator, webhook))
            done = registration.with_secret(registry, made)
        case (_, _, "/enable"):
            done = _once(event, operator, lambda: registration.enable(registry, operator, webhook))
        case (_, _, "/replay"):
            asked = http.body(event, Range)
            return http.answer(
                202, _once(event, operator, lambda: {"replayed": replay(registry, operator, webhook, asked)})
            )
    return http.answer(200, done)


def _once(event: http.Event, operator: str, act: Callable[[], dict[str, Any]]) -> Mapping[str, Any]:
    return repeats.once(wiring.answers(), operator, http.idempotency_key(event), http.described(event), act)
