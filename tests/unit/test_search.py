"""Search: the messages that have all of the words, newest first, within a bounded cost, for members only."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import commands, events, search
from chat.aws import wiring
from chat.ports import Sender
from chat.storage import keys, search_index
from chat.terms import FILE, MAX_TERMS, terms_of
from functions.message import index
from simulation.world import World

QUEUED = Path(__file__).parent / "events" / "sqs.json"
CONTEXT = SimpleNamespace(
    function_name="chat", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="c6af9ac6"
)


def a_world() -> World:
    world = World()
    ask(world, "ada", action="create", title="Lunch", room="lunch", kind="private", members=["grace"])
    return world


@pytest.fixture
def world() -> World:
    return a_world()


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    number = len(world.messages_table.calls) + len(world.rooms_table.calls)
    frame = json.dumps({"id": f"{asker}{number}", **command})
    reply: dict[str, Any] = json.loads(
        commands.answer(world.services, Sender(asker, asker.capitalize(), f"{asker}-1"), frame)
    )
    return reply


def say(world: World, *texts: str, room: str = "lunch") -> None:
    """Posts and indexes, as the stream and the queue would a little later."""
    for text in texts:
        seq = ask(world, "ada", action="send", room=room, text=text)["result"]["seq"]
        stored = world.messages_table.items[keys.message(room, seq)]
        posted = msgspec.json.decode(events.message_posted(stored).body, type=events.MessagePosted)
        search.index(world.services.search_index, posted)


def show(world: World, kind: str) -> int:
    """Posts and indexes a file, and answers with its number."""
    seq: int = ask(world, "ada", action="send", room="lunch", text="to be a file")["result"]["seq"]
    picture = {"url": "/media/1.webp", "content_type": "image/webp", "width": 1, "height": 1}
    media = {"id": f"m{seq}", "name": "1", "original": picture, "thumbnail": picture}
    stored = world.messages_table.items[keys.message("lunch", seq)]
    stored.update(kind=kind, text="", media=media)
    posted = msgspec.json.decode(events.message_posted(stored).body, type=events.MessagePosted)
    search.index(world.services.search_index, posted)
    return seq


def files(world: World, *, asker: str = "grace", **fields: Any) -> dict[str, Any]:
    reply = ask(world, asker, action="files", room="lunch", **fields)
    assert reply["type"] == "ack", reply
    result: dict[str, Any] = reply["result"]
    return result


def find(world: World, query: str, *, asker: str = "grace", **fields: Any) -> dict[str, Any]:
    reply = ask(world, asker, action="search", room="lunch", query=query, **fields)
    assert reply["type"] == "ack", reply
    result: dict[str, Any] = reply["result"]
    return result


def numbers(found: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in found["messages"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("soup", [4, 2, 1]),
        ("SOUP today", [1]),
        ("today soup", [1]),
        ("sou", []),
        ("cafe", [3]),
        ("CAFÉ", [3]),
        ("don't", [3]),
        ("昼", [4]),
        ("昼食 soup", [4]),
        ("nothing", []),
    ],
)
def test_messages_that_have_all_of_the_words_are_found_newest_first(
    world: World, query: str, expected: list[int]
) -> None:
    say(world, "Soup today?", "Soup, tomorrow", "Don't go to the Café", "昼食は soup")
    found = find(world, query)
    assert (numbers(found), found["before"]) == (expected, None)


def test_a_message_that_is_found_is_the_one_of_the_log(world: World) -> None:
    say(world, "Hello, world")
    (message,) = find(world, "hello")["messages"]
    assert message == ask(world, "grace", action="history", room="lunch")["result"]["messages"][0]


def test_pages_continue_each_other_and_end(world: World) -> None:
    say(world, *(f"soup number {number}" if number % 2 else "bread" for number in range(30)))
    seen: list[int] = []
    before = None
    while True:
        page = find(world, "soup", limit=4, before=before)
        seen += numbers(page)
        before = page["before"]
        if before is None:
            break
    assert seen == list(range(30, 0, -2))


def test_a_common_and_a_rare_word_are_joined_without_reading_all_of_the_common_one(world: World) -> None:
    world.services.search_index.add("lunch", 1, ["common"])
    say(world, "common rare")
    for seq in range(2, 5_000):
        world.services.search_index.add("lunch", seq, ["common"])
    world.messages_table.calls.clear()
    assert numbers(find(world, "common rare")) == [1]
    assert world.messages_table.calls.count("query") <= 2


def test_words_that_are_common_each_and_never_together_cost_a_bounded_number_of_looks(world: World) -> None:
    say(world, "even odd")
    for seq in range(2, 4_000):
        world.services.search_index.add("lunch", seq, ["even"] if seq % 2 == 0 else ["odd"])
    before, answers = None, 0
    found: list[int] = []
    while True:
        world.messages_table.calls.clear()
        page = find(world, "even odd", before=before)
        assert world.messages_table.calls.count("query") <= search.MAX_LOOKS
        found += numbers(page)
        answers += 1
        before = page["before"]
        if before is None:
            break
    assert (found, answers > 1) == ([1], True)


def test_a_text_that_has_changed_is_not_found_by_what_it_was(world: World) -> None:
    say(world, "my secret")
    pk, sk = keys.message("lunch", 1)
    world.messages_table.update((pk, sk), assign={"text": "redacted"})
    assert numbers(find(world, "secret")) == []


def test_an_entry_that_is_gone_is_not_found(world: World) -> None:
    say(world, "my secret", "another secret")
    world.messages_table.delete(keys.message("lunch", 2))
    assert numbers(find(world, "secret")) == [1]


def test_words_are_taken_out_of_the_index_again(world: World) -> None:
    say(world, "my secret")
    world.services.search_index.remove("lunch", 1, terms_of("my secret"))
    assert not [key for key in world.messages_table.items if key[0].startswith("w#")]


def test_nobody_searches_a_room_that_they_may_not_read(world: World) -> None:
    say(world, "my secret")
    assert ask(world, "eve", action="search", room="lunch", query="secret")["code"] == "not_a_member"
    assert ask(world, "eve", action="search", room="nowhere", query="secret")["code"] == "room_not_found"
    ask(world, "ada", action="remove", room="lunch", user="grace", ban=True)
    assert ask(world, "grace", action="search", room="lunch", query="secret")["code"] == "banned"


def test_a_search_stays_in_its_room(world: World) -> None:
    ask(world, "ada", action="create", title="Other", room="other")
    say(world, "soup", room="other")
    assert numbers(find(world, "soup")) == []


@pytest.mark.parametrize("query", ["", "  ", "?!", "_", " ".join("abcdefghi")])
def test_a_query_without_words_or_with_too_many_is_refused(world: World, query: str) -> None:
    assert ask(world, "grace", action="search", room="lunch", query=query)["code"] == "invalid_field"


def test_the_cost_of_indexing_one_message_is_bounded(world: World) -> None:
    say(world, " ".join(f"w{number}" for number in range(1_500)))
    rows = [key for key in world.messages_table.items if key[0].startswith("w#")]
    assert len(rows) == MAX_TERMS


def test_an_event_from_the_queue_is_indexed_and_a_repeated_one_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "search_index", lambda: world.services.search_index)
    monkeypatch.setattr(wiring, "job_office", lambda: world.accounts.office)
    ask(world, "ada", action="send", room="lunch", text="Soup!")
    event = json.loads(QUEUED.read_text())
    stored = world.messages_table.items[keys.message("lunch", 1)]
    event["Records"][0]["body"] = events.message_posted(stored).body.decode()
    for _ in range(2):
        assert index.handle(event, CONTEXT) == {"batchItemFailures": []}
    assert numbers(find(world, "soup")) == [1]
    event["Records"][0]["body"] = "rubbish"
    assert len(index.handle(event, CONTEXT)["batchItemFailures"]) == 1


def test_a_number_that_nobody_took_has_no_words(world: World) -> None:
    void = events.MessagePosted("lunch/1", "lunch", 1, "void", None, None, "", 0)
    search.index(world.services.search_index, void)
    assert not [key for key in world.messages_table.items if key[0].startswith("w#")]


def test_a_page_that_takes_several_looks_ends_where_the_next_one_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "LOOKED_AT", 3)
    say(world, *["soup"] * 11)
    first = find(world, "soup", limit=4)
    assert (numbers(first), first["before"]) == ([11, 10, 9, 8], 8)
    assert numbers(find(world, "soup", limit=20, before=8)) == [7, 6, 5, 4, 3, 2, 1]


def test_a_search_that_used_up_its_looks_is_continued_without_a_hole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "LOOKED_AT", 2)
    monkeypatch.setattr(search, "MAX_LOOKS", 1)
    say(world, *["soup"] * 5)
    first = find(world, "soup")
    second = find(world, "soup", before=first["before"])
    assert numbers(first) + numbers(second) == [5, 4, 3, 2]


def test_a_page_of_long_messages_fits_into_a_frame_and_the_next_one_goes_on(world: World) -> None:
    say(world, *(f"soup {number} " + "ü" * 7_900 for number in range(1, 21)))
    seen: list[int] = []
    before = None
    while True:
        page = find(world, "soup", limit=20, before=before)
        seen += numbers(page)
        before = page["before"]
        if before is None:
            break
    assert seen == list(range(20, 0, -1))


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.sets(st.sampled_from("abc"), min_size=1).map(" ".join), min_size=10, max_size=40),
    words=st.sets(st.sampled_from("abc"), min_size=1),
    limit=st.integers(1, 7),
    looked_at=st.integers(1, 9),
    looks=st.integers(1, 4),
)
def test_searching_page_by_page_finds_what_reading_everything_finds(
    texts: list[str], words: set[str], limit: int, looked_at: int, looks: int
) -> None:
    world = a_world()
    say(world, *texts)
    expected = [seq for seq, text in enumerate(texts, start=1) if words <= set(text.split())]
    found: list[int] = []
    before = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "LOOKED_AT", looked_at)
        patch.setattr(search, "MAX_LOOKS", looks)
        while True:
            page = find(world, " ".join(words), limit=limit, before=before)
            assert len(page["messages"]) <= limit
            found += numbers(page)
            before = page["before"]
            if before is None:
                break
    assert found == expected[::-1]


@given(st.text(max_size=200))
def test_any_text_has_words_that_are_short_and_different(text: str) -> None:
    terms = terms_of(text)
    assert len(set(terms)) == len(terms)
    assert all(0 < len(term) <= 40 for term in terms)
    assert terms_of(" ".join(terms)) == terms


def test_files_of_every_kind_are_listed_newest_first_and_nothing_else(world: World) -> None:
    say(world, "file #file")
    shown = [show(world, kind) for kind in ("image", "video", "audio", "document")]
    say(world, "and now to lunch")
    found = files(world)
    assert (numbers(found), found["before"]) == (shown[::-1], None)
    assert found["messages"][0]["media"]["id"] == f"m{shown[-1]}"


def test_a_list_of_files_is_continued_and_takes_one_look_a_page(world: World) -> None:
    shown = [show(world, "image") for _ in range(5)]
    first = files(world, limit=3)
    world.messages_table.calls.clear()
    rest = files(world, limit=3, before=first["before"])
    assert numbers(first) + numbers(rest) == shown[::-1]
    assert world.messages_table.calls.count("query") == 1


def test_a_deleted_file_is_listed_no_more_and_leaves_nothing_in_the_index(world: World) -> None:
    seq = show(world, "image")
    ask(world, "ada", action="delete", room="lunch", seq=seq)
    assert numbers(files(world)) == []
    assert keys.term("lunch", FILE, seq) not in world.messages_table.items


def test_files_are_for_members_only(world: World) -> None:
    assert ask(world, "eve", action="files", room="lunch")["code"] == "not_a_member"


def test_no_query_finds_files_by_what_the_index_knows_them_by(world: World) -> None:
    show(world, "image")
    assert numbers(find(world, FILE)) == []
