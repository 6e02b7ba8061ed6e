"""Rooms that are followed by their tails: nothing missing, twice or out of order, whatever caches and the stage do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_chat import Chat, Message, MessageChanged, NotAMemberError, RoomFeed, frames, tail_follower
from agent_chat.events import EventStream
from agent_chat.tail import REMEMBERED, TailChangesLog
from contracts.examples import Examples
from tests.client.stage import Stage, until

GOLDEN = Examples.read(Path(__file__).parents[1] / "frames")
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "live": frames.TailLive,
    "segment": frames.TailSegment,
    "changes": frames.TailChanges,
}


async def take(feed: RoomFeed, count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [(await anext(feed)).text for _ in range(count)]


async def next_change(changed: EventStream[MessageChanged]) -> Message:
    async with asyncio.timeout(10):
        return (await anext(changed)).message


async def say(stage: Stage, *texts: str) -> None:
    for text in texts:
        await stage.say("lunch", text)


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_golden_part_of_a_tail_is_read_without_losing_anything(kind: str) -> None:
    for example in GOLDEN.of(f"tails/{kind}"):
        read: Any = msgspec.to_builtins(msgspec.json.decode(json.dumps(example.frame), type=SECTIONS[kind]))
        assert {name: value for name, value in read.items() if name not in {"messages", "changed"}} == {
            name: value for name, value in example.frame.items() if name not in {"messages", "changed"}
        }
        for list_name in {"messages", "changed"} & example.frame.keys():
            for ours, theirs in zip(read[list_name], example.frame[list_name], strict=True):
                assert ours | theirs == ours


async def test_a_feed_goes_on_through_the_tail_and_back_to_the_socket(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await say(fake_stage, "live")
        await fake_stage.tails.announce("lunch", tailed=True)
        await say(fake_stage, "one", "two")
        await chat.send("lunch", "mine")
        assert await take(feed, 4) == ["live", "one", "two", "mine"]
        await until(lambda: "304" in fake_stage.tails.asked)
        fake_stage.tails.rooms.discard("lunch")
        await say(fake_stage, "posted before all were told")
        await fake_stage.tails.announce("lunch", tailed=False)
        await say(fake_stage, "live again")
        assert await take(feed, 2) == ["posted before all were told", "live again"]
        assert await polling_ends(fake_stage)
    assert fake_stage.actions["history"] == 0


async def polling_ends(stage: Stage) -> bool:
    """Whether nothing is polled any more within three polls, some time after."""
    for _ in range(20):
        before = len(stage.tails.asked)
        await asyncio.sleep(3 * stage.tails.poll_ms / 1000)
        if len(stage.tails.asked) == before:
            return True
    return False


async def test_the_last_poll_brings_what_was_said_while_the_room_came_back(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        await say(fake_stage, "one")
        assert await take(feed, 1) == ["one"]
        fake_stage.store("lunch", fake_stage.number("lunch"), "by an instance that knew of no posts")
        await fake_stage.tails.announce("lunch", tailed=False)
        assert await take(feed, 1) == ["by an instance that knew of no posts"]


async def test_more_than_a_segment_behind_it_reads_segments_and_no_history(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        await say(fake_stage, *map(str, range(300)))
        assert await take(feed, 300) == list(map(str, range(300)))
    assert fake_stage.actions["history"] == 0
    assert {"segments/0", "segments/3"} <= set(fake_stage.tails.asked)


async def test_a_number_that_is_still_being_stored_is_waited_for_at_the_tail(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        taken = fake_stage.number("lunch")
        await say(fake_stage, "two")
        await until(lambda: "segments/0" in fake_stage.tails.asked)
        fake_stage.store("lunch", taken, "one")
        assert await take(feed, 2) == ["one", "two"]
    assert fake_stage.actions["history"] == 0


async def test_a_client_that_comes_to_such_a_room_is_told_by_the_reply(fake_stage: Stage) -> None:
    await say(fake_stage, "before")
    fake_stage.tails.rooms.add("lunch")
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch", after=0) as feed:
        await say(fake_stage, "after")
        assert await take(feed, 2) == ["before", "after"]
        await fake_stage.cut()
        await say(fake_stage, "while there was no socket")
        assert await take(feed, 1) == ["while there was no socket"]


async def test_changes_come_by_the_tail_and_by_pages_where_they_are_many(fake_stage: Stage) -> None:
    await say(fake_stage, "one", "two")
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        changed = chat.events(MessageChanged)
        await fake_stage.tails.announce("lunch", tailed=True)
        fake_stage.change("lunch", 1, "one!")
        assert (await next_change(changed)).text == "one!"
        for number in range(100):
            fake_stage.change("lunch", 2, f"version {number}")
        while (await next_change(changed)).text != "version 99":
            pass
        await until(lambda: feed.rev == 101)
    assert fake_stage.actions["subscribe"] == 1


async def test_a_segment_from_before_a_change_is_brought_up_to_date(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        fake_stage.tails.poll_ms = 100
        await fake_stage.tails.announce("lunch", tailed=True)
        await until(lambda: "live" in fake_stage.tails.asked)
        await say(fake_stage, *map(str, range(130)))
        fake_stage.tails.kept["segments/0"] = fake_stage.tails.segments("lunch", 0)
        fake_stage.change("lunch", 5, "changed")
        texts = await take(feed, 130)
    assert texts[4] == "changed"
    assert fake_stage.actions["history"] == 0


async def test_where_the_tail_can_not_be_had_the_connection_is_asked(
    fake_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_follower, "MOST_PAUSE_MS", 100)
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        changed = chat.events(MessageChanged)
        await fake_stage.tails.announce("lunch", tailed=True)
        await say(fake_stage, "one")
        assert await take(feed, 1) == ["one"]
        fake_stage.tails.down = True
        await say(fake_stage, "two")
        fake_stage.change("lunch", 1, "one!")
        assert await take(feed, 1) == ["two"]
        assert (await next_change(changed)).text == "one!"
        assert fake_stage.actions["subscribe"] > 1
        fake_stage.tails.down = False
        fake_stage.tails.asked.clear()
        await until(lambda: len(fake_stage.tails.asked) > 3)
        asked = fake_stage.actions["sync"]
        await say(fake_stage, "three")
        assert await take(feed, 1) == ["three"]
        assert fake_stage.actions["sync"] <= asked + 1


async def test_an_address_that_is_over_is_asked_for_anew(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        await until(lambda: bool(fake_stage.tails.asked))
        fake_stage.tails.capability = "second"
        await say(fake_stage, "one")
        assert await take(feed, 1) == ["one"]


async def test_an_address_is_renewed_before_it_is_over(fake_stage: Stage) -> None:
    fake_stage.tails.valid_ms = 100
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch"):
        await fake_stage.tails.announce("lunch", tailed=True)
        await until(lambda: fake_stage.actions["sync"] > 2)


async def test_an_announcement_that_another_has_overtaken_says_nothing(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        await fake_stage.tell({"type": "room_pace", "room": "lunch", "step": "full", "tail": None, "as_of_ms": 0})
        await say(fake_stage, "one")
        assert await take(feed, 1) == ["one"]
        await asyncio.sleep(3 * fake_stage.tails.poll_ms / 1000)
        await say(fake_stage, "two")
        assert await take(feed, 1) == ["two"]


async def test_who_is_put_out_polls_no_more(fake_stage: Stage) -> None:
    async with Chat.connect(fake_stage.url, name="Ada") as chat, chat.subscribe("lunch") as feed:
        await fake_stage.tails.announce("lunch", tailed=True)
        await until(lambda: bool(fake_stage.tails.asked))
        grace, ada = {"id": "grace", "name": "Grace"}, {"id": "ada", "name": "Ada"}
        event = {"type": "member", "room": "lunch", "user": ada, "change": "removed", "role": None, "by": grace}
        await fake_stage.tell(event)
        with pytest.raises(NotAMemberError):
            await take(feed, 1)
        assert await polling_ends(fake_stage)


def test_changes_that_are_let_go_make_older_copies_unusable() -> None:
    log = TailChangesLog(0)

    def message(seq: int, rev: int) -> Message:
        return Message(room="lunch", seq=seq, kind="text", author=None, text="", sent_at_ms=0, rev=rev)

    changed = [message(seq, seq) for seq in range(1, REMEMBERED + 2)]
    log.learn(frames.TailChanges(room="lunch", page=0, changed=changed, last_rev=REMEMBERED + 1, closed=False))
    for rev, usable in ((0, False), (1, True)):
        segment = frames.TailSegment(room="lunch", segment=0, messages=[message(1, 0)], rev=rev, closed=True)
        assert (log.current(segment) is not None) is usable
