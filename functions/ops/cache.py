"""`POST /api/cache/invalidate`: operators declare stale what caches keep of a room, a user, a prefix, or everything."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from chat import http, log, upkeep
from chat.aws import cache, operator_door
from chat.caching.invalidations import LOOK_MS, Scope, ScopeKind
from chat.upkeep import MAX_WHY_CHARS


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is stale, and why: whoever looks into it later reads that."""

    scope: ScopeKind
    why: Annotated[str, msgspec.Meta(max_length=MAX_WHY_CHARS)]
    value: Annotated[str, msgspec.Meta(max_length=128)] = ""


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """202 with the id of the note that is kept of it; 403 for who is no operator, 503 where it could not be taken."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Notes it and puts it into the queue; `in_force_within_ms` counts from when it is taken out of there."""
    principal = operator_door.admit(event)
    wanted = http.body(event, Request)

    def act() -> dict[str, Any]:
        deed = upkeep.ask(cache.desk(), principal, Scope(wanted.scope, wanted.value), wanted.why)
        return {"id": deed, "in_force_within_ms": LOOK_MS}

    return http.answer(202, operator_door.once(event, principal.user, act))
