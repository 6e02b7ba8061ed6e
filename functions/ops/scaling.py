"""`/api/scaling`: operators look at how the stage scales, change it, and take a change back."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import http, log, repeats, scaling
from chat.aws import control_room, secrets, wiring


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404, 409 behind another version, 422 for a key that was used, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    wiring.operators().require(principal)
    control = control_room.control_room()
    match event["routeKey"]:
        case "GET /api/scaling/config":
            return http.answer(200, scaling.look(control))
        case "GET /api/scaling/versions":
            return http.answer(200, scaling.versions(control))
        case _:
            key, operator = http.idempotency_key(event), principal.user
            done = repeats.once(wiring.answers(), operator, key, http.described(event), lambda: _act(event, operator))
            return http.answer(200, done)


def _act(event: http.Event, operator: str) -> dict[str, Any]:
    control = control_room.control_room()
    if event["routeKey"] == "POST /api/scaling/rollback":
        done = scaling.roll_back(control, operator, http.body(event, scaling.Rollback))
    else:
        done = scaling.change(control, operator, http.body(event, scaling.Change))
    answered: dict[str, Any] = msgspec.to_builtins(done)
    return answered
