"""The gateway's one moving part: it ties sockets, routes, functions and limits together. All on one event loop."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import logging
import os
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.gateway import api as deployed
from local.gateway import authorizer, events, faults, handshake, management
from local.gateway.connection import GOING_AWAY, Connection, SlowClientError
from local.gateway.errors import ERROR_TYPES, Refusal, error_body
from local.gateway.http import HttpConnection, Request, Response, Upgrade
from local.gateway.integration import Integrations, Reply
from local.gateway.throttle import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from local.gateway.api import Api, Deployment, Route
    from local.gateway.config import GatewayConfig
    from local.gateway.invoker import Invoker

OPERATOR_PATH = "_gateway"

_log = logging.getLogger(__name__)


class Gateway:
    """Serves a deployment. `listen` starts it and `stop` ends it; see `server.serve`."""

    def __init__(
        self, config: GatewayConfig, invoker: Invoker, deployment: Deployment, reload: Callable[[], Awaitable[None]]
    ) -> None:
        """`reload` reads what is deployed again and sets `deployment`."""
        self.config = config
        self.deployment = deployment
        self.connections: dict[str, Connection] = {}
        self.port = config.port
        self._limits = config.limits
        self._reload = reload
        self._integrations = Integrations(invoker, config.limits)
        self._faults = faults.FaultInjector(config.faults, config.latencies, config.fault_seed)
        self._loop = asyncio.get_running_loop()
        now_s = self._loop.time()
        self._requests = TokenBucket(config.limits.rate, config.limits.burst, now_s)
        self._handshakes = TokenBucket(config.limits.connect_rate, config.limits.connect_burst, now_s)
        self._sockets: set[Connection] = set()
        self._https: set[HttpConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    # Life

    async def listen(self) -> None:
        """Binds the port. Raises `OSError` where it is taken."""
        config = self.config
        self._server = await self._loop.create_server(
            lambda: HttpConnection(self, self._loop), config.host, config.port, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweep()

    async def stop(self) -> None:
        """Closes every socket with 1001 and delivers `$disconnect`, all within `stop_timeout_s`, best effort."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for http in list(self._https):
            http.close()
        for socket in list(self._sockets):
            socket.close(1001, GOING_AWAY)
        deadline_s = self._loop.time() + self.config.stop_timeout_s
        while self._sockets and self._loop.time() < deadline_s - self.config.stop_timeout_s / 2:
            await asyncio.sleep(0.01)
        for socket in list(self._sockets):
            socket.abort()
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(0.0, deadline_s - self._loop.time()))
        for task in list(self._tasks):
            task.cancel()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _sweep(self) -> None:
        now_s = self._loop.time()
        for socket in list(self._sockets):
            socket.expire(now_s)
        for http in list(self._https):
            http.expire(now_s, self._limits.request_timeout_s)
        limits = self._limits
        shortest_s = min(limits.idle_timeout_s, limits.lifetime_s, limits.close_timeout_s, limits.request_timeout_s)
        self._sweeper = self._loop.call_later(max(0.02, min(5.0, shortest_s / 4)), self._sweep)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._track(self._loop.create_task(work))

    def _track(self, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # HTTP: http.Handler

    @property
    def max_body_bytes(self) -> int:
        """No request has a larger body than a message."""
        return self._limits.message_size_bytes

    def http_opened(self, connection: HttpConnection) -> None:
        """Puts it under the sweep."""
        self._https.add(connection)

    def http_closed(self, connection: HttpConnection) -> None:
        """Takes it out of the sweep."""
        self._https.discard(connection)

    async def respond(self, request: Request) -> Response | Upgrade:
        """Answers any request; never raises."""
        request_id = new_id()
        connection_id = new_id() if request.wants_upgrade else None
        self._track(asyncio.current_task())
        try:
            answer = await self._route(request, request_id, connection_id)
        except Refusal as refusal:
            _log.log(
                logging.WARNING if refusal.status >= 500 else logging.DEBUG,  # noqa: PLR2004
                "%s %s refused with %d (request %s): %s",
                request.method, request.target.partition("?")[0], refusal.status, request_id, refusal,
            )  # fmt: skip
            answer = refuse(refusal, connection_id, request_id)
        except Exception:
            _log.exception("%s %s failed (request %s)", request.method, request.target.partition("?")[0], request_id)
            answer = refuse(Refusal(500), connection_id, request_id)
        status = answer.status if isinstance(answer, Response) else 101
        _log.debug("%s %s %s %d", request.source_ip, request.method, request.target.partition("?")[0], status)
        return answer

    async def _route(self, request: Request, request_id: str, connection_id: str | None) -> Response | Upgrade:
        path, _, _ = request.target.partition("?")
        segments = [unquote(segment) for segment in path.strip("/").split("/")]
        if segments[0] == OPERATOR_PATH:
            return await self._operate(request, segments[1:])
        found = self.deployment.resolve(segments)
        if found is None:
            raise Refusal(403, f"no API and stage at {path}")
        api, stage, rest = found
        if not rest and connection_id is not None:
            return await self._connect(request, api, stage, events.Occasion(request_id, now_ms()), connection_id)
        if len(rest) == 2 and rest[0] == "@connections":  # noqa: PLR2004  # and the id
            return await self._manage(request, api, stage, rest[1])
        if rest:
            raise Refusal(403, f"nothing at {path}")
        return handshake.accept(request)

    async def _operate(self, request: Request, segments: list[str]) -> Response:
        if not ipaddress.ip_address(request.source_ip.partition("%")[0]).is_loopback:
            raise Refusal(403, "the operator's endpoints are for this machine only")
        match request.method, segments:
            case "GET", ["status"]:
                pass
            case "POST", ["reload"]:
                await self._reload()
            case _:
                raise Refusal(404, "no such operator's endpoint")
        return Response(200, json.dumps(self.status()).encode(), [("Content-Type", "application/json")])

    def status(self) -> dict[str, object]:
        """What `GET /_gateway/status` answers."""
        deployment = self.deployment
        return {
            "status": "stopping" if self._stopping else "ok",
            "connections": len(self.connections),
            "invocations": self._integrations.under_way,
            "apis": [
                {"id": api.api_id, "name": api.name, "stages": sorted(api.stages), "routes": sorted(api.routes)}
                for api in deployment.apis.values()
            ],
            "default_api": deployment.default.api_id if deployment.default else None,
            "limits": {name: getattr(self._limits, name) for name in self._limits.__dataclass_fields__},
        }

    # @connections

    async def _manage(self, request: Request, api: Api, stage: str, connection_id: str) -> Response:
        management.require_signature(request)
        if not self._requests.take(self._loop.time()):
            raise Refusal(429, "over the request rate")
        if delay_s := self._faults.delay_s(faults.CONNECTIONS):
            await asyncio.sleep(delay_s)
        if effect := self._faults.strike(faults.CONNECTIONS):
            raise Refusal(int(effect), "an injected fault")
        connection = management.find(self.connections, api.api_id, stage, connection_id)
        return management.carry_out(request, connection, self._loop.time(), now_ms(), self._limits.message_size_bytes)

    # $connect

    async def _connect(
        self, request: Request, api: Api, stage: str, occasion: events.Occasion, connection_id: str
    ) -> Response | Upgrade:
        if self._stopping:
            raise Refusal(503, "stopping")
        if not self._handshakes.take(self._loop.time()):
            raise Refusal(429, "over the rate of new connections")
        if delay_s := self._faults.delay_s(faults.CONNECT):
            await asyncio.sleep(delay_s)
        if effect := self._faults.strike(faults.CONNECT):
            raise Refusal(int(effect), "an injected fault")
        answer = handshake.accept(request)
        if answer.status != 101:  # noqa: PLR2004  # Switching Protocols
            return answer
        session = events.Session(
            connection_id=connection_id,
            api_id=api.api_id,
            stage=stage,
            domain_name=self.config.domain_name or request.header("host") or f"{self.config.host}:{self.port}",
            connected_at_ms=occasion.now_ms,
            source_ip=request.source_ip,
            user_agent=request.header("user-agent"),
        )
        session, reply = await self._admit(request, api, session, occasion)
        if not 200 <= reply.status <= 299:  # noqa: PLR2004  # whatever isn't success refuses the handshake
            _log.info("$connect answered %d (connection %s)", reply.status, connection_id)
            return Response(reply.status, headers=[("Connection", "close")])
        connection = Connection(session, self, self._limits, self._loop)
        return Upgrade(connection, [*answer.headers, *handshake.subprotocol_header(dict(reply.headers or {}))])

    async def _admit(
        self, request: Request, api: Api, session: events.Session, occasion: events.Occasion
    ) -> tuple[events.Session, Reply]:
        route = api.routes.get(deployed.CONNECT)
        if route is None:
            return session, Reply()
        trace_id = f"Root=1-{occasion.now_ms // 1000:08x}-{secrets.token_hex(12)}"
        opening = handshake.forwarded(request, self.port, trace_id)
        variables = api.stages[session.stage]
        if route.authorizer is not None:
            session = await self._authorize(route.authorizer, api, session, opening, occasion)
        event = events.connect_event(session, opening, events.Occasion(occasion.request_id, now_ms()), variables)
        return session, await self._integrations.run(route.integration, event, variables)

    async def _authorize(
        self,
        lambda_authorizer: deployed.Authorizer,
        api: Api,
        session: events.Session,
        opening: events.Handshake,
        occasion: events.Occasion,
    ) -> events.Session:
        variables = api.stages[session.stage]
        function = lambda_authorizer.uri.resolve(variables)
        region, account = function.region or self.config.region, function.account or "000000000000"
        method_arn = f"arn:aws:execute-api:{region}:{account}:{api.api_id}/{session.stage}/{deployed.CONNECT}"
        event = events.authorizer_event(session, opening, occasion, variables, method_arn)
        authorizer.require_identity(lambda_authorizer.identity_sources, opening, variables, event["requestContext"])
        started_s = self._loop.time()
        context = await self._integrations.authorize(lambda_authorizer.uri, event, variables)
        latency_ms = int((self._loop.time() - started_s) * 1000)
        return replace(session, authorizer={**context, "integrationLatency": latency_ms})

    # Sockets: connection.Listener

    def opened(self, connection: Connection) -> None:
        """From here on `@connections` finds it."""
        self._sockets.add(connection)
        self.connections[connection.session.connection_id] = connection
        if self._stopping:
            connection.close(1001, GOING_AWAY)

    def received(self, connection: Connection, body: str) -> None:
        """Starts the message's way; those of one connection are not put in order."""
        if self._requests.take(self._loop.time()):
            effect = self._faults.strike(faults.MESSAGE)
        else:
            effect = "429"
        if effect == faults.RESET:
            connection.abort()
        else:
            self._start(self._answer(connection, body, effect))

    def closing(self, connection: Connection) -> None:
        """From here on `@connections` answers 410."""
        self.connections.pop(connection.session.connection_id, None)

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        """Delivers `$disconnect`, best effort."""
        self._sockets.discard(connection)
        if self._faults.strike(faults.DISCONNECT) is None:
            self._start(self._disconnect(connection.session, code, reason))

    async def _answer(self, connection: Connection, body: str, effect: str | None) -> None:
        session, request_id = connection.session, new_id()
        try:
            if delay_s := self._faults.delay_s(faults.MESSAGE):
                await asyncio.sleep(delay_s)
            if effect is not None:
                raise Refusal(int(effect), "over the request rate, or an injected fault")
            frame = await self._dispatch(session, body, events.Occasion(request_id, now_ms()))
        except Refusal as refusal:
            _log.warning("connection %s, request %s: %s", session.connection_id, request_id, refusal)
            frame = error_body(refusal.message, session.connection_id, request_id)
        except Exception:
            _log.exception("connection %s, request %s", session.connection_id, request_id)
            frame = error_body("Internal server error", session.connection_id, request_id)
        if frame is None:
            return
        try:
            connection.send(frame)
        except SlowClientError:
            _log.warning(
                "connection %s, request %s: reply dropped, the client does not read", session.connection_id, request_id
            )

    async def _dispatch(self, session: events.Session, body: str, occasion: events.Occasion) -> bytes | None:
        api = self.deployment.apis.get(session.api_id)
        route = api.select(body) if api is not None else None
        if api is None or route is None:
            raise Refusal(403, "no route fits the message and there is no $default")
        variables = api.stages.get(session.stage, {})
        event = events.message_event(session, route.key, new_id(), body, occasion, variables)
        reply = await self._integrations.run(route.integration, event, variables)
        return reply.body.encode() if route.replies and reply.body is not None else None

    async def _disconnect(self, session: events.Session, code: int, reason: str) -> None:
        api = self.deployment.apis.get(session.api_id)
        route: Route | None = api.routes.get(deployed.DISCONNECT) if api is not None else None
        if api is None or route is None:
            return
        variables = api.stages.get(session.stage, {})
        event = events.disconnect_event(session, code, reason, events.Occasion(new_id(), now_ms()), variables)
        try:
            await self._integrations.run(route.integration, event, variables)
        except Refusal as refusal:
            _log.warning("$disconnect of connection %s: %s", session.connection_id, refusal)
        except Exception:
            _log.exception("$disconnect of connection %s", session.connection_id)


def refuse(refusal: Refusal, connection_id: str | None, request_id: str) -> Response:
    """A refusal as HTTP. A refused upgrade names the connection that it would have been."""
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", ERROR_TYPES.get(refusal.status, "InternalServerErrorException")),
    ]
    if connection_id is not None:
        headers.append(("Connection", "close"))
    return Response(refusal.status, error_body(refusal.message, connection_id, request_id), headers)


def new_id() -> str:
    """An id as API Gateway makes them for connections, requests and messages: 15 characters and `=`."""
    return base64.urlsafe_b64encode(os.urandom(11)).decode()


def now_ms() -> int:
    """The wall clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
