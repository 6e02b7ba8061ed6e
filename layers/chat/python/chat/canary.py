"""A conversation that the stage holds with itself, over the way that clients take: to know that it works, and how fast.

Two sockets of one made-up user; what one says the other hears. It has a room of its own, of which nobody else is told
anything: the outbox passes its events over. Of its messages the newest `KEPT` stay, so that it leaves no litter.
Knows neither what carries frames nor who measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from chat.ports import Clock, Ids, Principal, Table
from chat.storage import keys
from chat.storage.connections import TicketOffice

USER = Principal(user="canary:stage", name="Canary")
"""No issuer gives out such an id: there is no way to be it but by the stage's own hand."""

STEP_MS = 5_000
"""What a step of the conversation may take. A function that starts takes one second."""

TICKET_MS = 60_000

MADE_BY = "canary"
"""The id of the command that makes the room: the same each time, so that it is made once and found afterwards."""

KEPT = 200
"""Messages that stay: more than any page of history has, so that no reader finds one missing."""

Frame = dict[str, Any]


class Lines(Protocol):
    """Sockets as a client opens them."""

    def open(self, url: str, within_ms: int) -> int:
        """Opens one; the number by which it is known. Raises `LineError`."""

    def say(self, line: int, frame: bytes) -> None:
        """Sends a frame. Raises `LineError`."""

    def hear(self, within_ms: int) -> tuple[int, bytes] | None:
        """The next frame of any of them, and whose it is; None where none came in time. Raises `LineError`."""

    def close(self) -> None:
        """Closes all of them. Never raises."""


class LineError(Exception):
    """A socket did not open, or was closed."""


class SilenceError(Exception):
    """What should have come did not."""


@dataclass(frozen=True)
class Canary:
    """What the conversation takes."""

    url: str
    """Where sockets open, without the ticket."""
    tickets: TicketOffice
    messages: Table
    lines: Lines
    ids: Ids
    clock: Clock
    elapsed_s: Callable[[], float] = time.perf_counter


@dataclass(frozen=True)
class Times:
    """How long the message took, in ms: to its ack, and to the other socket."""

    ack_ms: float
    delivery_ms: float


def converse(canary: Canary) -> Times:
    """Holds one conversation. Raises `LineError`, `SilenceError` and `UnavailableError`.

    Costs two tickets, two sockets, three commands and a delivery: at one a minute less than $2 a month.
    """
    try:
        speaker, listener = _open(canary), _open(canary)
        _ask(canary, listener, "create", room=keys.CANARY_ROOM, title="Canary", kind="private", id=MADE_BY)
        _ask(canary, listener, "subscribe", room=keys.CANARY_ROOM)
        return _say(canary, speaker, listener)
    finally:
        canary.lines.close()


def _open(canary: Canary) -> int:
    ticket = canary.ids.new()
    canary.tickets.issue(ticket, USER, canary.clock.now_ms() + TICKET_MS)
    return canary.lines.open(f"{canary.url}?ticket={ticket}", STEP_MS)


def _ask(canary: Canary, line: int, action: str, **fields: str) -> Frame:
    """One command and its ack; what else comes meanwhile is passed over."""
    command = {"action": action, "id": canary.ids.new(), **fields}
    canary.lines.say(line, msgspec.json.encode(command))
    for heard_on, frame in _frames(canary):
        if heard_on == line and frame.get("id") == command["id"]:
            return _acknowledged(frame)
    raise SilenceError(f"no reply to {action}")


def _say(canary: Canary, speaker: int, listener: int) -> Times:
    """One message, awaited on both sides, whichever is first."""
    command_id, started_s = canary.ids.new(), canary.elapsed_s()
    said = {"action": "send", "id": command_id, "room": keys.CANARY_ROOM, "text": str(canary.clock.now_ms())}
    canary.lines.say(speaker, msgspec.json.encode(said))
    ack_ms = delivery_ms = None
    for heard_on, frame in _frames(canary):
        elapsed_ms = (canary.elapsed_s() - started_s) * 1_000
        if heard_on == speaker and frame.get("id") == command_id:
            sweep(canary.messages, int(_acknowledged(frame)["result"]["seq"]))
            ack_ms = elapsed_ms
        elif heard_on == listener and frame.get("message", {}).get("command_id") == command_id:
            delivery_ms = elapsed_ms
        if ack_ms is not None and delivery_ms is not None:
            return Times(ack_ms, delivery_ms)
    raise SilenceError("no ack" if ack_ms is None else "the message did not reach the other socket")


def _frames(canary: Canary) -> Iterator[tuple[int, Frame]]:
    """What comes on any line within `STEP_MS`, frames of a list one by one."""
    ends_at_s = canary.elapsed_s() + STEP_MS / 1_000
    while (left_ms := int((ends_at_s - canary.elapsed_s()) * 1_000)) > 0:
        heard = canary.lines.hear(left_ms)
        if heard is None:
            return
        line, content = heard[0], msgspec.json.decode(heard[1])
        several: Iterable[Frame] = content if isinstance(content, list) else [content]
        for frame in several:
            yield line, frame


def _acknowledged(frame: Frame) -> Frame:
    if frame.get("type") != "ack":
        raise SilenceError(f"refused: {frame.get('code')}")
    return frame


def sweep(messages: Table, seq: int) -> None:
    """Removes the message that is `KEPT` older: whoever says something here does so with its number."""
    if seq > KEPT:
        messages.delete(keys.message(keys.CANARY_ROOM, seq - KEPT))
