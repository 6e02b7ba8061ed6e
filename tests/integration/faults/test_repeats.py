"""The queue delivers everything twice, as SQS may."""

from __future__ import annotations

import asyncio

import pytest

from chat.aws.dynamodb import DynamoDbTable
from tests.integration.faults.conftest import Faults
from tests.integration.faults.misfortunes import Repeats
from tests.integration.faults.rooms import Room, Way
from tests.integration.users import SignIn

MESSAGES = 10


@pytest.mark.parametrize("way", [pytest.param("slices", marks=pytest.mark.slow), "windows"])
async def test_a_queue_that_delivers_everything_twice_neither_loses_nor_alters_anything(
    way: Way, faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    place = await Room.furnished(room, way, 12, sign_in, connections_table)
    repeats = Repeats()
    with faults.injected(send=repeats, deliver=repeats):
        for number in range(MESSAGES):
            await place.say(f"message {number}")
        await place.everybody_hears()
        await asyncio.gather(faults.send.quiet(), faults.deliver.quiet())
    assert repeats.repeated >= MESSAGES if way == "slices" else repeats.repeated > 0
    await place.check(sign_in)
