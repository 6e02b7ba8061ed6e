"""Fixtures of the gateway's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from local.gateway.api import Api
from tests.gateway.stage import Stage, Start, run_stage


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts gateways that end with the test: `await start(api, limits=…, faults=…)`."""
    async with AsyncExitStack() as stack:

        async def starter(*apis: Api, **settings: Any) -> Stage:
            return await stack.enter_async_context(run_stage(*apis, **settings))

        yield starter


@pytest.fixture
async def stage(start: Start) -> Stage:
    """A gateway with AWS's limits."""
    return await start()
