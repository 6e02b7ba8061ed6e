"""`/api/flags`: operators look at what is tried out on whom, and change it."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import flag_settings, http, log
from chat.aws import flags, operator_door
from chat.flag_settings import FlagChange


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 with the flags, or the one that was changed; 403 for who is no operator, 409, 422, 503."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method."""
    operator = operator_door.admit(event).user
    if event["routeKey"] == "GET /api/flags":
        return http.answer(200, flag_settings.look(flags.desk()))
    return http.answer(200, operator_door.once(event, operator, lambda: _change(event, operator)))


def _change(event: http.Event, operator: str) -> dict[str, Any]:
    changed: dict[str, Any] = msgspec.to_builtins(
        flag_settings.change(flags.desk(), operator, http.body(event, FlagChange))
    )
    return changed
