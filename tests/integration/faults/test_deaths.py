"""A function is killed between any two steps of a send: its process, by its id, before a call is made or once it was
done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import pytest

from chat.aws.dynamodb import DynamoDbTable
from tests.integration.faults.conftest import Faults
from tests.integration.faults.misfortunes import Death
from tests.integration.faults.proxy import CONNECTIONS, FaultProxy
from tests.integration.faults.rooms import Room, Way
from tests.integration.users import SignIn

LONG_S = 600
"""Two minutes where nobody else uses the machine."""
SLOW = [pytest.param(way, marks=[pytest.mark.slow, pytest.mark.timeout(LONG_S)]) for way in ("slices", "windows")]
STORING = ["UpdateItem", "TransactWriteItems"]
SENDING: dict[Way, list[str]] = {
    "direct": [*STORING, "Query", CONNECTIONS, CONNECTIONS],
    "slices": [*STORING, "SendMessageBatch"],
    "windows": [*STORING, "PutItem", "SendMessageBatch", "UpdateItem"],
}
POSTING = ["Query", "Query", CONNECTIONS, CONNECTIONS]
DELIVERING: dict[Way, list[str]] = {
    "slices": POSTING,
    "windows": ["DeleteItem", "GetItem", "GetItem", "Query", "SendMessageBatch", "PutItem", *POSTING, CONNECTIONS],
}
"""The calls of a message for two sockets in two shards; from a window the sender's own gets it, too."""


def deaths(calls: Sequence[str]) -> Iterator[Death]:
    """One before each of the calls, and one after it."""
    for at, operation in enumerate(calls):
        number = calls[:at].count(operation)
        yield Death(number, operation)
        yield Death(number, operation, late=True)


async def quiet(faults: Faults) -> None:
    """Nothing of an earlier message is under way."""
    await asyncio.gather(faults.send.quiet(), faults.deliver.quiet())


ATTEMPTS = 8
"""A function forgets within two seconds that a room is large, and posts to the few who are there itself: so the first
message after a pause may go another way, and the next one must not come too late.
"""


@pytest.mark.parametrize("way", ["direct", *SLOW])
async def test_a_send_that_is_killed_at_any_step_is_completed_by_its_repeat(
    way: Way, faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    place = await Room.furnished(room, way, 2, sign_in, connections_table)
    await send_once(place, faults, way)
    for death in deaths(SENDING[way]):
        for attempt in range(ATTEMPTS):
            if way == "windows":  # a message of a window that others have claimed makes fewer calls
                await quiet(faults)
            with faults.injected(send=death):
                await place.say(f"{death.name}, {attempt}")
            if death.struck:
                break
        assert death.struck, death
    await place.everybody_hears()
    await place.check(sign_in)


@pytest.mark.parametrize("way", SLOW)
async def test_a_delivery_that_is_killed_at_any_step_is_completed_by_another(
    way: Way, faults: Faults, sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    place = await Room.furnished(room, way, 2, sign_in, connections_table)
    await deliver_once(place, faults, way)
    for death in deaths(DELIVERING[way]):
        for attempt in range(ATTEMPTS):
            with faults.injected(deliver=death):
                await place.everybody_hears(await place.say(f"{death.name}, {attempt}"))
                await quiet(faults)
            if death.struck:
                break
        assert death.struck, death
    await place.check(sign_in)


async def send_once(place: Room, faults: Faults, way: Way) -> None:
    """Messages until one has taken the calls that it should, when nothing goes wrong."""

    async def say(text: str) -> None:
        await quiet(faults)
        faults.send.asked.clear()
        await place.say(text)

    await expect(faults.send, SENDING[way], say)


async def deliver_once(place: Room, faults: Faults, way: Way) -> None:
    """As `send_once`, for what delivers it."""

    async def say(text: str) -> None:
        faults.deliver.asked.clear()
        await place.everybody_hears(await place.say(text))
        await quiet(faults)

    await expect(faults.deliver, DELIVERING[way], say)


async def expect(proxy: FaultProxy, calls: Sequence[str], say: Callable[[str], Awaitable[None]]) -> None:
    """What is said makes a function ask for these calls, in the end."""
    for number in range(ATTEMPTS):
        await say(f"nothing goes wrong, {number}")
        if sorted(proxy.asked) == sorted(calls):
            return
    assert sorted(proxy.asked) == sorted(calls)
