"""Numbers in epochs: never the same one twice, and a walk over them that no hole stops."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.numbering import EPOCH_NUMBERS, Hole, Numbers, epoch_of, fits, floor, given_between

TWO_EPOCHS = Numbers(((0, 3), (EPOCH_NUMBERS, EPOCH_NUMBERS + 2)))


def test_the_first_number_of_an_epoch_is_above_all_that_the_one_before_may_give() -> None:
    assert epoch_of(EPOCH_NUMBERS) == 0
    assert epoch_of(EPOCH_NUMBERS + 1) == 1
    assert fits(0, EPOCH_NUMBERS)
    assert not fits(1, EPOCH_NUMBERS)


@given(st.integers(1, 10**15))
def test_each_number_is_of_one_epoch(number: int) -> None:
    assert [epoch for epoch in range(epoch_of(number) - 1, epoch_of(number) + 2) if fits(epoch, number)] == [
        epoch_of(number)
    ]


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 60))
def test_in_one_epoch_numbers_are_what_arithmetic_says(newest: int, after: int, limit: int) -> None:
    numbers = Numbers.up_to(newest)
    assert numbers.forward(after, limit) == (min(after + limit, newest))
    last = min(after, newest)
    assert numbers.back(last, limit) == max(1, last - limit + 1)
    assert numbers.holes(1, newest) == []


def test_a_walk_steps_over_what_lies_between_two_epochs() -> None:
    assert TWO_EPOCHS.given(2, TWO_EPOCHS.newest) == [range(2, 4), range(EPOCH_NUMBERS + 1, EPOCH_NUMBERS + 3)]
    assert TWO_EPOCHS.holes(2, TWO_EPOCHS.newest) == [Hole(4, EPOCH_NUMBERS)]
    assert TWO_EPOCHS.forward(2, 2) == EPOCH_NUMBERS + 1
    assert TWO_EPOCHS.back(EPOCH_NUMBERS + 2, 3) == 3
    assert TWO_EPOCHS.count(1, TWO_EPOCHS.newest) == 5


def test_an_epoch_that_has_given_nothing_ends_with_its_floor() -> None:
    numbers = Numbers(((0, 3), (floor(1), floor(1))))
    assert numbers.newest == EPOCH_NUMBERS
    assert numbers.holes(3, numbers.newest) == [Hole(4, EPOCH_NUMBERS)]
    assert numbers.forward(3, 10) == numbers.newest
    assert numbers.back(numbers.newest, 2) == 2


def test_what_follows_in_a_later_epoch_is_counted_from_its_floor() -> None:
    assert given_between(3, 7) == 4
    assert given_between(3, EPOCH_NUMBERS + 2) == 2
    assert given_between(7, 3) == 0
