"""Nobody can be posted to for a while: senders are answered, and readers get everything once they can be reached."""

from __future__ import annotations

import asyncio
import time

import pytest

from chat.aws.dynamodb import DynamoDbTable
from tests.integration.faults.conftest import Faults
from tests.integration.faults.misfortunes import Unreachable
from tests.integration.faults.rooms import WAYS, Room
from tests.integration.users import SignIn

OUTAGE_S = 30


async def test_sockets_that_cannot_be_reached_get_their_messages_from_the_queue(
    faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    place = await Room.furnished(room, "direct", 30, sign_in, connections_table)
    outage = Unreachable()
    with faults.injected(send=outage, deliver=outage):
        for number in range(3):
            await place.say(f"during {number}")
    assert outage.refused >= 3 * len(place.readers)
    await place.everybody_hears()
    await place.check(sign_in)


@pytest.mark.slow
async def test_thirty_seconds_without_connections_lose_nothing_in_any_kind_of_room(
    faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    places = [await Room.furnished(f"{room}-{way}", way, 10, sign_in, connections_table) for way in WAYS]
    began_s = time.monotonic()
    with faults.injected(send=Unreachable(hangs=True), deliver=Unreachable()):
        while (passed_s := time.monotonic() - began_s) < OUTAGE_S:
            await asyncio.gather(*(place.say(f"after {passed_s:.1f} s") for place in places))
            await asyncio.sleep(1)
    await asyncio.gather(*(place.everybody_hears() for place in places))
    for place in places:
        await place.check(sign_in)
