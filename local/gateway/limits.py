"""API Gateway's limits as one value, each with its source. Knows nothing of what enforces them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

KIB = 1024


def _limit(default: float, source: str) -> Any:  # noqa: ANN401  # what dataclasses.field returns is typed by its use
    return field(default=default, metadata={"source": source})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Defaults are AWS's; tests make them small and benchmarks make them large.

    Quota codes are those of Service Quotas. Where AWS publishes no figure, the source says "ours".
    """

    idle_timeout_s: float = _limit(600, "L-60AC41CD: no frame either way, then close code 1001")
    lifetime_s: float = _limit(7200, "L-A6CCE716: close code 1001, however busy the connection")
    frame_size_bytes: int = _limit(32 * KIB, "L-E11F7D5D: a larger frame closes with 1009")
    message_size_bytes: int = _limit(128 * KIB, "L-FD0EB744: over all fragments; 1009, or 413 on @connections")
    integration_timeout_s: float = _limit(29, "WebSocket quotas table: 50 ms to 29 s, fixed")
    authorizer_result_bytes: int = _limit(8 * KIB, "WebSocket quotas table: Lambda authorizer result size")
    rate: float = _limit(10_000, "L-8A5B8E43: messages and @connections calls a second")
    burst: float = _limit(5_000, "L-CDF5615A: bucket of the above")
    connect_rate: float = _limit(500, "L-9ED1E49A: new connections a second")
    connect_burst: float = _limit(500, "L-E1465507: bucket of the above")
    concurrency: int = _limit(1_000, "L-B99A9384: Lambda invocations under way at once")
    send_buffer_bytes: int = _limit(1024 * KIB, "ours: a client this far behind answers 429 on @connections")
    close_timeout_s: float = _limit(5, "ours: how long a client may take to answer a close frame")
    request_timeout_s: float = _limit(30, "ours: how long a plain HTTP connection may stay without a whole request")

    def __post_init__(self) -> None:
        """Raises `ValueError` naming the first limit that is not above zero."""
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not value > 0:
                raise ValueError(f"{limit.name} must be above 0, not {value}")
