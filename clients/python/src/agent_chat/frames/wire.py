"""How frames are written and read. Nothing here knows sockets, feeds or time."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from agent_chat.frames.commands import Command
from agent_chat.frames.events import (
    AccountErasing,
    AuthorErased,
    MediaRejected,
    MemberChanged,
    Mentioned,
    MessageChanged,
    MessagePosted,
    MessagesSkipped,
    PinsChanged,
    PresenceChanged,
    ReactionsChanged,
    ReadMoved,
    ReceiptsMoved,
    RoomAdvanced,
    RoomChanged,
    RoomPace,
    TypingStarted,
)

VERSION = 1
"""Of the protocol."""

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway closes the connection that sends a larger one with 1009."""

MAX_PAGE = 100
MAX_SYNCED = 100

Kind = TypeVar("Kind")


class FrameError(Exception):
    """A frame that is not what the protocol says."""


class Ack(msgspec.Struct, tag="ack", tag_field="type", frozen=True, kw_only=True):
    """The command was carried out; `result` is decoded by who knows what was asked."""

    id: str
    action: str
    result: msgspec.Raw


class Refusal(msgspec.Struct, tag="error", tag_field="type", frozen=True, kw_only=True):
    """The command was not carried out. `id` is None where the server could not tell which."""

    id: str | None
    code: str
    message: str
    temporary: bool = False
    retry_after_ms: int | None = None


class GatewayFault(msgspec.Struct, frozen=True, rename="camel"):
    """API Gateway's own answer to a command whose function failed; it does not say which command."""

    message: str
    connection_id: str
    request_id: str = ""


ServerEvent = (
    MessagePosted
    | MessageChanged
    | ReactionsChanged
    | PinsChanged
    | Mentioned
    | MemberChanged
    | ReadMoved
    | TypingStarted
    | PresenceChanged
    | ReceiptsMoved
    | RoomAdvanced
    | RoomChanged
    | RoomPace
    | MessagesSkipped
    | AuthorErased
    | AccountErasing
    | MediaRejected
)
ServerFrame = Ack | Refusal | GatewayFault | ServerEvent


class _Head(msgspec.Struct):
    type: str | None = None


_KINDS: dict[str | None, type[ServerFrame]] = {
    "ack": Ack,
    "error": Refusal,
    "message": MessagePosted,
    "message_changed": MessageChanged,
    "reactions_changed": ReactionsChanged,
    "pins_changed": PinsChanged,
    "mention": Mentioned,
    "member": MemberChanged,
    "read": ReadMoved,
    "typing": TypingStarted,
    "presence": PresenceChanged,
    "receipts": ReceiptsMoved,
    "room_activity": RoomAdvanced,
    "room_changed": RoomChanged,
    "room_pace": RoomPace,
    "messages_skipped": MessagesSkipped,
    "author_erased": AuthorErased,
    "account_erasing": AccountErasing,
    "media_rejected": MediaRejected,
    None: GatewayFault,
}


def encode(command: Command) -> str:
    """A command as a text frame."""
    return msgspec.json.encode(command).decode()


def decode(text: str) -> list[ServerFrame]:
    """What a text frame holds: one frame or a list of them. Those of a type not known here are left out.

    Raises `FrameError` for what the protocol does not allow.
    """
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw]) if text.lstrip().startswith("[") else [text]
        heads = [(raw, msgspec.json.decode(raw, type=_Head).type) for raw in raws]
        return [msgspec.json.decode(raw, type=_KINDS[kind]) for raw, kind in heads if kind in _KINDS]
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FrameError(str(error)) from error


def decode_result(ack: Ack, kind: type[Kind]) -> Kind:
    """The result of an ack. Raises `FrameError` when it is something else."""
    try:
        return msgspec.json.decode(ack.result, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise FrameError(f"The reply to `{ack.action}` is not one: {error}") from error
