"""A room's log, its threads and the index of its words, in memory and on the emulator alike."""

from dataclasses import replace

import pytest

from chat.errors import InvalidFieldError
from chat.ports import Item, Table
from chat.storage import keys
from chat.storage.messages import PATIENCE_MS, Draft, MessageLog, Position, Span
from chat.storage.search_index import SearchIndex
from chat.storage.threads import Threads

NOW_MS = 1_790_000_000_000
DRAFT = Draft(room="lunch", kind="text", user="ada", name="Ada", text="Hello", command_id="first", sent_at_ms=NOW_MS)


@pytest.fixture
def log(numbered_table: Table) -> MessageLog:
    return MessageLog(numbered_table)


def say(log: MessageLog, command_id: str, root: Item | None = None, **fields: object) -> int:
    thread = int(root["sk"]) if root else None
    return log.append(replace(DRAFT, command_id=command_id, thread=thread, **fields), root).seq  # type: ignore[arg-type]


def read(log: MessageLog, now_ms: int = NOW_MS, **bounds: int) -> list[tuple[int, str]]:
    entries = log.read("lunch", Span(100, **bounds), now_ms).entries
    return [(int(entry["sk"]), entry["kind"]) for entry in entries]


def test_messages_are_numbered_and_a_repeat_keeps_its_number_and_closes_its_own(log: MessageLog) -> None:
    assert [say(log, name) for name in ("a", "b")] == [1, 2]
    repeated = log.append(replace(DRAFT, command_id="a", sent_at_ms=NOW_MS + 5))
    assert (repeated.seq, repeated.sent_at_ms, repeated.repeated) == (1, NOW_MS, True)
    assert say(log, "a", user="grace") == 4
    assert read(log) == [(1, "text"), (2, "text"), (3, "void"), (4, "text")]
    with pytest.raises(InvalidFieldError):
        say(log, "a", room="dinner")


def test_a_number_that_a_reader_has_closed_is_not_used(log: MessageLog, numbered_table: Table) -> None:
    numbered_table.update(keys.counter("lunch"), add={"seq": 1}, assign={"numbered_at_ms": NOW_MS})
    assert read(log, NOW_MS + PATIENCE_MS) == []
    assert read(log, NOW_MS + PATIENCE_MS + 1) == [(1, "void")]
    pk, sk = keys.message("lunch", 2)
    numbered_table.put({"pk": pk, "sk": sk, "room": "lunch", "kind": "void", "text": "", "sent_at_ms": NOW_MS})
    assert say(log, "late") == 3
    assert log.find("lunch", 2) is None
    assert log.find("lunch", 4) is None


def test_a_reader_that_is_too_late_to_close_a_number_reads_its_message(log: MessageLog, numbered_table: Table) -> None:
    """The message is stored between the reader's look at the log and its attempt to close the number."""
    query = numbered_table.query
    say(log, "a")

    def query_before_it_is_stored(*queries: object) -> object:
        numbered_table.query = query  # type: ignore[method-assign]
        found = query(*queries)  # type: ignore[arg-type]
        return [replace(page, items=[]) for page in found]

    numbered_table.query = query_before_it_is_stored  # type: ignore[method-assign, assignment]
    assert read(log, NOW_MS + PATIENCE_MS + 1) == [(1, "text")]


def test_a_log_is_read_over_the_borders_of_its_partitions_both_ways(log: MessageLog) -> None:
    total = 2 * keys.MESSAGES_PER_BUCKET + 3
    for number in range(1, total + 1):
        say(log, f"{number}")
    numbers = [seq for seq, _ in read(log, after=0)] + [seq for seq, _ in read(log, after=100)]
    assert numbers == list(range(1, total + 1))
    assert [seq for seq, _ in read(log, before=130)] == list(range(30, 130))
    assert [seq for seq, _ in read(log, around=64)] == list(range(15, 115))
    assert (log.newest("lunch"), log.position("lunch"), log.position("none")) == (total, Position(total), Position())
    assert log.newest_of(["lunch", "none"]) == {"lunch": total}


def test_replies_count_on_their_root_whatever_was_known_of_it(log: MessageLog, numbered_table: Table) -> None:
    say(log, "root")
    root = log.find("lunch", 1)
    assert root is not None
    assert [say(log, f"r{number}", root) for number in range(3)] == [2, 3, 4]  # each with the root as it was at first
    assert say(log, "r0", root) == 2
    counted = log.find("lunch", 1)
    assert counted is not None
    assert (counted["replies"], counted["last_reply_seq"], counted["text"]) == (3, 4, "Hello")
    threads = Threads(numbered_table)
    page = threads.read("lunch", 1, 2)
    assert ([entry["sk"] for entry in page.entries], page.more, page.newer) == ([3, 4], True, False)
    page = threads.read("lunch", 1, 2, after=2)
    assert ([entry["sk"] for entry in page.entries], page.more, page.newer) == ([3, 4], True, False)
    page = threads.read("lunch", 1, 2, before=3)
    assert ([entry["sk"] for entry in page.entries], page.more, page.newer) == ([2], False, True)


def test_words_are_found_newest_first_and_forgotten(log: MessageLog, numbered_table: Table) -> None:
    index = SearchIndex(numbered_table)
    for number in range(1, 6):
        say(log, f"{number}")
        index.add("lunch", number, ["soup", "odd" if number % 2 else "even"])
    look = index.look("lunch", ["soup", "odd"], None)
    assert (look.seqs, look.ceiling) == ([5, 3, 1], None)
    assert index.look("lunch", ["soup"], 3).seqs == [3, 2, 1]
    index.remove("lunch", 3, ["soup", "odd", "never there"])
    assert index.look("lunch", ["odd", "soup"], None).seqs == [5, 1]
    assert [entry["sk"] for entry in index.read("lunch", [5, 9, 1])] == [5, 1]
