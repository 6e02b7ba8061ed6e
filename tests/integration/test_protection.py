"""Protection over real sockets: limits, slow mode, blocked words, reports, and when to try again."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integration.users import SignIn, User

MEMORY_S = 5.2
"""A room's rules are in force everywhere after this."""


async def say(user: User, room: str, text: str = "hello") -> dict[str, Any]:
    """The reply to one message."""
    return await user.call("send", room=room, text=text)


async def test_somebody_who_sends_too_much_is_refused_until_they_are_told_to_come_back(sign_in: SignIn) -> None:
    mallory, ada = await sign_in("Mallory"), await sign_in("Ada")
    refused: list[dict[str, Any]] = []
    for number in range(60):
        pings = [{"action": "ping", "id": f"{number}-{each}"} for each in range(20)]
        replies = await mallory.say_list(pings)
        assert len(replies) == 20
        refused = [reply for reply in replies if reply["type"] == "error"]
        if refused:
            break
    last = refused[-1]
    assert (last["code"], last["temporary"]) == ("too_many_requests", True)
    assert 0 < last["retry_after_ms"] <= 1_000
    assert (await ada.call("ping"))["type"] == "ack"
    await asyncio.sleep(last["retry_after_ms"] / 1000)
    assert (await mallory.call("ping"))["type"] == "ack"


async def test_slow_mode_is_told_to_all_and_holds_for_members(sign_in: SignIn, room: str) -> None:
    ada, bob, bea = await sign_in("Ada"), await sign_in("Bob"), await sign_in("Bea")
    await ada.call("create", title="Slow", room=room, members=["bob", "bea"])
    await bea.call("subscribe", room=room)
    reply = await ada.call("configure", room=room, slow_mode_s=120)
    assert reply["result"] == {"room": room, "slow_mode_s": 120, "blocked_words": []}
    told = await bea.event("room_changed")
    assert (told["slow_mode_s"], told["by"]["id"]) == (120, "ada")
    assert (await say(bob, room))["type"] == "ack"
    refused = await say(bob, room)
    assert (refused["code"], refused["temporary"]) == ("slow_mode", True)
    assert 60_000 < refused["retry_after_ms"] <= 120_000
    assert (await say(bea, room))["type"] == "ack"
    assert [(await say(ada, room))["type"] for _ in range(2)] == ["ack", "ack"]


async def test_two_devices_at_the_same_moment_have_one_turn(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    devices = [await sign_in("Bob") for _ in range(4)]
    await ada.call("create", title="Slow", room=room, members=["bob"])
    await ada.call("configure", room=room, slow_mode_s=60)
    replies = await asyncio.gather(*(say(device, room) for device in devices))
    assert sorted(reply.get("code", "ack") for reply in replies) == ["ack", "slow_mode", "slow_mode", "slow_mode"]


async def test_a_message_sent_again_in_slow_mode_keeps_its_number(sign_in: SignIn, room: str) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Slow", room=room, members=["bob"])
    await ada.call("configure", room=room, slow_mode_s=60)
    first = await bob.call("send", id=f"{room}-1", room=room, text="hello")
    again = await bob.call("send", id=f"{room}-1", room=room, text="hello")
    assert first["result"] == again["result"]


async def test_a_blocked_word_is_refused_in_any_form_once_the_rule_is_known(sign_in: SignIn, room: str) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Clean", room=room, members=["bob"])
    assert (await say(bob, room, "spam"))["type"] == "ack"
    await ada.call("configure", room=room, blocked_words=["Spam"])
    await asyncio.sleep(MEMORY_S)
    for text in ("SPAM!", "sp\u200bam", "\uff53pam"):
        refused = await say(bob, room, text)
        assert (refused["code"], refused["temporary"]) == ("blocked_word", False)
    assert (await say(bob, room, "spammer"))["type"] == "ack"
    assert (await bob.call("settings", room=room))["result"]["blocked_words"] == []
    assert (await ada.call("settings", room=room))["result"]["blocked_words"] == ["spam"]


async def test_a_report_reaches_the_moderators_once(sign_in: SignIn, room: str) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Reports", room=room, members=["bob"])
    await say(ada, room, "rude")
    for reason in ("Rude.", "Still rude."):
        assert (await bob.call("report", room=room, seq=1, reason=reason))["type"] == "ack"
    assert (await bob.call("report", room=room, seq=2, reason="Rude."))["code"] == "message_not_found"
    assert (await bob.call("reports", room=room))["code"] == "not_allowed"
    (report,) = (await ada.call("reports", room=room))["result"]["reports"]
    assert (report["seq"], report["by"]["id"], report["reason"]) == (1, "bob", "Rude.")


async def test_a_text_may_have_eight_thousand_characters_and_no_more(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Long", room=room)
    assert (await say(ada, room, "x" * 8_000))["type"] == "ack"
    assert (await say(ada, room, "x" * 8_001))["code"] == "invalid_field"
