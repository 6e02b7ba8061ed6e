"""Connections that are lost, cut, replaced or half dead: nothing is lost, repeated or out of order."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from agent_chat import (
    ChangesMissed,
    Chat,
    ConnectionChanged,
    MemberChanged,
    Message,
    MessageChanged,
    NotAMemberError,
    RoomFeed,
    UnauthorizedError,
)
from agent_chat import session as session_module
from agent_chat.socket_connection import SocketConnection
from tests.client.faults import Frame, Peer, Refuse, problem
from tests.client.stage import Stage, until


async def read(feed: RoomFeed, newest: int) -> list[Message]:
    """Everything up to a number."""
    messages: list[Message] = []
    async with asyncio.timeout(30):
        while not messages or messages[-1].seq < newest:
            messages.append(await anext(feed))
    return messages


@pytest.mark.parametrize("politely", [True, False])
async def test_a_burst_over_cut_connections_arrives_whole_and_in_order(fake_stage: Stage, *, politely: bool) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        reading = asyncio.ensure_future(read(feed, 120))
        own = [chat.post("lunch", f"own {number}") for number in range(40)]
        for number in range(80):
            await fake_stage.say("lunch", f"other {number}")
            await asyncio.sleep(0.004)
            if number % 25 == 10:
                await until(lambda: chat.state == "online")  # of a line that is down already, nothing is cut
                await fake_stage.cut(politely=politely)
        sent = await asyncio.gather(*(outgoing.settled for outgoing in own))
        messages = await reading
    assert [message.seq for message in messages] == list(range(1, 121))
    assert [message.text for message in messages] == fake_stage.texts("lunch")
    assert [message.text for message in messages if message.text.startswith("own")] == [f"own {n}" for n in range(40)]
    assert [each.seq for each in sent] == sorted(each.seq for each in sent)
    assert fake_stage.opened == 4


async def test_what_was_missed_comes_with_the_next_subscription(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.say("lunch", "before")
        await read(feed, 1)
        fake_stage.faults.lost = 1
        for number in range(20):
            await fake_stage.say("lunch", str(number))
        await fake_stage.cut()
        assert len(await read(feed, 21)) == 20
    assert fake_stage.actions["history"] == 0
    assert fake_stage.commands_of("subscribe")[1]["after"] == 1


@pytest.mark.parametrize("seed", range(3))
async def test_lost_repeated_and_overtaken_frames_change_nothing(fake_stage: Stage, seed: int) -> None:
    fake_stage.random = random.Random(seed)  # noqa: S311
    faults = fake_stage.faults
    faults.lost, faults.repeated, faults.delay_s = 0.2, 0.2, 0.03
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        for number in range(150):
            await fake_stage.say("lunch", str(number))
            await asyncio.sleep(0.001)
        faults.lost = 0  # the last number must be seen; a heartbeat finds it otherwise
        await fake_stage.say("lunch", "150")
        messages = await read(feed, 151)
    assert [message.text for message in messages] == [str(number) for number in range(151)]


async def test_a_send_whose_reply_was_lost_is_stored_once(fake_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SocketConnection.call, "__kwdefaults__", {"timeout_s": 0.1})
    lost = iter([False, False])
    fake_stage.faults.reply = lambda _peer, frame: frame["action"] != "send" or next(lost, True)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        sent = await chat.send("lunch", "once")
        await chat.send("lunch", "next")
        assert [message.text for message in await read(feed, 2)] == ["once", "next"]
    assert sent.seq == 1
    assert fake_stage.texts("lunch") == ["once", "next"]


async def test_what_is_asked_while_offline_waits_for_the_next_connection(fake_stage: Stage) -> None:
    open_again = asyncio.Event()
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        states = chat.events(ConnectionChanged)
        fake_stage.faults.ticket = lambda: None if open_again.is_set() else problem(503, "unavailable", temporary=True)
        await fake_stage.cut()
        await until(lambda: chat.state == "waiting")
        asked = asyncio.ensure_future(chat.ping())
        sent = asyncio.ensure_future(chat.send("lunch", "later"))
        await asyncio.sleep(0.05)
        assert not asked.done()
        assert not sent.done()
        open_again.set()
        assert await asked > 0
        assert (await sent).seq == 1
        first = await anext(states)
    assert first.state == "waiting"
    assert first.retry_in_s is not None
    assert 0 <= first.retry_in_s <= 0.02


async def test_pauses_between_attempts_stay_inside_the_advertised_window(fake_stage: Stage) -> None:
    fake_stage.reconnect = {"first_ms": 10, "most_ms": 40}
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        states = chat.events(ConnectionChanged)
        attempts = iter([problem(503, "unavailable", temporary=True) for _ in range(6)])
        fake_stage.faults.ticket = lambda: next(attempts, None)
        await fake_stage.cut()
        await until(lambda: fake_stage.opened == 2)
    pauses = [event.retry_in_s async for event in states if event.retry_in_s is not None]
    assert len(pauses) == 7
    for pause_s, limit_ms in zip(pauses, (10, 20, 40, 40, 40, 40, 40), strict=True):
        assert pause_s <= limit_ms / 1000


async def test_a_server_that_cuts_at_once_is_asked_more_and_more_seldom(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def at_once_ms(attempt: int, *_window: object) -> float:
        attempts.append(attempt)
        return 1

    def cut_after_hello(peer: Peer, frame: dict[str, object]) -> bool:
        if frame["action"] == "hello":
            asyncio.get_running_loop().call_later(0.01, peer.vanish)
        return True

    monkeypatch.setattr(session_module, "full_jitter_ms", at_once_ms)
    fake_stage.faults.reply = cut_after_hello
    async with Chat.connect(fake_stage.url, name="Ada"):
        await until(lambda: len(attempts) >= 5)
    assert attempts[:5] == [0, 1, 2, 3, 4]


async def test_a_session_that_is_refused_ends_everything_with_the_reason(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.faults.ticket = lambda: problem(401, "unauthorized")
        reading = asyncio.ensure_future(anext(feed))
        await fake_stage.cut()
        with pytest.raises(UnauthorizedError):
            await reading
        assert chat.state == "refused"
        with pytest.raises(UnauthorizedError):
            await chat.send("lunch", "anybody?")
        with pytest.raises(UnauthorizedError):
            await chat.rooms()


async def test_a_rotation_makes_the_new_connection_before_it_leaves_the_old_one(fake_stage: Stage) -> None:
    fake_stage.rotate_after_s = 1
    grace = {"id": "grace", "name": "Grace"}
    joined = {"type": "member", "room": "lunch", "user": grace, "change": "joined", "role": "member", "by": grace}

    still_old: list[bool] = []

    def tell_both(_peer: Peer, frame: dict[str, object]) -> object:
        overlapping = frame["action"] == "subscribe" and fake_stage.opened == 2
        if overlapping:
            still_old.append(chat._session._connection is old)
        return fake_stage.tell(joined) if overlapping else None

    fake_stage.faults.before = tell_both
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.rotate_after_s = 3600  # the next connection stays, however long this takes
        old = chat._session._connection
        states, members = chat.events(ConnectionChanged), chat.events(MemberChanged)
        for number in range(100):
            await fake_stage.say("lunch", str(number))
            await chat.send("lunch", f"own {number}")
            await asyncio.sleep(0.012)
        messages = await read(feed, 200)
        await until(lambda: len(fake_stage.peers) == 1)
        states.close()
        members.close()
    assert [message.text for message in messages] == fake_stage.texts("lunch")
    assert [message.seq for message in messages] == list(range(1, 201))
    assert (fake_stage.opened, fake_stage.most_at_once) == (2, 2)
    assert still_old == [True]
    assert {event.state async for event in states} <= {"online"}
    assert len([event async for event in members]) == 1


async def test_a_heartbeat_finds_what_was_missed_and_needs_no_new_frame(fake_stage: Stage) -> None:
    fake_stage.heartbeat_s = 1
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.faults.lost = 1
        await fake_stage.say("lunch", "nobody was told")
        assert [message.text for message in await read(feed, 1)] == ["nobody was told"]
    assert fake_stage.commands_of("sync")[0]["rooms"] == {"lunch": 0}


async def test_a_heartbeat_that_is_refused_for_a_while_is_tried_again_soon(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "TICK_S", 0.05)
    wall = time.time

    def refuse(_peer: Peer, frame: Frame) -> None:
        if frame["action"] == "sync" and fake_stage.actions["sync"] < 3:
            raise Refuse("unavailable", temporary=True)

    fake_stage.faults.before = refuse
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.faults.lost = 1
        await fake_stage.say("lunch", "nobody was told")
        await asyncio.sleep(0.1)  # a tick is under way
        monkeypatch.setattr(time, "time", lambda: wall() + 3600)  # so there is a heartbeat before its time
        assert [message.text for message in await read(feed, 1)] == ["nobody was told"]


async def test_a_heartbeat_ends_a_feed_whose_reader_was_put_out_and_never_told(fake_stage: Stage) -> None:
    fake_stage.heartbeat_s = 1
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.kicked.add(("ada", "lunch"))
        async with asyncio.timeout(10):
            with pytest.raises(NotAMemberError):
                await anext(feed)


async def test_what_became_of_messages_meanwhile_is_told_after_a_loss_and_by_the_heartbeat(fake_stage: Stage) -> None:
    fake_stage.heartbeat_s = 1
    for number in range(3):
        await fake_stage.say("lunch", str(number))
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch", recent=3) as feed:
        await read(feed, 3)
        changes, missed = chat.events(MessageChanged), chat.events(ChangesMissed)
        fake_stage.change("lunch", 2, "edited while offline")
        await fake_stage.cut()
        assert (await anext(changes)).message.text == "edited while offline"
        live = fake_stage.change("lunch", 1, "edited live")
        await fake_stage.tell({"type": "message_changed", "message": live})
        assert ((await anext(changes)).message.text, feed.rev) == ("edited live", 2)
        fake_stage.change("lunch", 3, "edited, and nobody was told")
        async with asyncio.timeout(10):
            assert (await anext(changes)).message.text == "edited, and nobody was told"
        for number in range(150):
            fake_stage.change("lunch", 1, str(number))
        await fake_stage.cut()
        async with asyncio.timeout(10):
            assert (await anext(missed)).room == "lunch"


async def test_a_connection_on_which_nobody_answers_is_given_up(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "REPLY_TIMEOUT_S", 0.2)
    fake_stage.heartbeat_s = 1
    first: list[Peer] = []

    def silent(peer: Peer, _frame: object) -> bool:
        first[:] = first or [peer]
        return peer is not first[0] or fake_stage.actions["sync"] == 0

    fake_stage.faults.reply = silent
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await until(lambda: fake_stage.opened == 2)
        await fake_stage.say("lunch", "on the second connection")
        assert (await read(feed, 1))[0].seq == 1
        assert chat.state == "online"


async def test_a_machine_that_slept_asks_at_once_what_it_missed(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "TICK_S", 0.05)
    wall = time.time
    async with Chat.connect(fake_stage.url, name="Ada"):
        await asyncio.sleep(0.1)  # a tick is under way
        monkeypatch.setattr(time, "time", lambda: wall() + 3600)
        await until(lambda: fake_stage.actions["sync"])


async def test_a_slow_reader_holds_little_and_still_gets_everything(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_chat.feed.FeedOrder.__init__.__kwdefaults__", {"window": 50})
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        for number in range(400):
            await fake_stage.say("lunch", str(number))
        await until(lambda: feed.newest == 400)
        assert feed.complete <= 50
        assert [message.seq for message in await read(feed, 400)] == list(range(1, 401))
