"""The gateway's one moving part: it ties sockets, routes, functions and limits together. All on one event loop."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.gateway import api as deployed
from local.gateway import events, faults, handshake, management
from local.gateway.admission import Admission
from local.gateway.connection import GOING_AWAY, Connection, SlowClientError
from local.gateway.errors import ERROR_TYPES, MESSAGES, Refusal, error_body
from local.gateway.events import Occasion, Session
from local.gateway.http import HttpConnection, Request, Response, Upgrade
from local.gateway.ids import new_id, now_ms
from local.gateway.integration import Integrations
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
        self._admission = Admission(config, self._integrations, self._faults)
        self._sockets: set[Connection] = set()
        self._https: set[HttpConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._drained = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None

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
        half_s = self.config.stop_timeout_s / 2
        if self._sockets:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), half_s)
        for socket in list(self._sockets):
            socket.abort()
        await asyncio.sleep(0)  # connection_lost comes with the next turn of the loop
        deadline_s = self._loop.time() + half_s
        while self._tasks and (left_s := deadline_s - self._loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=left_s)  # one that ends may start another: its $disconnect
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

    # What http.Handler answers

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
        except Exception:  # noqa: BLE001  # whatever goes wrong, the caller gets API Gateway's answer and the log the rest
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
            return await self._connect(request, api, stage, Occasion(request_id, now_ms()), connection_id)
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

    async def _manage(self, request: Request, api: Api, stage: str, connection_id: str) -> Response:
        management.require_signature(request)
        if not self._requests.take(self._loop.time()):
            raise Refusal(429, "over the request rate")
        await asyncio.sleep(self._faults.delay_s(faults.CONNECTIONS))
        if effect := self._faults.strike(faults.CONNECTIONS):
            raise Refusal(int(effect), "an injected fault")
        connection = management.find(self.connections, api.api_id, stage, connection_id)
        return management.carry_out(request, connection, self._loop.time(), now_ms(), self._limits.message_size_bytes)

    async def _connect(
        self, request: Request, api: Api, stage: str, occasion: Occasion, connection_id: str
    ) -> Response | Upgrade:
        if self._stopping:
            raise Refusal(503, "stopping")
        admitted = await self._admission.admit(
            request, api, stage, occasion, connection_id=connection_id, port=self.port
        )
        return Upgrade(Connection(admitted.session, self, self._limits, self._loop), admitted.headers)

    # What connection.Listener hears

    def opened(self, connection: Connection) -> None:
        """From here on `@connections` finds it."""
        self._sockets.add(connection)
        self.connections[connection.session.connection_id] = connection
        if self._stopping:
            connection.close(1001, GOING_AWAY)

    def received(self, connection: Connection, body: str) -> None:
        """Starts the message's way; those of one connection are not put in order."""
        taken = self._requests.take(self._loop.time())
        effect = self._faults.strike(faults.MESSAGE) if taken else "429"
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
        if self._stopping and not self._sockets:
            self._drained.set()
        if self._faults.strike(faults.DISCONNECT) is None:
            self._start(self._disconnect(connection.session, code, reason))

    async def _answer(self, connection: Connection, body: str, effect: str | None) -> None:
        session, request_id = connection.session, new_id()
        try:
            frame = await self._dispatch(session, body, effect, request_id)
        except Refusal as refusal:
            _log.warning("connection %s, request %s: %s", session.connection_id, request_id, refusal)
            frame = error_body(refusal.message, session.connection_id, request_id)
        except Exception:  # noqa: BLE001  # whatever goes wrong, the client gets API Gateway's answer and the log the rest
            _log.exception("connection %s, request %s", session.connection_id, request_id)
            frame = error_body(MESSAGES[500], session.connection_id, request_id)
        if frame is not None:
            try:
                connection.send(frame)
            except SlowClientError:
                _log.warning("connection %s does not read: reply %s dropped", session.connection_id, request_id)

    async def _dispatch(self, session: Session, body: str, effect: str | None, request_id: str) -> bytes | None:
        await asyncio.sleep(self._faults.delay_s(faults.MESSAGE))
        if effect is not None:
            raise Refusal(int(effect), "over the request rate, or an injected fault")
        api = self.deployment.apis.get(session.api_id)
        route = api.select(body) if api is not None else None
        if api is None or route is None:
            raise Refusal(403, "no route fits the message and there is no $default")
        variables = api.stages.get(session.stage, {})
        occasion = Occasion(request_id, now_ms())
        event = events.message_event(session, occasion, variables, route_key=route.key, message_id=new_id(), body=body)
        reply = await self._integrations.run(route.integration, event, variables)
        return reply.body.encode() if route.replies and reply.body is not None else None

    async def _disconnect(self, session: Session, code: int, reason: str) -> None:
        api = self.deployment.apis.get(session.api_id)
        route: Route | None = api.routes.get(deployed.DISCONNECT) if api is not None else None
        if api is None or route is None:
            return
        variables = api.stages.get(session.stage, {})
        event = events.disconnect_event(session, code, reason, Occasion(new_id(), now_ms()), variables)
        try:
            await self._integrations.run(route.integration, event, variables)
        except Refusal as refusal:
            _log.warning("$disconnect of connection %s: %s", session.connection_id, refusal)
        except Exception:  # noqa: BLE001  # best effort: nobody waits for it
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
