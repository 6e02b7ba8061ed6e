"""Connections that come and go over real sockets: nothing lost, nothing twice, nothing for who is out."""

from __future__ import annotations

import asyncio

from tests.integration.users import SignIn


def numbers(frames: list[dict[str, object]]) -> list[int]:
    """The numbers of the messages among the frames."""
    return [int(frame["message"]["seq"]) for frame in frames if frame.get("type") == "message"]  # type: ignore[index]


async def test_a_reconnect_in_the_middle_of_a_burst_loses_and_repeats_nothing(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Burst", room=room, members=["grace"])
    await grace.call("subscribe", room=room)

    async def burst() -> None:
        for number in range(40):
            assert (await ada.call("send", room=room, text=f"{number}"))["type"] == "ack"

    talking = asyncio.create_task(burst())
    seen = [(await grace.event("message"))["message"]["seq"] for _ in range(8)]
    grace.socket.transport.abort()
    back = await sign_in("Grace")
    resumed = (await back.call("subscribe", room=room, after=max(seen)))["result"]
    assert resumed["recovered"] is True
    await talking
    last = (await back.call("sync", rooms={room: 0}))["result"]["rooms"][room]
    assert last == 40
    known = set(seen) | {message["seq"] for message in resumed["messages"]}
    while known != set(range(1, 41)):
        known.add((await back.event("message"))["message"]["seq"])
    assert sorted(seen) == list(range(1, len(seen) + 1))


async def test_after_a_long_absence_the_gap_is_exact_and_can_be_paged(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Week", room=room, members=["grace"])
    for start in range(0, 120, 20):
        frame = [
            {"action": "send", "id": f"{room}-{n}", "room": room, "text": str(n)} for n in range(start, start + 20)
        ]
        replies = await ada.say_list(frame)
        assert [reply["type"] for reply in replies] == ["ack"] * 20
    reply = (await grace.call("subscribe", room=room, after=5))["result"]
    assert (reply["recovered"], reply["gap"]) == (False, {"first": 6, "last": 120})
    page = (await grace.call("history", room=room, after=5, limit=100))["result"]
    rest = (await grace.call("history", room=room, after=page["messages"][-1]["seq"], limit=100))["result"]
    assert [m["seq"] for m in page["messages"] + rest["messages"]] == list(range(6, 121))
    assert (page["newer"], rest["newer"]) == (True, False)


async def test_somebody_put_out_hears_nothing_more(sign_in: SignIn, room: str) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await ada.call("create", title="Lunch", room=room)
    await eve.enter(room)
    await ada.call("send", room=room, text="before")
    assert (await eve.event("message"))["message"]["text"] == "before"
    assert (await ada.call("remove", room=room, user="eve", ban=True))["type"] == "ack"
    removed = await eve.event("member")
    assert (removed["type"], removed["change"]) == ("member", "banned")
    await ada.call("send", room=room, text="after")
    assert (await eve.call("ping"))["type"] == "ack"
    assert numbers(eve.events) == []
    assert (await eve.call("subscribe", room=room))["code"] == "banned"
    assert (await eve.call("join", room=room))["code"] == "banned"


async def test_two_devices_of_a_user_share_a_cursor(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    phone, laptop = await sign_in("Grace"), await sign_in("Grace")
    await ada.call("create", title="Lunch", room=room, members=["grace"])
    for text in ("one", "two", "three"):
        await ada.call("send", room=room, text=text)
    assert (await phone.call("read", room=room, seq=2))["type"] == "ack"
    event = await laptop.event("read")
    assert event == {"type": "read", "room": room, "seq": 2}
    assert (await laptop.list_rooms())[room]["unread"] == 1


async def test_a_pair_finds_each_other_in_one_direct_room(sign_in: SignIn) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    opened = await asyncio.gather(ada.call("direct", user="grace"), grace.call("direct", user="ada"))
    rooms = [reply["result"]["room"]["room"] for reply in opened]
    assert rooms[0] == rooms[1]
    await grace.call("subscribe", room=rooms[0])
    await ada.call("send", room=rooms[0], text="just us")
    assert (await grace.event("message"))["message"]["text"] == "just us"


async def test_hello_says_how_to_keep_the_connection_well(sign_in: SignIn) -> None:
    ready = (await (await sign_in("Ada")).call("hello", client="test/1"))["result"]
    assert ready["user"] == {"id": "ada", "name": "Ada"}
    assert 3_600 <= ready["rotate_after_s"] <= 6_600
    assert ready["heartbeat_s"] < 600
    assert ready["reconnect"]["first_ms"] < ready["reconnect"]["most_ms"]
