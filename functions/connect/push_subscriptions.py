"""`/api/push/…`: users register the devices that they are told on, and say what they want to hear of a room."""

from __future__ import annotations

from chat import http, log
from chat.aws import push, secrets
from chat.push import registration
from chat.push.registration import Removal, Subscription, Wish


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a device, 200 for everything else; 401 without a valid token, 403 for a room of others."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path; the devices are the caller's own."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    desk = push.desk()
    match event["routeKey"]:
        case "POST /api/push/subscriptions":
            return http.answer(201, registration.register(desk, principal, http.body(event, Subscription)))
        case "DELETE /api/push/subscriptions":
            registration.remove(desk, principal, http.body(event, Removal).id)
        case "GET /api/push/levels/{room}":
            return http.answer(200, registration.wished(desk, principal, event["pathParameters"]["room"]))
        case "POST /api/push/levels":
            registration.wish(desk, principal, http.body(event, Wish))
    return http.answer(200, registration.overview(desk, principal.user))
