"""Addresses of images that load: a message has a path, and the stage signs for members of its room, for minutes."""

from __future__ import annotations

import time

from agent_chat.addresses import Addresses
from agent_chat.errors import UnauthorizedError
from agent_chat.http import MediaAccess
from agent_chat.tokens import TokenSource

LEAST_S = 60
"""What an address is still good for when it is given out; access that ends sooner is renewed."""


class MediaLinks:
    """Remembers each room's access for as long as it is worth giving out."""

    def __init__(self, addresses: Addresses, tokens: TokenSource) -> None:
        self._addresses = addresses
        self._tokens = tokens
        self._granted: dict[str, MediaAccess] = {}

    async def link(self, path: str) -> str:
        """The whole address of a `url` in a message's media. Raises ValueError for any other, and `ChatError`."""
        parts = path.split("/")
        if len(parts) < 4 or parts[:2] != ["", "media"]:  # noqa: PLR2004  # "", media, room and what is below it
            raise ValueError(f"{path!r} is no path of a room's media, such as /media/ROOM/…")
        granted = await self._access(parts[2])
        return f"{self._addresses.api.url}{path}?{granted.query}"

    async def _access(self, room: str) -> MediaAccess:
        known = self._granted.get(room)
        if known is None or known.expires_at_ms / 1000 - LEAST_S < time.time():
            self._granted.pop(room, None)
            known = self._granted[room] = await self._ask(room)
        return known

    async def _ask(self, room: str) -> MediaAccess:
        api = self._addresses.api
        try:
            return await api.media_access(await self._tokens.token(renew=False), room)
        except UnauthorizedError:
            return await api.media_access(await self._tokens.token(renew=True), room)
