"""`/api/media`: a member of a room is permitted to upload a file for it, straight to the bucket, whole or in parts."""

from __future__ import annotations

from dataclasses import replace

from chat import access, http, log, media, media_kinds, protection, signals, upload_parts
from chat.aws import media_store, part_store, secrets, wiring
from chat.aws.part_uploads import PartUploads, parts_of
from chat.errors import NotAMemberError, RoomNotFoundError
from chat.media import Upload, UploadRequest
from chat.ports import Principal
from chat.upload_parts import Completion, PartsRequest


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """201 with a new upload's id and where it goes; else what an upload is at. Errors as the domain says."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    now_ms = wiring.clock().now_ms()
    is_new = event["routeKey"] == "POST /api/media"
    protection.require_tokens(wiring.user_buckets(), principal.user, protection.UPLOAD_COST if is_new else 1, now_ms)
    if is_new:
        return _permit(http.body(event, UploadRequest), principal, now_ms)
    return _go_on(event, PartUploads(media_store.uploads(), part_store.parts(), now_ms), principal)


def _go_on(event: http.Event, uploads: PartUploads, principal: Principal) -> http.Answer:
    """What becomes of an upload that was permitted before."""
    record = uploads.find(principal.user, str(event["pathParameters"]["media"]))
    match event["routeKey"].partition("{media}"):
        case (_, _, "/parts"):
            addresses = uploads.addresses(record, http.body(event, PartsRequest).parts)
            return http.answer(200, {"parts": addresses, "expires_at_ms": _good_until_ms(uploads.now_ms)})
        case (_, _, "/complete"):
            record = uploads.complete(record, http.body(event, Completion).sha256)
        case ("DELETE /api/media/", _, ""):
            record = uploads.cancel(record)
    return http.answer(200, uploads.told(record))


def _permit(request: UploadRequest, principal: Principal, now_ms: int) -> http.Answer:
    """Permits an upload and remembers who it is for."""
    media.check(request, media_kinds.parse_limits(wiring.settings().upload_max_mb or ""))
    _require_voice(request.room, principal.user, now_ms)
    wiring.upload_quotas().take(principal.user, request.size_bytes, now_ms)
    upload = _upload(request, principal)
    in_parts = upload_parts.comes_in_parts(request.size_bytes, able=request.parts)
    if in_parts:
        upload = replace(upload, s3_upload=part_store.parts().begin(upload))
    record = media_store.uploads().of(upload, now_ms)
    record.save()
    signals.UPLOADS.add(of="permitted")
    permit = {"media": upload.media}
    if in_parts:
        return http.answer(201, permit | {"parts": parts_of(record)})
    form = media_store.bucket().permit(upload)
    return http.answer(201, permit | {"upload": form, "expires_at_ms": _good_until_ms(now_ms)})


def _require_voice(room: str, user: str, now_ms: int) -> None:
    """Raises what keeps the user from posting in the room."""
    membership = wiring.members().recall(room, user)
    if membership is None and wiring.rooms().find(room) is None:
        raise RoomNotFoundError(f"There is no room {room}.")
    if membership is None or not membership.inside:
        raise NotAMemberError("You are not a member of this room.")
    access.require_voice(membership, now_ms)


def _upload(request: UploadRequest, principal: Principal) -> Upload:
    return Upload(
        media=wiring.ids().new(),
        room=request.room,
        user=principal.user,
        user_name=principal.name,
        file_name=request.name.strip(),
        content_type=request.content_type,
        size_bytes=request.size_bytes,
        sha256=request.sha256,
    )


def _good_until_ms(now_ms: int) -> int:
    return now_ms + media.UPLOAD_LIFETIME_S * 1000
