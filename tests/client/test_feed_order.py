"""Whatever happens to frames, a feed is dense, in order and without duplicates."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_chat.feed import FeedOrder
from agent_chat.frames import Author, Message, Range


def message(seq: int, kind: str = "text") -> Message:
    author = None if kind == "void" else Author("ada", "Ada")
    return Message(room="r", seq=seq, kind=kind, author=author, text=f"text {seq}", sent_at_ms=seq)


def drain(order: FeedOrder) -> list[int]:
    taken = []
    while (next_message := order.take()) is not None:
        taken.append(next_message.seq)
    return taken


def test_messages_come_out_by_number_whatever_order_they_came_in() -> None:
    order = FeedOrder(0)
    order.accept([message(3), message(1)])
    assert drain(order) == [1]
    assert order.gap() == Range(2, 2)
    order.accept([message(2), message(1), message(3)])
    assert drain(order) == [2, 3]
    assert order.gap() is None


def test_a_number_that_nobody_took_is_passed_over() -> None:
    order = FeedOrder(4)
    order.accept([message(7), message(6, "void"), message(5)])
    assert drain(order) == [5, 7]
    assert (order.position, order.complete) == (7, 7)


def test_a_number_that_is_known_of_is_missing_until_it_is_here() -> None:
    order = FeedOrder(10)
    assert order.gap() is None
    order.learn(12)
    assert order.gap() == Range(11, 12)
    order.accept([message(12)])
    assert order.gap() == Range(11, 11)


def test_what_comes_before_the_start_is_known_is_kept_for_it() -> None:
    order = FeedOrder()
    order.accept([message(6), message(4), message(5)])
    assert drain(order) == []
    assert order.gap() is None
    order.start(4)
    order.start(0)
    assert drain(order) == [5, 6]


def test_what_does_not_fit_is_fetched_once_there_is_room() -> None:
    order = FeedOrder(0, window=3)
    assert order.accept([message(1), message(2), message(3), message(4), message(9)])
    assert order.full
    assert order.gap() is None
    assert drain(order) == [1, 2, 3]
    assert order.gap() == Range(4, 6)


@given(
    data=st.data(),
    newest=st.integers(1, 60),
    after=st.one_of(st.none(), st.integers(0, 20)),
    window=st.integers(1, 30),
)
def test_any_order_duplication_and_loss_of_frames_leaves_a_dense_feed(
    data: st.DataObject, newest: int, after: int | None, window: int
) -> None:
    start = min(after if after is not None else data.draw(st.integers(0, newest)), newest)
    voids = data.draw(st.sets(st.integers(1, newest)))
    log = {seq: message(seq, "void" if seq in voids else "text") for seq in range(1, newest + 1)}
    frames = data.draw(st.lists(st.sampled_from(sorted(log)), max_size=120))
    order = FeedOrder(start if after is not None else None, window=window)
    begun_at = data.draw(st.integers(0, len(frames)))
    taken: list[int] = []
    for index, seq in enumerate(frames):
        if index == begun_at:
            order.start(start)
        order.accept([log[seq]])
        if data.draw(st.booleans()):
            taken += drain(order)
    order.start(start)
    order.learn(newest)
    taken += drain(order)
    pages = 0
    while (gap := order.gap()) is not None:
        pages += 1
        assert pages <= newest + 1, "each page brings the feed on"
        limit = data.draw(st.integers(1, 10))
        assert gap.first == order.complete + 1
        order.accept(log[seq] for seq in range(gap.first, min(gap.last, gap.first + limit - 1) + 1))
        taken += drain(order)
    assert taken == [seq for seq in range(start + 1, newest + 1) if seq not in voids]
    assert order.position == order.complete == newest


@given(st.lists(st.integers(1, 200), max_size=80), st.integers(1, 20))
def test_what_is_held_is_bounded(frames: list[int], window: int) -> None:
    order = FeedOrder(0, window=window)
    order.accept(message(seq) for seq in frames)
    assert len(order._held) <= window
    late = FeedOrder(window=window)
    late.accept(message(seq) for seq in frames)
    assert len(late._held) <= window


def test_nothing_is_kept_of_what_comes_again() -> None:
    order = FeedOrder(0)
    assert order.accept([message(1), message(2)])
    assert not order.accept([message(2)])
    assert drain(order) == [1, 2]
    assert not order.accept([message(1), message(2)])
    assert not order._held
    assert order.accept([message(4)])
    assert not order.accept([message(4)])


@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_shuffled_messages_come_out_in_order(seed: int) -> None:
    numbers = list(range(1, 10_001))
    random.Random(seed).shuffle(numbers)  # noqa: S311
    order = FeedOrder(0, window=10_000)
    for seq in numbers:
        order.accept([message(seq)])
    assert drain(order) == list(range(1, 10_001))


def test_a_room_that_was_restored_begins_anew() -> None:
    order = FeedOrder(after=10)
    order.accept([message(11), message(13)])
    order.restart(4)
    assert (order.take(), order.gap(), order.complete, order.newest) == (None, None, 4, 4)
    order.accept([message(5)])
    taken = order.take()
    assert taken is not None
    assert taken.seq == 5


def revised(seq: int, rev: int, kind: str = "deleted") -> Message:
    return Message(room="r", seq=seq, kind=kind, author=None, text="", sent_at_ms=seq, rev=rev)


def test_a_message_that_was_changed_while_it_waited_comes_out_as_it_stands() -> None:
    order = FeedOrder(0)
    order.accept([message(2)])
    order.revise(revised(2, rev=1))
    order.accept([message(1)])
    assert [order.take(), order.take()] == [message(1), revised(2, rev=1)]


def test_a_change_that_came_before_its_message_is_not_lost() -> None:
    order = FeedOrder(0)
    order.revise(revised(1, rev=2))
    order.revise(revised(1, rev=1, kind="text"))
    order.accept([message(1)])
    assert order.take() == revised(1, rev=2)


def test_a_message_that_its_reader_has_changed_is_asked_for_again() -> None:
    order = FeedOrder(0)
    order.accept([message(2)])
    order.outdate(2, rev=1)
    order.accept([message(1)])
    assert drain(order) == [1]
    assert order.gap() == Range(2, 2)
    order.accept([revised(2, rev=1)])
    order.outdate(2, rev=1)
    assert order.take() == revised(2, rev=1)


def hole(first: int, last: int) -> Message:
    return Message(room="r", seq=first, kind="void", author=None, text="", sent_at_ms=0, until=last)


def test_what_lies_between_two_regions_numbers_is_passed_over_at_once() -> None:
    order = FeedOrder(17)
    order.accept([hole(18, 1_000_000_000), message(1_000_000_001), message(1_000_000_002)])
    assert drain(order) == [1_000_000_001, 1_000_000_002]
    assert (order.complete, order.gap()) == (1_000_000_002, None)


def test_what_is_behind_a_hole_is_asked_for_again_once_the_reader_has_come_to_it() -> None:
    order = FeedOrder(16)
    order.accept([message(17), hole(18, 1_000_000_000), message(1_000_000_001)])
    assert drain(order) == [17]
    assert order.gap() == Range(1_000_000_001, 1_000_000_001)


def test_what_is_behind_a_void_number_and_a_hole_is_held_where_the_reader_is_at_both() -> None:
    order = FeedOrder(16)
    order.accept([message(17, "void"), hole(18, 1_000_000_000), message(1_000_000_001)])
    assert (order.gap(), drain(order)) == (None, [1_000_000_001])


def test_a_void_number_that_turned_out_to_be_given_is_handed_out_as_it_stands() -> None:
    order = FeedOrder(0)
    order.revise(revised(1, rev=1, kind="text"))
    order.accept([message(1, "void"), message(2)])
    assert [order.take(), order.take()] == [revised(1, rev=1, kind="text"), message(2)]


def test_a_message_that_has_come_under_two_numbers_is_handed_out_once() -> None:
    order = FeedOrder(0)
    said = Message(room="r", seq=1, kind="text", author=Author("ada", "Ada"), text="a", sent_at_ms=1, command_id="c")
    again = Message(room="r", seq=2, kind="text", author=Author("ada", "Ada"), text="a", sent_at_ms=2, command_id="c")
    order.accept([said, again, message(3)])
    assert drain(order) == [1, 3]
