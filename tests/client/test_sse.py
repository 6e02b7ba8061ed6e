"""Server-Sent Events as the HTML standard has them, whole or broken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_chat.sse import StreamEvent, parse


def test_events_come_with_the_id_behind_them() -> None:
    text = "retry: 250\nid: a:1:0\n\nid: a:2:0\nevent: message\ndata: {}\n\ndata: same id\n\n"
    answer = parse(text)
    assert answer.retry_ms == 250
    assert answer.events == [StreamEvent("a:1:0", None), StreamEvent("a:2:0", "{}"), StreamEvent("a:2:0", "same id")]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("", []),
        ("\n\n\n", []),
        (": a comment\n\n", []),
        ("data: x\n", []),
        ("data: x", []),
        ("data: x\n\nid: 7\ndata: broken o", [StreamEvent("", "x")]),
        ("data\n\n", [StreamEvent("", "")]),
        ("data:x\n\n", [StreamEvent("", "x")]),
        ("data:  x\n\n", [StreamEvent("", " x")]),
        ("data: one\ndata: two\n\n", [StreamEvent("", "one\ntwo")]),
        ("data: x\r\rdata: y\r\n\r\n", [StreamEvent("", "x"), StreamEvent("", "y")]),
        ("\ufeffdata: x\n\n", [StreamEvent("", "x")]),
        ("id: 1\n\nid: 2\0\ndata: x\n\n", [StreamEvent("1", None), StreamEvent("1", "x")]),
        ("id: 1\ndata: x\n\nid\ndata: y\n\n", [StreamEvent("1", "x"), StreamEvent("", "y")]),
        ("colour: red\ndata: x\n\n", [StreamEvent("", "x")]),
        ("<p>Sign in to this network</p>\n\n", []),
    ],
)
def test_a_text_is_read_as_the_standard_says(text: str, events: list[StreamEvent]) -> None:
    assert parse(text).events == events


@pytest.mark.parametrize("retry", ["", "-1", "2.5", "soon", "\u0662"])
def test_a_pause_that_is_no_number_is_passed_over(retry: str) -> None:
    assert parse(f"retry: 10\n\nretry: {retry}\n\n").retry_ms == 10


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert len(parse(text).events) <= text.count("\n") + text.count("\r") + 1


@given(st.integers(0, 200))
def test_an_answer_that_breaks_off_has_the_events_before(at: int) -> None:
    whole = "".join(f"id: {number}\ndata: {number}\n\n" for number in range(10))
    events = parse(whole[:at]).events
    assert events == parse(whole).events[: len(events)]
    assert len(events) == whole[:at].count("\n\n")
