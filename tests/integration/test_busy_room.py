"""A room with more sockets and more messages than a stage with low thresholds posts to one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat.aws.client import AwsClient
from chat.storage.fanout_settings import REMEMBERED_MS
from local.stack import LocalStack
from tests.integration.thresholds import in_force
from tests.integration.users import WAIT_S, SignIn, User

SOCKETS = 150
SENDERS = 4
EACH = 40
AT_ONCE = 4
"""Messages in a frame: some of them are stored within one window, however slow the machine is."""
LOW = {"direct": 10, "coalesce": 100, "no_typing": 100, "no_receipts": 1_000_000}
LOW |= dict.fromkeys(("counts_only", "digest"), 1_000_000)


@pytest.fixture
def low_thresholds(stack: LocalStack, client: AwsClient) -> Iterator[None]:
    """For the test only."""
    with in_force(stack, client, LOW):
        yield


async def collect(user: User, newest: int) -> list[Any]:
    """Every frame, a list of events as such, up to the one with which no number is missing any more."""
    frames: list[Any] = []
    seen: set[int] = set()
    while len(seen) < newest:
        frame = json.loads(await asyncio.wait_for(user.socket.recv(), WAIT_S))
        frames.append(frame)
        seen.update(numbers(frame))
    return frames


def numbers(frame: Any) -> list[int]:
    """Of the messages in a frame."""
    events = frame if isinstance(frame, list) else [frame]
    return [event["message"]["seq"] for event in events if event["type"] == "message"]


@pytest.mark.slow
@pytest.mark.usefixtures("low_thresholds")
async def test_everybody_in_a_busy_room_gets_every_message(sign_in: SignIn, room: str) -> None:
    host = await sign_in("Host")
    await host.call("create", title="Arena", room=room)
    senders = [await sign_in(f"Sender {number}") for number in range(SENDERS)]
    sockets = [await sign_in(f"Reader {number % 10}") for number in range(SOCKETS)]
    for user in senders:
        assert (await user.call("join", room=room))["type"] == "ack"
    for reader in sockets[:10]:
        await reader.call("join", room=room)
    for reader in sockets:
        assert (await reader.call("subscribe", room=room))["type"] == "ack"
    await asyncio.sleep(REMEMBERED_MS / 1_000)
    newest = SENDERS * EACH

    async def talk(sender: User) -> None:
        for first in range(0, EACH, AT_ONCE):
            texts = [f"{sender.name}: {number}" for number in range(first, first + AT_ONCE)]
            sends = [{"action": "send", "id": f"{room} {text}", "room": room, "text": text} for text in texts]
            replies = await sender.say_list(sends)
            assert [reply["type"] for reply in replies] == ["ack"] * AT_ONCE, replies
            await asyncio.sleep(AT_ONCE / 10)

    reading = [asyncio.create_task(collect(reader, newest)) for reader in sockets]
    await asyncio.gather(*(talk(sender) for sender in senders))
    received = await asyncio.gather(*reading)
    assert [{seq for frame in frames for seq in numbers(frame)} for frames in received] == [
        set(range(1, newest + 1))
    ] * SOCKETS
    joined = [numbers(frame) for frames in received for frame in frames if isinstance(frame, list)]
    assert joined, "no window had two messages in it"
    assert all(held == sorted(set(held)) for held in joined)
