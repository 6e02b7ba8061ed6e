"""Who is there, who types, who has read: over real sockets, through the real queue of notices."""

from __future__ import annotations

import asyncio
from typing import Any

from chat.presence import OFFLINE_AFTER_S
from tests.integration.users import SignIn, User


async def test_coming_typing_reading_and_going_are_seen_by_who_shares_a_room(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Together", room=room, members=["lise"])
    await ada.call("subscribe", room=room)

    lise = await sign_in("Lise")
    await lise.call("subscribe", room=room)
    assert await of_lise(ada) == {"type": "presence", "user": {"id": "lise", "name": "Lise"}, "online": True}
    asked = (await ada.call("presence", room=room))["result"]
    assert {user["id"] for user in asked["users"]} == {"ada", "lise"}

    assert (await lise.call("typing", room=room))["type"] == "ack"
    assert await ada.event("typing") == {"type": "typing", "room": room, "user": {"id": "lise", "name": "Lise"}}

    assert (await ada.call("send", room=room, text="hello"))["type"] == "ack"
    await lise.event("message")
    await lise.call("read", room=room, seq=1)
    (reader,) = (await ada.event("receipts"))["readers"]
    assert (reader["user"]["id"], reader["seq"]) == ("lise", 1)
    counted = (await ada.call("receipts", room=room, seq=1))["result"]
    assert (counted["count"], counted["readers"], counted["after"]) == (1, [reader], None)

    # A second device, and the first one goes: no news. Then the second vanishes without a word.
    phone = await sign_in("Lise")
    await lise.socket.close()
    await asyncio.sleep(OFFLINE_AFTER_S + 2)
    assert (await ada.call("presence", users=["lise", "nobody"]))["result"]["online"] == 1
    assert not [event for event in ada.events if event["type"] == "presence" and event["user"]["id"] == "lise"]
    phone.socket.transport.abort()
    assert (await of_lise(ada))["online"] is False
    assert (await ada.call("presence", users=["lise"]))["result"]["online"] == 0

    # Back a moment later.
    await sign_in("Lise")
    assert (await of_lise(ada))["online"] is True
    assert (await ada.call("presence", users=["lise"]))["result"]["online"] == 1


async def of_lise(user: User) -> dict[str, Any]:
    """The next that the user is told of Lise's coming or going; others come and go in other tests."""
    while (event := await user.event("presence"))["user"]["id"] != "lise":
        pass
    return event
