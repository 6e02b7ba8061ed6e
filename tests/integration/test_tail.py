"""A room above a low threshold, on the running stack: by its tail for our client and bare requests, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from agent_chat import Chat, MessageChanged, RoomFeed
from chat.aws.client import AwsClient
from chat.storage.fanout_settings import REMEMBERED_MS
from local.stack import LocalStack
from tests.integration.thresholds import in_force
from tests.integration.users import WAIT_S, SignIn, User, request

SOCKETS = 12
LOW = {"direct": 10, "tail": 11}


@pytest.fixture
def low_thresholds(stack: LocalStack, client: AwsClient) -> Iterator[None]:
    """For the test only."""
    with in_force(stack, client, LOW):
        yield


async def paced(user: User) -> dict[str, Any] | None:
    """The tail that a socket is told of next, None where messages come live again."""
    event = await user.event("room_pace")
    tail: dict[str, Any] | None = event["tail"]
    return tail


async def read(feed: RoomFeed, until: str) -> list[str]:
    """What a feed hands out up to a text."""
    texts: list[str] = []
    async with asyncio.timeout(WAIT_S):
        async for message in feed:
            texts.append(message.text)
            if message.text == until:
                break
    return texts


@pytest.mark.usefixtures("low_thresholds")
async def test_a_room_is_followed_by_its_tail_and_comes_back_and_nothing_is_missing(
    stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    host = await sign_in("Host")
    await host.call("create", title="Stadium", room=room)
    readers = [await sign_in(f"Reader {number}") for number in range(SOCKETS)]
    await asyncio.gather(*(reader.enter(room) for reader in readers))
    async with Chat.connect(stack.page_url, name="Fan", timeout_s=WAIT_S) as fan:
        await fan.join(room)
        feed = fan.subscribe(room)
        changed = fan.events(MessageChanged)
        await feed.open()
        await asyncio.sleep(REMEMBERED_MS / 1_000)
        seqs = [(await host.call("send", room=room, text="posted"))["result"]["seq"]]
        tail = await paced(readers[0])
        assert tail is not None
        assert await paced(readers[-1]) == tail
        for number in range(5):
            reply = await host.call("send", room=room, text=f"by the tail {number}")
            seqs.append(reply["result"]["seq"])
        assert (await host.call("edit", room=room, seq=seqs[1], text="edited"))["type"] == "ack"
        assert (await host.call("delete", room=room, seq=seqs[2]))["type"] == "ack"

        url = f"{stack.api_url}{tail['path']}"
        live = await asyncio.to_thread(request, f"{url}/live")
        assert (live.status, live.body["last_seq"], live.body["last_rev"]) == (200, seqs[-1], 2)
        standing = {message["seq"]: (message["kind"], message["text"]) for message in live.body["messages"]}
        assert (standing[seqs[1]], standing[seqs[2]]) == (("text", "edited"), ("deleted", ""))
        assert [message["seq"] for message in live.body["changed"]] == seqs[1:3]
        segment = await asyncio.to_thread(request, f"{url}/segments/0")
        assert [message["seq"] for message in segment.body["messages"]] == seqs
        wrong = await asyncio.to_thread(request, f"{url[:-1]}/live")
        assert (wrong.status, wrong.body["code"]) == (403, "tail_expired")

        assert (await read(feed, "by the tail 4"))[0] == "posted"
        assert [(await anext(changed)).message.seq for _ in range(2)] == seqs[1:3]

        for reader in readers[:8]:
            assert (await reader.call("unsubscribe", room=room))["type"] == "ack"
        assert await paced(readers[-1]) is None
        for number in range(3):
            await host.call("send", room=room, text=f"live again {number}")
        assert await read(feed, "live again 2") == [f"live again {number}" for number in range(3)]
        assert (await readers[-1].event("message"))["message"]["room"] == room
        changed.close()
        await feed.aclose()
