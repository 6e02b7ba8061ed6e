"""How a gateway is set up: one frozen value, made by the command line or by a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from local.gateway.faults import Fault, Latency
from local.gateway.limits import Limits


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    """Every default is right for an emulator on this machine but `endpoint_url`, which is AWS itself where None."""

    endpoint_url: str | None = None
    region: str = "us-east-1"
    host: str = "127.0.0.1"
    port: int = 0
    """0: the system chooses a free one; `Gateway.port` tells."""
    api: str | None = None
    """Name or id of the one API to serve; None: every WebSocket API, `/{stage}` working while there is only one."""
    domain_name: str | None = None
    """`requestContext.domainName`; None: the host and port that the client's Host header names."""
    refresh_s: float = 10.0
    """How often what is deployed is read again. `POST /_gateway/reload` does it at once."""
    invoke_parallelism: int = 8
    """Invoke requests sent to the endpoint at once; further ones queue inside the integration timeout.

    An emulator starts a process for each one under way, so more than a few make a laptop slower: with ministack on two
    cores, 8 answered 558 messages a second, 4 answered 344 and 16 answered 430.
    """
    stop_timeout_s: float = 5.0
    """How long a stop waits for clients to close and for `$disconnect` events to be delivered."""
    limits: Limits = field(default_factory=Limits)
    faults: Sequence[Fault] = ()
    latencies: Sequence[Latency] = ()
    fault_seed: int | None = None
