"""`/api/webhooks`: operators register endpoints that are told of events, and look after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat import http, log
from chat.aws import operator_door, webhooks
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
    operator, registry = operator_door.admit(event).user, webhooks.registry()
    match event["routeKey"]:
        case "GET /api/webhooks":
            return http.answer(200, {"webhooks": registration.listed(registry)})
        case "POST /api/webhooks":
            asked = http.body(event, Registration)
            made = operator_door.once(event, operator, lambda: registration.register(registry, operator, asked))
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
            made = operator_door.once(event, operator, lambda: registration.rotate(registry, operator, webhook))
            done = registration.with_secret(registry, made)
        case (_, _, "/enable"):
            done = operator_door.once(event, operator, lambda: registration.enable(registry, operator, webhook))
        case (_, _, "/replay"):
            asked = http.body(event, Range)
            return http.answer(
                202,
                operator_door.once(event, operator, lambda: {"replayed": replay(registry, operator, webhook, asked)}),
            )
    return http.answer(200, done)
