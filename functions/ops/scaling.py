"""`/api/scaling`: operators look at how the stage scales, change it, and take a change back."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import http, log, scaling
from chat.aws import control_room, operator_door


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404, 409 behind another version, 422 for a key that was used, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    operator = operator_door.admit(event).user
    control = control_room.control_room()
    match event["routeKey"]:
        case "GET /api/scaling/config":
            return http.answer(200, scaling.look(control))
        case "GET /api/scaling/versions":
            return http.answer(200, scaling.versions(control))
        case _:
            return http.answer(200, operator_door.once(event, operator, lambda: _act(event, operator)))


def _act(event: http.Event, operator: str) -> dict[str, Any]:
    control = control_room.control_room()
    if event["routeKey"] == "POST /api/scaling/rollback":
        done = scaling.roll_back(control, operator, http.body(event, scaling.Rollback))
    else:
        done = scaling.change(control, operator, http.body(event, scaling.Change))
    answered: dict[str, Any] = msgspec.to_builtins(done)
    return answered
