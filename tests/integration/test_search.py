"""Search on the running stack: stream, topic, queue and index function find what was said a moment ago."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.users import WAIT_S, SignIn, User


async def find(user: User, room: str, query: str, count: int, **fields: Any) -> dict[str, Any]:
    """What a search gives as soon as it has `count` messages: the index follows the log a little later."""
    async with asyncio.timeout(WAIT_S):
        while True:
            reply = await user.call("search", room=room, query=query, **fields)
            assert reply["type"] == "ack", reply
            result: dict[str, Any] = reply["result"]
            if len(result["messages"]) >= count:
                return result
            await asyncio.sleep(0.25)


async def test_a_search_shows_what_messages_say_now_and_nothing_to_who_is_out(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Secrets", room=room, kind="private", members=["grace"])
    for text in ("secret one", "secret two", "secret three"):
        assert (await ada.call("send", room=room, text=text))["type"] == "ack"
    await find(grace, room, "secret", 3)
    assert (await ada.call("edit", room=room, seq=1, text="harmless"))["type"] == "ack"
    assert (await ada.call("delete", room=room, seq=2))["type"] == "ack"
    found = (await grace.call("search", room=room, query="secret"))["result"]["messages"]
    assert [(message["seq"], message["text"]) for message in found] == [(3, "secret three")]
    assert [each["seq"] for each in (await find(grace, room, "harmless", 1))["messages"]] == [1]
    assert (await ada.call("remove", room=room, user="grace"))["type"] == "ack"
    async with asyncio.timeout(WAIT_S):  # a function instance remembers rights for 5 s
        while (await grace.call("search", room=room, query="secret")).get("code") != "not_a_member":  # noqa: ASYNC110
            await asyncio.sleep(0.25)


async def test_what_was_said_is_found_by_its_words_in_pages_and_by_members_only(sign_in: SignIn, room: str) -> None:
    ada, grace, eve = await sign_in("Ada"), await sign_in("Grace"), await sign_in("Eve")
    await ada.call("create", title="Lunch", room=room, kind="private", members=["grace"])
    for text in ("Soup on Friday?", "Rather bread", "Soup it is, Café at one", "soup SOUP"):
        assert (await ada.call("send", room=room, text=text))["type"] == "ack"
    found = await find(grace, room, "soup", 3)
    assert [message["seq"] for message in found["messages"]] == [4, 3, 1]
    assert found["messages"][2]["text"] == "Soup on Friday?"
    assert [message["seq"] for message in (await find(grace, room, "CAFE soup", 1))["messages"]] == [3]
    page = await find(grace, room, "soup", 2, limit=2)
    assert page["before"] == 3
    rest = await find(grace, room, "soup", 1, limit=2, before=page["before"])
    assert ([message["seq"] for message in rest["messages"]], rest["before"]) == ([1], None)
    assert (await eve.call("search", room=room, query="soup"))["code"] == "not_a_member"
