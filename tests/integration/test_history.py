"""A long room's history over real sockets: across the borders of its partitions and over numbers that nobody used."""

from __future__ import annotations

from typing import Any

import pytest

from chat.storage.keys import MESSAGES_PER_BUCKET
from tests.integration.users import SignIn, User

LAST = 2 * MESSAGES_PER_BUCKET + 12
VOID = {MESSAGES_PER_BUCKET - 1, MESSAGES_PER_BUCKET, MESSAGES_PER_BUCKET + 1, 2 * MESSAGES_PER_BUCKET}
"""Numbers on both sides of the borders, burnt by repeats of the first three messages."""


async def fill(user: User, room: str) -> None:
    """Sends until `LAST` is given; every tenth message answers the first."""
    assert (await user.call("create", title="Long", room=room))["type"] == "ack"
    commands = []
    for seq in range(1, LAST + 1):
        command: dict[str, Any] = {
            "action": "send",
            "id": f"{room}-{1 + seq % 3 if seq in VOID else seq}",
            "room": room,
        }
        commands.append({**command, "text": f"message {seq}", **({"reply_to": 1} if seq % 10 == 0 else {})})
    for at in range(0, LAST, 20):
        replies = await user.say_list(commands[at : at + 20])
        assert [reply["type"] for reply in replies] == ["ack"] * len(replies)


def numbers(messages: list[dict[str, Any]]) -> list[int]:
    return [message["seq"] for message in messages]


@pytest.mark.parametrize("limit", [7, 64, 100])
async def test_history_is_whole_in_both_directions_and_around_every_border(
    sign_in: SignIn, room: str, limit: int
) -> None:
    ada, grace = await sign_in(f"Ada of {room}"), await sign_in(f"Grace of {room}")
    await fill(ada, room)
    await grace.enter(room)

    async def page(**bounds: int) -> dict[str, Any]:
        reply = await grace.call("history", room=room, limit=limit, **bounds)
        assert reply["type"] == "ack", reply
        result: dict[str, Any] = reply["result"]
        return result

    back = await page()
    log = back["messages"]
    while back["more"]:
        back = await page(before=log[0]["seq"])
        log = back["messages"] + log
    forth = await page(after=0)
    again = forth["messages"]
    while forth["newer"]:
        forth = await page(after=again[-1]["seq"])
        again += forth["messages"]
    assert log == again
    assert numbers(log) == list(range(1, LAST + 1))
    assert {message["seq"] for message in log if message["kind"] == "void"} == VOID
    assert [m["text"] for m in log if m["kind"] == "text"] == [
        f"message {seq}" for seq in range(1, LAST + 1) if seq not in VOID
    ]
    for middle in (1, *VOID, LAST):
        around = await page(around=middle)
        assert around["messages"] == [each for each in log if each["seq"] in numbers(around["messages"])]
        assert middle in numbers(around["messages"])
        assert numbers(around["messages"]) == list(
            range(around["messages"][0]["seq"], around["messages"][-1]["seq"] + 1)
        )
    resumed = (await grace.call("subscribe", room=room, after=LAST - limit))["result"]
    assert (resumed["recovered"], numbers(resumed["messages"])) == (True, numbers(log[-limit:]))
    thread = await page(thread=1)
    expected = [seq for seq in range(10, LAST + 1, 10) if seq not in VOID]
    assert numbers(thread["messages"]) == expected[-limit:]
    assert log[0]["replies"] == len(expected)
