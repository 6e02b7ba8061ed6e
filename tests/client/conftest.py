"""A stage in this process for the client's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.client.stage import Stage


@pytest.fixture
async def fake_stage() -> AsyncIterator[Stage]:
    """An empty stage; its rooms come to be when they are used."""
    async with Stage().serving() as stage:
        yield stage
