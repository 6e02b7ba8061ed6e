"""A room's log: numbers without holes, each message once, whoever repeats or dies."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import commands, messages, protocol, rooms, subscriptions
from chat.errors import InvalidFieldError, NotAMemberError, RoomNotFoundError, SlowDownError, UnavailableError
from chat.ports import Item, Sender, Write
from chat.protocol import CreateRoom, History, JoinRoom, ReadHistory, SendMessage, Sent, Subscribe
from chat.storage import keys
from simulation.units import Units
from simulation.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ada(world: World) -> Sender:
    ada = world.connect("ada")
    rooms.create(world.services, ada, CreateRoom(id="make", title="Lunch", room="lunch"))
    return ada


def send(world: World, sender: Sender, text: str, command_id: str | None = None) -> Sent:
    return messages.send(world.services, sender, SendMessage(id=command_id or text, room="lunch", text=text))


def history(world: World, sender: Sender, before: int | None = None, limit: int = 50) -> History:
    return messages.read_history(world.services, sender, ReadHistory(id="h", room="lunch", before=before, limit=limit))


def test_messages_are_numbered_from_one_without_holes(world: World, ada: Sender) -> None:
    assert [send(world, ada, text).seq for text in ("a", "b", "c")] == [1, 2, 3]


def test_a_resent_message_keeps_its_number_and_its_time(world: World, ada: Sender) -> None:
    first = send(world, ada, "hello", "k1")
    world.clock.pass_ms(5_000)
    assert send(world, ada, "hello", "k1") == first
    assert send(world, ada, "next").seq == 2


def test_the_number_of_a_repeat_that_comes_behind_others_is_a_void_entry(world: World, ada: Sender) -> None:
    first = send(world, ada, "hello", "k1")
    send(world, ada, "and more")
    for _ in range(2):
        assert send(world, ada, "hello", "k1") == first
    assert [message.kind for message in history(world, ada).messages] == ["text", "text", "void"]


def test_a_resent_message_is_delivered_again_for_a_minute_in_case_the_first_run_died_before_it_told_anybody(
    world: World, ada: Sender
) -> None:
    grace = world.connect("grace")
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    for _ in range(2):
        send(world, ada, "hello", "k1")
    assert {frame["message"]["seq"] for frame in world.sockets.heard("grace-1")} == {1}
    told = len(world.sockets.heard("grace-1"))
    world.clock.pass_ms(messages.UNTOLD_MS)
    send(world, ada, "hello", "k1")
    assert len(world.sockets.heard("grace-1")) == told


def test_the_same_id_of_another_user_is_another_message(world: World, ada: Sender) -> None:
    grace = world.connect("grace")
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    assert send(world, ada, "hello", "k1").seq != send(world, grace, "hello", "k1").seq


def test_no_users_ids_are_taken_for_anothers(world: World, ada: Sender) -> None:
    for user in ("bob", "bob#1"):
        world.connect(user)
        rooms.join(world.services, Sender(user, user, f"{user}-1"), JoinRoom(id="1", room="lunch"))
    send(world, Sender("bob", "Bob", "bob-1"), "mine", "1#2")
    send(world, Sender("bob#1", "Bob", "bob#1-1"), "mine, too", "2")
    assert [message.text for message in history(world, ada).messages] == ["mine", "mine, too"]


def test_an_id_used_in_another_room_is_refused(world: World, ada: Sender) -> None:
    rooms.create(world.services, ada, CreateRoom(id="make2", title="Dinner", room="dinner"))
    send(world, ada, "hello", "k1")
    with pytest.raises(InvalidFieldError):
        messages.send(world.services, ada, SendMessage(id="k1", room="dinner", text="hello"))


def test_a_normal_send_is_stored_with_two_calls_and_five_write_units(world: World, ada: Sender) -> None:
    """And one more call finds whom to tell, when it is durable: half a read unit for up to 25 subscribers."""
    for number in range(25):
        reader = world.connect(f"reader-of-the-room-{number:02}")
        rooms.join(world.services, reader, JoinRoom(id="1", room="lunch"))
        subscriptions.subscribe(world.services, reader, Subscribe(id="2", room="lunch"))
    send(world, ada, "warms the memory of memberships")
    tables = world.messages_table, world.rooms_table, world.connections_table
    for table in tables:
        table.calls.clear()
        table.units = Units()
    send(world, ada, "x" * 700, str(uuid.uuid4()))
    assert [table.calls for table in tables] == [["update", "transact"], [], ["query"]]
    assert [table.units.written for table in tables] == [5, 0, 0]
    assert sum(table.units.read for table in tables) <= 1
    for number in range(9):
        send(world, ada, "x" * 700, f"k{number}")
    assert (world.rooms_table.calls, world.rooms_table.units.written) == (["update"], 1)  # a tenth of what is posted


def test_a_room_above_its_limit_says_slow_down_to_whoever_sends(world: World, ada: Sender) -> None:
    send(world, ada, "a")
    world.messages_table.update(keys.counter("lunch"), add={"seq": 501})  # other instances take as many in a second
    world.clock.pass_ms(1_000)
    send(world, ada, "b")
    with pytest.raises(SlowDownError) as refused:
        send(world, ada, "c")
    assert (refused.value.retry_after_ms, refused.value.temporary) == (1_000, True)
    world.clock.pass_ms(1_000)
    assert send(world, ada, "c").seq == 504


def test_a_number_burnt_by_a_function_that_died_becomes_void_for_the_first_reader_after_a_minute(
    world: World, ada: Sender
) -> None:
    send(world, ada, "a")
    world.messages_table.update(keys.counter("lunch"), add={"seq": 1})  # took number 2 and died
    send(world, ada, "c")
    assert [message.seq for message in history(world, ada).messages] == [1, 3]  # 2 may still be under way
    world.clock.pass_ms(60_001)
    assert [(message.seq, message.kind) for message in history(world, ada).messages] == [
        (1, "text"),
        (2, "void"),
        (3, "text"),
    ]


def test_a_number_burnt_last_becomes_void_too(world: World, ada: Sender) -> None:
    send(world, ada, "a")
    world.messages_table.update(keys.counter("lunch"), add={"seq": 1}, assign={"numbered_at_ms": world.clock.now_ms()})
    world.clock.pass_ms(60_001)
    assert [message.kind for message in history(world, ada).messages] == ["text", "void"]


def test_a_number_whose_answer_is_lost_is_the_commands_own_when_it_is_sent_again(world: World, ada: Sender) -> None:
    with numbers_without_answer(world), pytest.raises(UnavailableError):
        send(world, ada, "a", "k1")
    assert send(world, ada, "a", "k1").seq == 1
    with numbers_without_answer(world), pytest.raises(UnavailableError):
        send(world, ada, "b", "k2")
    assert [send(world, ada, "c").seq, send(world, ada, "b", "k2").seq] == [3, 4]


def test_a_number_that_a_reader_has_closed_is_not_used_by_the_commands_repeat(world: World, ada: Sender) -> None:
    with numbers_without_answer(world), pytest.raises(UnavailableError):
        send(world, ada, "a", "k1")
    world.clock.pass_ms(60_001)
    assert [message.kind for message in history(world, ada).messages] == ["void"]
    assert [send(world, ada, "a", "k1").seq for _ in range(2)] == [2, 2]


def test_a_number_whose_message_could_not_be_stored_is_closed_at_once(world: World, ada: Sender) -> None:
    with transactions(world, stored=False), pytest.raises(UnavailableError):
        send(world, ada, "a", "k1")
    send(world, ada, "b")
    assert [message.kind for message in history(world, ada).messages] == ["void", "text"]
    assert send(world, ada, "a", "k1").seq == 3


def test_a_message_whose_answer_is_lost_keeps_its_number(world: World, ada: Sender) -> None:
    with transactions(world, stored=True), pytest.raises(UnavailableError):
        send(world, ada, "a", "k1")
    assert send(world, ada, "a", "k1").seq == 1
    assert [message.kind for message in history(world, ada).messages] == ["text"]


@contextmanager
def numbers_without_answer(world: World) -> Iterator[None]:
    """Numbers are given, and nobody hears which."""
    genuine = world.messages_table.update

    def update(*arguments: Any, **options: Any) -> Item:
        genuine(*arguments, **options)
        raise UnavailableError("no answer")

    world.messages_table.update = update  # type: ignore[method-assign]
    yield
    world.messages_table.update = genuine  # type: ignore[method-assign]


@contextmanager
def transactions(world: World, *, stored: bool) -> Iterator[None]:
    """Transactions that get no answer, whether they are carried out or not."""
    genuine = world.messages_table.transact

    def transact(writes: Sequence[Write], *, token: str | None = None) -> None:
        if stored:
            genuine(writes, token=token)
        raise UnavailableError("no answer")

    world.messages_table.transact = transact  # type: ignore[method-assign]
    yield
    world.messages_table.transact = genuine  # type: ignore[method-assign]


def test_a_writer_that_finds_its_number_voided_takes_another(world: World, ada: Sender) -> None:
    pk, sk = keys.message("lunch", 1)
    world.messages_table.put({"pk": pk, "sk": sk, "room": "lunch", "kind": "void", "text": "", "sent_at_ms": 0})
    assert send(world, ada, "late").seq == 2


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_a_message_of_nothing_is_refused(world: World, ada: Sender, text: str) -> None:
    with pytest.raises(InvalidFieldError):
        send(world, ada, text)
    assert world.services.messages.newest("lunch") == 0


def test_nobody_posts_to_or_reads_a_room_they_are_not_in(world: World, ada: Sender) -> None:
    send(world, ada, "hello")
    eve = world.connect("eve")
    with pytest.raises(NotAMemberError):
        send(world, eve, "let me in")
    with pytest.raises(NotAMemberError):
        history(world, eve)


def test_a_room_that_does_not_exist_takes_no_message(world: World, ada: Sender) -> None:
    with pytest.raises(RoomNotFoundError):
        messages.send(world.services, ada, SendMessage(id="1", room="nowhere", text="hello"))


def test_history_pages_over_bucket_borders_reach_the_first_message(world: World, ada: Sender) -> None:
    total = 2 * keys.MESSAGES_PER_BUCKET + 10
    for number in range(1, total + 1):
        send(world, ada, f"message {number}")
    read: list[int] = []
    before, more = None, True
    while more:
        page = history(world, ada, before=before, limit=30)
        read = [message.seq for message in page.messages] + read
        before, more = page.messages[0].seq, page.more
    assert read == list(range(1, total + 1))


def test_a_page_of_long_messages_fits_into_a_frame_and_paging_still_reaches_them_all(world: World, ada: Sender) -> None:
    for number in range(1, 31):
        send(world, ada, "ü" * (protocol.MAX_TEXT_CHARS - 3) + f"{number:03}", f"k{number}")
    read: list[int] = []
    before, more = None, True
    while more:
        frame = json.dumps({"action": "history", "id": "h", "room": "lunch", "before": before, "limit": 100})
        reply = commands.answer(world.services, ada, frame)
        assert len(reply) < 128 * 1024
        page = json.loads(reply)["result"]
        read = [message["seq"] for message in page["messages"]] + read
        before, more = read[0], page["more"]
    assert read == list(range(1, 31))


def test_history_of_an_empty_room_is_empty(world: World, ada: Sender) -> None:
    assert history(world, ada) == History(room="lunch", messages=[], more=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["ada", "grace"]), st.integers(0, 5), st.booleans()), max_size=30))
def test_whatever_is_repeated_or_dies_the_log_has_each_message_once(script: list[tuple[str, int, bool]]) -> None:
    """Any run of sends, repeats and deaths between the two calls leaves dense numbers and no message twice."""
    world = World()
    senders = {name: world.connect(name) for name in ("ada", "grace")}
    rooms.create(world.services, senders["ada"], CreateRoom(id="make", title="Lunch", room="lunch", members=["grace"]))
    acknowledged: dict[tuple[str, str], int] = {}
    for user, number, dies in script:
        command_id = f"k{number}"
        if dies:
            world.messages_table.update(
                keys.counter("lunch"), add={"seq": 1}, assign={"numbered_at_ms": world.clock.now_ms()}
            )
            continue
        seq = send(world, senders[user], f"{user} {number}", command_id).seq
        assert acknowledged.setdefault((user, command_id), seq) == seq
    world.clock.pass_ms(60_001)
    log = history(world, senders["ada"], limit=100).messages
    assert [message.seq for message in log] == list(range(1, len(log) + 1))
    stored = {(m.author.id, m.command_id): m.seq for m in log if m.author}
    assert stored == acknowledged
    assert sum(m.kind == "text" for m in log) == len(acknowledged)


def test_a_repeat_tells_what_is_stored_and_not_what_it_says_itself(world: World, ada: Sender) -> None:
    grace = world.connect("grace")
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    first = send(world, ada, "hello", "k1")
    world.clock.pass_ms(5_000)
    send(world, ada, "other words", "k1")
    told = [event["message"] for event in world.sockets.heard("grace-1")]
    assert [(message["text"], message["sent_at_ms"]) for message in told] == [("hello", first.sent_at_ms)] * 2
