"""The planner's formulas say what the real code takes, counted on the same rooms as the budgets of the fan-out."""

from __future__ import annotations

import pytest

from chat import messages
from chat.planning import Thresholds
from chat.ports import Sender
from chat.protocol import SendMessage
from operations.capacity.message_cost import MessageCost, queue_calls, to_deliver, to_store
from tests.unit.hot_rooms import HOT, ROOM
from tests.unit.test_fanout_budgets import SHARDS, cost_of, settled

ROW_BYTES = 87
"""Of the rows that `settled` writes."""


@pytest.mark.parametrize("size", [2, 10, 100, 1_000, 10_000])
def test_a_message_by_itself_takes_what_was_counted(size: int) -> None:
    counted = cost_of(settled(size), 1)
    planned = to_deliver(size, rate_per_s=0.1, size_bytes=300, thresholds=Thresholds(), row_bytes=ROW_BYTES)
    cost = planned.cost
    assert planned.shards == SHARDS[size]
    assert (cost.posts, cost.calls, cost.bodies) == (counted.posts, counted.calls, counted.bodies)
    assert (cost.read, cost.written) == (counted.read, counted.written)


@pytest.mark.parametrize("size", [10, 100, 1_000, 10_000])
def test_ten_messages_of_a_window_take_what_was_counted(size: int) -> None:
    counted = cost_of(settled(size, HOT), 10)
    # Ten in the shortest window of 40 ms: a load at which every room that size is posted to in windows.
    thresholds = Thresholds(longest_window_ms=40, digest=10**9)
    planned = to_deliver(size, rate_per_s=250, size_bytes=300, thresholds=thresholds, row_bytes=ROW_BYTES)
    cost = planned.cost.times(10)
    assert planned.plan.tier == "coalesced"
    assert planned.plan.window_ms == 40
    assert (cost.posts, cost.calls) == pytest.approx((counted.posts, counted.calls))
    assert (cost.bodies, cost.written) == pytest.approx((counted.bodies, counted.written))
    assert counted.read <= cost.read <= counted.read + 4


@pytest.mark.parametrize("text_bytes", [10, 200, 900, 2_000, 4_000])
def test_storing_takes_what_was_counted(text_bytes: int) -> None:
    world = settled(10)
    log = world.messages_table
    calls, written = len(log.calls), log.units.written
    host = Sender(user="host", name="Host", connection="host-1")
    messages.send(
        world.services, host, SendMessage(id="01890a5d-ac96-774b-bcce-b302099a8057", room=ROOM, text="x" * text_bytes)
    )
    planned = to_store(text_bytes)
    assert (planned.calls, planned.written) == (len(log.calls) - calls, log.units.written - written)


def test_a_frame_above_the_unit_that_is_billed_is_billed_twice() -> None:
    cost = to_deliver(10, rate_per_s=1, size_bytes=40_000, thresholds=Thresholds()).cost
    assert (cost.posts, cost.frames) == (10, 20)


def test_a_hot_room_is_posted_to_less_often_than_it_is_written_to() -> None:
    quiet = to_deliver(1_000, rate_per_s=1, size_bytes=300, thresholds=Thresholds()).cost
    hot = to_deliver(1_000, rate_per_s=100, size_bytes=300, thresholds=Thresholds()).cost
    assert hot.posts < quiet.posts / 5


def test_bodies_go_through_the_queue_ten_in_a_call() -> None:
    assert queue_calls(0) == 0
    assert queue_calls(10) == 3
    assert queue_calls(128) == 39


def test_costs_are_added_field_by_field() -> None:
    assert MessageCost(posts=1, read=2) + MessageCost(posts=3, written=4) == MessageCost(posts=4, read=2, written=4)
