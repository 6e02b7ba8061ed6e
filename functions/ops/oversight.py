"""`/api/oversight`: operators look rooms and users up, and moderate."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import http, log, oversight
from chat.aws import operator_door, oversight_desk
from chat.oversight import Deal
from chat.ports import Principal


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404 for what there is not, 409, 422, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    principal = operator_door.admit(event)
    about = event["pathParameters"]
    match event["routeKey"]:
        case "GET /api/oversight/rooms/{room}":
            return http.answer(200, oversight.look_at_room(oversight_desk.desk(), str(about["room"])))
        case "GET /api/oversight/users/{user}":
            return http.answer(200, oversight.look_at_user(oversight_desk.desk(), str(about["user"])))
        case _:
            return http.answer(200, operator_door.once(event, principal.user, lambda: _deal(event, principal)))


def _deal(event: http.Event, principal: Principal) -> dict[str, Any]:
    wanted = http.body(event, Deal)
    dealt: dict[str, Any] = msgspec.to_builtins(
        oversight.deal(oversight_desk.desk(), principal, str(event["pathParameters"]["room"]), wanted)
    )
    return dealt
