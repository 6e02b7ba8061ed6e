"""API Gateway: sockets and their frames, `@connections`, HTTP routes, and the throttles that they share.

Frames of one connection are invocations of their own and may finish in any order. What a connection is sent arrives
in the order that it was sent in. A socket that vanishes is noticed by nobody until it has been idle: what is posted to
it is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from local.gateway import events
from local.gateway.errors import MESSAGES, error_body
from local.gateway.throttle import TokenBucket
from simulation.cloud.disturbance import PostStrike
from simulation.cloud.functions import End, Outcome
from simulation.cloud.scheduler import US
from simulation.cloud.stage import AUTHORIZER, COMMANDS, CONNECT, DISCONNECT, ROUTES

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud

GOING_AWAY, TOO_LARGE, ABNORMAL = 1001, 1009, 1006

DELIVERED, GONE, LARGE, THROTTLED = 200, 410, 413, 429

SILENCE_MS = 3_000
"""A: until a client gives up an address at which nobody answers."""


class Listener(Protocol):
    """The client's end of a socket. None of this may wait."""

    def opened(self, socket: Socket) -> None:
        """It is open."""

    def refused(self, status: int) -> None:
        """It was not opened."""

    def received(self, text: str) -> None:
        """A frame came."""

    def closed(self, code: int) -> None:
        """It was closed by the other side, or is known to be lost."""


class State(Enum):
    """Of a socket, as API Gateway sees it."""

    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(slots=True)
class Socket:
    """One connection. Times are µs."""

    session: events.Session
    listener: Listener
    opened_us: int
    used_us: int
    state: State = State.OPENING
    vanished: bool = False
    """Nobody is there any more, and API Gateway does not know."""
    upwards_us: int = 0
    downwards_us: int = 0
    """When the last frame that is under way arrives: none overtakes another."""

    @property
    def id(self) -> str:
        """Its connection id."""
        return self.session.connection_id


@dataclass(frozen=True)
class HttpAnswer:
    """Status 0: nobody answered."""

    status: int
    body: str = ""


class Gateway:
    """One account's API Gateway in a Region, with the two APIs of a stage."""

    def __init__(self, cloud: Cloud) -> None:
        figures, now_s = cloud.figures, cloud.scheduler.now_us / 1e6
        self.cloud = cloud
        self.domain = f"simulated.execute-api.{cloud.region}.amazonaws.com"
        self.sockets: dict[str, Socket] = {}
        self.throttled = 0
        self.posts = 0
        self._requests = TokenBucket(figures.request_rate, figures.request_burst, now_s)
        self._connects = TokenBucket(figures.connect_rate, figures.connect_burst, now_s)

    # Sockets

    def open(self, query: str, listener: Listener) -> None:
        """A client opens a socket; the listener hears what becomes of it."""
        self.cloud.scheduler.after(self._network_us(), self._admit, query, listener)

    def send(self, socket: Socket, text: str) -> None:
        """A client sends a frame. One that has no socket any more sends to nobody."""
        scheduler = self.cloud.scheduler
        socket.upwards_us = max(socket.upwards_us, scheduler.now_us + self._network_us())
        scheduler.at(socket.upwards_us, self._receive, socket, text)

    def close(self, socket: Socket) -> None:
        """A client closes its socket, or its machine says so for it."""
        self.cloud.scheduler.after(self._network_us(), self._end, socket, GOING_AWAY)

    def vanish(self, socket: Socket) -> None:
        """The client is gone without a word."""
        socket.vanished = True

    def cut(self, socket: Socket, code: int = GOING_AWAY) -> None:
        """API Gateway closes a socket."""
        if socket.state is not State.CLOSED:
            self.cloud.scheduler.after(self._network_us(), self._hear_closed, socket, code)
            self._end(socket, code)

    def lose(self) -> None:
        """Its Region is gone, and all sockets with it: nothing is told of that but to the clients."""
        for socket in list(self.sockets.values()):
            if socket.state is State.OPEN:
                self.cloud.scheduler.after(self._network_us(), self._hear_closed, socket, ABNORMAL)
            socket.state = State.CLOSED
        self.sockets.clear()

    def _hear_closed(self, socket: Socket, code: int) -> None:
        if not socket.vanished:
            socket.listener.closed(code)

    def _admit(self, query: str, listener: Listener) -> None:
        now_us = self.cloud.scheduler.now_us
        if self.cloud.lost:
            self.cloud.scheduler.after(SILENCE_MS * US, self._refuse, listener, 0)
            return
        if not self._connects.take(now_us / 1e6):
            self.throttled += 1
            self._refuse(listener, THROTTLED)
            return
        session = events.Session(
            connection_id=self.cloud.new_id(),
            api_id="simulated",
            stage="simulated",
            domain_name=self.domain,
            connected_at_ms=now_us // US,
            source_ip="192.0.2.1",
            user_agent=None,
        )
        handshake = events.Handshake([("Host", self.domain)], query)
        event = events.authorizer_event(session, handshake, self._occasion(), {}, "arn:aws:execute-api:simulated")

        def authorized(outcome: Outcome) -> None:
            statement = outcome.answer["policyDocument"]["Statement"][0] if outcome.end is End.RETURNED else {}
            if statement.get("Effect") != "Allow":
                self._refuse(listener, 403 if statement else 500)
                return
            self._connect(session, handshake, listener, outcome.answer["context"])

        self._invoke(AUTHORIZER, event, authorized)

    def _connect(
        self,
        session: events.Session,
        handshake: events.Handshake,
        listener: Listener,
        principal: Mapping[str, Any],
    ) -> None:
        now_us = self.cloud.scheduler.now_us
        known = events.Session(
            connection_id=session.connection_id,
            api_id=session.api_id,
            stage=session.stage,
            domain_name=session.domain_name,
            connected_at_ms=session.connected_at_ms,
            source_ip=session.source_ip,
            user_agent=None,
            authorizer={**principal, "principalId": principal["user"], "integrationLatency": 1},
        )
        socket = Socket(known, listener, opened_us=now_us, used_us=now_us)
        self.sockets[socket.id] = socket

        def connected(outcome: Outcome) -> None:
            if outcome.end is not End.RETURNED or socket.state is State.CLOSED:
                self.sockets.pop(socket.id, None)
                self._refuse(listener, 500)
                return
            self._open(socket)

        self._invoke(CONNECT, events.connect_event(known, handshake, self._occasion(), {}), connected)

    def _open(self, socket: Socket) -> None:
        scheduler, figures = self.cloud.scheduler, self.cloud.figures
        socket.state = State.OPEN
        socket.used_us = scheduler.now_us
        self._downwards(socket, socket.listener.opened, socket)
        scheduler.after(figures.lifetime_ms * US, self.cut, socket)
        scheduler.after(figures.idle_ms * US, self._look_idle, socket)

    def _look_idle(self, socket: Socket) -> None:
        if socket.state is not State.OPEN:
            return
        idle_at_us = socket.used_us + self.cloud.figures.idle_ms * US
        if idle_at_us <= self.cloud.scheduler.now_us:
            self.cut(socket)
        else:
            self.cloud.scheduler.at(idle_at_us, self._look_idle, socket)

    def _receive(self, socket: Socket, text: str) -> None:
        if socket.state is not State.OPEN or socket.vanished:
            return
        socket.used_us = self.cloud.scheduler.now_us
        if len(text.encode()) > self.cloud.figures.message_bytes:
            self.cut(socket, TOO_LARGE)
            return
        if not self._requests.take(self.cloud.scheduler.now_us / 1e6):
            self.throttled += 1
            self._fail(socket, THROTTLED)
            return
        event = events.message_event(
            socket.session, self._occasion(), {}, route_key=_action(text), message_id=self.cloud.new_id(), body=text
        )
        self._integrate(COMMANDS, event, lambda outcome: self._reply(socket, outcome))

    def _reply(self, socket: Socket, outcome: Outcome | None) -> None:
        if outcome is None:
            self._fail(socket, 504)
        elif outcome.end is End.RETURNED:
            self._deliver(socket, outcome.answer["body"])
        else:
            self._fail(socket, THROTTLED if outcome.end is End.THROTTLED else 500)

    def _fail(self, socket: Socket, status: int) -> None:
        self._deliver(socket, error_body(MESSAGES[status], socket.id, self.cloud.new_id()).decode())

    def _deliver(self, socket: Socket, text: str) -> None:
        if socket.state is State.OPEN:
            socket.used_us = self.cloud.scheduler.now_us
            self._downwards(socket, socket.listener.received, text)

    def _downwards(self, socket: Socket, hear: Callable[..., None], what: object) -> None:
        scheduler = self.cloud.scheduler
        socket.downwards_us = max(socket.downwards_us, scheduler.now_us + self._network_us())
        scheduler.at(socket.downwards_us, self._hear, socket, hear, what)

    def _hear(self, socket: Socket, hear: Callable[..., None], what: object) -> None:
        if not socket.vanished:
            hear(what)

    def _end(self, socket: Socket, code: int) -> None:
        if socket.state is State.CLOSED:
            return
        was_open, socket.state = socket.state is State.OPEN, State.CLOSED
        self.sockets.pop(socket.id, None)
        if was_open and not socket.vanished:
            self._invoke(DISCONNECT, events.disconnect_event(socket.session, code, "", self._occasion(), {}), _ignore)

    def _refuse(self, listener: Listener, status: int) -> None:
        self.cloud.scheduler.after(self._network_us(), listener.refused, status)

    # @connections

    def post(self, connection: str, frame: bytes) -> int:
        """One PostToConnection, at this moment; its HTTP status."""
        self.posts += 1
        if not self._requests.take(self.cloud.scheduler.now_us / 1e6):
            self.throttled += 1
            return THROTTLED
        socket = self.sockets.get(connection)
        if socket is None or socket.state is not State.OPEN:
            return GONE
        if len(frame) > self.cloud.figures.message_bytes:
            return LARGE
        strike = self.cloud.disturbance.post(connection)
        if strike in {None, PostStrike.UNHEARD}:
            self._deliver(socket, frame.decode())
        return DELIVERED if strike is None else int(strike.value)

    # HTTP

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: str, then: Callable[[HttpAnswer], None]
    ) -> None:
        """A client's request; `then` hears the answer, with status 504 after API Gateway's own patience."""
        self.cloud.scheduler.after(self._network_us(), self._route, method, target, headers, body, then)

    def _route(
        self, method: str, target: str, headers: Mapping[str, str], body: str, then: Callable[[HttpAnswer], None]
    ) -> None:
        if self.cloud.lost:
            self.cloud.scheduler.after(SILENCE_MS * US, then, HttpAnswer(0))
            return
        path, _, query = target.partition("?")
        route = f"{method} {path}"
        if route not in ROUTES:
            self._answer(then, HttpAnswer(404, '{"message":"Not Found"}'))
            return
        if not self._requests.take(self.cloud.scheduler.now_us / 1e6):
            self.throttled += 1
            self._answer(then, HttpAnswer(THROTTLED, '{"message":"Too Many Requests"}'))
            return
        event = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name.lower(): value for name, value in headers.items()},
            "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)),
            "requestContext": {"routeKey": route, "stage": "$default", "requestId": self.cloud.new_id()},
            "body": body,
            "isBase64Encoded": False,
        }
        self._integrate(ROUTES[route], event, lambda outcome: self._answer(then, _http(outcome)))

    def _answer(self, then: Callable[[HttpAnswer], None], answer: HttpAnswer) -> None:
        self.cloud.scheduler.after(self._network_us(), then, HttpAnswer(0) if self.cloud.lost else answer)

    # Functions

    def _invoke(self, name: str, event: Mapping[str, Any], then: Callable[[Outcome], None]) -> None:
        scheduler = self.cloud.scheduler
        delay_us = self.cloud.figures.gateway.draw_us(scheduler.chance)
        scheduler.after(delay_us, self.cloud.functions[name].invoke, event, then)

    def _integrate(self, name: str, event: Mapping[str, Any], then: Callable[[Outcome | None], None]) -> None:
        """As `_invoke`; None where the function is not done within 29 s, and what it answers later goes nowhere."""
        answered = False

        def answer(outcome: Outcome | None) -> None:
            nonlocal answered
            if not answered:
                answered = True
                then(outcome)

        self._invoke(name, event, answer)
        self.cloud.scheduler.after(self.cloud.figures.integration_ms * US, answer, None)

    def _network_us(self) -> int:
        return self.cloud.figures.network.draw_us(self.cloud.scheduler.chance)

    def _occasion(self) -> events.Occasion:
        return events.Occasion(self.cloud.new_id(), self.cloud.scheduler.now_ms)


def _action(text: str) -> str:
    """The route that a frame selects, as far as an event tells it; all lead to the same function."""
    try:
        action = json.loads(text).get("action")
    except (ValueError, AttributeError):
        return "$default"
    return action if isinstance(action, str) else "$default"


def _http(outcome: Outcome | None) -> HttpAnswer:
    if outcome is None:
        return HttpAnswer(504, '{"message":"Endpoint request timed out"}')
    if outcome.end is End.RETURNED:
        return HttpAnswer(outcome.answer["statusCode"], outcome.answer["body"])
    return HttpAnswer(503 if outcome.end is End.THROTTLED else 500, '{"message":"Internal Server Error"}')


def _ignore(_outcome: Outcome) -> None:
    """Nobody waits for `$disconnect`."""
