"""What the terminal shows: lines that fit, a window that stays where it is, and nothing that steers the terminal."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_chat.frames import Author, Message
from agent_chat.terminal.text import clean, clean_line, plain_line
from agent_chat.terminal.timeline import Line, Pending, Timeline, columns_of, fit, wrap


def message(seq: int, text: str = "", **fields: Any) -> Message:
    made: dict[str, Any] = {
        "room": "r",
        "kind": "text",
        "author": Author("ada", "Ada"),
        "sent_at_ms": 1_790_000_000_000,
    } | fields
    return Message(seq=seq, text=text or f"text {seq}", **made)


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for _, text in line).rstrip() for line in lines]


def bodies(lines: list[Line]) -> list[str]:
    return [line[-1][1] for line in lines if len(line) > 1]


@given(st.text(), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, width: int) -> None:
    text = clean(text)
    lines = list(wrap(text, width))
    assert all(columns_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(max_size=30), st.integers(2, 20))
def test_a_fitted_text_has_exactly_its_columns(text: str, width: int) -> None:
    assert columns_of(fit(clean_line(text), width)) == width


@given(st.text())
def test_what_others_wrote_cannot_steer_the_terminal(text: str) -> None:
    assert not [c for c in clean(text) if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    assert "\n" not in clean_line(text)
    assert "\u202e" not in clean("safe\u202etxt.exe")


def test_messages_are_shown_by_number_at_the_bottom() -> None:
    timeline = Timeline("ada")
    timeline.add([message(2), message(1), message(2), message(3, kind="void")])
    shown = timeline.screen(60, 6)
    assert len(shown) == 6
    assert bodies(shown) == ["text 1", "text 2"]
    assert (timeline.oldest, timeline.newest) == (1, 2)


def test_who_has_scrolled_back_keeps_what_they_look_at() -> None:
    timeline = Timeline("ada")
    timeline.add(message(seq) for seq in range(10, 40))
    timeline.screen(60, 5)
    timeline.scroll(8)
    before = bodies(timeline.screen(60, 5))
    timeline.add([message(40), message(41, "two\nlines")])
    timeline.add(message(seq) for seq in range(1, 10))
    assert bodies(timeline.screen(60, 5)) == before
    assert not timeline.at_end
    timeline.scroll_to_end()
    assert bodies(timeline.screen(60, 5))[-1] == "lines"


def test_scrolling_stops_at_the_first_message_and_says_that_older_ones_are_wanted() -> None:
    timeline = Timeline("ada")
    timeline.add(message(seq) for seq in range(50, 70))
    timeline.screen(60, 5)
    assert not timeline.at_start(60, 5)
    timeline.scroll(1000)
    assert bodies(timeline.screen(60, 5))[0] == "text 50"
    assert timeline.at_start(60, 5)


def test_a_message_on_its_way_is_shown_until_it_is_stored_or_refused() -> None:
    timeline = Timeline("ada")
    timeline.expect(Pending("id-1", "soon"))
    timeline.expect(Pending("id-2", "never"))
    assert "sending" in plain(timeline.screen(60, 4))[-1]
    timeline.refuse("id-2", "You are muted.")
    timeline.add([message(1, "soon", command_id="id-1")])
    assert bodies(timeline.screen(60, 4)) == ["soon", "never  ✗ You are muted."]


def test_an_edited_message_stays_where_it_is_and_an_older_copy_changes_nothing() -> None:
    timeline = Timeline("ada")
    timeline.add(message(seq) for seq in (1, 2))
    timeline.screen(60, 4)
    timeline.change(message(1, "better", version=2, rev=5))
    timeline.change(message(1, "worse", version=2, rev=4))
    timeline.change(message(9, "not here"))
    assert bodies(timeline.screen(60, 4)) == ["better (edited)", "text 2"]
    timeline.change(Message("r", 2, "deleted", Author("ada", "Ada"), "", 1_790_000_000_000, rev=6))
    assert bodies(timeline.screen(60, 4))[-1] == "(deleted)"


def test_nothing_is_shown_any_more_of_what_somebody_wrote_who_was_erased() -> None:
    timeline = Timeline("ada")
    timeline.add([message(1, author=Author("eve", "Eve")), message(2)])
    timeline.screen(60, 4)
    timeline.erase("eve")
    lines = plain(timeline.screen(60, 4))
    assert "Eve" not in "".join(lines)
    assert bodies(timeline.screen(60, 4)) == ["(deleted)", "text 2"]


def test_what_is_new_is_below_a_line() -> None:
    timeline = Timeline("ada", unread_after=2)
    timeline.add(message(seq) for seq in (1, 2, 4))
    lines = plain(timeline.screen(60, 5))
    assert lines[-2].startswith("── new ──")
    assert lines[-1].endswith("text 4")


def test_a_line_for_a_pipe_is_indented_where_it_goes_on() -> None:
    line = plain_line(message(1, "one\ntwo\x1b[31m"))
    assert line.endswith("Ada: one\n    two\ufffd[31m")
