from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.checker import Allowances, Kind, check
from loadtest.checker.__main__ import main
from loadtest.checker.numbers import Numbers
from loadtest.journal import Acked, Device, Heard, JournalError, JournalFile, Line, Sent, digest, write
from tests.unit.histories import BUGS, GRACE_MS, ROOM, SKEW_MS, Client, History

ALLOWANCES = Allowances(grace_ms=GRACE_MS, skew_ms=SKEW_MS, closed=True)
USERS = 4
WHENEVER: dict[str, Callable[[History, Client], None]] = {
    "refuse": History.refuse,
    "burn": lambda history, _: history.burn(),
    "back": History.come_back,
    "rejoin": History.rejoin,
    "read": History.read,
    "wait": lambda history, _: history.wait(),
}
ONLINE: dict[str, Callable[[History, Client], None]] = {
    "send": lambda history, client: history.deliver(history.send(client)),
    "retry": lambda history, client: history.deliver(history.send(client, lost_acks=2)),
    "drop": History.drop,
    "remove": History.remove,
}
OPERATIONS = (*WHENEVER, *ONLINE, "edit", "delete")
ADA = Device(device="ada-1", user="ada")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Correct ones: sends, repeats, drops, changes and removals in any order."""
    history = History(USERS)
    for operation, at in draw(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, USERS - 1)), max_size=30)):
        _happen(history, operation, at)
    return history


def _happen(history: History, operation: str, at: int) -> None:
    client = history.clients[at]
    if operation in WHENEVER:
        WHENEVER[operation](history, client)
    elif operation in ONLINE:
        if client.online:
            ONLINE[operation](history, client)
    else:
        _change(history, client, operation, at)


def _change(history: History, client: Client, operation: str, at: int) -> None:
    texts = [seq for seq, entry in enumerate(history.log, 1) if entry.author == client.device.user]
    if texts and client.member:
        seq = texts[at % len(texts)]
        (history.edit if operation == "edit" else history.delete)(client, seq)
        history.deliver(seq)


@given(histories())
@settings(deadline=None)
def test_a_correct_history_with_drops_and_repeats_is_never_flagged(history: History) -> None:
    verdict = check(history.journals, ALLOWANCES)
    assert verdict.holds, verdict.violations


@pytest.mark.parametrize(("kind", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
@given(history=histories())
@settings(deadline=None, max_examples=40)
def test_a_bug_in_any_history_is_caught(kind: Kind, bug: Callable[[History], None], history: History) -> None:
    bug(history)
    assert check(history.journals, ALLOWANCES).counts[kind]


@pytest.mark.parametrize(("kind", "bug"), BUGS, ids=[bug.__name__ for _, bug in BUGS])
def test_a_bug_is_told_with_its_kind_and_what_follows_from_it_only(kind: Kind, bug: Callable[[History], None]) -> None:
    history = History(USERS)
    bug(history)
    verdict = check(history.journals, ALLOWANCES)
    assert verdict.counts[kind]
    assert {each.room for each in verdict.violations} == {ROOM}
    assert all(each.device and each.at_ms and each.words for each in verdict.violations)
    assert set(verdict.counts) <= {kind, Kind.DUPLICATED}, verdict.violations


def test_a_message_that_nobody_was_there_for_is_counted_as_not_confirmed() -> None:
    sent = Sent(room=ROOM, command="1", digest=digest("a"), at_ms=1)
    verdict = check([[ADA, sent, Acked(room=ROOM, command="1", seq=1, at_ms=2)]])
    assert (verdict.holds, verdict.acked, verdict.confirmed) == (True, 1, 0)


def test_who_left_no_journal_may_have_sent_anything_unless_all_have_one() -> None:
    journals: list[list[Line]] = [
        [ADA, Heard(room=ROOM, seq=1, author="grace", command="1", digest=digest("a"), at_ms=1)]
    ]
    assert (check(journals).holds, check(journals).foreign) == (True, 1)
    assert check(journals, Allowances(closed=True)).counts == {Kind.INVENTED: 1}


def test_a_removal_within_the_grace_is_not_held_against_anybody() -> None:
    history = History(USERS)
    history.remove(history.clients[2])
    history.hear(history.clients[2], history.send(history.clients[0]))
    assert check(history.journals, ALLOWANCES).holds
    assert not check(history.journals, Allowances(grace_ms=0, skew_ms=0)).holds


def test_what_an_erased_user_says_later_may_be_heard() -> None:
    history = History(USERS)
    show_the_erased = next(bug for _, bug in BUGS if bug.__name__ == "show_the_erased")
    show_the_erased(history)
    before = check(history.journals, ALLOWANCES).counts[Kind.SEEN_AFTER_ERASURE]
    history.wait()
    history.deliver(history.send(history.clients[0]))
    assert check(history.journals, ALLOWANCES).counts[Kind.SEEN_AFTER_ERASURE] == before == 1


@pytest.mark.parametrize(
    "lines",
    [
        [Acked(room=ROOM, command="1", seq=1, at_ms=1)],
        [ADA, Acked(room=ROOM, command="1", seq=1, at_ms=1)],
        [ADA, Device(device="ada-1", user="grace")],
    ],
    ids=["no device", "an ack of nothing", "a device of two"],
)
def test_what_can_be_no_journal_is_an_error(lines: list[Any]) -> None:
    with pytest.raises(JournalError):
        check([lines])


def test_journals_survive_their_files(tmp_path: Path) -> None:
    history = History(USERS)
    for seq in (history.send(history.clients[0]), history.send(history.clients[1], lost_acks=1)):
        history.deliver(seq)
    for number, lines in enumerate(history.journals):
        with (tmp_path / f"{number}.jsonl").open("wb") as file:
            write(file, lines)
    assert [list(JournalFile(path)) for path in sorted(tmp_path.iterdir())] == history.journals


def test_the_program_says_what_was_broken_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = History(USERS)
    with (tmp_path / "all.jsonl").open("wb") as file:
        for lines in history.journals:
            write(file, lines)
    assert main([str(tmp_path)]) == 0
    assert "0 violations" in capsys.readouterr().out
    with (tmp_path / "more.jsonl").open("wb") as file:
        author = history.clients[0].device.user
        write(file, [ADA, Heard(room=ROOM, seq=9, author=author, command="x", at_ms=5)])
    assert main([str(tmp_path)]) == 1
    assert "invented lobby #9 at 5 ms, ada-1" in capsys.readouterr().out


def test_a_line_that_is_no_record_is_named_and_a_torn_last_one_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        write(file, [ADA])
        file.write(b'{"record":"heard","ro')
    assert main([str(path)]) == 0
    path.write_bytes(b"{}\n")
    assert main([str(path)]) == 2
    assert f"{path}, line 1" in capsys.readouterr().err
    assert main([str(tmp_path / "none")]) == 2


@given(st.lists(st.integers(1, 30)), st.integers(0, 31), st.integers(0, 31))
def test_spans_are_a_set_of_numbers(added: list[int], first: int, last: int) -> None:
    numbers, plain = Numbers(), set[int]()
    for number in added:
        assert numbers.add(number) == (number not in plain)
        plain.add(number)
    assert [number in numbers for number in range(32)] == [number in plain for number in range(32)]
    assert list(numbers.missing(first, last)) == [each for each in range(first, last + 1) if each not in plain]
    assert numbers.highest == max(plain, default=0)
