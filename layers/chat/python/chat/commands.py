"""One frame in, one reply out: the conversation of a connection, without knowing what carries it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from chat import (
    changes,
    exposures,
    memberships,
    messages,
    moderation,
    pins,
    presence,
    protection,
    protocol,
    reactions,
    receipts,
    returns,
    rooms,
    search,
    sessions,
    signals,
    subscriptions,
    typing_notices,
)
from chat.errors import (
    ChatError,
    InternalError,
    InvalidFieldError,
    MalformedError,
    TooLargeError,
    UnavailableError,
    UnknownActionError,
)
from chat.ports import Sender
from chat.protocol import MAX_COMMANDS, MAX_REPLY_BYTES, Ack, AnyCommand, AnyReply, Command, Refusal, Result, encode
from chat.services import Services

SLOW_MS = 200
"""What a command may take in its function, beside which API Gateway needs some 20 ms for the way in and out."""

SMALL_REPLY_BYTES = 1_000
"""What each command of a list is sure of for its reply: an error, or an ack of something done, is smaller."""

logger = logging.getLogger(__name__)

UseCase = Callable[[Services, Sender, Any], Result]


_USE_CASES: dict[type[Command], UseCase] = {
    protocol.Hello: sessions.hello,
    protocol.Ping: sessions.ping,
    protocol.ListRooms: rooms.list_rooms,
    protocol.CreateRoom: rooms.create,
    protocol.OpenDirect: rooms.open_direct,
    protocol.JoinRoom: rooms.join,
    protocol.LeaveRoom: rooms.leave,
    protocol.Invite: memberships.invite,
    protocol.RemoveMember: memberships.remove,
    protocol.Unban: memberships.unban,
    protocol.Mute: memberships.mute,
    protocol.SetRole: memberships.set_role,
    protocol.Transfer: memberships.transfer,
    protocol.ListMembers: memberships.list_members,
    protocol.Configure: moderation.configure,
    protocol.ReadSettings: moderation.read_settings,
    protocol.ReportMessage: moderation.report,
    protocol.ListReports: moderation.list_reports,
    protocol.SettleReports: moderation.settle,
    protocol.Subscribe: subscriptions.subscribe,
    protocol.Unsubscribe: subscriptions.unsubscribe,
    protocol.MarkRead: subscriptions.mark_read,
    protocol.Sync: subscriptions.sync,
    protocol.StartTyping: typing_notices.start_typing,
    protocol.ReadPresence: presence.read_presence,
    protocol.ReadReceipts: receipts.read_receipts,
    protocol.SendMessage: messages.send,
    protocol.RestoreMessage: returns.restore,
    protocol.EditMessage: changes.edit,
    protocol.DeleteMessage: changes.delete,
    protocol.React: reactions.react,
    protocol.ListReactions: reactions.list_reactions,
    protocol.Pin: pins.pin,
    protocol.ListPins: pins.list_pins,
    protocol.ReadHistory: messages.read_history,
    protocol.Search: search.search,
    protocol.ListFiles: search.list_files,
}

OUR_FAULTS = frozenset({InternalError.code, UnavailableError.code})
"""Refusals that count against the service: of all others the client, or who speaks, is the reason."""

ACTIONS = {str(command.__struct_config__.tag): command for command in _USE_CASES}
"""Every `action` of the protocol, and its frame."""

_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


def answer(services: Services, sender: Sender, frame: str | bytes) -> bytes:
    """Carries out what is in `frame` and returns the reply frame. Never raises.

    Whatever the frame holds, the reply is an `ack` or an `error` whose words are ours; to a list of commands, which are
    carried out one after the other, it is a list of replies in their order.
    """
    try:
        several = _list(frame)
    except ChatError as error:
        return encode(_refusal(None, error))
    if several is None:
        return _fitting(_reply(services, sender, frame), MAX_REPLY_BYTES)
    frames: list[bytes] = []
    remaining_bytes = MAX_REPLY_BYTES
    for at, each in enumerate(several, start=1):
        kept_for_others = (len(several) - at) * SMALL_REPLY_BYTES
        frames.append(_fitting(_reply(services, sender, bytes(each)), remaining_bytes - kept_for_others))
        remaining_bytes -= len(frames[-1]) + 1
    return b"[" + b",".join(frames) + b"]"


def _fitting(reply: AnyReply, most_bytes: int) -> bytes:
    """The reply; an error instead of one that API Gateway would not send. What is large was only read."""
    frame = encode(reply)
    if len(frame) <= most_bytes:
        return frame
    logger.warning("reply too large", extra={"id": reply.id, "size_bytes": len(frame)})
    error = TooLargeError("The reply does not fit into the frame; send this command alone, or ask for less.")
    return encode(_refusal(reply.id, error))


def _reply(services: Services, sender: Sender, frame: str | bytes) -> AnyReply:
    started_s = time.perf_counter()
    with exposures.scope():
        reply = _carry_out(services, sender, frame)
        _measure(reply, (time.perf_counter() - started_s) * 1_000)
    return reply


def _measure(reply: AnyReply, elapsed_ms: float) -> None:
    signals.COMMANDS.add()
    signals.COMMANDS_SLOW.add(elapsed_ms > SLOW_MS)
    signals.COMMAND_LATENCY.observe(round(elapsed_ms, 1))
    if isinstance(reply, Refusal):
        signals.COMMANDS_REFUSED.add(of=reply.code)
        signals.COMMANDS_FAILED.add(reply.code in OUR_FAULTS)
    else:
        signals.HEARTBEATS.add(reply.action == "sync")
        exposures.acknowledged(round(elapsed_ms, 1))


def _carry_out(services: Services, sender: Sender, frame: str | bytes) -> AnyReply:
    try:
        command = decode(frame)
    except ChatError as error:
        return _refusal(_command_id(frame), error)
    try:
        if services.regions is not None:
            services.regions.homes.require_here()
        protection.charge(services, sender, command)
        result = _USE_CASES[type(command)](services, sender, command)
    except ChatError as error:
        return _refusal(command.id, error)
    except Exception:
        logger.exception("command failed", extra={"action": type(command).__name__, "user": sender.user})
        return _refusal(command.id, InternalError("Something went wrong on our side; send again."))
    return Ack(id=command.id, action=str(command.__struct_config__.tag), result=result)


def _list(frame: str | bytes) -> list[msgspec.Raw] | None:
    """The commands of a frame that is a list, None for any other frame."""
    if frame.lstrip()[:1] not in {"[", b"["}:
        return None
    try:
        several = msgspec.json.decode(frame, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedError("A frame is a JSON object, or a list of them, in a text message.") from error
    if not 1 <= len(several) <= MAX_COMMANDS:
        raise InvalidFieldError(f"A list has 1 to {MAX_COMMANDS} commands.")
    return several


def decode(frame: str | bytes) -> AnyCommand:
    """The command in a frame. Raises `MalformedError`, `UnknownActionError` or `InvalidFieldError`."""
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _explain(frame, error) from error


def _explain(frame: str | bytes, error: Exception) -> ChatError:
    fields = _fields(frame)
    if fields is None:
        return MalformedError("A frame is a JSON object, or a list of them, in a text message.")
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
