"""Who may open a socket: the rate of new connections, the authorizer, the `$connect` integration, in that order.

Knows nothing of transports; no connection exists before it has finished.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local.gateway import authorizer, events, faults, handshake
from local.gateway.api import CONNECT, Api, Authorizer
from local.gateway.errors import Refusal
from local.gateway.events import Handshake, Occasion, Session
from local.gateway.ids import now_ms
from local.gateway.throttle import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.gateway.config import GatewayConfig
    from local.gateway.http import Request
    from local.gateway.integration import Integrations

SWITCHING_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Admitted:
    """`headers` are those of the 101."""

    session: Session
    headers: Sequence[tuple[str, str]]


class Admission:
    """Runs opening handshakes; any number at once."""

    def __init__(self, config: GatewayConfig, integrations: Integrations, injector: faults.FaultInjector) -> None:
        self._config = config
        self._integrations = integrations
        self._faults = injector
        self._loop = asyncio.get_running_loop()
        limits = config.limits
        self._bucket = TokenBucket(limits.connect_rate, limits.connect_burst, self._loop.time())

    async def admit(
        self, request: Request, api: Api, stage: str, occasion: Occasion, *, connection_id: str, port: int
    ) -> Admitted:
        """Raises `Refusal` with the status that answers the handshake. `port` is the gateway's own."""
        if not self._bucket.take(self._loop.time()):
            raise Refusal(429, "over the rate of new connections")
        await asyncio.sleep(self._faults.delay_s(faults.CONNECT))
        if effect := self._faults.strike(faults.CONNECT):
            raise Refusal(int(effect), "an injected fault")
        switching = handshake.accept(request)
        if switching.status != SWITCHING_PROTOCOLS:
            raise Refusal(switching.status, "a malformed upgrade", message=switching.body.decode().strip())
        session = Session(
            connection_id=connection_id,
            api_id=api.api_id,
            stage=stage,
            domain_name=self._config.domain_name or request.header("host") or f"{self._config.host}:{port}",
            connected_at_ms=occasion.now_ms,
            source_ip=request.source_ip,
            user_agent=request.header("user-agent"),
        )
        trace_id = f"Root=1-{occasion.now_ms // 1000:08x}-{secrets.token_hex(12)}"
        opening = handshake.forwarded(request, port, trace_id)
        return await self._connect(api, session, opening, occasion, switching.headers)

    async def _connect(
        self,
        api: Api,
        session: Session,
        opening: Handshake,
        occasion: Occasion,
        headers: Sequence[tuple[str, str]],
    ) -> Admitted:
        route = api.routes.get(CONNECT)
        if route is None:
            return Admitted(session, headers)
        variables = api.stages[session.stage]
        if route.authorizer is not None:
            session = await self._authorize(route.authorizer, api, session, opening, occasion)
        event = events.connect_event(session, opening, Occasion(occasion.request_id, now_ms()), variables)
        reply = await self._integrations.run(route.integration, event, variables)
        if reply.status < 200:  # noqa: PLR2004  # an interim status can't end a request
            raise Refusal(502, f"$connect answered {reply.status}")
        if reply.status > 299:  # noqa: PLR2004  # whatever isn't success refuses the handshake
            raise Refusal(reply.status, f"$connect answered {reply.status}")
        return Admitted(session, [*headers, *handshake.subprotocol_header(reply.headers)])

    async def _authorize(
        self, deployed: Authorizer, api: Api, session: Session, opening: Handshake, occasion: Occasion
    ) -> Session:
        variables = api.stages[session.stage]
        function = deployed.uri.resolve(variables)
        region, account = function.region or self._config.region, function.account or "000000000000"
        method_arn = f"arn:aws:execute-api:{region}:{account}:{api.api_id}/{session.stage}/{CONNECT}"
        event = events.authorizer_event(session, opening, occasion, variables, method_arn)
        authorizer.require_identity(deployed.identity_sources, opening, variables, event["requestContext"])
        started_s = self._loop.time()
        context = await self._integrations.authorize(function, event)
        latency_ms = int((self._loop.time() - started_s) * 1000)
        return replace(session, authorizer={**context, "integrationLatency": latency_ms})
