"""The parts of tails over HTTP, from the stage or from a cache before it. Their address is enough: no token is sent."""

from __future__ import annotations

import urllib.request
from typing import TypeVar

import msgspec

from agent_chat.addresses import Addresses
from agent_chat.errors import UnavailableError
from agent_chat.exchange import exchange_if_changed
from agent_chat.frames import TailChanges, TailLive, TailSegment

TIMEOUT_S = 10.0
"""Of a poll: longer than a cold start, and the next one is as good."""

Kind = TypeVar("Kind")


class HttpTails:
    """Reads tails at one stage. Of each room the last answer is kept, and asked for only where there is another."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._held: dict[str, tuple[str | None, TailLive]] = {}

    async def tail_live(self, path: str) -> TailLive:
        """The room's newest part. Raises `ChatError`."""
        room = path.rpartition("/")[0]
        tag, live = self._held.get(room, (None, None))
        body, tag = await self._get(f"{path}/live", tag)
        if body is not None or live is None:
            live = _decoded(body or b"", TailLive)
        self._held[room] = tag, live
        return live

    async def tail_segment(self, path: str, segment: int) -> TailSegment:
        """64 numbers of the log. Raises `TailNotYetError` and other `ChatError`."""
        body, _ = await self._get(f"{path}/segments/{segment}", None)
        return _decoded(body or b"", TailSegment)

    async def tail_changes(self, path: str, page: int) -> TailChanges:
        """64 changes. Raises `TailNotYetError` and other `ChatError`."""
        body, _ = await self._get(f"{path}/changes/{page}", None)
        return _decoded(body or b"", TailChanges)

    def forget(self, room: str) -> None:
        """Nobody follows the room any more."""
        for path in [path for path in self._held if path.rpartition("/")[2] == room]:
            del self._held[path]

    async def _get(self, path: str, tag: str | None) -> tuple[bytes | None, str | None]:
        request = urllib.request.Request(self._addresses.api.url + path)  # noqa: S310  # the stage's own URL
        return await exchange_if_changed(request, timeout_s=TIMEOUT_S, tag=tag)


def _decoded(body: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise UnavailableError("Something else than the stage has answered.") from error
