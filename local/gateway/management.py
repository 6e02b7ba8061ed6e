"""The `@connections` API, by which functions reach a client: statuses, error types and shapes are those boto3 reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from websockets.frames import CloseCode

from local.gateway.connection import Connection, SlowClientError
from local.gateway.errors import Refusal
from local.gateway.http import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{8,128}=?")


def require_signature(request: Request) -> None:
    """Raises `Refusal` 403 for a call that isn't signed at all. The signature itself is not checked."""
    signed = (request.header("authorization") or "").startswith("AWS4-") or "X-Amz-Signature=" in request.target
    if not signed:
        raise Refusal(403, "an @connections call without a signature", message="Missing Authentication Token")


def find(connections: Mapping[str, Connection], api_id: str, stage: str, connection_id: str) -> Connection:
    """Raises `Refusal`: 400 for what can't be an id, 410 for one not open on this API and stage."""
    if _CONNECTION_ID.fullmatch(connection_id) is None:
        raise Refusal(400, message=f"Invalid connectionId: {connection_id}")
    connection = connections.get(connection_id)
    if connection is None or (connection.session.api_id, connection.session.stage) != (api_id, stage):
        raise Refusal(410, f"connection {connection_id} is gone")
    return connection


def carry_out(request: Request, connection: Connection, now_s: float, now_ms: int, max_bytes: int) -> Response:
    """POST sends, GET describes, DELETE closes. Raises `Refusal` 405, 413 or 429.

    `now_s` is the loop's clock, `now_ms` the wall's, of the same moment.
    """
    match request.method:
        case "POST":
            if len(request.body) > max_bytes:
                raise Refusal(413, f"a payload over {max_bytes} bytes")
            try:
                connection.send(request.body)
            except SlowClientError as error:
                raise Refusal(429, f"the send buffer of {error} is full") from error
            return Response(200)
        case "GET":
            active_at_ms = now_ms - (now_s - connection.active_at_s) * 1000
            return Response(200, describe(connection, active_at_ms), [("Content-Type", "application/json")])
        case "DELETE":
            connection.close(CloseCode.NORMAL_CLOSURE, "")
            return Response(204)
        case _:
            raise Refusal(405, f"{request.method} on @connections")


def describe(connection: Connection, active_at_ms: float) -> bytes:
    """GetConnection's answer; both members of `identity` are required there."""
    session = connection.session
    # Activity is timed by the monotonic clock: seen from the wall clock, it may round to just before the beginning.
    active_at_ms = max(active_at_ms, session.connected_at_ms)
    document = {
        "connectedAt": _iso8601(session.connected_at_ms),
        "identity": {"sourceIp": session.source_ip, "userAgent": session.user_agent or ""},
        "lastActiveAt": _iso8601(active_at_ms),
    }
    return json.dumps(document).encode()


def _iso8601(at_ms: float) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
