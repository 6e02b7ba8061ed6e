"""`GET /api/rooms/{room}/media-access`: a member sees what the room shows, for five minutes at a time."""

from __future__ import annotations

import msgspec

from chat import http, log, protection
from chat.aws import media_signer, secrets, wiring
from chat.errors import BannedError, NotAMemberError, RoomNotFoundError
from chat.protocol import RoomId


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """200 with what belongs behind an address, and the same as cookies; 403 to who may not read the room, or 404."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Looks at the membership as it stands this moment. A read unit."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    now_ms = wiring.clock().now_ms()
    protection.require_tokens(wiring.user_buckets(), principal.user, 1, now_ms)
    room = _room(event)
    membership = wiring.members().find(room, principal.user)
    if membership is None and wiring.rooms().find(room) is None:
        raise RoomNotFoundError(f"There is no room {room}.")
    if membership is None:
        raise NotAMemberError("You are not a member of this room.")
    if not membership.inside:
        raise BannedError("You are banned from this room.")
    signer = media_signer.signer()
    access = signer.grant(room, now_ms)
    return {**http.answer(200, access), "cookies": signer.cookies(access)}


def _room(event: http.Event) -> str:
    try:
        return msgspec.convert(event["pathParameters"]["room"], RoomId)
    except msgspec.ValidationError as error:
        raise RoomNotFoundError("There is no room of such a name.") from error
