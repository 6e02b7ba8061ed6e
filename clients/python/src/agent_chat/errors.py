"""One tree of everything that can go wrong. Nothing here knows how an error came to be.

What the server refused is a `RefusedError`, of the class that its wire code has here, or a plain one for a code that
a newer server has. What happened on this side is one of the others.
"""

from __future__ import annotations


class ChatError(Exception):
    """Something that was asked for did not happen.

    `code` is the wire's, or one of this client's own. `temporary`: the same may succeed later, not before
    `retry_after_ms` (None: whenever one likes).
    """

    code = "error"
    temporary = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        temporary: bool | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_ms = retry_after_ms
        if code is not None:
            self.code = code
        if temporary is not None:
            self.temporary = temporary


class RefusedError(ChatError):
    """The server said no."""

    code = "refused"


class MalformedError(RefusedError):
    """Not what the protocol calls a frame."""

    code = "malformed"


class UnknownActionError(RefusedError):
    """The server is older than this client: it does not know this command."""

    code = "unknown_action"


class InvalidFieldError(RefusedError):
    """A field is of the wrong type or out of bounds; the message names it."""

    code = "invalid_field"


class UnauthorizedError(RefusedError):
    """The token is missing, expired, or not for this stage."""

    code = "unauthorized"


class NotAMemberError(RefusedError):
    """The room is not this user's to read or post in."""

    code = "not_a_member"


class NotAllowedError(RefusedError):
    """A member without the right to do this: their role, or the other's."""

    code = "not_allowed"


class MutedError(RefusedError):
    """This user may not post until `retry_after_ms` have passed."""

    code, temporary = "muted", True


class BannedError(RefusedError):
    """This user is kept out of the room."""

    code = "banned"


class SignInRefusedError(RefusedError):
    """What should prove who the caller is does not."""

    code = "sign_in_refused"


class BlockedWordError(RefusedError):
    """The text has a word in it that the room or the stage does not take."""

    code = "blocked_word"


class MessageRefusedError(RefusedError):
    """The stage's moderation does not take the message."""

    code = "message_refused"


class MessageNotFoundError(RefusedError):
    """The room has no message of this number."""

    code = "message_not_found"


class MessageDeletedError(RefusedError):
    """The message was deleted: nothing more can be done to it."""

    code = "message_deleted"


class UserNotFoundError(RefusedError):
    """The user that the command names is not in the room."""

    code = "user_not_found"


class RoomPrivateError(RefusedError):
    """A private room is entered by invitation only."""

    code = "room_private"


class RoomNotFoundError(RefusedError):
    """There is no such room."""

    code = "room_not_found"


class RoomExistsError(RefusedError):
    """The room id is taken."""

    code = "room_exists"


class SignInUnavailableError(RefusedError):
    """This stage does not sign people in by name: give a token."""

    code = "sign_in_unavailable"


class TooLargeError(RefusedError):
    """More bytes than the server takes. Also raised here before a frame over 32 KB would close the connection."""

    code = "too_large"


class UnsupportedTypeError(RefusedError):
    """Media of a type that the stage does not take."""

    code = "unsupported_type"


class TailExpiredError(RefusedError):
    """The address of a room's tail is not good any more."""

    code = "tail_expired"


class TailNotYetError(RefusedError):
    """The room has not got so far."""

    code, temporary = "tail_not_yet", True


class JobNotFoundError(RefusedError):
    """The user has asked for no such job on their data."""

    code = "job_not_found"


class UploadNotFoundError(RefusedError):
    """The user has no such upload, or had it so long ago that it is forgotten."""

    code = "upload_not_found"


class UploadClosedError(RefusedError):
    """The upload takes no more parts, or can't be called off: it is whole, or over."""

    code = "upload_closed"


class PartsMissingError(RefusedError):
    """Parts of the upload are not there as they were sent; the message has their numbers."""

    code = "parts_missing"


class AccountErasingError(RefusedError):
    """The user is being erased, and enters no room until that is done."""

    code, temporary = "account_erasing", True


class SlowDownError(RefusedError):
    """More messages a second than the server takes of a room or a user."""

    code, temporary = "slow_down", True


class SlowModeError(RefusedError):
    """The room is in slow mode and this user's next turn comes after `retry_after_ms`."""

    code, temporary = "slow_mode", True


class TooManyRequestsError(RefusedError):
    """More commands than one user may send."""

    code, temporary = "too_many_requests", True


class UnavailableError(RefusedError):
    """A part of the server did not answer in time, or asks to slow down."""

    code, temporary = "unavailable", True


class ElsewhereError(RefusedError):
    """The stage is at home in another Region now: its next address is to be asked."""

    code, temporary = "elsewhere", True


class InternalError(RefusedError):
    """A fault on the server's side. Whether the command was carried out is unknown; repeating it is safe."""

    code, temporary = "internal", True


class MediaRejectedError(RefusedError):
    """The upload arrived and could not become a message; the message says why."""

    code = "media_rejected"


class UnreachableError(ChatError):
    """No answer from the stage at all."""

    code, temporary = "unreachable", True


class ConnectionLostError(ChatError):
    """The connection ended before the reply came. Whether the command was carried out is unknown."""

    code, temporary = "connection_lost", True


class ReplyTimeoutError(ChatError):
    """No reply in time. Whether the command was carried out is unknown."""

    code, temporary = "reply_timeout", True


class OutcomeUnknownError(ChatError):
    """Nothing more can be found out: a message unacknowledged for so long that repeating it might store it twice,
    or an upload that nothing was heard of.
    """

    code = "outcome_unknown"


class ProtocolError(ChatError):
    """The server answered with something that the protocol does not have."""

    code = "protocol"


class OutboxFullError(ChatError):
    """Too many messages wait to be sent."""

    code = "outbox_full"


class LaggedError(ChatError):
    """A stream of events was not read for so long that some had to be let go."""

    code = "lagged"


class ClosedError(ChatError):
    """The client was closed."""

    code = "closed"


REFUSALS: dict[str, type[RefusedError]] = {kind.code: kind for kind in RefusedError.__subclasses__()}
"""The class of each wire code."""


def refused(code: str, message: str, *, temporary: bool, retry_after_ms: int | None) -> RefusedError:
    """The error of a wire code."""
    kind = REFUSALS.get(code, RefusedError)
    return kind(message, code=code, temporary=temporary, retry_after_ms=retry_after_ms)
