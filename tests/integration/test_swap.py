"""Both stages of the WebSocket API at once: who is on one hears who is on the other, and one of them is emptied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chat.colours import BLUE, GREEN
from chat.storage.colour import REMEMBERED_MS
from operations import swap
from operations.open_sockets import OpenSockets
from operations.stage import Stage
from operations.swap import Draining
from tests.integration.users import WAIT_S, SignIn, User


@pytest.fixture
def sockets(aws: Callable[[str], Any]) -> Iterator[OpenSockets]:
    """Of the running stage. Afterwards new ones open on blue again."""
    found = OpenSockets.of(Stage("local", aws))
    yield found
    if swap.in_force(found) == GREEN:
        swap.swap(found, BLUE, "the test is over")


async def heard(user: User) -> str:
    """The text of the next message."""
    async with asyncio.timeout(WAIT_S):
        while True:
            frame = await user.receive()
            for each in frame if isinstance(frame, list) else [frame]:
                if each.get("type") == "message":
                    text: str = each["message"]["text"]
                    return text


async def test_rooms_go_on_over_both_stages_until_the_old_one_is_empty(
    sockets: OpenSockets, sign_in: SignIn, room: str
) -> None:
    old = await sign_in("ada")
    await old.call("create", room=room, title="Swap", kind="public")
    await old.call("subscribe", room=room)
    swap.swap(sockets, GREEN, "a rehearsal")
    await asyncio.sleep(REMEMBERED_MS / 1_000)

    new = await sign_in("bob")
    assert new.socket.request
    assert new.socket.request.path.startswith("/local-green")
    await new.call("join", room=room)
    await new.call("subscribe", room=room)
    await new.call("send", room=room, text="from green")
    assert await heard(old) == "from green"
    await old.call("send", room=room, text="from blue")
    assert await heard(new) == "from blue"

    await asyncio.to_thread(swap.drain, sockets, Draining(close_a_second=100, limit_s=WAIT_S))
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(old.socket.recv(), WAIT_S)
    assert (await new.call("ping"))["type"]
