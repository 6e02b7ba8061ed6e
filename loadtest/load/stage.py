"""The stage's HTTP side as a load test needs it: sign-in, tickets, rooms. Kept connections, bounded retries."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import orjson

REQUEST_TIMEOUT_S = 30.0
ATTEMPTS = 5
TEMPORARY = frozenset({429, 500, 502, 503, 504})


class StageError(Exception):
    """What the stage answered instead, or that it did not."""


class Stage:
    """The endpoints under a stage's URL, such as `https://chat.example.com`. Close it at the end."""

    def __init__(self, url: str, at_once: int = 32) -> None:
        self.url = checked_url(url)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=at_once),
            timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Ends kept connections."""
        await self._session.close()

    async def configuration(self) -> Mapping[str, Any]:
        """What the stage says of itself."""
        return await self._exchange("GET", "/api/config")

    async def sign_in(self, name: str) -> str:
        """A token of the built-in issuer."""
        return str((await self._exchange("POST", "/api/sessions", {"name": name}))["token"])

    async def socket_url(self, token: str) -> str:
        """Where one socket opens, once, within a minute. Not for logs."""
        ticket = await self._exchange("POST", "/api/tickets", {}, token)
        return f"{ticket['url']}?{urlencode({'ticket': ticket['ticket']})}"

    async def make_room(self, room: str, token: str) -> None:
        """A public room. One that exists is good as it is."""
        command = {"action": "create", "id": room, "title": room, "room": room}
        for attempt in range(ATTEMPTS):
            reply = await self._exchange("POST", "/api/commands", command, token)
            if reply.get("type") == "ack" or reply.get("code") == "room_exists":
                return
            if not reply.get("temporary"):
                break
            await asyncio.sleep(max((reply.get("retry_after_ms") or 0) / 1000, pause_s(attempt)))
        raise StageError(f"The room {room} could not be made: {reply.get('code')}: {reply.get('message')}")

    async def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str | None = None
    ) -> dict[str, Any]:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else orjson.dumps(body)
        for attempt in range(ATTEMPTS):
            said = "nothing"
            try:
                async with self._session.request(method, self.url + path, data=data, headers=headers) as answer:
                    read = await answer.read()
                    if answer.ok:
                        return _json_object(path, read)
                    said = f"{answer.status}: {read[:300].decode(errors='replace')}"
                    if answer.status not in TEMPORARY:
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                said = f"nothing ({type(error).__name__}: {error})"
            await asyncio.sleep(pause_s(attempt))
        raise StageError(f"{method} {path} was answered with {said}")


def checked_url(url: str) -> str:
    """Without a slash at its end. Raises `StageError` for what is no address of a stage."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
        raise StageError(f"{url!r} is not the URL of a stage, such as https://chat.example.com.")
    return url.rstrip("/")


def pause_s(attempt: int) -> float:
    """Full jitter below half a second, doubled with each attempt."""
    return random.uniform(0, min(0.5 * 2.0**attempt, 8))  # noqa: S311 - jitter


def _json_object(path: str, read: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(read)
    except orjson.JSONDecodeError:
        decoded = None
    if not isinstance(decoded, dict):
        raise StageError(f"{path} answered something that is no JSON object: is this the URL of a stage?")
    return decoded
