"""DynamoDB refuses a share of the calls: senders may have to send again, and nothing that was promised is missing."""

from __future__ import annotations

import random

import pytest

from chat.aws.dynamodb import DynamoDbTable
from local.stack import LocalStack
from tests.integration.faults.conftest import Faults
from tests.integration.faults.misfortunes import Throttling
from tests.integration.faults.rooms import Room, Way
from tests.integration.users import SignIn

MESSAGES = 20


@pytest.mark.parametrize(
    "way", ["direct", *(pytest.param(way, marks=pytest.mark.slow) for way in ("slices", "windows"))]
)
async def test_throttled_tables_cost_patience_and_nothing_else(
    way: Way, faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable, stack: LocalStack
) -> None:
    place = await Room.furnished(room, way, 5, sign_in, connections_table)
    tables = tuple(stack.outputs[name] for name in ("MessagesTableName", "ConnectionsTableName"))
    throttling = Throttling(tables, 0.3, random.Random(way))  # noqa: S311 - faults need repeatable numbers
    with faults.injected(send=throttling, deliver=throttling):
        for number in range(MESSAGES):
            await place.say(f"message {number}")
        await place.everybody_hears()
    assert throttling.refused > MESSAGES // 2
    await place.check(sign_in)
