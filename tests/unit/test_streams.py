"""Rooms as Server-Sent Events: what came after a position, in time and in order, for those who may read it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat import commands, places, streams
from chat.errors import BannedError, ChatError, InvalidFieldError, NotAMemberError, RoomNotFoundError
from chat.http import virtual_connection
from chat.places import Place
from chat.ports import Sender
from chat.storage import keys
from chat.storage.messages import PATIENCE_MS
from chat.streams import HOLD_MS, POLL_MS, Archive, Following
from simulation.world import World


@dataclass
class Pauses:
    """Time that passes while the stream waits; what happens in it can be set."""

    world: World
    happening: Callable[[int], None] = lambda _: None
    count: int = 0

    def __call__(self, duration_ms: int) -> None:
        self.count += 1
        self.world.clock.pass_ms(duration_ms)
        self.happening(self.count)


@dataclass
class Text:
    """A stream as a client reads it."""

    raw: bytes
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    last_id: str = ""

    def __post_init__(self) -> None:
        for block in self.raw.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            self.last_id = lines.get("id", self.last_id)
            if "data" in lines:
                self.events.append((self.last_id, lines["event"], json.loads(lines["data"])))

    @property
    def numbers(self) -> list[tuple[str, int]]:
        """Rooms and numbers of new messages."""
        return [(frame["message"]["room"], frame["message"]["seq"]) for frame in self.frames("message")]

    @property
    def changes(self) -> list[tuple[int, int, str]]:
        """Numbers, revs and texts of changed messages."""
        messages = [frame["message"] for frame in self.frames("message_changed")]
        return [(message["seq"], message["rev"], message["text"]) for message in messages]

    def frames(self, kind: str) -> list[Any]:
        return [frame for _, named, frame in self.events if named == kind]


@pytest.fixture
def world() -> World:
    world = World()
    for room in ("lunch", "news"):
        ask(world, "ada", action="create", title=room, room=room, kind="private", members=["grace"])
    return world


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    number = len(world.messages_table.calls) + len(world.rooms_table.calls)
    frame = json.dumps({"id": f"{asker}{number}", **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, over_http(asker), frame))
    return reply


def over_http(user: str) -> Sender:
    return Sender(user, user.capitalize(), virtual_connection(f"token of {user}"))


def say(world: World, room: str, count: int = 1, text: str = "hello") -> None:
    for _ in range(count):
        assert ask(world, "ada", action="send", room=room, text=text)["type"] == "ack"


def edit(world: World, seq: int, text: str) -> None:
    assert ask(world, "ada", action="edit", room="lunch", seq=seq, text=text)["type"] == "ack"
    world.clock.pass_ms(100)  # a room takes no more than so many changes a second


def archive(world: World) -> Archive:
    services = world.services
    return Archive(
        rooms=services.rooms,
        members=services.members,
        messages=services.messages,
        changes=services.changes,
        clock=world.clock,
    )


def follow(world: World, asked: str, *, user: str = "grace", pauses: Pauses | None = None, last_id: str = "") -> Text:
    rooms = places.resume(places.parse(asked), last_id) if last_id else places.parse(asked)
    return Text(streams.follow(archive(world), Following(user=user, rooms=rooms), pauses or Pauses(world)))


def test_what_came_after_the_position_is_answered_at_once_in_order(world: World) -> None:
    say(world, "lunch", 5)
    pauses = Pauses(world)
    text = follow(world, "lunch:2", pauses=pauses)
    assert text.numbers == [("lunch", 3), ("lunch", 4), ("lunch", 5)]
    assert (text.last_id, pauses.count) == ("lunch:5:0", 0)
    assert text.raw.startswith(b"retry: 250\nid: lunch:2:0\n\n")


def test_an_event_is_the_frame_that_a_socket_would_have_had(world: World) -> None:
    say(world, "lunch", text="two\nlines")
    ((_, kind, frame),) = follow(world, "lunch:0").events
    assert kind == frame["type"] == "message"
    assert (frame["message"]["text"], frame["message"]["from"]) == ("two\nlines", {"id": "ada", "name": "Ada"})


def test_a_message_that_comes_while_waiting_ends_the_wait(world: World) -> None:
    pauses = Pauses(world, lambda count: say(world, "news") if count == 3 else None)
    text = follow(world, "lunch:0,news:0", pauses=pauses)
    assert (text.numbers, pauses.count) == ([("news", 1)], 3)
    assert text.last_id == "lunch:0:0,news:1:0"


def test_a_wait_for_nothing_ends_and_says_where_to_go_on(world: World) -> None:
    say(world, "lunch", 2)
    before_ms = world.clock.now_ms()
    text = follow(world, "lunch")
    assert (text.events, text.last_id) == ([], "lunch:2:0")
    assert world.clock.now_ms() - before_ms <= HOLD_MS


def test_waiting_costs_one_look_at_the_counters_each_pause_and_one_at_rights_in_five_seconds(world: World) -> None:
    world.messages_table.calls.clear()
    world.rooms_table.calls.clear()
    pauses = Pauses(world)
    follow(world, "lunch:0:0,news:0:0", pauses=pauses)
    assert pauses.count == HOLD_MS // POLL_MS
    assert world.messages_table.calls == ["get_many"] * (pauses.count + 1)
    assert len(world.rooms_table.calls) <= 2 * (HOLD_MS // 5_000 + 1)


def test_coming_back_with_each_last_id_loses_and_repeats_nothing(world: World) -> None:
    say(world, "lunch", 130)
    say(world, "news", 70)
    seen: list[tuple[str, int]] = []
    last_id = ""
    while len(seen) < 200:
        text = follow(world, "lunch:0,news:0", last_id=last_id)
        assert 0 < len(text.events) <= streams.MAX_EVENTS
        taken = text.events[: len(text.events) // 2 + 1]  # the connection breaks in the middle of the answer
        seen += text.numbers[: len(taken)]
        last_id = taken[-1][0]
    assert [seq for room, seq in seen if room == "lunch"] == list(range(1, 131))
    assert [seq for room, seq in seen if room == "news"] == list(range(1, 71))


def test_a_busy_room_keeps_no_other_waiting(world: World) -> None:
    say(world, "lunch", 150)
    say(world, "news")
    assert ("news", 1) in follow(world, "lunch:0,news:0").numbers


def test_large_messages_end_an_answer_early(world: World) -> None:
    say(world, "lunch", 60, text="🐘" * 8_000)
    text = follow(world, "lunch:0")
    assert 1 < len(text.events) < 60
    assert len(text.raw) < streams.MAX_BODY_BYTES + 40_000


def test_a_number_that_is_still_being_stored_holds_back_what_is_behind_it_for_some_seconds(world: World) -> None:
    say(world, "lunch")
    world.messages_table.update(keys.counter("lunch"), add={"seq": 1})
    say(world, "lunch")
    assert follow(world, "lunch:0").numbers == [("lunch", 1)]
    begun_ms = world.clock.now_ms()
    resumed = follow(world, "lunch:1")
    assert world.clock.now_ms() - begun_ms > PATIENCE_MS
    assert [frame["message"]["kind"] for _, _, frame in resumed.events] == ["void", "text"]


@pytest.mark.parametrize(
    ("user", "room", "refused"), [("eve", "lunch", NotAMemberError), ("grace", "nowhere", RoomNotFoundError)]
)
def test_a_room_that_may_not_be_read_is_refused_by_name(
    world: World, user: str, room: str, refused: type[ChatError]
) -> None:
    with pytest.raises(refused, match=room):
        follow(world, f"{room}:0", user=user)


def test_somebody_put_out_while_waiting_gets_nothing_of_what_comes_later(world: World) -> None:
    def happening(count: int) -> None:
        if count == 2:
            ask(world, "ada", action="remove", room="lunch", user="grace", ban=True)
            say(world, "lunch", text="secret")

    with pytest.raises(BannedError):
        follow(world, "lunch:0,news:0", pauses=Pauses(world, happening))


def test_what_becomes_of_messages_comes_as_they_stand_with_the_last_change_of_each(world: World) -> None:
    say(world, "lunch", 3)
    edit(world, 1, "one")
    edit(world, 2, "two")
    edit(world, 1, "one again")
    ask(world, "grace", action="react", room="lunch", seq=3, emoji="👍")
    ask(world, "ada", action="pin", room="lunch", seq=3)
    ask(world, "ada", action="delete", room="lunch", seq=2)
    pauses = Pauses(world)
    text = follow(world, "lunch:3:0", pauses=pauses)
    assert text.changes == [(1, 3, "one again"), (3, 5, "hello"), (2, 6, "")]
    (_, pinned, deleted) = (frame["message"] for frame in text.frames("message_changed"))
    assert (pinned["pinned"], pinned["reactions"]) == (True, [{"emoji": "👍", "count": 1}])
    assert deleted["kind"] == "deleted"
    assert ([last_id for last_id, _, _ in text.events], pauses.count) == (["lunch:3:4", "lunch:3:5", "lunch:3:6"], 0)
    assert text.events[0][1] == text.events[0][2]["type"] == "message_changed"


def test_a_change_that_comes_while_waiting_ends_the_wait(world: World) -> None:
    say(world, "lunch")
    pauses = Pauses(world, lambda count: edit(world, 1, "better") if count == 3 else None)
    text = follow(world, "lunch:1:0,news:0:0", pauses=pauses)
    assert (text.changes, text.numbers, pauses.count) == ([(1, 1, "better")], [], 3)
    assert text.last_id == "lunch:1:1,news:0:0"


def test_without_a_rev_changes_are_told_from_now_on(world: World) -> None:
    say(world, "lunch")
    edit(world, 1, "before")
    for asked in ("lunch:1", "lunch"):
        first = follow(world, asked)
        assert (first.events, first.last_id) == ([], "lunch:1:1")
    edit(world, 1, "after")
    assert follow(world, "lunch:1", last_id=first.last_id).changes == [(1, 2, "after")]


def test_a_message_that_was_changed_meanwhile_comes_as_it_stands(world: World) -> None:
    say(world, "lunch", text="teh")
    edit(world, 1, "the")
    text = follow(world, "lunch:0:0")
    assert [frame["message"]["text"] for frame in text.frames("message")] == ["the"]
    assert (text.changes, text.last_id) == ([(1, 1, "the")], "lunch:1:1")


def test_changes_come_page_by_page_however_many_there_are(world: World) -> None:
    """Never a gap: who comes back with any id, also of an answer that broke off, is told the rest."""
    say(world, "lunch", 7)
    for number in range(250):
        edit(world, number % 7 + 1, f"version {number}")
    told: list[tuple[int, int, str]] = []
    last_id, answers = "", 0
    while not last_id.endswith(":250"):
        text = follow(world, "lunch:7:0", last_id=last_id)
        taken = text.events[: 2 if answers == 0 else None]  # the connection breaks in the middle of the answer
        told += text.changes[: len(taken)]
        last_id, answers = taken[-1][0], answers + 1
    assert answers <= 5
    newest = {seq: text for seq, _, text in told}
    assert newest == {(number % 7) + 1: f"version {number}" for number in range(250)}
    assert follow(world, "lunch:7", last_id=last_id).events == []


def test_messages_and_changes_share_an_answer(world: World) -> None:
    say(world, "lunch", 150)
    for seq in range(1, 61):
        edit(world, seq, "edited")
    text = follow(world, "lunch:0:0")
    assert (len(text.numbers), len(text.changes)) == (50, 50)
    assert text.last_id == "lunch:50:50"


def test_large_changes_end_an_answer_early(world: World) -> None:
    say(world, "lunch", 60)
    for seq in range(1, 61):
        edit(world, seq, "🐘" * 8_000)
    text = follow(world, "lunch:60:0")
    assert 1 < len(text.events) < 60
    assert len(text.raw) < streams.MAX_BODY_BYTES + 40_000
    assert text.last_id == f"lunch:60:{len(text.events)}"


def test_a_change_that_is_still_being_stored_holds_back_what_is_behind_it(world: World) -> None:
    say(world, "lunch", 2)
    edit(world, 1, "one")
    world.messages_table.update(keys.counter("lunch"), add={"rev": 1}, assign={"changed_at_ms": world.clock.now_ms()})
    edit(world, 2, "two")
    text = follow(world, "lunch:2:0")
    assert (text.changes, text.last_id) == ([(1, 1, "one")], "lunch:2:1")
    assert follow(world, "lunch:2").last_id == "lunch:2:1"  # from now on: with that change, when it is stored
    world.clock.pass_ms(60_001)
    assert follow(world, "lunch:2", last_id=text.last_id).changes == [(2, 3, "two")]


def test_changes_that_nobody_stored_are_passed_over(world: World) -> None:
    say(world, "lunch")
    world.messages_table.update(keys.counter("lunch"), add={"rev": 2}, assign={"changed_at_ms": world.clock.now_ms()})
    world.clock.pass_ms(60_001)
    text = follow(world, "lunch:1:0")
    assert (text.events, text.last_id) == ([], "lunch:1:2")


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "Lunch", "a" * 65, "lunch,lunch:2", "lunch:1\n"),
        *("lunch:", "lunch:-1", "lunch:01", "lunch:x", "lunch:1000000000000000"),
        *("lunch:1:", "lunch::2", "lunch:1:x", "lunch:1:02", "lunch:1:2:3"),
    ],
)
def test_places_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidFieldError):
        places.parse(text)


def test_a_place_is_a_room_and_perhaps_a_number_and_a_rev() -> None:
    assert places.parse("lunch:12:3,news:4,tea") == {"lunch": Place(12, 3), "news": Place(4), "tea": Place()}


def test_one_stream_follows_twenty_rooms() -> None:
    assert len(places.parse(",".join(f"r{number}" for number in range(20)))) == 20
    with pytest.raises(InvalidFieldError):
        places.parse(",".join(f"r{number}" for number in range(21)))


def test_rooms_added_or_dropped_between_two_requests_are_right() -> None:
    asked = {"lunch": Place(1), "tea": Place()}
    assert places.resume(asked, "lunch:7:2,news:3:0") == {"lunch": Place(7, 2), "tea": Place()}


def test_subscribing_over_http_answers_what_was_missed_and_registers_nothing(world: World) -> None:
    say(world, "lunch", 3)
    reply = ask(world, "grace", action="subscribe", room="lunch", after=1)["result"]
    assert ([message["seq"] for message in reply["messages"]], reply["last_seq"]) == ([2, 3], 3)
    assert ask(world, "grace", action="unsubscribe", room="lunch")["type"] == "ack"
    assert ask(world, "eve", action="subscribe", room="lunch")["code"] == "not_a_member"
    assert world.connections_table.items == {}


def test_what_is_sent_over_http_reaches_sockets_and_the_senders_own(world: World) -> None:
    phone = world.connect("ada")
    commands.answer(world.services, phone, '{"action":"subscribe","id":"s","room":"lunch"}')
    say(world, "lunch")
    assert [frame["message"]["seq"] for frame in world.sockets.heard("ada-1")] == [1]
    assert world.sockets.listeners() == {"ada-1"}
