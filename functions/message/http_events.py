"""`GET /api/events`: messages and what becomes of them as Server-Sent Events, for who can't keep a socket open."""

from __future__ import annotations

import re

from chat import http, log, places, streams
from chat.aws import secrets, wiring
from chat.errors import InvalidFieldError
from chat.streams import HOLD_MS, Archive, Following

WHOLE = re.compile("[0-9]{1,3}")


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 with the stream as far as it goes, 401 without a valid token, 403 or 404 for a room not to be read."""
    answer = http.respond(event, respond)
    wiring.cache_reporter().report()
    return answer


def respond(event: http.Event) -> http.Answer:
    """Waits for what is new, no longer than the client asks and `HOLD_MS` allow."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    query = event.get("queryStringParameters") or {}
    rooms = places.parse(query.get("rooms", ""))
    last_event_id = event["headers"].get("last-event-id")
    if last_event_id:
        rooms = places.resume(rooms, last_event_id)
    following = Following(user=principal.user, rooms=rooms, hold_ms=_hold_ms(query.get("wait_s")))
    archive = Archive(
        rooms=wiring.rooms(),
        members=wiring.members(),
        messages=wiring.messages(),
        changes=wiring.changes(),
        clock=wiring.clock(),
    )
    return http.text_answer(streams.follow(archive, following, wiring.pause), "text/event-stream; charset=utf-8")


def _hold_ms(wait_s: str | None) -> int:
    if wait_s is None:
        return HOLD_MS
    if not (WHOLE.fullmatch(wait_s) and int(wait_s) * 1000 <= HOLD_MS):
        raise InvalidFieldError(f"`wait_s` is 0 to {HOLD_MS // 1000} seconds.")
    return int(wait_s) * 1000
