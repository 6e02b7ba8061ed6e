"""API Gateway's `@connections` behind `chat.ports.Sockets`: one POST a connection, many at once."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from chat import signals
from chat.aws.calls import Request, Response
from chat.aws.client import AwsClient
from chat.colours import BLUE, COLOURS, base_url, split
from chat.ports import POSTING_MS, Outcome

TIMEOUT_MS = 2_000
"""A post takes 10 ms, 50 at the 99th percentile; one that hangs must not hold the sender's acknowledgement."""

RESERVE_MS = 1_500
"""Left of the invocation when posting ends, so that what failed can go to the redelivery queue."""

ATTEMPTS = 3

_GONE, _TOO_LARGE, _THROTTLED = 410, 413, 429

logger = logging.getLogger(__name__)


class ApiGatewaySockets:
    """The sockets of a stage, of both its colours. `connections_url` is blue's."""

    def __init__(self, client: AwsClient, connections_url: str) -> None:
        self._client = client
        self._bases = {colour: f"{base_url(connections_url, colour)}/@connections/" for colour in COLOURS}

    def post(
        self, connection_ids: Sequence[str], frame: bytes, *, retry: bool = True, within_ms: int = POSTING_MS
    ) -> dict[str, Outcome]:
        """See `chat.ports.Sockets`. With `retry`, 429, 5xx and silence are tried three times with full jitter."""
        request = Request(
            service="execute-api",
            url=self._bases[BLUE],
            body=frame,
            # With its hash given, the frame is not hashed for each connection.
            headers=("Content-Type: application/json", f"X-Amz-Content-Sha256: {hashlib.sha256(frame).hexdigest()}"),
            timeout_ms=TIMEOUT_MS,
        )
        left_ms = self._client.time_left.ms()
        if left_ms is not None:
            within_ms = min(within_ms, left_ms - RESERVE_MS)
        answers = self._client.call_each(
            request,
            [self._address(connection) for connection in connection_ids],
            attempts=ATTEMPTS if retry else 1,
            within_ms=within_ms,
        )
        _report(answers)
        return {name: _outcome(answer) for name, answer in zip(connection_ids, answers, strict=True)}

    def _address(self, connection: str) -> str:
        colour, name = split(connection)
        return self._bases[colour] + _encoded(name)


def _encoded(connection_id: str) -> str:
    """As `quote`, for a tenth of its time where there is nothing but ASCII, as in all of API Gateway's ids."""
    return connection_id.translate(_ENCODED) if connection_id.isascii() else quote(connection_id, safe="")


_ENCODED = {code: quote(chr(code), safe="") for code in range(128)}


def _outcome(answer: Response) -> Outcome:
    if answer.ok:
        return Outcome.DELIVERED
    if answer.status == _GONE:
        return Outcome.GONE
    return Outcome.TOO_LARGE if answer.status == _TOO_LARGE else Outcome.FAILED


def _report(answers: Sequence[Response]) -> None:
    """One line for all that went wrong with a frame: an outage must not cost a line a recipient."""
    signals.POSTS_THROTTLED.add(sum(answer.status == _THROTTLED for answer in answers))
    failed = [answer for answer in answers if not answer.ok and answer.status != _GONE]
    if failed:
        # Others may get the frame later. Nobody ever gets one that is too large, and it is we who made it.
        level = logging.ERROR if any(answer.status == _TOO_LARGE for answer in failed) else logging.WARNING
        causes = Counter(map(_cause, failed)).most_common(5)
        logger.log(level, "posts failed", extra={"posts": len(failed), "causes": dict(causes)})


def _cause(answer: Response) -> str:
    return answer.error or f"{answer.status} {answer.body[:200].decode(errors='replace')}".rstrip()
