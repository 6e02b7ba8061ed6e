"""The client at a stage in this process: what it does when all is well, and what its caller is told when not."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from agent_chat import (
    Chat,
    ClosedError,
    MediaRejected,
    MemberChanged,
    Message,
    MessageChanged,
    NotAMemberError,
    ReadMoved,
    RoomFeed,
    TooLargeError,
    UnauthorizedError,
    UnknownActionError,
    UnreachableError,
)
from tests.client.faults import Peer, Refuse, problem
from tests.client.stage import Stage, until


async def take(feed: RoomFeed, count: int) -> list[Message]:
    async with asyncio.timeout(10):
        return [await anext(feed) for _ in range(count)]


async def test_it_signs_in_by_name_and_is_who_the_server_says(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        assert (chat.user.id, chat.user.name, chat.state) == ("ada", "Ada", "online")
        assert await chat.ping() > 0
    assert fake_stage.peers == []
    assert chat.state == "closed"


async def test_a_feed_has_what_others_say_and_what_one_says_oneself(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.say("lunch", "one")
        sent = await chat.send("lunch", "two")
        await fake_stage.say("lunch", "three")
        messages = await take(feed, 3)
    assert [(message.seq, message.text) for message in messages] == [(1, "one"), (2, "two"), (3, "three")]
    assert (sent.seq, messages[1].author) == (2, chat.user)
    assert messages[1].sent_at_ms == sent.sent_at_ms


async def test_an_own_answer_or_mention_is_read_as_the_server_stored_it(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.say("lunch", "question")
        await chat.send("lunch", "answer", reply_to=1)
        await chat.send("lunch", "@grace look")
        assert [message.reply_to for message in await take(feed, 3)] == [None, 1, None]
    assert fake_stage.actions["history"] in {1, 2}


async def test_a_feed_begins_with_as_many_recent_messages_as_wanted(fake_stage: Stage) -> None:
    for number in range(1, 251):
        await fake_stage.say("lunch", str(number))
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        async with chat.subscribe("lunch", recent=3) as feed:
            assert [message.seq for message in await take(feed, 3)] == [248, 249, 250]
        async with chat.subscribe("lunch", recent=1000) as feed:
            assert [message.seq for message in await take(feed, 250)] == list(range(1, 251))
        async with chat.subscribe("lunch") as feed:
            await fake_stage.say("lunch", "251")
            assert [message.seq for message in await take(feed, 1)] == [251]


async def test_a_feed_continues_behind_any_number_however_long_ago(fake_stage: Stage) -> None:
    for number in range(1, 351):
        await fake_stage.say("lunch", str(number))
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        for after in (340, 20):
            async with chat.subscribe("lunch", after=after) as feed:
                messages = await take(feed, 350 - after)
            assert [message.seq for message in messages] == list(range(after + 1, 351))
            assert feed.position == 350


async def test_a_number_still_being_stored_is_waited_for_and_a_void_one_passed_over(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch", after=0) as feed:
        slow, burnt = fake_stage.number("lunch"), fake_stage.number("lunch")
        await fake_stage.say("lunch", "three")
        early = asyncio.ensure_future(take(feed, 2))
        await until(lambda: fake_stage.actions["history"] >= 2)
        assert not early.done()
        fake_stage.store("lunch", slow, "one")
        fake_stage.store("lunch", burnt, "", kind="void")
        assert [message.text for message in await early] == ["one", "three"]


async def test_messages_that_are_not_sent_live_are_fetched(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        for number in range(1, 4):
            fake_stage.store("lunch", fake_stage.number("lunch"), f"unsaid {number}")
        await fake_stage.tell({"type": "messages_skipped", "room": "lunch", "first": 1, "last": 3})
        assert [message.text for message in await take(feed, 3)] == ["unsaid 1", "unsaid 2", "unsaid 3"]


async def test_two_feeds_of_a_room_share_its_subscription(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        async with chat.subscribe("lunch") as first:
            async with chat.subscribe("lunch") as second:
                await fake_stage.say("lunch", "both")
                assert [await take(first, 1), await take(second, 1)] == [[first_of(fake_stage)], [first_of(fake_stage)]]
            await fake_stage.say("lunch", "one is left")
            assert (await take(first, 1))[0].text == "one is left"
            assert fake_stage.actions["unsubscribe"] == 0
        assert fake_stage.actions["unsubscribe"] == 1


def first_of(stage: Stage) -> Message:
    from agent_chat.frames import Author  # noqa: PLC0415

    stored = stage.logs["lunch"][1]
    assert stored is not None
    return Message("lunch", 1, "text", Author("grace", "Grace"), "both", stored["sent_at_ms"])


async def test_own_messages_keep_their_order_where_the_server_handles_frames_at_once(fake_stage: Stage) -> None:
    pauses = itertools.cycle([0.03, 0.0, 0.01])

    def dawdle(_peer: Peer, frame: dict[str, object]) -> object:
        return asyncio.sleep(next(pauses)) if frame["action"] == "send" else None

    fake_stage.faults.before = dawdle
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        posted = [chat.post("lunch", str(number)) for number in range(12)]
        sent = [await outgoing for outgoing in posted]
    assert fake_stage.texts("lunch") == [str(number) for number in range(12)]
    assert [each.seq for each in sent] == list(range(1, 13))


async def test_a_refusal_for_a_while_is_tried_again_and_one_for_good_raised(fake_stage: Stage) -> None:
    refusals = iter([Refuse("unavailable", temporary=True), Refuse("slow_down", temporary=True, retry_after_ms=30)])

    def refuse(_peer: Peer, frame: dict[str, object]) -> None:
        if frame["action"] == "send" and frame["text"] == "first" and (refusal := next(refusals, None)):
            raise refusal

    fake_stage.faults.before = refuse
    fake_stage.kicked.add(("ada", "closed"))
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        first, second = chat.post("lunch", "first"), chat.post("lunch", "second")
        assert ((await first).seq, (await second).seq) == (1, 2)
        with pytest.raises(NotAMemberError) as refused:
            await chat.send("closed", "let me in")
        assert not refused.value.temporary
        with pytest.raises(NotAMemberError):
            await chat.subscribe("closed").open()
        with pytest.raises(NotAMemberError):
            await anext(aiter(chat.subscribe("closed")))
    ids = [frame["id"] for frame in fake_stage.commands_of("send") if frame["text"] == "first"]
    assert len(ids) == 3
    assert len(set(ids)) == 1


async def test_a_code_of_a_newer_server_is_an_error_that_says_so(fake_stage: Stage) -> None:
    def refuse(_peer: Peer, frame: dict[str, object]) -> None:
        if frame["action"] == "rooms":
            raise Refuse("brand_new")
        if frame["action"] == "ping":
            raise Refuse("unknown_action")

    fake_stage.faults.before = refuse
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        with pytest.raises(Exception, match=r"No\.") as refused:
            await chat.rooms()
        assert getattr(refused.value, "code", None) == "brand_new"
        with pytest.raises(UnknownActionError):
            await chat.ping()


async def test_a_frame_that_would_close_the_connection_is_not_sent(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        with pytest.raises(TooLargeError):
            await chat.send("lunch", "\U0001f600" * 9_000)
        assert (await chat.send("lunch", "short")).seq == 1
    assert fake_stage.opened == 1


async def test_history_goes_backwards_and_forwards_over_pages(fake_stage: Stage) -> None:
    for number in range(1, 26):
        await fake_stage.say("lunch", str(number))
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        assert [message.seq async for message in chat.history("lunch", page_size=10)] == list(range(25, 0, -1))
        assert [message.seq async for message in chat.history("lunch", before=5)] == [4, 3, 2, 1]
        assert [message.seq async for message in chat.history("lunch", after=12, page_size=4)] == list(range(13, 26))
        assert [message.seq async for message in chat.history("lunch", after=25)] == []
        assert [message.seq for message in await chat.around("lunch", 10, limit=4)] == [8, 9, 10, 11]
        with pytest.raises(ValueError, match="not both"):
            await anext(chat.history("lunch", before=1, after=1))


async def test_members_are_read_page_by_page(fake_stage: Stage) -> None:
    fake_stage.members["lunch"] = {f"user-{number:03}" for number in range(120)}
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        members = [member.user.id async for member in chat.members("lunch", page_size=50)]
    assert members == sorted(fake_stage.members["lunch"])
    assert fake_stage.actions["members"] == 3


async def test_events_come_to_who_asked_for_their_kind(fake_stage: Stage) -> None:
    grace = {"id": "grace", "name": "Grace"}
    member = {"type": "member", "room": "lunch", "user": grace, "change": "joined", "role": "member", "by": grace}
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        members, everything = chat.events(MemberChanged), chat.events()
        await fake_stage.tell({"type": "a_type_of_the_future"})
        await fake_stage.tell({"type": "read", "room": "lunch", "seq": 3})
        await fake_stage.tell(member)
        await fake_stage.tell({"type": "media_rejected", "media": "m", "room": "lunch", "reason": "It is no image."})
        assert (await anext(members)).change == "joined"
        kinds = [type(await anext(everything)) for _ in range(3)]
    assert kinds == [ReadMoved, MemberChanged, MediaRejected]
    assert [getattr(event, "state", None) async for event in everything] == ["closed"]
    assert [event async for event in members] == []


async def test_a_change_that_was_overtaken_is_not_told_after_the_newer_one(fake_stage: Stage) -> None:
    await fake_stage.say("lunch", "first")
    older, newer = fake_stage.change("lunch", 1, "second"), fake_stage.change("lunch", 1, "third")
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        changes = chat.events(MessageChanged)
        for message in (newer, older, newer):
            await fake_stage.tell({"type": "message_changed", "message": message})
        told = [(await anext(changes)).message.text for _ in range(2)]
    assert told == ["third", "third"]
    assert [event async for event in changes] == []


@pytest.mark.parametrize(("change", "raised"), [("removed", NotAMemberError), ("left", StopAsyncIteration)])
async def test_a_feed_ends_when_its_reader_is_no_member_any_more(
    fake_stage: Stage, change: str, raised: type[Exception]
) -> None:
    grace, ada = {"id": "grace", "name": "Grace"}, {"id": "ada", "name": "Ada"}
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.say("lunch", "the last that ada may read")
        await until(lambda: feed.complete == 1)
        await fake_stage.tell(
            {"type": "member", "room": "lunch", "user": ada, "change": change, "role": None, "by": grace}
        )
        assert (await take(feed, 1))[0].seq == 1
        with pytest.raises(raised):
            await anext(feed)


async def test_a_token_is_asked_for_again_when_it_was_refused(fake_stage: Stage) -> None:
    fake_stage.tokens.append("ada-2")
    offered = iter(["ada-expired", "ada-2"])

    async def provide() -> str:
        return next(offered)

    async with Chat.connect(fake_stage.url, token=provide) as chat:
        assert chat.user.id == "ada"


async def test_what_keeps_a_client_out_is_raised_at_once(fake_stage: Stage, unused_tcp_port: int) -> None:
    with pytest.raises(UnauthorizedError):
        await Chat.connect(fake_stage.url, token="ada-forged")
    with pytest.raises(UnreachableError):
        await Chat.connect(f"http://127.0.0.1:{unused_tcp_port}", name="Ada")
    with pytest.raises(ValueError, match="URL of a stage"):
        await Chat.connect("chat.example.com", name="Ada")
    with pytest.raises(ValueError, match="either a token or a name"):
        await Chat.connect(fake_stage.url)


async def test_a_stage_that_is_only_busy_is_tried_again(fake_stage: Stage) -> None:
    answers = iter([problem(503, "unavailable", temporary=True), problem(503, "unavailable", temporary=True)])
    fake_stage.faults.ticket = lambda: next(answers, None)
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        assert chat.state == "online"


async def test_closing_lets_what_was_posted_arrive_and_ends_what_is_read(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        feed = chat.subscribe("other")
        await feed.open()
        reading = asyncio.ensure_future(anext(feed, None))
        for number in range(5):
            chat.post("lunch", str(number))
    assert fake_stage.texts("lunch") == ["0", "1", "2", "3", "4"]
    assert await reading is None
    with pytest.raises(ClosedError):
        await chat.send("lunch", "too late")
    with pytest.raises(ClosedError):
        await chat.rooms()


async def test_a_wait_that_is_cancelled_takes_back_only_what_is_not_on_the_wire(fake_stage: Stage) -> None:
    gate = asyncio.Event()
    fake_stage.faults.before = lambda _peer, frame: gate.wait() if frame["action"] == "send" else None
    async with Chat.connect(fake_stage.url, name="Ada") as chat:
        first = asyncio.create_task(chat.send("lunch", "on the wire"))
        second = asyncio.create_task(chat.send("lunch", "behind it"))
        await until(lambda: fake_stage.actions["send"])
        first.cancel()
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        gate.set()
        await chat.send("lunch", "last")
    assert fake_stage.texts("lunch") == ["on the wire", "last"]


async def test_nothing_is_left_running_after_a_client_was_closed(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch"):
        pass
    left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("agent-chat")]
    assert left == []
