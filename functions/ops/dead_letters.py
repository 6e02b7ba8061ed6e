"""`/api/dead-letters`: operators look at what could not be worked off, send it again, or give it up."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import dead_letters, http, log
from chat.aws import letter_desk, operator_door
from chat.dead_letters import Treat


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200; 403 for who is no operator, 404 for a queue that is none, 409, 422, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    operator = operator_door.admit(event).user
    match event["routeKey"]:
        case "GET /api/dead-letters":
            return http.answer(200, dead_letters.look(letter_desk.desk()))
        case "GET /api/dead-letters/{queue}":
            return http.answer(200, dead_letters.inspect(letter_desk.desk(), _queue(event)))
        case _:
            return http.answer(200, operator_door.once(event, operator, lambda: _act(event, operator)))


def _act(event: http.Event, operator: str) -> dict[str, Any]:
    action: dead_letters.Action = "discard" if event["routeKey"].endswith("/discard") else "redrive"
    wanted = http.body(event, Treat)
    done: dict[str, Any] = msgspec.to_builtins(
        dead_letters.treat(letter_desk.desk(), operator, _queue(event), action, wanted)
    )
    return done


def _queue(event: http.Event) -> str:
    return str(event["pathParameters"]["queue"])
