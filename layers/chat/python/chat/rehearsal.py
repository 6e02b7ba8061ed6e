"""A conversation with the new versions of the stage's functions before anybody else's, as API Gateway would hold it.

No socket is opened: versions that no API leads to yet are called with API Gateway's events. The user, the room and what
is left of it are the canary's (`chat.canary`), so nobody hears of it. The made-up connection is unsubscribed before
anything is said, because nothing could be posted to it. Functions that only users' tokens open are called without one,
which they refuse if they start at all. Knows neither what carries the calls nor what is done with the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from chat.canary import MADE_BY, TICKET_MS, USER, sweep
from chat.ports import Clock, Ids, Table
from chat.storage import keys
from chat.storage.connections import TicketOffice
from chat.websocket import Event

AUTHORIZE, CONNECT, DISCONNECT = "connect.authorize", "connect.connect", "connect.disconnect"
COMMAND, DELIVER = "message.command", "message.deliver"
REFUSING = {
    "connect.tickets": ("POST", "/api/tickets", 401),
    "message.http_command": ("POST", "/api/commands", 401),
    "message.http_events": ("GET", "/api/events", 401),
    "message.tail": ("GET", f"/api/tail/{keys.CANARY_ROOM}/rehearsal/live", 403),
}
"""Functions that are asked for what they must refuse: how, where, and with which status."""

FUNCTIONS = (AUTHORIZE, CONNECT, COMMAND, DISCONNECT, DELIVER, *REFUSING)
"""All that take part."""

CALLS = 14
"""Of one rehearsal."""

CALL_MS = 8_000
"""What one call may take. A version that starts in a network takes two seconds."""

METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:rehearsal/rehearsal/$connect"

Answer = Mapping[str, Any]


class RehearsalError(Exception):
    """A new version does not do what users need of it. The message says which, and what it did instead."""


class Versions(Protocol):
    """The new versions, by GROUP.MODULE."""

    def call(self, function: str, event: Event) -> Answer:
        """What the function returns. Raises `RehearsalError` where it ends with an exception, or not in time."""


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal takes."""

    versions: Versions
    tickets: TicketOffice
    messages: Table
    ids: Ids
    clock: Clock


def rehearse(rehearsal: Rehearsal) -> None:
    """Goes through all of it. Raises `RehearsalError` and `UnavailableError`.

    Costs `CALLS` invocations and what a canary's conversation costs.
    """
    principal = _authorize(rehearsal)
    connection = f"rehearsal-{rehearsal.ids.new()}"
    socket = _Socket(rehearsal, connection, principal)
    socket.open()
    try:
        _converse(rehearsal, socket)
    finally:
        socket.close()
    _deliver_nothing(rehearsal)
    for function in REFUSING:
        _be_refused(rehearsal, function)


@dataclass(frozen=True)
class _Socket:
    """A connection that only the functions believe in."""

    rehearsal: Rehearsal
    connection: str
    principal: Answer

    def open(self) -> None:
        """`$connect`."""
        answer = self.rehearsal.versions.call(CONNECT, self._event("$connect"))
        _expect(CONNECT, answer.get("statusCode") == 200, "the socket does not open", answer)  # noqa: PLR2004  # HTTP

    def ask(self, action: str, **fields: object) -> Answer:
        """The reply to a command."""
        frame = msgspec.json.encode({"action": action, "id": self.rehearsal.ids.new(), **fields}).decode()
        answer = self.rehearsal.versions.call(COMMAND, {**self._event(action), "body": frame})
        reply = _decoded(answer.get("body"))
        _expect(COMMAND, reply.get("type") in {"ack", "ready"}, f"the reply to {action} is none", answer)
        result: Answer = reply.get("result") or {}
        return result

    def close(self) -> None:
        """`$disconnect`."""
        answer = self.rehearsal.versions.call(DISCONNECT, self._event("$disconnect"))
        _expect(DISCONNECT, answer.get("statusCode") == 200, "the socket does not close", answer)  # noqa: PLR2004  # HTTP

    def _event(self, route: str) -> dict[str, Any]:
        context = {
            "routeKey": route,
            "connectionId": self.connection,
            "requestId": self.rehearsal.ids.new(),
            "authorizer": dict(self.principal),
        }
        return {"requestContext": context, "isBase64Encoded": False}


def _authorize(rehearsal: Rehearsal) -> Answer:
    """A ticket becomes a principal."""
    ticket = rehearsal.ids.new()
    rehearsal.tickets.issue(ticket, USER, rehearsal.clock.now_ms() + TICKET_MS)
    event = {"methodArn": METHOD_ARN, "queryStringParameters": {"ticket": ticket}}
    answer = rehearsal.versions.call(AUTHORIZE, event)
    principal: Answer = answer.get("context") or {}
    _expect(AUTHORIZE, principal.get("user") == USER.user, "a good ticket opens no socket", answer)
    return principal


def _converse(rehearsal: Rehearsal, socket: _Socket) -> None:
    """What is said is found where it was said, with the number that the ack has."""
    room = keys.CANARY_ROOM
    socket.ask("hello")
    socket.ask("create", room=room, title="Canary", kind="private", id=MADE_BY)
    socket.ask("subscribe", room=room)
    socket.ask("unsubscribe", room=room)
    text = f"rehearsal {rehearsal.clock.now_ms()}"
    sent = socket.ask("send", room=room, text=text)
    seq = sent.get("seq")
    if not isinstance(seq, int):
        raise RehearsalError(f"{COMMAND}: an ack without a number: {sent}")
    sweep(rehearsal.messages, seq)
    found = socket.ask("history", room=room, after=seq - 1).get("messages") or []
    said = [message.get("text") for message in found if message.get("seq") == seq]
    _expect(COMMAND, said == [text], f"message {seq} is not in its room", {"messages": found[:1]})


def _deliver_nothing(rehearsal: Rehearsal) -> None:
    answer = rehearsal.versions.call(DELIVER, {"Records": []})
    _expect(DELIVER, answer.get("batchItemFailures") == [], "an empty batch fails", answer)


def _be_refused(rehearsal: Rehearsal, function: str) -> None:
    method, path, status = REFUSING[function]
    context = {"http": {"method": method, "path": path}, "requestId": rehearsal.ids.new()}
    event = {"rawPath": path, "headers": {}, "requestContext": context, "isBase64Encoded": False}
    answer = rehearsal.versions.call(function, event)
    _expect(function, answer.get("statusCode") == status, f"it does not answer with {status}", answer)


def _decoded(body: object) -> Answer:
    try:
        return msgspec.json.decode(str(body), type=dict)
    except msgspec.DecodeError:
        return {}


def _expect(function: str, as_it_should: bool, otherwise: str, answer: Answer) -> None:  # noqa: FBT001  # an assertion
    if not as_it_should:
        raise RehearsalError(f"{function}: {otherwise}: {str(answer)[:500]}")
