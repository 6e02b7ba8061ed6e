"""A network that lets no socket through: the client goes over HTTP by itself, and back, and only its pace shows it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from aiohttp import web

from agent_chat import (
    ChangesMissed,
    Chat,
    ChatError,
    ConnectionChanged,
    MessageChanged,
    NotAMemberError,
    UnauthorizedError,
    UnreachableError,
)
from agent_chat import http_connection as http_module
from agent_chat import listener as listener_module
from agent_chat import session as session_module
from agent_chat import ways as ways_module
from agent_chat.frames import Reconnection
from tests.client.faults import problem
from tests.client.stage import Stage, until
from tests.client.test_reconnection import read

QUICK = Reconnection(first_ms=10, most_ms=60)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before the stage has said any, and between failures, are those of a test."""
    monkeypatch.setattr(session_module, "BEFORE_READY", QUICK)
    monkeypatch.setattr(http_module, "SOCKET_PAUSES", QUICK)
    monkeypatch.setattr(listener_module, "FIRST_RETRY_MS", 20)
    monkeypatch.setattr(listener_module, "MOST_RETRY_MS", 100)


@pytest.fixture
def never_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is tried again for as long as a test takes."""
    monkeypatch.setattr(http_module, "SOCKET_PAUSES", Reconnection(first_ms=3_600_000_000, most_ms=3_600_000_000))


def block(stage: Stage) -> None:
    """What stands between lets no socket through any more. Those that are open stay open."""
    stage.faults.socket = lambda: web.Response(status=403, text="Upgrade is not allowed here.")


def unblock(stage: Stage) -> None:
    stage.faults.socket = lambda: None


async def test_who_can_open_no_socket_chats_all_the_same(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        assert (chat.state, chat.way, chat.user.id) == ("online", "http", "ada")
        async with chat.subscribe("lunch") as feed:
            await fake_stage.say("lunch", "one")
            assert (await chat.send("lunch", "two")).seq == 2
            await fake_stage.say("lunch", "three")
            assert [message.text for message in await read(feed, 3)] == ["one", "two", "three"]
            assert [message.seq async for message in chat.history("lunch")] == [3, 2, 1]
            changes = chat.events(MessageChanged)
            fake_stage.change("lunch", 1, "better")
            async with asyncio.timeout(10):
                assert (await anext(changes)).message.text == "better"
    assert fake_stage.opened == 0
    assert fake_stage.texts("lunch") == ["better", "two", "three"]


async def test_a_socket_that_fails_now_and_then_is_no_reason_to_go_over_http(fake_stage: Stage) -> None:
    for opened in (1, 2):
        refusals = iter([web.Response(status=503), web.Response(status=503)])
        fake_stage.faults.socket = lambda refusals=refusals: next(refusals, None)  # type: ignore[misc]
        if opened == 1:
            chat = await Chat.connect(fake_stage.url, name="Ada")
        else:
            await fake_stage.cut()
        await until(lambda opened=opened: fake_stage.opened == opened)  # type: ignore[misc]
        assert await chat.ping() > 0
        assert chat.way == "socket"
    await chat.close()
    assert fake_stage.actions["hello"] == 2


async def test_a_proxy_that_lets_sockets_be_opened_but_nothing_through_is_seen_through(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways_module, "PATIENCE_S", 0.2)
    monkeypatch.setattr("agent_chat.socket_connection.SocketConnection.call.__kwdefaults__", {"timeout_s": 0.3})
    fake_stage.faults.reply = lambda peer, _frame: peer.socket is None
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        assert chat.way == "http"
        assert await chat.ping() > 0


async def test_it_says_over_what_it_goes_and_goes_back_when_it_can(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        states = chat.events(ConnectionChanged)
        assert chat.way == "socket"
        block(fake_stage)
        await fake_stage.cut()
        await until(lambda: chat.way == "http")
        await fake_stage.say("lunch", "over HTTP")
        await read(feed, 1)
        unblock(fake_stage)
        await until(lambda: chat.way == "socket")
        await fake_stage.say("lunch", "over the socket")
        assert [message.text for message in await read(feed, 2)] == ["over the socket"]
        states.close()
    seen = [(event.state, event.way) async for event in states if event.state == "online"]
    assert seen == [("online", "http"), ("online", "socket")]
    assert len(fake_stage.peers) == 0


async def test_a_burst_over_changing_ways_arrives_whole_and_in_order(fake_stage: Stage) -> None:
    """To HTTP and back, twice, while both sides write and messages are changed."""
    fake_stage.heartbeat_s = 1
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        reading = asyncio.ensure_future(read(feed, 240))
        changes = chat.events(MessageChanged)
        own = [chat.post("lunch", f"own {number}") for number in range(80)]
        for number in range(160):
            message = await fake_stage.say("lunch", f"other {number}")
            if number % 8 == 0:
                changed = fake_stage.change("lunch", message["seq"], f"other {number}, edited")
                await fake_stage.tell({"type": "message_changed", "message": changed})
            await asyncio.sleep(0.004)
            if number in {30, 110}:
                block(fake_stage)
                await fake_stage.cut()
            if number in {70, 140}:
                await until(lambda: chat.way == "http")
                unblock(fake_stage)
        sent = await asyncio.gather(*(outgoing.settled for outgoing in own))
        messages = await reading
        await until(lambda: chat.way == "socket" and feed.rev == 20)
        changes.close()
        told = [event.message async for event in changes]
    assert [message.seq for message in messages] == list(range(1, 241))
    assert [message.text for message in messages if message.text.startswith("own")] == [f"own {n}" for n in range(80)]
    assert [each.seq for each in sent] == sorted(each.seq for each in sent)
    assert {message.seq for message in told} == {change["seq"] for change in fake_stage.changes["lunch"]}


@pytest.mark.usefixtures("never_back")
async def test_many_changes_are_told_with_no_need_to_ask(fake_stage: Stage) -> None:
    for number in range(3):
        await fake_stage.say("lunch", str(number))
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch", recent=3) as feed:
        await read(feed, 3)
        changes, missed = chat.events(MessageChanged), chat.events(ChangesMissed)
        for number in range(250):
            fake_stage.change("lunch", number % 3 + 1, f"version {number}")
        await until(lambda: feed.rev == 250)
        asked = fake_stage.actions
        await fake_stage.cut()
        changes.close()
        missed.close()
        texts = {event.message.seq: event.message.text async for event in changes}
    assert texts == {1: "version 249", 2: "version 247", 3: "version 248"}
    assert [event async for event in missed] == []
    assert (asked["subscribe"], asked["sync"], asked["history"]) == (1, 0, 1)


async def test_sockets_are_tried_more_and_more_seldom_in_the_background(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[tuple[int, float, float]] = []

    def noted_ms(attempt: int, first_ms: float, most_ms: float, *_uniform: object) -> float:
        attempts.append((attempt, first_ms, most_ms))
        return 1

    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        monkeypatch.setattr(session_module, "full_jitter_ms", noted_ms)
        await until(lambda: len(attempts) >= 4)
        assert (chat.state, chat.way) == ("online", "http")
    assert attempts[:4] == [(number, QUICK.first_ms, QUICK.most_ms) for number in range(4)]


@pytest.mark.usefixtures("never_back")
async def test_answers_that_break_off_or_fail_lose_and_repeat_nothing(fake_stage: Stage) -> None:
    answers = iter(range(10_000))

    def failing(request: web.Request) -> web.StreamResponse | None:
        if request.path != "/api/events":
            return None
        kind = next(answers) % 6
        if kind == 5:
            hang_up(request)
        return [None, problem(503, "unavailable"), None, problem(429, "too_many_requests"), CutOff(), None][kind]

    block(fake_stage)
    fake_stage.most_hold_s = 0.05
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        states = chat.events(ConnectionChanged)
        fake_stage.faults.http = failing
        for number in range(60):
            await fake_stage.say("lunch", str(number))
            await asyncio.sleep(0.01)
        assert [message.text for message in await read(feed, 60)] == [str(number) for number in range(60)]
        states.close()
    assert [event async for event in states] == []
    assert next(answers) > 12
    assert fake_stage.actions["history"] == 0


class CutOff(web.StreamResponse):
    """An answer that ends in the middle of an event, behind a whole one of which the client knows already."""

    async def prepare(self, request: web.BaseRequest) -> web.AbstractStreamWriter | None:  # type: ignore[name-defined]
        self.content_length = 1_000
        writer = await super().prepare(request)
        await self.write(f"id: {request.query['rooms']}\n\nid: lunch:999:0\nevent: mess".encode())
        assert request.transport is not None
        request.transport.close()
        return writer


@pytest.mark.usefixtures("never_back")
async def test_one_request_that_nothing_answers_among_others_is_no_loss(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        states = chat.events(ConnectionChanged)
        for number in range(5):
            unanswered = iter([hang_up])
            fake_stage.faults.http = lambda request, once=unanswered: next(once, lambda _: None)(request)  # type: ignore[misc]
            assert (await chat.send("lunch", str(number))).seq == number + 1
        states.close()
    assert [event async for event in states] == []


@pytest.mark.usefixtures("never_back")
async def test_a_reply_that_was_lost_is_asked_for_again_and_stored_once(fake_stage: Stage) -> None:
    block(fake_stage)
    lost = iter([False, False])
    fake_stage.faults.reply = lambda _peer, frame: frame["action"] != "send" or next(lost, True)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        assert (await chat.send("lunch", "once")).seq == 1
        await chat.send("lunch", "next")
        assert [message.text for message in await read(feed, 2)] == ["once", "next"]
    assert fake_stage.texts("lunch") == ["once", "next"]


@pytest.mark.usefixtures("never_back")
@pytest.mark.parametrize("status", [200, 403, 404, 502])
async def test_the_word_of_a_proxy_is_not_taken_for_the_stages(fake_stage: Stage, status: int) -> None:
    block(fake_stage)
    pages = iter([web.Response(status=status, text="<p>Sign in to this network</p>", content_type="text/html")] * 2)
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        fake_stage.faults.http = lambda request: next(pages, None) if request.path == "/api/commands" else None
        assert (await chat.send("lunch", "not lost")).seq == 1


@pytest.mark.usefixtures("never_back")
async def test_where_nobody_answers_any_more_the_connection_is_lost_and_made_again(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        states = chat.events(ConnectionChanged)
        held = iter([asyncio.sleep(3600)])
        fake_stage.faults.before = lambda _peer, frame: next(held, None) if frame["action"] == "send" else None
        sent = asyncio.ensure_future(chat.send("lunch", "no reply came, and the connection was lost"))
        await until(lambda: fake_stage.actions["send"])
        fake_stage.faults.http = hang_up
        fake_stage.faults.ticket = lambda: problem(503, "unavailable", temporary=True)
        async with asyncio.timeout(10):
            assert (await anext(states)).state == "waiting"
        assert chat.way is None
        await fake_stage.say("lunch", "meanwhile")
        asked = asyncio.ensure_future(chat.ping())
        fake_stage.faults.http = lambda _request: None
        assert [message.text for message in await read(feed, 1)] == ["meanwhile"]
        assert await asked > 0
        assert (await sent).seq == 2
        assert chat.way == "http"


def hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


@pytest.mark.usefixtures("never_back")
async def test_a_token_that_ran_out_is_renewed_and_what_was_asked_is_done(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.tokens.clear()
        sent = await asyncio.gather(*(chat.send(f"room-{number}", "hello") for number in range(5)))
        await fake_stage.say("lunch", "heard")
        await read(feed, 1)
    assert [each.seq for each in sent] == [1] * 5
    assert len(fake_stage.tokens) == 1


@pytest.mark.usefixtures("never_back")
async def test_a_session_that_is_refused_ends_everything_with_the_reason(fake_stage: Stage) -> None:
    block(fake_stage)
    fake_stage.tokens.append("ada-0")
    async with Chat.connect(fake_stage.url, token="ada-0") as chat, chat.subscribe("lunch") as feed:
        fake_stage.tokens.clear()
        with pytest.raises(UnauthorizedError):
            await chat.send("lunch", "anybody?")
        with pytest.raises(UnauthorizedError):
            await anext(feed)
        assert chat.state == "refused"


@pytest.mark.usefixtures("never_back")
async def test_who_is_put_out_of_a_room_hears_of_the_others_still(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("tea") as tea:
        async with chat.subscribe("lunch") as lunch:
            fake_stage.kicked.add(("ada", "lunch"))
            with pytest.raises(NotAMemberError):
                await anext(lunch)
        await fake_stage.say("tea", "still here")
        assert [message.text for message in await read(tea, 1)] == ["still here"]


async def test_who_is_put_out_while_a_socket_is_tried_is_told_too(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as lunch:
        fake_stage.faults.before = lambda peer, _frame: asyncio.sleep(3600) if peer.socket else None
        unblock(fake_stage)
        await until(lambda: fake_stage.opened)
        fake_stage.kicked.add(("ada", "lunch"))
        with pytest.raises(NotAMemberError):
            await anext(lunch)
        assert (chat.state, chat.way) == ("online", "http")


@pytest.mark.usefixtures("never_back")
async def test_a_room_that_is_opened_later_need_not_wait_for_the_request_that_is_held(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("tea"):
        await until(lambda: fake_stage.streams)
        async with chat.subscribe("lunch") as lunch, asyncio.timeout(fake_stage.most_hold_s / 2):
            await fake_stage.say("lunch", "at once")
            assert (await anext(lunch)).text == "at once"


@pytest.mark.usefixtures("never_back")
async def test_a_page_that_a_proxy_puts_in_the_way_of_events_is_asked_past_more_and_more_seldom(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def noted_ms(attempt: int, *_window: object) -> float:
        attempts.append(attempt)
        return 100

    monkeypatch.setattr(listener_module, "full_jitter_ms", noted_ms)
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.faults.http = lambda request: portal() if request.path == "/api/events" else None
        await fake_stage.say("lunch", "behind it")
        await until(lambda: len(attempts) > 3)
        fake_stage.faults.http = lambda _request: None
        assert (await read(feed, 1))[0].text == "behind it"
    assert attempts == list(range(len(attempts)))
    assert len(attempts) < 15


def portal() -> web.Response:
    return web.Response(text="<p>Sign in to this network</p>\n\n", content_type="text/html")


@pytest.mark.usefixtures("never_back")
async def test_a_feed_of_a_room_that_its_reader_leaves_ends_without_an_error(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.say("lunch", "last words")
        await read(feed, 1)
        await chat.leave("lunch")
        assert [message async for message in feed] == []


@pytest.mark.usefixtures("never_back")
async def test_many_rooms_take_few_requests(fake_stage: Stage) -> None:
    block(fake_stage)
    rooms = [f"room-{number}" for number in range(45)]
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        feeds = [chat.subscribe(room) for room in rooms]
        await asyncio.gather(*(feed.open() for feed in feeds))
        for room in rooms:
            await fake_stage.say(room, f"in {room}")
        heard = await asyncio.gather(*(read(feed, 1) for feed in feeds))
        assert [messages[0].text for messages in heard] == [f"in {room}" for room in rooms]
        latest = {places.count(",") + 1 for places in fake_stage.streams}
        assert max(latest) == 20
        asked = len(fake_stage.streams)
        fake_stage.streams.clear()
        await asyncio.gather(*(feed.aclose() for feed in feeds[1:]))
        await fake_stage.say(rooms[0], "the only one left")
        assert (await read(feeds[0], 2))[0].text == "the only one left"
        await until(lambda: fake_stage.streams and fake_stage.streams[-1] == "room-0:2:0")
    assert asked <= 15


@pytest.mark.usefixtures("never_back")
async def test_a_second_reader_of_a_room_takes_nothing_from_the_first(fake_stage: Stage) -> None:
    block(fake_stage)
    fake_stage.faults.http = lambda request: problem(503, "unavailable") if request.path == "/api/events" else None
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as first:
        await fake_stage.say("lunch", "before the second")
        async with chat.subscribe("lunch") as second:
            fake_stage.faults.http = lambda _request: None
            await fake_stage.say("lunch", "after it")
            assert [message.seq for message in await read(first, 2)] == [1, 2]
            assert [message.seq for message in await read(second, 2)] == [2]
    assert fake_stage.actions["history"] == 0


async def test_where_http_does_no_better_sockets_get_their_turn_again(fake_stage: Stage) -> None:
    block(fake_stage)
    fake_stage.faults.http = lambda _request: problem(404, "nothing_here")
    opening = asyncio.ensure_future(Chat.connect(fake_stage.url, name="Ada")._open())
    await asyncio.sleep(0.3)
    unblock(fake_stage)
    async with asyncio.timeout(10):
        chat = await opening
    assert chat.way == "socket"
    await chat.close()


async def test_who_can_reach_nothing_at_all_is_told(fake_stage: Stage) -> None:
    block(fake_stage)
    fake_stage.faults.http = lambda _request: problem(404, "nothing_here")
    with pytest.raises(ChatError, match="not ready within 1 s") as refused:
        await Chat.connect(fake_stage.url, name="Ada", timeout_s=1)
    assert isinstance(refused.value, UnreachableError)


@pytest.mark.usefixtures("never_back")
async def test_closing_ends_requests_that_are_held(fake_stage: Stage) -> None:
    block(fake_stage)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch"):
        await until(lambda: fake_stage.streams)
        started_s = time.monotonic()
    assert time.monotonic() - started_s < fake_stage.most_hold_s / 2
    left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("agent-chat")]
    assert left == []
    await until(lambda: not held_requests())


def held_requests() -> list[str]:
    """Threads that still wait for an answer."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("agent-chat")]
