"""Clients that send and read through all faults at once: nobody misses, repeats or reorders anything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from agent_chat import Chat, RoomFeed
from chat.aws.dynamodb import DynamoDbTable
from chat.storage.messages import PATIENCE_MS
from local.stack import LocalStack
from tests.client.bursts import WAIT_S, Burst, read
from tests.integration.faults.conftest import Faults
from tests.integration.faults.misfortunes import BadDay
from tests.integration.faults.rooms import WAYS, shape

LONG_S = 600
"""Two minutes where nobody else uses the machine."""
EACH = 12
"""Messages of each client in a room."""
READ_S = PATIENCE_MS / 1_000 + WAIT_S
"""A number that was burnt by a death is void after that."""
TABLES = ("MessagesTableName", "ConnectionsTableName")


@asynccontextmanager
async def two_clients(stack: LocalStack) -> AsyncIterator[tuple[Chat, Chat]]:
    async with (
        Chat.connect(stack.api_url, name="Ada", timeout_s=WAIT_S) as ada,
        Chat.connect(stack.api_url, name="Grace", timeout_s=WAIT_S) as grace,
    ):
        yield ada, grace


async def check(burst: Burst, feeds: list[RoomFeed], back: Chat) -> None:
    """What both readers have who stayed, and what one has who reads from the beginning."""
    newest = await burst.newest()
    logs = await asyncio.gather(*(read(feed, newest, within_s=READ_S) for feed in feeds))
    async with back.subscribe(feeds[0].room, after=0) as from_the_beginning:
        await burst.check([*logs, await read(from_the_beginning, newest, within_s=READ_S)])


@pytest.mark.parametrize("lasting", [False, pytest.param(True, marks=[pytest.mark.slow, pytest.mark.timeout(LONG_S)])])
async def test_clients_get_everything_in_one_order_through_all_faults_at_once(
    faults: Faults, stack: LocalStack, room: str, connections_table: DynamoDbTable, *, lasting: bool
) -> None:
    tables = tuple(stack.outputs[name] for name in TABLES)
    ways = WAYS if lasting else WAYS[:1]
    day = BadDay(random.Random(room), tables, lasting=lasting)  # noqa: S311 - not a secret
    async with two_clients(stack) as (ada, grace), AsyncExitStack() as opened:
        feeds = []
        for way in ways:
            await ada.create(way, room=f"{room}-{way}")
            shape(connections_table, f"{room}-{way}", way)
            await grace.join(f"{room}-{way}")
            feeds.append([await opened.enter_async_context(chat.subscribe(f"{room}-{way}")) for chat in (ada, grace)])
        with faults.injected(send=day, deliver=day):
            bursts = [Burst.of(f"{room}-{way}", ada, grace, each=EACH) for way in ways]
            await asyncio.gather(*(burst.newest() for burst in bursts))
        await asyncio.gather(*(check(burst, both, grace) for burst, both in zip(bursts, feeds, strict=True)))
    assert day.struck.keys() == {"Throttling", *(("Death", "Silence") if lasting else ())}
