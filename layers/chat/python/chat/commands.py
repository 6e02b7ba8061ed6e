"""One frame in, one reply out: the conversation of a connection, without knowing what carries it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from chat import messages, rooms
from chat.errors import (
    ChatError,
    InternalError,
    InvalidFieldError,
    MalformedError,
    TooLargeError,
    UnknownActionError,
)
from chat.ports import Sender
from chat.protocol import (
    MAX_REPLY_BYTES,
    Ack,
    AnyCommand,
    Command,
    CreateRoom,
    JoinRoom,
    LeaveRoom,
    ListRooms,
    Ping,
    Pong,
    ReadHistory,
    Refusal,
    Result,
    SendMessage,
    Subscribe,
    Unsubscribe,
    encode,
)
from chat.services import Services

logger = logging.getLogger(__name__)

UseCase = Callable[[Services, Sender, Any], Result]


def _ping(services: Services, _sender: Sender, _command: Ping) -> Pong:
    return Pong(now_ms=services.clock.now_ms())


_USE_CASES: dict[type[Command], UseCase] = {
    ListRooms: rooms.list_rooms,
    CreateRoom: rooms.create,
    JoinRoom: rooms.join,
    LeaveRoom: rooms.leave,
    Subscribe: rooms.subscribe,
    Unsubscribe: rooms.unsubscribe,
    SendMessage: messages.send,
    ReadHistory: messages.read_history,
    Ping: _ping,
}

ACTIONS = {str(command.__struct_config__.tag): command for command in _USE_CASES}
"""Every `action` of the protocol, and its frame."""

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


def answer(services: Services, sender: Sender, frame: str | bytes) -> bytes:
    """Carries out the command in `frame` and returns the reply frame. Never raises.

    Whatever the frame holds, the reply is an `ack` or an `error` whose words are ours.
    """
    try:
        command = decode(frame)
    except ChatError as error:
        return encode(_refusal(_command_id(frame), error))
    try:
        result = _USE_CASES[type(command)](services, sender, command)
    except ChatError as error:
        return encode(_refusal(command.id, error))
    except Exception:
        logger.exception("command failed", extra={"action": type(command).__name__, "user": sender.user})
        return encode(_refusal(command.id, InternalError("Something went wrong on our side; send again.")))
    return _within_limits(Ack(id=command.id, action=str(command.__struct_config__.tag), result=result))


def _within_limits(ack: Ack) -> bytes:
    """The reply frame; an error instead of one that API Gateway would not send. What is large was only read."""
    frame = encode(ack)
    if len(frame) <= MAX_REPLY_BYTES:
        return frame
    logger.error("reply too large", extra={"action": ack.action, "size_bytes": len(frame)})
    return encode(_refusal(ack.id, TooLargeError("The reply does not fit into a frame; ask for less.")))


def decode(frame: str | bytes) -> AnyCommand:
    """The command in a frame. Raises `MalformedError`, `UnknownActionError` or `InvalidFieldError`."""
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _explain(frame, error) from error


def _explain(frame: str | bytes, error: Exception) -> ChatError:
    fields = _fields(frame)
    if fields is None:
        return MalformedError("A frame is one JSON object in a text message.")
    action = fields.get("action")
    if not isinstance(action, str) or action not in ACTIONS:
        return UnknownActionError(f"`action` is one of: {', '.join(sorted(ACTIONS))}.")
    # msgspec's words name our own fields and types only, e.g. "Object missing required field `room`".
    return InvalidFieldError(str(error))


def _command_id(frame: str | bytes) -> str | None:
    found = (_fields(frame) or {}).get("id")
    return found[:64] if isinstance(found, str) else None


def _fields(frame: str | bytes) -> dict[str, Any] | None:
    try:
        decoded = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _refusal(command_id: str | None, error: ChatError) -> Refusal:
    return Refusal(
        id=command_id,
        code=error.code,
        message=error.message,
        temporary=error.temporary,
        retry_after_ms=error.retry_after_ms,
    )
