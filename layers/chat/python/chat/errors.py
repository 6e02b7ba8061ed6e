"""Everything that can go wrong in words a client may see. Nothing here knows how an error travels.

An error says what the client can do about it; what happened inside goes to the log, never into a message.
"""

from __future__ import annotations


class ChatError(Exception):
    """A command that was not carried out.

    `code` is the wire's and never changes its meaning; `temporary` says that the same command may succeed later, not
    before `retry_after_ms` (None: whenever the client likes). `status` is the HTTP status that means the same.
    """

    code = "internal"
    status = 500
    temporary = False

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_ms = retry_after_ms


class MalformedError(ChatError):
    """Not a JSON object."""

    code, status = "malformed", 400


class UnknownActionError(ChatError):
    """An `action` that this version does not know, or none."""

    code, status = "unknown_action", 400


class InvalidFieldError(ChatError):
    """A field that is missing, of the wrong type or out of bounds."""

    code, status = "invalid_field", 400


class UnauthorizedError(ChatError):
    """No identity, or one that is expired or forged."""

    code, status = "unauthorized", 401


class SignInRefusedError(ChatError):
    """What should prove who the caller is does not: a signed message for elsewhere, by another key, or used already."""

    code, status = "sign_in_refused", 401


class NotAMemberError(ChatError):
    """The room exists; the caller is not in it."""

    code, status = "not_a_member", 403


class NotAllowedError(ChatError):
    """A member without the right to do this: their role, or the other's."""

    code, status = "not_allowed", 403


class MutedError(ChatError):
    """A member who may not post until `retry_after_ms` have passed."""

    code, status, temporary = "muted", 403, True


class BlockedWordError(ChatError):
    """The text has a word in it that this room, or the whole stage, does not take."""

    code, status = "blocked_word", 403


class MessageRefusedError(ChatError):
    """The stage's moderation does not take this message; `message` has its reason."""

    code, status = "message_refused", 403


class BannedError(ChatError):
    """The caller is kept out of this room."""

    code, status = "banned", 403


class RoomPrivateError(ChatError):
    """A private room is entered by invitation only."""

    code, status = "room_private", 403


class RoomNotFoundError(ChatError):
    """No room has this id."""

    code, status = "room_not_found", 404


class SignInUnavailableError(ChatError):
    """This stage does not sign people in by name."""

    code, status = "sign_in_unavailable", 404


class UserNotFoundError(ChatError):
    """The user that the command names is not in the room."""

    code, status = "user_not_found", 404


class TailExpiredError(ChatError):
    """The address of a tail is good no longer, or never was. `sync` gives who may read the room another."""

    code, status = "tail_expired", 403


class TailNotYetError(ChatError):
    """The room has not got so far."""

    code, status, temporary = "tail_not_yet", 404, True


class JobNotFoundError(ChatError):
    """The user has asked for no such job."""

    code, status = "job_not_found", 404


class UploadNotFoundError(ChatError):
    """The user has no such upload, or had it so long ago that it is forgotten."""

    code, status = "upload_not_found", 404


class MessageNotFoundError(ChatError):
    """The room has no message of this number."""

    code, status = "message_not_found", 404


class MessageDeletedError(ChatError):
    """The message was deleted: nothing more can be done to it."""

    code, status = "message_deleted", 409


class UploadClosedError(ChatError):
    """The upload takes no more parts, or can't be called off: it is whole, over, or came as one form."""

    code, status = "upload_closed", 409


class PartsMissingError(ChatError):
    """Parts of the upload are not there, or not the bytes that were promised; `message` has their numbers."""

    code, status = "parts_missing", 409


class AccountErasingError(ChatError):
    """The user is being erased, and enters no room until that is done."""

    code, status, temporary = "account_erasing", 409, True


class RoomExistsError(ChatError):
    """Another room has this id already."""

    code, status = "room_exists", 409


class TooLargeError(ChatError):
    """More bytes than this takes."""

    code, status = "too_large", 413


class UnsupportedTypeError(ChatError):
    """Media of a type that is not shown here."""

    code, status = "unsupported_type", 415


class SlowModeError(ChatError):
    """The room is in slow mode and the caller's next turn comes after `retry_after_ms`."""

    code, status, temporary = "slow_mode", 429, True


class TooManyRequestsError(ChatError):
    """More commands than one user may send; after `retry_after_ms` this one is taken."""

    code, status, temporary = "too_many_requests", 429, True


class SlowDownError(ChatError):
    """More messages a second than the room takes."""

    code, status, temporary = "slow_down", 429, True


class UnavailableError(ChatError):
    """A dependency did not answer in time or asked to slow down. Nothing was acknowledged: sending again is safe."""

    code, status, temporary = "unavailable", 503, True


class ElsewhereError(ChatError):
    """The stage is at home in another Region: what is asked here succeeds at the stage's next address."""

    code, status, temporary = "elsewhere", 503, True


class InternalError(ChatError):
    """A fault of ours. What was done is unknown: sending again with the same id is safe."""

    code, status, temporary = "internal", 500, True
