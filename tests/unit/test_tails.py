"""What a tail consists of, when it stays as it is, who may read it, and what one look costs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent_chat import frames
from agent_chat.tail import TailChangesLog
from chat import changes, reactions, tails
from chat.aws import wiring
from chat.errors import TailNotYetError
from chat.protocol import DeleteMessage, EditMessage, React
from chat.storage import keys
from chat.storage.messages import PATIENCE_MS, SETTLE_MS
from chat.storage.recent import Counter
from chat.storage.tail_access import EPOCH_MS, KEY_REMEMBERED_MS, LIFE_MS, TailAccess
from functions.message import tail
from simulation.world import CountedIds, World
from tests.unit.hot_rooms import ROOM, arena, say
from tests.unit.tailed_room import HOST, LOW, archive, as_client

CONTEXT = SimpleNamespace(
    function_name="chat", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="c6af9ac6"
)
RECORDED = json.loads((Path(__file__).parent / "events" / "http_api.json").read_text())


def talk(world: World, count: int) -> None:
    for number in range(count):
        say(world, f"{world.services.messages.newest(ROOM)} {number}", length=200)


def edit(world: World, seq: int, text: str = "other words") -> None:
    command = EditMessage(id=f"e{seq}{text}", room=ROOM, seq=seq, text=text)
    changes.edit(world.services, HOST, command)


def test_live_has_the_open_segment_and_the_newest_numbers() -> None:
    world = arena(0)
    assert tails.live(archive(world), ROOM).last_seq == 0
    talk(world, 70)
    live = tails.live(archive(world), ROOM)
    assert (live.last_seq, live.segment, [message.seq for message in live.messages]) == (70, 1, list(range(64, 71)))


def test_a_segment_is_closed_when_each_of_its_numbers_is_stored_or_void() -> None:
    world = arena(0)
    talk(world, 62)
    taken = world.services.messages._take_number(ROOM, "whoever dies", world.clock.now_ms())
    talk(world, 5)
    assert tails.segment(archive(world), ROOM, 0).closed is False
    world.clock.pass_ms(PATIENCE_MS + 1)
    talk(world, 1)
    first = tails.segment(archive(world), ROOM, 0)
    assert (first.closed, len(first.messages), first.messages[taken - 1].kind) == (True, 63, "void")
    assert tails.segment(archive(world), ROOM, 1).closed is False
    with pytest.raises(TailNotYetError):
        tails.segment(archive(world), ROOM, 2)


def test_a_closed_page_of_changes_has_each_message_once_as_it_stands() -> None:
    world = arena(0)
    talk(world, 3)
    for number in range(40):
        edit(world, 1, f"version {number}")
        edit(world, 2, f"version {number}")
    page = tails.changes(archive(world), ROOM, 0)
    assert (page.closed, page.last_rev, [message.seq for message in page.changed]) == (True, 63, [2, 1])
    assert {message.text for message in page.changed} == {"version 39"}
    assert tails.changes(archive(world), ROOM, 1).closed is False
    with pytest.raises(TailNotYetError):
        tails.changes(archive(world), ROOM, 2)


def test_a_deleted_message_is_in_no_document_any_more() -> None:
    world = arena(0)
    talk(world, 70)
    edit(world, 3, "a secret")
    changes.delete(world.services, HOST, DeleteMessage(id="d", room=ROOM, seq=3))
    documents = [
        tails.live(archive(world), ROOM),
        tails.segment(archive(world), ROOM, 0),
        tails.changes(archive(world), ROOM, 0),
    ]
    assert all("secret" not in repr(document) for document in documents)


def test_a_change_that_overtakes_its_segment_is_laid_over_it() -> None:
    """A cache may have a segment from before a change that the reader was told of already."""
    world = arena(0)
    talk(world, 70)
    kept = as_client(tails.segment(archive(world), ROOM, 0), frames.TailSegment)
    log = TailChangesLog(0)
    edit(world, 5)
    log.learn(as_client(tails.live(archive(world), ROOM), frames.TailLive))
    messages = log.current(kept)
    assert messages is not None
    assert (messages[4].text, messages[3].text) == ("other words", kept.messages[3].text)
    log.catch_up(10)
    assert log.current(kept) is None


def test_a_reader_that_lacks_changes_finds_them_in_pages() -> None:
    world = arena(0)
    talk(world, 3)
    for number in range(100):
        edit(world, 1 + number % 3, f"version {number}")
    log, told = TailChangesLog(0), dict[int, str]()
    live = as_client(tails.live(archive(world), ROOM), frames.TailLive)
    while log.lacks(live):
        page = as_client(tails.changes(archive(world), ROOM, log.next_page), frames.TailChanges)
        told |= {message.seq: message.text for message in log.learn(page)}
    told |= {message.seq: message.text for message in log.learn(live)}
    assert (log.rev, told) == (100, {1: "version 99", 2: "version 97", 3: "version 98"})
    assert log.learn(live) == []


def test_a_room_in_which_nothing_happens_is_polled_more_seldom() -> None:
    asked = [tails.poll_ms(Counter(seq=1, numbered_at_ms=0), calm_ms) for calm_ms in (0, 9_000, 30_000, 900_000)]
    assert asked == [1_000, 1_000, 3_000, 10_000]
    assert tails.poll_ms(Counter(seq=1, numbered_at_ms=0, changed_at_ms=899_000), 900_000) == 1_000


@pytest.mark.parametrize("reacted", [0, 40])
def test_one_look_costs_what_it_is_said_to(reacted: int) -> None:
    """Of messages of 400 bytes; with many changes of messages that are in other segments."""
    world = arena(0)
    talk(world, 127)
    for seq in range(1, 1 + reacted):
        reactions.react(world.services, HOST, React(id=f"r{seq}", room=ROOM, seq=seq, emoji="👍"))
    world.clock.pass_ms(SETTLE_MS + 1)
    units = world.messages_table.units

    def cost(look: Any) -> float:
        before = units.read
        look()
        return units.read - before

    live = cost(lambda: tails.live(archive(world), ROOM))
    segment = cost(lambda: tails.segment(archive(world), ROOM, 0))
    assert live <= 14 + (16 if reacted else 0)
    assert segment <= 16
    if reacted:
        assert cost(lambda: tails.changes(archive(world), ROOM, 0)) <= 6 + reacted


def test_a_capability_is_good_for_its_room_in_its_epoch_and_the_next() -> None:
    world = World()
    access = world.services.fanout.tails
    grant = access.grant("lunch")
    capability = grant.path.rpartition("/")[2]
    assert access.accepts("lunch", capability)
    assert not access.accepts("dinner", capability)
    assert not access.accepts("lunch", capability[:-1] + "?")
    assert not access.accepts("lunch", "")
    assert EPOCH_MS < grant.valid_ms <= LIFE_MS
    world.clock.pass_ms(grant.valid_ms - 1)
    assert access.accepts("lunch", capability)
    world.clock.pass_ms(1)
    assert not access.accepts("lunch", capability)


def test_all_instances_have_the_same_key_and_a_new_one_once_it_is_removed() -> None:
    world = World()
    one, other = (TailAccess(world.messages_table, world.clock, CountedIds(made)) for made in (0, 10))
    capability = one.grant("lunch").path.rpartition("/")[2]
    assert other.accepts("lunch", capability)
    world.messages_table.delete(keys.TAIL_KEY)
    world.clock.pass_ms(KEY_REMEMBERED_MS)
    assert not other.accepts("lunch", capability)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = arena(0, thresholds=LOW)
    for name, value in {
        "messages": world.services.messages,
        "changes": world.services.changes,
        "clock": world.clock,
        "tail_access": world.services.fanout.tails,
    }.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    return world


def get(path: str, **headers: str) -> dict[str, Any]:
    event = {**RECORDED, "rawPath": path, "headers": {**RECORDED["headers"], **headers}}
    return tail.handle(event, CONTEXT)


def test_the_live_part_is_cached_for_a_second_and_what_is_closed_as_long_as_its_address_is_good(world: World) -> None:
    talk(world, 70)
    path = world.services.fanout.tails.grant(ROOM).path
    asked = {part: get(f"{path}/{part}") for part in ("live", "segments/0", "segments/1")}
    assert {answer["statusCode"] for answer in asked.values()} == {200}
    assert [answer["headers"]["cache-control"].rpartition("=")[2] for answer in asked.values()] == ["1", "600", "1"]
    assert json.loads(asked["live"]["body"])["last_seq"] == 70


def test_who_has_it_already_is_answered_without_a_body(world: World) -> None:
    talk(world, 1)
    path = world.services.fanout.tails.grant(ROOM).path
    tag = get(f"{path}/live")["headers"]["etag"]
    assert get(f"{path}/live", **{"if-none-match": f"W/{tag}"})["statusCode"] == 304
    talk(world, 1)
    assert get(f"{path}/live", **{"if-none-match": tag})["statusCode"] == 200


@pytest.mark.parametrize("room", [ROOM, "nowhere"])
@pytest.mark.parametrize("capability", ["x", "x" * 24, "%2e%2e", ""])
def test_a_wrong_address_tells_nothing_and_costs_no_read_of_the_room(world: World, room: str, capability: str) -> None:
    world.services.fanout.tails.grant(ROOM)  # the key is known
    before = world.messages_table.units.read
    answer = get(f"/api/tail/{room}/{capability}/live")
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (403, "tail_expired")
    assert answer["headers"]["cache-control"] == "no-store"
    assert world.messages_table.units.read == before


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        ("segments/9", 404, "tail_not_yet"),
        ("segments/-1", 403, "tail_expired"),
        ("segments/01", 400, "invalid_field"),
        ("segments", 400, "invalid_field"),
        ("changes/1", 404, "tail_not_yet"),
        ("everything", 400, "invalid_field"),
    ],
)
def test_a_part_that_there_is_not_is_refused_in_words(world: World, part: str, status: int, code: str) -> None:
    answer = get(f"{world.services.fanout.tails.grant(ROOM).path}/{part}")
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)
