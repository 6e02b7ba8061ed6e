"""The cache that functions share goes away in the middle of a conversation and comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chat.aws.dynamodb import DynamoDbTable
from chat.settings import Settings
from local.endpoints import STAGE
from local.ports import LOOPBACK
from local.stack import LocalStack
from tests.client.relay import Relay, relaying
from tests.integration.deployed import given
from tests.integration.faults.conftest import SEND
from tests.integration.faults.rooms import Room, history
from tests.integration.users import SignIn


@pytest.fixture
async def cache(stack: LocalStack, aws: Callable[[str], Any]) -> AsyncIterator[Relay]:
    """The way to the cache that the function of commands goes."""
    async with relaying(f"redis://{LOOPBACK}:{stack.ports.cache}") as relay:
        with given(aws("lambda"), SEND, Settings(stage=STAGE, cache_url=relay.url)):
            yield relay


async def test_without_its_cache_a_stage_stores_and_delivers_as_ever(
    cache: Relay, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    place = await Room.furnished(room, "direct", 2, sign_in, connections_table)
    await place.say("there")
    assert len(await history(place.readers[0], room)) == 1
    for outage in range(2):
        cache.open = False
        cache.cut()
        for number in range(5):
            await place.say(f"gone {outage} {number}")
            assert len(await history(place.readers[0], room)) == len(place.acked)
        cache.open = True
        await place.say(f"back {outage}")
    assert cache.refused, "nobody asked the cache while it was gone"
    await place.everybody_hears()
    await place.check(sign_in)
