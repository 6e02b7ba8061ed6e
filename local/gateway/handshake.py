"""The opening handshake's rules without the waiting: is it a WebSocket upgrade, and what does a 101 say? Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from websockets.datastructures import Headers
from websockets.http11 import Request as UpgradeRequest
from websockets.server import ServerProtocol

from local.gateway.events import Handshake
from local.gateway.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.gateway.http import Request

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def accept(request: Request) -> Response:
    """A 101 with its headers, or the HTTP error by which a malformed upgrade is refused (400, 405, 426).

    No extension is negotiated: API Gateway doesn't do permessage-deflate.
    """
    upgrade = UpgradeRequest(request.target, Headers(request.headers), request.method)
    answer = ServerProtocol().accept(upgrade)
    switching = answer.status_code == 101  # noqa: PLR2004  # Switching Protocols
    omitted = {"date"} if switching else {"content-length", "date"}
    headers = [(name, value) for name, value in answer.headers.raw_items() if name.lower() not in omitted]
    return Response(answer.status_code, bytes(answer.body), headers)


def subprotocol_header(headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """`Sec-WebSocket-Protocol` as the `$connect` integration returned it, and only then (AWS chooses none itself)."""
    chosen = (headers or {}).get("sec-websocket-protocol", "")
    return [("Sec-WebSocket-Protocol", chosen)] if _TOKEN.fullmatch(chosen) else []


def forwarded(request: Request, port: int, trace_id: str) -> Handshake:
    """The handshake as functions see it: with the headers that API Gateway adds."""
    _, _, query = request.target.partition("?")
    earlier = request.header("x-forwarded-for")
    added = {
        "X-Amzn-Trace-Id": trace_id,
        "X-Forwarded-For": f"{earlier}, {request.source_ip}" if earlier else request.source_ip,
        "X-Forwarded-Port": str(port),
        "X-Forwarded-Proto": "http",
        "Connection": "upgrade",
        "content-length": "0",
    }
    replaced = {name.lower() for name in added}
    kept = [(name, value) for name, value in request.headers if name.lower() not in replaced]
    return Handshake([*kept, *added.items()], query)
