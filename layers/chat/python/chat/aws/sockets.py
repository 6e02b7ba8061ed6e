"""API Gateway's `@connections` behind `chat.ports.Sockets`: one POST a connection, many at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from chat.aws.client import AwsClient, Request, Response
from chat.ports import Outcome

TIMEOUT_MS = 2_000
"""A post takes 10 ms, 50 at the 99th percentile; one that hangs must not hold the sender's acknowledgement."""

ATTEMPTS = 3

_GONE = 410

logger = logging.getLogger(__name__)


class ApiGatewaySockets:
    """The sockets of one deployed WebSocket stage."""

    def __init__(self, client: AwsClient, connections_url: str) -> None:
        self._client = client
        self._base = f"{connections_url.rstrip('/')}/@connections/"

    def post(self, connection_ids: Sequence[str], frame: bytes, *, retry: bool = True) -> dict[str, Outcome]:
        """See `chat.ports.Sockets`. With `retry`, 429 and 5xx are tried three times with full jitter."""
        requests = [
            Request(
                service="execute-api",
                url=self._base + quote(name, safe=""),
                body=frame,
                headers=("Content-Type: application/json",),
                timeout_ms=TIMEOUT_MS,
            )
            for name in connection_ids
        ]
        answers = self._client.call_all(requests, attempts=ATTEMPTS if retry else 1)
        return {name: _outcome(answer) for name, answer in zip(connection_ids, answers, strict=True)}


def _outcome(answer: Response) -> Outcome:
    if answer.ok:
        return Outcome.DELIVERED
    if answer.status == _GONE:
        return Outcome.GONE
    logger.warning("post failed", extra={"status": answer.status, "detail": answer.error or answer.body[:200].decode()})
    return Outcome.FAILED
