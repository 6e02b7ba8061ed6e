"""Rooms that are not on screen, over real sockets: what a user is told of them through stream, topic and queues."""

from __future__ import annotations

import time
from typing import Any

from chat.activity import HELD_MS
from chat.notices import ROOM_LIMIT
from tests.integration.users import SignIn, User

BURST = 20


async def activity(user: User, room: str) -> dict[str, Any]:
    """The next that the user is told of how far the room has got; what else comes is passed over."""
    while (event := await user.event("room_activity"))["room"] != room:
        pass
    return event


async def test_a_burst_in_another_room_is_told_in_few_events_the_last_of_which_has_its_last_number(
    sign_in: SignIn, room: str
) -> None:
    ada, emmy = await sign_in("Ada"), await sign_in("Emmy")
    other = f"{room}-other"
    for each in (room, other):
        await ada.call("create", title=each, room=each, kind="private", members=["emmy"])
    await ada.call("subscribe", room=room)
    await emmy.call("subscribe", room=other)
    await emmy.call("send", room=room, text="on Ada's screen")

    begun_s = time.monotonic()
    for number in range(BURST):
        assert (await emmy.call("send", room=other, text=f"message {number + 1}"))["type"] == "ack"
    heard = [await activity(ada, other)]
    while heard[-1]["last_seq"] < BURST:
        heard.append(await activity(ada, other))
    assert len(heard) <= (time.monotonic() - begun_s) * 1_000 / HELD_MS + 1
    latest = heard[-1]["latest"]
    assert (latest["seq"], latest["author"], latest["text"]) == (BURST, "Emmy", f"message {BURST}")

    listed = await ada.list_rooms()
    assert (listed[other]["unread"], listed[other]["latest"]) == (BURST, latest)


async def test_a_socket_that_follows_the_room_has_its_messages_and_nothing_more(sign_in: SignIn, room: str) -> None:
    ada, phone, emmy = await sign_in("Ada"), await sign_in("Ada"), await sign_in("Emmy")
    await ada.call("create", title="Together", room=room, kind="private", members=["emmy"])
    await ada.call("subscribe", room=room)
    await ada.call("send", room=room, text="hello")
    # A device of the sender's own that shows something else is in step, too.
    for elsewhere in (phone, emmy):
        assert (await activity(elsewhere, room))["last_seq"] == 1
    await emmy.call("send", room=room, text="hello, Ada")
    assert (await activity(phone, room))["last_seq"] == 2
    assert (await ada.event("message"))["message"]["seq"] == 2
    assert (await ada.call("ping"))["type"] == "ack"
    assert [event for event in ada.events if event["type"] == "room_activity" and event["room"] == room] == []


async def test_direct_messages_are_told_at_once_each_by_itself(sign_in: SignIn, room: str) -> None:
    one, two = f"One {room}", f"Two {room}"
    sender, receiver = await sign_in(one), await sign_in(two)
    user = (await receiver.call("hello"))["result"]["user"]["id"]
    direct = (await sender.call("direct", user=user))["result"]["room"]["room"]
    await sender.call("subscribe", room=direct)
    for number in range(1, 4):
        await sender.call("send", room=direct, text=f"message {number}")
        event = await activity(receiver, direct)
        assert (event["last_seq"], event["latest"]["text"]) == (number, f"message {number}")


async def test_of_a_room_above_the_limit_only_mentions_are_told(sign_in: SignIn, room: str) -> None:
    ada, emmy = await sign_in("Ada"), await sign_in("Emmy")
    crowd = ["emmy", *(f"{room}-{number}" for number in range(ROOM_LIMIT - 1))]
    await ada.call("create", title="Large", room=room, kind="private", members=crowd)
    await ada.call("create", title="Small", room=f"{room}-small", kind="private", members=["emmy"])
    await ada.call("send", room=room, text="hello, everybody")
    await ada.call("send", room=room, text="@emmy too")
    assert (await emmy.event("mention"))["message"]["seq"] == 2
    # What is due later has come: so would this have.
    await ada.call("send", room=f"{room}-small", text="hello")
    seen: list[str] = []
    while not seen or seen[-1] != f"{room}-small":
        seen.append((await emmy.event("room_activity"))["room"])
    assert room not in seen
