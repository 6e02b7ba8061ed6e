"""Changes to messages over real sockets: heard live, and caught up with by who was away."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from tests.integration.users import SignIn, User


async def test_an_edit_and_a_deletion_are_heard_live_and_after_an_absence(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Changes", room=room, members=["grace"])
    for text in ("one", "two", "three"):
        await ada.call("send", room=room, text=text)
    before = (await grace.call("subscribe", room=room, after=3))["result"]
    edited = (await ada.call("edit", room=room, seq=1, text="first"))["result"]
    assert (edited["version"], edited["rev"]) == (2, 1)
    heard = (await grace.event("message_changed"))["message"]
    assert (heard["text"], heard["version"], heard["rev"]) == ("first", 2, 1)
    grace.socket.transport.abort()
    assert (await ada.call("delete", room=room, seq=2))["type"] == "ack"
    assert (await ada.call("pin", room=room, seq=3))["type"] == "ack"
    back = await sign_in("Grace")
    assert (await back.call("sync", rooms={room: 3}, revs={room: 1}))["result"]["revs"] == {room: 3}
    caught_up = (await back.call("subscribe", room=room, after=3, after_rev=before["last_rev"]))["result"]
    shown = [(each["seq"], each["kind"], each["text"], each["pinned"]) for each in caught_up["changed"]]
    assert shown == [(1, "text", "first", False), (2, "deleted", "", False), (3, "text", "three", True)]
    assert (caught_up["last_rev"], caught_up["changes_gap"]) == (3, False)
    history = (await back.call("history", room=room))["result"]["messages"]
    assert history == caught_up["changed"]
    assert (await back.call("edit", room=room, seq=1, text="mine"))["code"] == "not_allowed"


async def test_edits_at_the_same_time_end_as_one_and_the_same_text_everywhere(sign_in: SignIn, room: str) -> None:
    phone, laptop, grace = await sign_in("Ada"), await sign_in("Ada"), await sign_in("Grace")
    await phone.call("create", title="Edits", room=room, members=["grace"])
    await phone.call("send", room=room, text="first")
    before = (await grace.call("subscribe", room=room, after=1))["result"]

    async def edit(device: User, name: str) -> list[dict[str, Any]]:
        return [await device.call("edit", room=room, seq=1, text=f"{name} {number}") for number in range(5)]

    replies = [
        *await edit(phone, "alone"),
        *itertools.chain(*await asyncio.gather(edit(phone, "p"), edit(laptop, "l"))),
    ]
    acknowledged = {reply["result"]["version"]: reply["result"]["rev"] for reply in replies if reply["type"] == "ack"}
    assert all(reply["type"] == "ack" or reply["temporary"] for reply in replies)
    assert sorted(acknowledged.values()) == [acknowledged[version] for version in sorted(acknowledged)]
    (stands,) = (await grace.call("history", room=room))["result"]["messages"]
    assert (stands["version"], stands["rev"]) == max(acknowledged.items())
    heard = [(await grace.event("message_changed"))["message"] for _ in acknowledged]
    last = max(heard, key=lambda message: int(message["version"]))
    assert (last["text"], len({message["version"] for message in heard})) == (stands["text"], len(acknowledged))
    caught_up = (await grace.call("subscribe", room=room, after=1, after_rev=before["last_rev"]))["result"]
    assert [message["text"] for message in caught_up["changed"]] == [stands["text"]]


async def test_reactions_of_many_at_once_are_counted_exactly(sign_in: SignIn, room: str) -> None:
    names = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Tony"]
    users = [await sign_in(name) for name in names]
    ada = users[0]
    await ada.call("create", title="Votes", room=room, members=[name.lower() for name in names[1:]])
    await ada.call("send", room=room, text="Lunch?")

    async def vote(position: int) -> None:
        for _ in range(20):
            reply = await users[position].call("react", room=room, seq=1, emoji="👍")
            if reply["type"] == "ack":
                return
            assert reply["temporary"] is True, reply
            await asyncio.sleep(0.05 * (1 + position))
        raise AssertionError(names[position])

    await asyncio.gather(*map(vote, range(len(users))))
    (message,) = (await ada.call("history", room=room))["result"]["messages"]
    assert (message["reactions"], message["mine"]) == ([{"emoji": "👍", "count": len(names)}], ["👍"])
    listed: list[str] = []
    after = None
    while True:
        page = (await ada.call("reactions", room=room, seq=1, emoji="👍", limit=4, after=after))["result"]
        listed += [each["user"]["name"] for each in page["reactions"]]
        after = page["after"]
        if after is None:
            break
    assert sorted(listed) == sorted(names)
    removed = (await ada.call("react", room=room, seq=1, emoji="👍", remove=True))["result"]
    assert removed["reactions"] == [{"emoji": "👍", "count": len(names) - 1}]


async def test_replies_at_the_same_time_are_one_thread_with_its_count(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Threads", room=room, members=["grace"])
    await ada.call("send", room=room, text="What do you think?")

    async def reply(user: str, number: int) -> int:
        speaker = ada if user == "ada" else grace
        answer = await speaker.call("send", room=room, text=f"{user} {number}", reply_to=1)
        return int(answer["result"]["seq"])

    async def replies(user: str) -> list[int]:
        return [await reply(user, number) for number in range(5)]

    stored = sorted(seq for seqs in await asyncio.gather(replies("ada"), replies("grace")) for seq in seqs)
    root = (await ada.call("history", room=room, around=1, limit=1))["result"]["messages"][0]
    assert (root["replies"], root["last_reply_seq"]) == (10, max(stored))
    newest = (await grace.call("history", room=room, thread=1, limit=6))["result"]
    oldest = (await grace.call("history", room=room, thread=1, before=newest["messages"][0]["seq"]))["result"]
    assert [each["seq"] for each in oldest["messages"] + newest["messages"]] == stored
    assert (newest["more"], newest["newer"], oldest["more"], oldest["newer"]) == (True, False, False, True)


async def test_mentions_reach_sockets_that_did_not_subscribe(sign_in: SignIn, room: str) -> None:
    ada, grace, eve = await sign_in("Ada"), await sign_in("Grace"), await sign_in("Eve")
    await ada.call("create", title="Mentions", room=room, members=["grace", "eve"])
    await grace.call("send", room=room, text="@eve and @ada, @nobody")
    for user in (ada, eve):
        event = await user.event("mention")
        assert event["message"]["mentions"] == ["eve", "ada"]
    await ada.call("send", room=room, text="@room lunch is ready")
    for user in (grace, eve):
        assert (await user.event("mention"))["message"]["mentions_room"] is True
