"""Two people and more, over real sockets through the deployed stack."""

import asyncio
import itertools
from typing import Any

from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Principal, Query
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from tests.integration.users import SignIn, User


async def texts(user: User, count: int) -> list[tuple[int, str]]:
    """Number and text of the next `count` messages."""
    events = [await user.event("message") for _ in range(count)]
    return [(event["message"]["seq"], event["message"]["text"]) for event in events]


async def test_two_people_chat_and_the_sender_has_its_ack(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Lunch", room=room)
    for user in (ada, grace):
        await user.enter(room)
    ack = await ada.call("send", room=room, text="Hello, Grace")
    assert ack["result"]["seq"] == 1
    received = (await grace.event("message"))["message"]
    assert (received["seq"], received["text"], received["from"]) == (1, "Hello, Grace", {"id": "ada", "name": "Ada"})
    assert received["sent_at_ms"] == ack["result"]["sent_at_ms"]
    await grace.call("send", room=room, text="Hello, Ada")
    assert await texts(ada, 1) == [(2, "Hello, Ada")]
    assert [event for event in ada.events if event["type"] == "message"] == []


async def test_a_message_goes_to_its_room_and_its_senders_other_device_only(sign_in: SignIn, room: str) -> None:
    ada, phone, eve = await sign_in("Ada"), await sign_in("Ada"), await sign_in("Eve")
    await ada.call("create", title="Lunch", room=room)
    await ada.call("create", title="Other", room=f"{room}-other")
    await ada.enter(room)
    await phone.enter(room)
    await eve.enter(f"{room}-other")
    await ada.call("send", room=room, text="for this room")
    assert await texts(phone, 1) == [(1, "for this room")]
    assert (await eve.call("ping"))["type"] == "ack"
    assert [event for event in eve.events if event["type"] == "message"] == []


async def test_a_resent_message_keeps_its_number_by_which_repeats_are_dropped(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Lunch", room=room)
    await grace.enter(room)
    first = await ada.call("send", id=f"{room}-k1", room=room, text="once")
    again = await ada.call("send", id=f"{room}-k1", room=room, text="once")
    assert first == again
    await ada.call("send", room=room, text="next")
    heard = await texts(grace, 3)
    assert list(dict.fromkeys(heard)) == [(first["result"]["seq"], "once"), (heard[-1][0], "next")]


async def test_concurrent_senders_leave_one_order_that_everybody_reads(sign_in: SignIn, room: str) -> None:
    reader = await sign_in("Reader")
    await reader.call("create", title="Crowd", room=room)
    await reader.enter(room)
    senders = [await sign_in(f"Sender {number}") for number in range(5)]
    for sender in senders:
        await sender.call("join", room=room)

    async def talk(sender: User) -> list[int]:
        return [(await sender.call("send", room=room, text=f"{sender.name} {n}"))["result"]["seq"] for n in range(6)]

    numbers = await asyncio.gather(*(talk(sender) for sender in senders))
    assert sorted(itertools.chain(*numbers)) == list(range(1, 31))
    assert all(own == sorted(own) for own in numbers)
    delivered = dict(await texts(reader, 30))
    logs = [(await user.call("history", room=room, limit=100))["result"]["messages"] for user in (reader, *senders)]
    assert all(log == logs[0] for log in logs)
    assert {message["seq"]: message["text"] for message in logs[0]} == delivered


async def test_history_pages_back_to_the_first_message(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Long", room=room)
    for number in range(1, 71):
        assert (await ada.call("send", room=room, text=f"message {number}"))["type"] == "ack"
    read: list[dict[str, Any]] = []
    page = (await ada.call("history", room=room, limit=25))["result"]
    read = page["messages"] + read
    while page["more"]:
        page = (await ada.call("history", room=room, before=read[0]["seq"], limit=25))["result"]
        read = page["messages"] + read
    assert [message["text"] for message in read] == [f"message {number}" for number in range(1, 71)]


async def test_a_dead_subscription_is_cleaned_up_and_fails_nobody_else(
    sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Lunch", room=room)
    registry = ConnectionRegistry(connections_table)
    for connection in ("L0SM9cOFvHcCIhw=", "L0SM9cOFvHcCIhx=", "L0SM9cOFvHcCIhy="):
        registry.open(connection, Principal("ghost", "Ghost"), 1_790_000_000_000)
        registry.subscribe(connection, room, "ghost", 1_790_000_000_000)
    await grace.enter(room)
    await ada.call("send", room=room, text="anybody there?")
    assert await texts(grace, 1) == [(1, "anybody there?")]
    (page,) = connections_table.query(Query(keys.subscription_shard(room, 0), consistent=True))
    assert [row["user"] for row in page.items] == ["grace"]


async def test_who_vanishes_without_closing_is_forgotten(
    sign_in: SignIn, room: str, connections_table: DynamoDbTable
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.call("create", title="Lunch", room=room)
    await grace.enter(room)
    grace.socket.transport.abort()
    pk = keys.subscription_shard(room, 0)
    for attempt in range(100):
        await ada.call("send", room=room, text=f"still there? {attempt}")
        if not connections_table.query(Query(pk, consistent=True))[0].items:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the vanished connection is still subscribed")


async def test_the_list_of_rooms_shows_what_was_said_last(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    await ada.call("send", room=room, text="The soup is good")
    for _ in range(150):
        latest = (await ada.list_rooms())[room]["latest"]
        if latest is not None:
            assert (latest["seq"], latest["author"], latest["text"]) == (1, "Ada", "The soup is good")
            return
        await asyncio.sleep(0.2)
    raise AssertionError("no preview came out of the event chain")
