"""Who waits for the reply to which command. Knows no sockets and no meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from loadtest.load.websocket import OpenError

REPLY_TIMEOUT_S = 30.0
"""Longer than a function's start."""


class Replies:
    """Replies of one connection by the id of their command."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    def expect(self, commands: Sequence[str]) -> list[asyncio.Future[dict[str, Any]]]:
        """What `gather` waits for. Before the commands are sent."""
        futures = [asyncio.get_running_loop().create_future() for _ in commands]
        self._waiting.update(zip(commands, futures, strict=True))
        return futures

    async def gather(
        self, commands: Sequence[str], futures: Sequence[asyncio.Future[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The results. Raises `OpenError` for a refusal or a lost connection, TimeoutError. Forgets the commands."""
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                return list(await asyncio.gather(*futures))
        finally:
            for command in commands:
                self._waiting.pop(command, None)

    def succeed(self, command: str, result: dict[str, Any]) -> None:
        """An ack. Nothing, where nobody waits for it."""
        waiting = self._waiting.get(command)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)

    def fail(self, command: str, reason: str) -> None:
        """An error. Nothing, where nobody waits for it."""
        waiting = self._waiting.get(command)
        if waiting is not None and not waiting.done():
            waiting.set_exception(OpenError(reason))

    def fail_all(self, reason: str) -> None:
        """The connection was lost."""
        for command in self._waiting:
            self.fail(command, reason)
