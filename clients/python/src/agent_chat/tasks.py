"""How what runs in the background is ended."""

from __future__ import annotations

import asyncio


async def cancel(*tasks: asyncio.Task[object] | asyncio.Task[None]) -> None:
    """Cancels tasks and waits until they have ended. Their own errors were reported by them, or come too late."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
