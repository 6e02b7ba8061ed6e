"""Rooms and people over real sockets: who brings in, puts out, silences and promotes whom, and who sees it."""

from __future__ import annotations

import asyncio
from typing import Any

from chat.storage.room_rules import REMEMBERED_MS
from tests.integration.users import SignIn, User


async def refusal(asker: User, action: str, /, **fields: Any) -> str:
    """The code that a command is refused with, once every function instance has forgotten an old right."""
    for _ in range(2 * REMEMBERED_MS // 250):
        reply = await asker.call(action, **fields)
        if reply["type"] == "error":
            return str(reply["code"])
        await asyncio.sleep(0.25)
    raise AssertionError(f"{asker.name} may still {action}")


async def succeed(asker: User, action: str, /, **fields: Any) -> dict[str, Any]:
    """What an acknowledged command answers."""
    reply = await asker.call(action, **fields)
    assert reply["type"] == "ack", reply
    result: dict[str, Any] = reply["result"]
    return result


async def change(user: User) -> tuple[str, str, str | None]:
    """The next change of a membership that the user is told of: whose, what, and their role then."""
    event = await user.event("member")
    return event["user"]["id"], event["change"], event["role"]


async def roles(user: User, room: str) -> dict[str, str]:
    """Who is in the room as what, page by page."""
    found: dict[str, str] = {}
    after = None
    while True:
        page = await succeed(user, "members", room=room, after=after, limit=2)
        found |= {member["user"]["id"]: member["role"] for member in page["members"]}
        after = page["after"]
        if after is None:
            return found


async def test_a_private_room_is_run_by_its_owner_and_moderators(sign_in: SignIn, room: str) -> None:
    ada, mia, bob, eve = [await sign_in(name) for name in ("Ada", "Mia", "Bob", "Eve")]
    await succeed(ada, "create", title="Private", room=room, kind="private", members=["mia", "bob"])
    for user in (mia, bob):
        assert await change(user) == (user.name.lower(), "invited", "member")
        await succeed(user, "subscribe", room=room)
    await succeed(ada, "subscribe", room=room)
    assert await refusal(eve, "join", room=room) == "room_private"
    assert await refusal(bob, "invite", room=room, user="eve") == "not_allowed"
    await succeed(ada, "set_role", room=room, user="mia", role="moderator")
    await succeed(mia, "invite", room=room, user="eve")
    assert await change(eve) == ("eve", "invited", "member")
    await succeed(eve, "subscribe", room=room)
    await succeed(ada, "set_role", room=room, user="eve", role="reader")
    assert await refusal(eve, "send", room=room, text="may I?") == "not_allowed"
    await succeed(eve, "history", room=room)
    assert await roles(bob, room) == {"ada": "owner", "mia": "moderator", "bob": "member", "eve": "reader"}
    for user in (ada, bob):
        assert [await change(user) for _ in range(3)] == [
            ("mia", "role", "moderator"),
            ("eve", "invited", "member"),
            ("eve", "role", "reader"),
        ]
    await succeed(ada, "transfer", room=room, user="mia")
    assert [await change(bob) for _ in range(2)] == [("mia", "role", "owner"), ("ada", "role", "moderator")]
    await succeed(ada, "leave", room=room)
    assert await change(bob) == ("ada", "left", None)
    assert await roles(bob, room) == {"mia": "owner", "bob": "member", "eve": "reader"}


async def test_a_muted_member_reads_and_is_told_when_to_write_again(sign_in: SignIn, room: str) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await succeed(ada, "create", title="Quiet", room=room)
    await bob.enter(room)
    await succeed(ada, "mute", room=room, user="bob", for_s=600)
    assert [await change(bob) for _ in range(2)] == [("bob", "joined", "member"), ("bob", "muted", "member")]
    assert await refusal(bob, "send", room=room, text="hello") == "muted"
    for action in ("leave", "join"):
        await succeed(bob, action, room=room)
    refused = await bob.call("send", room=room, text="hello")
    assert (refused["code"], refused["temporary"], 0 < refused["retry_after_ms"] <= 600_000) == ("muted", True, True)
    await succeed(bob, "subscribe", room=room)
    await succeed(ada, "send", room=room, text="listen")
    assert (await bob.event("message"))["message"]["text"] == "listen"
    await succeed(ada, "mute", room=room, user="bob", for_s=0)
    for _ in range(2 * REMEMBERED_MS // 250):
        if (await bob.call("send", room=room, text="hello"))["type"] == "ack":
            return
        await asyncio.sleep(0.25)
    raise AssertionError("still muted")


async def test_who_is_put_out_hears_and_reads_nothing_more_on_any_device(sign_in: SignIn, room: str) -> None:
    ada, phone, laptop = await sign_in("Ada"), await sign_in("Eve"), await sign_in("Eve")
    await succeed(ada, "create", title="Lunch", room=room, kind="private", members=["eve"])
    for device in (phone, laptop):
        await succeed(device, "subscribe", room=room)
    await succeed(ada, "send", room=room, text="before")
    for device in (phone, laptop):
        assert (await device.event("message"))["message"]["text"] == "before"
    await succeed(ada, "remove", room=room, user="eve")
    await succeed(ada, "send", room=room, text="a secret, @eve")
    await succeed(ada, "edit", room=room, seq=1, text="another secret")
    for device in (phone, laptop):
        while (await change(device))[1] != "removed":
            pass
        assert await refusal(device, "history", room=room) == "not_a_member"
        assert await refusal(device, "search", room=room, query="secret") == "not_a_member"
        for action in ("subscribe", "members", "pins", "settings", "presence"):
            assert (await device.call(action, room=room))["code"] == "not_a_member", action
        assert (await succeed(device, "sync", rooms={room: 0}, revs={room: 0}))["rooms"] == {}
        assert room not in await device.list_rooms()
        assert "secret" not in str(device.events)
    assert await refusal(phone, "join", room=room) == "room_private"


async def test_a_ban_keeps_out_until_it_is_lifted(sign_in: SignIn, room: str) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await succeed(ada, "create", title="Open", room=room)
    await succeed(ada, "subscribe", room=room)
    await eve.enter(room)
    await succeed(ada, "remove", room=room, user="eve", ban=True)
    assert [await change(ada) for _ in range(2)] == [("eve", "joined", "member"), ("eve", "banned", "banned")]
    assert await refusal(eve, "join", room=room) == "banned"
    assert (await ada.call("invite", room=room, user="eve"))["code"] == "not_allowed"
    assert await roles(ada, room) == {"ada": "owner", "eve": "banned"}
    await succeed(ada, "unban", room=room, user="eve")
    assert await change(ada) == ("eve", "unbanned", None)
    await eve.enter(room)
    assert await roles(eve, room) == {"ada": "owner", "eve": "member"}


async def test_unread_messages_of_all_rooms_come_in_one_call(sign_in: SignIn, room: str) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    for number in range(1, 4):
        await succeed(ada, "create", title=f"Room {number}", room=f"{room}-{number}", members=["bob"])
        for text in range(number):
            await succeed(ada, "send", room=f"{room}-{number}", text=f"{text}")
    await succeed(bob, "read", room=f"{room}-3", seq=2)
    listed = await bob.list_rooms()
    assert [listed[f"{room}-{number}"]["unread"] for number in range(1, 4)] == [1, 2, 1]
    assert {each["role"] for name, each in listed.items() if name.startswith(f"{room}-")} == {"member"}


async def test_a_direct_room_is_seen_by_the_other_one_at_once(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in(f"Ada {room}"), await sign_in(f"Grace {room}")
    grace_id, ada_id = f"grace-{room}", f"ada-{room}"
    opened = (await succeed(ada, "direct", user=grace_id))["room"]
    assert await change(grace) == (grace_id, "invited", "member")
    listed = [each for each in (await grace.list_rooms()).values() if each["kind"] == "direct"]
    assert [(each["room"], each["title"]) for each in listed] == [(opened["room"], ada_id)]
    assert (await succeed(grace, "direct", user=ada_id))["room"]["room"] == opened["room"]
