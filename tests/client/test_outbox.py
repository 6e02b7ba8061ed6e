"""Own messages keep their order and are stored once, whatever the server and the line do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_chat.errors import (
    ConnectionLostError,
    MutedError,
    NotAMemberError,
    OutboxFullError,
    OutcomeUnknownError,
    ReplyTimeoutError,
    UnavailableError,
)
from agent_chat.outbox import REMEMBERED_MS, Entry, Outbox


def outbox(*texts: str, room: str = "r") -> Outbox:
    made = Outbox(uniform=lambda: 1.0)
    for text in texts:
        made.add(f"id-{room}-{text}", room, text)
    return made


def texts(entries: list[Entry]) -> list[str]:
    return [entry.text for entry in entries]


def test_of_each_room_one_message_is_under_way() -> None:
    box = outbox("a", "b")
    box.add("x", "other", "c")
    assert texts(box.take_due(0)) == ["a", "c"]
    assert box.take_due(0) == []
    box.settle("id-r-a")
    assert texts(box.take_due(0)) == ["b"]


def test_a_refusal_for_a_while_is_repeated_under_the_same_id_no_earlier_than_told() -> None:
    box = outbox("a", "b")
    (first,) = box.take_due(0)
    assert box.fail(first.id, UnavailableError("busy", retry_after_ms=500), 1000) is None
    assert box.next_due_ms() == 1700
    assert box.take_due(1699) == []
    (again,) = box.take_due(1700)
    assert (again.id, again.text) == (first.id, "a")


def test_a_refusal_for_good_is_reported_and_lets_the_next_one_go() -> None:
    box = outbox("a", "b")
    box.take_due(0)
    refusal = NotAMemberError("no")
    assert box.fail("id-r-a", refusal, 0) is refusal
    assert texts(box.take_due(0)) == ["b"]


def test_a_wait_of_minutes_is_left_to_the_sender() -> None:
    box = outbox("a")
    box.take_due(0)
    muted = MutedError("for ten minutes", retry_after_ms=600_000)
    assert box.fail("id-r-a", muted, 0) is muted
    assert len(box) == 0


def test_a_lost_connection_makes_its_message_due_at_once() -> None:
    box = outbox("a")
    box.take_due(0)
    assert box.fail("id-r-a", ConnectionLostError("gone"), 70) is None
    assert texts(box.take_due(70)) == ["a"]


def test_pauses_double_up_to_a_limit() -> None:
    box = outbox("a")
    now_ms, pauses = 0.0, []
    for _ in range(9):
        box.take_due(now_ms)
        box.fail("id-r-a", ReplyTimeoutError("?"), now_ms)
        due_ms = box.next_due_ms()
        assert due_ms is not None
        pauses.append(due_ms - now_ms)
        now_ms = due_ms
    assert pauses == [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]


def test_what_the_server_may_have_forgotten_is_not_sent_again() -> None:
    box = outbox("a")
    box.take_due(0)
    assert box.fail("id-r-a", ReplyTimeoutError("?"), 0) is None
    box.take_due(REMEMBERED_MS)
    assert isinstance(box.fail("id-r-a", ReplyTimeoutError("?"), REMEMBERED_MS + 1), OutcomeUnknownError)
    assert len(box) == 0


def test_only_a_message_that_was_never_on_the_wire_is_taken_back() -> None:
    box = outbox("a", "b")
    box.take_due(0)
    assert not box.withdraw("id-r-a")
    assert box.withdraw("id-r-b")
    box.settle("id-r-a")
    assert len(box) == 0
    assert box.next_due_ms() is None


def test_an_outbox_is_full_at_its_limit_and_an_id_is_used_once() -> None:
    box = Outbox(limit=2)
    box.add("1", "r", "a")
    with pytest.raises(ValueError, match="already"):
        box.add("1", "r", "a")
    box.add("2", "r", "b")
    with pytest.raises(OutboxFullError):
        box.add("3", "r", "c")


class Server:
    """Carries out what was sent to it at once or at any later time, each id once."""

    def __init__(self) -> None:
        self.stored: dict[str, list[str]] = {}
        self.done: set[str] = set()
        self.on_the_way: list[Entry] = []

    def carry_out(self, entry: Entry) -> None:
        if entry.id not in self.done:
            self.done.add(entry.id)
            self.stored.setdefault(entry.room, []).append(entry.text)


FATES = {
    "cut": ConnectionLostError("gone"),
    "refused": UnavailableError("busy", retry_after_ms=100),
    "late": ReplyTimeoutError("?"),
    "reply lost": ReplyTimeoutError("?"),
}


@given(data=st.data(), rooms=st.lists(st.sampled_from("xyz"), min_size=1, max_size=12))
def test_whatever_is_lost_late_or_refused_each_room_has_its_messages_once_and_in_order(
    data: st.DataObject, rooms: list[str]
) -> None:
    box, server, now_ms = Outbox(uniform=lambda: 0.5), Server(), 0.0
    for number, room in enumerate(rooms):
        box.add(f"id-{number}", room, str(number))
    while len(box):
        for entry in box.take_due(now_ms):
            server.on_the_way.append(entry)
            fate = data.draw(st.sampled_from(["stored", *FATES]))
            if fate in {"stored", "reply lost"}:
                server.carry_out(entry)
            if fate == "stored":
                box.settle(entry.id)
            else:
                box.fail(entry.id, FATES[fate], now_ms)
        for late in data.draw(st.lists(st.sampled_from(server.on_the_way), max_size=3)):
            server.carry_out(late)
        now_ms = max(now_ms, box.next_due_ms() or 0)
    expected: dict[str, list[str]] = {}
    for number, room in enumerate(rooms):
        expected.setdefault(room, []).append(str(number))
    assert server.stored == expected
