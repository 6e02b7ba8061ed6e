"""What a light client takes in of a frame: who it is about, and whether to try again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Heard:
    """One event or reply. `id` is that of the command that it is about, empty where it does not say."""

    type: str
    id: str = ""
    seq: int = 0
    code: str = ""
    temporary: bool = False
    retry_after_ms: int = 0
    missed: tuple[int, ...] = ()
    """Numbers of messages that come with the reply to a subscription, or to a page of history."""


def parse(text: str) -> list[Heard]:
    """The events and replies of a frame."""
    decoded = msgspec.json.decode(text)
    return [_heard(each) for each in (decoded if isinstance(decoded, list) else [decoded])]


def _heard(frame: dict[str, Any]) -> Heard:
    match frame:
        case {"type": "message", "message": {"seq": seq, "command_id": command_id}}:
            return Heard("message", command_id or "", seq)
        case {"type": "ack", "id": command_id, "result": result}:
            missed = tuple(message["seq"] for message in result.get("messages", ()))
            return Heard("ack", command_id, result.get("seq", 0), missed=missed)
        case {"type": "error", "id": command_id, "code": code}:
            return Heard(
                "error",
                command_id or "",
                code=code,
                temporary=frame["temporary"],
                retry_after_ms=frame.get("retry_after_ms") or 0,
            )
        case {"type": kind}:
            return Heard(kind)
        case _:
            # API Gateway's own: {"message": "Too Many Requests", "connectionId": …, "requestId": …}
            return Heard("error", code=f"API Gateway: {frame.get('message')}", temporary=True)
