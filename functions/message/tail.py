"""`GET /api/tail/…`: the tail of a very large room, for CloudFront to serve to all that follow it."""

from __future__ import annotations

import re

from chat import http, log, tails
from chat.aws import wiring
from chat.errors import InvalidFieldError, TailExpiredError
from chat.protocol import TailChanges, TailLive, TailSegment
from chat.storage.tail_access import LIFE_MS

_PATH = re.compile(
    "/api/tail/(?P<room>[a-z0-9][a-z0-9-]{0,63})/(?P<capability>[A-Za-z0-9_-]{1,64})/(?P<part>[a-z0-9/]+)"
)
_PART = re.compile("live|(?P<kind>segments|changes)/(?P<number>0|[1-9][0-9]{0,12})")

BRIEFLY = "public, max-age=0, s-maxage=1"
FOR_GOOD = f"public, max-age=0, s-maxage={LIFE_MS // 1000}"
"""Nobody asks under this address for longer. What was erased is in no reader's own cache, and leaves CloudFront's."""


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 or 304; 403 without a good capability, whatever room it names; 404 for what is not there yet."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Nothing is read before the capability is looked at."""
    path = _PATH.fullmatch(str(event["rawPath"]))
    if path is None or not wiring.tail_access().accepts(path["room"], path["capability"]):
        raise TailExpiredError("This address is not good any more; `sync` gives another.")
    part = _PART.fullmatch(path["part"])
    if part is None:
        raise InvalidFieldError("A tail has `live`, `segments/NUMBER` and `changes/NUMBER`.")
    found = _read(path["room"], part)
    is_closed = not isinstance(found, TailLive) and found.closed
    return http.tagged_answer(event, found, cache_control=FOR_GOOD if is_closed else BRIEFLY)


def _read(room: str, part: re.Match[str]) -> TailLive | TailSegment | TailChanges:
    archive = tails.Archive(messages=wiring.messages(), changes=wiring.changes(), clock=wiring.clock())
    match part["kind"]:
        case "segments":
            return tails.segment(archive, room, int(part["number"]))
        case "changes":
            return tails.changes(archive, room, int(part["number"]))
    return tails.live(archive, room)
