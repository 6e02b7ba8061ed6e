"""Events leave the running stack: to a webhook that verifies them, and to a browser that was away and reads its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from chat.webhooks.office import REMEMBERED_MS
from local.deployment import OPERATOR
from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, post, request, session_token
from tests.unit.browser_device import Browser
from tests.unit.outside import Receiver, receiving
from tests.unit.webhook_stage import verified


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


async def until_received(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(3 * WAIT_S):
        while len(receiver.received) < count:  # noqa: ASYNC110 - the server is no part of this loop
            await asyncio.sleep(0.1)


async def test_an_operators_endpoint_is_told_once_of_what_happens_in_its_rooms(
    stack: LocalStack, sign_in: SignIn, room: str, receiver: Receiver
) -> None:
    url = f"{stack.api_url}/api/webhooks"
    token = await asyncio.to_thread(session_token, stack, OPERATOR)
    asked = {"url": receiver.url, "events": ["MessagePosted", "MessageChanged", "MembershipChanged"], "rooms": [room]}
    made = await asyncio.to_thread(post, url, asked, token)
    assert made.status == 201, made
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await asyncio.sleep(REMEMBERED_MS / 1_000)  # who has looked a moment ago does not know of it yet
    refused = await asyncio.to_thread(post, url, asked, ada.token)
    assert (refused.status, refused.body["code"]) == (403, "not_allowed")

    await ada.call("create", title="Lunch", room=room, members=["bob"])
    await ada.call("send", room=room, text="Grüße")
    await bob.call("react", room=room, seq=1, emoji="🍲")
    await bob.call("leave", room=room)
    await until_received(receiver, 5)
    told = [json.loads(each.body) for each in receiver.received]
    assert sorted((event["event"], event.get("what", event.get("text"))) for event in told) == [
        ("MembershipChanged", "joined"),
        ("MembershipChanged", "joined"),
        ("MembershipChanged", "left"),
        ("MessageChanged", "reactions"),
        ("MessagePosted", "Grüße"),
    ]
    for each in receiver.received:
        assert verified(made.body["secret"], each.headers, each.body)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 5

    one = f"{url}/{made.body['id']}"
    again = await asyncio.to_thread(post, f"{one}/replay", {"room": room, "first": 1, "last": 1}, token)
    assert (again.status, again.body) == (202, {"replayed": 1})
    await until_received(receiver, 6)
    (first,) = [each for each in receiver.received[:5] if b"MessagePosted" in each.body]
    assert receiver.received[5].headers["webhook-id"] == first.headers["webhook-id"]
    shown = await asyncio.to_thread(request, one, token=token)
    assert (shown.status, shown.body["status"]) == (200, "ok")
    removed = await asyncio.to_thread(request, one, method="DELETE", token=token)
    assert removed.status == 200
    await asyncio.sleep(REMEMBERED_MS / 1_000)
    await ada.call("send", room=room, text="Nobody is told of this")
    await asyncio.sleep(3)
    assert len(receiver.received) == 6


async def test_a_browser_whose_user_is_away_is_told_of_a_mention_and_alone_can_read_it(
    stack: LocalStack, sign_in: SignIn, room: str, receiver: Receiver
) -> None:
    url = f"{stack.api_url}/api/push/subscriptions"
    ada, token = await sign_in("Ada"), await asyncio.to_thread(session_token, stack, "Zoe")
    browser = Browser()
    made = await asyncio.to_thread(post, url, {"endpoint": receiver.url, "keys": browser.keys}, token)
    assert made.status == 201, made
    shown = await asyncio.to_thread(request, url, token=token)
    assert [each["id"] for each in shown.body["subscriptions"]] == [made.body["id"]]

    await ada.call("create", title="Lunch", room=room, members=["zoe"])
    await ada.call("send", room=room, text="Not for anybody")
    await ada.call("send", room=room, text="Soup, @zoe?")
    await until_received(receiver, 1)
    (push,) = receiver.received
    alert = json.loads(browser.read(push.body))
    assert (alert["author"], alert["text"], alert["unread"]) == ("Ada", "Soup, @zoe?", 2)
    assert push.headers["authorization"].endswith(f"k={shown.body['vapid_public_key']}")

    removed = await asyncio.to_thread(request, url, method="DELETE", body={"id": made.body["id"]}, token=token)
    assert (removed.status, removed.body["subscriptions"]) == (200, [])
