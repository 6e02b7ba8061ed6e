"""`POST /api/media`: a member of a room is permitted to upload one file for it, straight to the bucket."""

from __future__ import annotations

from chat import access, http, log, media, media_kinds, protection, signals
from chat.aws import media_store, secrets, wiring
from chat.errors import NotAMemberError, RoomNotFoundError


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with the upload's id and a presigned POST; errors as `chat.media.check` and the right to post say."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Permits the upload and remembers who it is for."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    now_ms = wiring.clock().now_ms()
    protection.require_tokens(wiring.user_buckets(), principal.user, protection.UPLOAD_COST, now_ms)
    request = http.body(event, media.UploadRequest)
    media.check(request, media_kinds.parse_limits(""))
    membership = wiring.members().recall(request.room, principal.user)
    if membership is None and wiring.rooms().find(request.room) is None:
        raise RoomNotFoundError(f"There is no room {request.room}.")
    if membership is None or not membership.inside:
        raise NotAMemberError("You are not a member of this room.")
    access.require_voice(membership, now_ms)
    wiring.upload_quotas().take(principal.user, request.size_bytes, now_ms)
    upload = media.Upload(
        media=wiring.ids().new(),
        room=request.room,
        user=principal.user,
        user_name=principal.name,
        file_name=request.name.strip(),
        content_type=request.content_type,
        size_bytes=request.size_bytes,
        sha256=request.sha256,
    )
    media_store.uploads().of(upload, now_ms).save()
    signals.UPLOADS.add(of="permitted")
    return http.answer(
        201,
        {
            "media": upload.media,
            "upload": media_store.bucket().permit(upload),
            "expires_at_ms": now_ms + media.UPLOAD_LIFETIME_S * 1000,
        },
    )
