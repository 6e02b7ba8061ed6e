"""The client at the deployed stack: real sockets, real functions, and connections that are cut on the way."""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from PIL import Image

from agent_chat import (
    Chat,
    ConnectionChanged,
    MediaRejectedError,
    MemberChanged,
    MessageChanged,
    NotAMemberError,
    RoomExistsError,
    UnsupportedTypeError,
    http_connection,
)
from agent_chat.frames import Reconnection
from agent_chat.http import Ticket
from local.stack import LocalStack
from tests.client.bursts import WAIT_S, Burst, read
from tests.client.relay import relaying
from tests.client.stage import until

SignIn = Callable[[str], Awaitable[Chat]]
_rooms = itertools.count(1)


@pytest.fixture
def room() -> str:
    """A room id of the test's own; the room is not made yet."""
    return f"client-{next(_rooms)}"


@pytest.fixture
async def sign_in(stack: LocalStack) -> AsyncIterator[SignIn]:
    """Connects by name, as often as the test asks."""
    async with AsyncExitStack() as opened:

        async def connect(name: str) -> Chat:
            return await opened.enter_async_context(Chat.connect(stack.page_url, name=name, timeout_s=WAIT_S))

        yield connect


async def cut(chat: Chat) -> None:
    """The network goes away under a client, as soon as it has one."""
    (await chat._session.online()).abort()


def read_config(stack: LocalStack) -> dict[str, str]:
    """What the stage says about itself."""
    with urllib.request.urlopen(f"{stack.api_url}/api/config", timeout=WAIT_S) as answer:  # noqa: S310 - http of ours
        config: dict[str, str] = json.loads(answer.read())
        return config


async def test_two_clients_chat(sign_in: SignIn, room: str) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.create("Lunch", room=room)
    with pytest.raises(RoomExistsError):
        await grace.create("Lunch", room=room)
    with pytest.raises(NotAMemberError):
        await grace.subscribe(room).open()
    await grace.join(room)
    async with ada.subscribe(room) as at_ada, grace.subscribe(room) as at_grace:
        await ada.send(room, "Hello, Grace")
        await grace.send(room, "Hello, Ada")
        heard = [await read(feed, 2) for feed in (at_ada, at_grace)]
    assert heard[0] == heard[1]
    assert [(message.author, message.text) for message in heard[0]] == [
        (ada.user, "Hello, Grace"),
        (grace.user, "Hello, Ada"),
    ]
    assert [message.seq async for message in ada.history(room, page_size=1)] == [2, 1]
    assert [message.seq async for message in ada.history(room, after=0, page_size=1)] == [1, 2]
    assert {member.user.id async for member in ada.members(room, page_size=1)} == {"ada", "grace"}


async def test_unread_counts_and_rights_are_the_servers(sign_in: SignIn, room: str) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await ada.create("Lunch", room=room, kind="private", members=["eve"])
    async with eve.subscribe(room) as feed:
        await ada.send(room, "one")
        await ada.send(room, "two")
        await read(feed, 2)
        await eve.mark_read(room, 1)
        assert [each.unread for each in await eve.rooms() if each.room == room] == [1]
        changes = eve.events(MemberChanged)
        await ada.remove(room, "eve", ban=True)
        async with asyncio.timeout(WAIT_S):
            with pytest.raises(NotAMemberError):
                await anext(feed)
            assert (await anext(changes)).change == "banned"
    direct = await ada.direct("eve")
    assert (await eve.direct("ada")).room == direct.room


async def test_a_burst_over_lost_connections_is_neither_lost_nor_repeated_nor_reordered(
    sign_in: SignIn, room: str
) -> None:
    ada, grace = await sign_in("Ada"), await sign_in("Grace")
    await ada.create("Burst", room=room)
    await grace.join(room)
    async with ada.subscribe(room) as at_ada, grace.subscribe(room) as at_grace:
        states = [chat.events(ConnectionChanged) for chat in (ada, grace)]
        burst = Burst.of(room, ada, grace)
        readers = [asyncio.ensure_future(read(feed, burst.size)) for feed in (at_ada, at_grace)]
        for sender, stored in ((grace, 4), (ada, 10), (grace, 16), (ada, 22)):
            await burst.posted[sender.user.id][stored]
            await cut(sender)  # what comes next is on its way, and others' messages are
        logs = [await reader for reader in readers]
        newest = await burst.newest()
        if newest > burst.size:  # numbers that a repeat has burnt
            logs = [log + await read(feed, newest) for log, feed in zip(logs, (at_ada, at_grace), strict=True)]
        for stream in states:
            stream.close()
            assert "waiting" in [event.state async for event in stream]
    await burst.check(logs)


async def test_a_burst_over_a_network_that_lets_sockets_through_at_times_arrives_whole(
    stack: LocalStack, sign_in: SignIn, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grace begins over HTTP, goes over to a socket, loses it, and is back on HTTP: all in the middle of the burst."""
    monkeypatch.setattr(http_connection, "SOCKET_PAUSES", Reconnection(first_ms=50, most_ms=500))
    ada = await sign_in("Ada")
    await ada.create("Burst", room=room, members=["grace"])
    async with relaying((await asyncio.to_thread(read_config, stack))["websocket_url"]) as relay:
        monkeypatch.setattr(Ticket, "socket_url", property(lambda ticket: f"{relay.url}?ticket={ticket.ticket}"))
        relay.open = False
        grace = await sign_in("Grace")
        assert (grace.way, relay.refused) == ("http", 3)
        async with ada.subscribe(room) as at_ada, grace.subscribe(room) as at_grace:
            burst = Burst.of(room, ada, grace)
            readers = [asyncio.ensure_future(read(feed, burst.size)) for feed in (at_ada, at_grace)]
            await burst.posted["grace"][5]
            relay.open = True
            await until(lambda: grace.way == "socket", WAIT_S)
            await burst.posted["grace"][15]
            relay.open = False
            relay.cut()
            await until(lambda: grace.way == "http", WAIT_S)
            logs = [await reader for reader in readers]
            newest = await burst.newest()
            if newest > burst.size:
                logs = [log + await read(feed, newest) for log, feed in zip(logs, (at_ada, at_grace), strict=True)]
            changes = grace.events(MessageChanged)
            await ada.edit(room, burst.first_of("ada"), "edited")
            await ada.react(room, burst.first_of("grace"), "\U0001f44d")
            async with asyncio.timeout(WAIT_S):
                seen = [(await anext(changes)).message for _ in range(2)]
            assert grace.way == "http"
    assert [(message.seq, message.text) for message in seen] == [
        (burst.first_of("ada"), "edited"),
        (burst.first_of("grace"), "grace 0"),
    ]
    assert [reaction.emoji for reaction in seen[1].reactions] == ["\U0001f44d"]
    await burst.check(logs)


async def test_fifty_senders_at_once_leave_one_order_at_every_reader(sign_in: SignIn, room: str) -> None:
    owner = await sign_in("Owner")
    await owner.create("Crowd", room=room)
    senders = [await sign_in(f"Sender {number}") for number in range(50)]
    for sender in senders:
        await sender.join(room)
    async with AsyncExitStack() as open_feeds:
        feeds = [await open_feeds.enter_async_context(sender.subscribe(room)) for sender in senders]
        sent = await asyncio.gather(*(sender.send(room, f"from {sender.user.id}") for sender in senders))
        newest = max(each.seq for each in sent)
        logs = await asyncio.gather(*(read(feed, newest) for feed in feeds))
    assert len({each.seq for each in sent}) == 50
    assert sorted(message.text for message in logs[0]) == sorted(f"from {sender.user.id}" for sender in senders)
    assert all(log == logs[0] for log in logs)


async def test_an_upload_becomes_a_message_or_says_why_not(sign_in: SignIn, room: str, tmp_path: Path) -> None:
    ada = await sign_in("Ada")
    await ada.create("Photos", room=room)
    photo, broken, program = tmp_path / "photo.jpg", tmp_path / "broken.png", tmp_path / "notes.exe"
    Image.effect_noise((900, 600), 80).save(photo)
    broken.write_bytes(b"not an image at all")
    program.write_bytes(b"nor this")
    steps: list[tuple[int, int]] = []
    async with asyncio.timeout(WAIT_S):
        message = await ada.upload(room, photo, progress=lambda sent, total: steps.append((sent, total)))
        with pytest.raises(MediaRejectedError, match="not a JPEG"):
            await ada.upload(room, broken)
    with pytest.raises(UnsupportedTypeError):
        await ada.upload(room, program)
    assert message.media is not None
    assert (message.kind, message.media.name, message.media.original.width) == ("image", "photo.jpg", 900)
    address = await ada.media_url(message.media.thumbnail.url)
    with await asyncio.to_thread(urllib.request.urlopen, address) as served:
        assert served.headers["content-type"] == message.media.thumbnail.content_type
    size_bytes = (await asyncio.to_thread(photo.stat)).st_size
    assert steps[-1] == (size_bytes, size_bytes)
    assert [sent for sent, _ in steps] == sorted(sent for sent, _ in steps)
    assert len(steps) > 1
