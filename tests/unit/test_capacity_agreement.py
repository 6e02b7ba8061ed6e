"""What `make plan` counts for a workload is what the simulator takes for it, within 15 percent."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from chat.planning import Thresholds
from chat.sessions import RECONNECT
from chat.terms import terms_of
from operations.capacity import bill, loads
from operations.capacity.bill import MONTH_S, Bill
from operations.capacity.measured import Figures
from operations.capacity.message_cost import to_deliver
from operations.capacity.reconnection import all_back_s
from operations.capacity.workload import RoomClass, Workload
from operations.facts.prices import prices_of
from simulation.capacity import load, storm
from simulation.capacity.crowd import WORDS
from simulation.capacity.load import Load, Stretch
from simulation.capacity.population import RoomPlan
from simulation.capacity.pricing import cost
from simulation.capacity.scenarios import QUOTAS, RAISED
from simulation.capacity.storm import Storm
from simulation.capacity.tally import Tally
from simulation.cloud.figures import DEFAULTS, Latency
from simulation.quiet import logged_from
from tests.unit.hot_rooms import arena
from tests.unit.test_shards import settle, shape

ROOMS = (RoomPlan("large", 80), RoomPlan("middle", 15), RoomPlan("small", 5))
TALK_S, PER_SOCKET = 8, 0.15
FRAME_BYTES = 430

SIMULATED = ("activity", "index")
"""Queues that the simulator has; webhooks and push messages are not in it."""

AGREED = 0.15


@pytest.fixture(scope="module")
def simulated() -> Tally:
    """A hundred sockets in three rooms, each of which is posted to directly, by functions that are warm as planned."""
    warm = replace(DEFAULTS, cold_start=Latency(0.01, 0.011))
    return load.run(Load(seed="agreed", rooms=ROOMS, stretches=[Stretch(TALK_S, PER_SOCKET)], figures=warm, drain_s=40))


@pytest.fixture(scope="module")
def workload(simulated: Tally) -> Workload:
    """The same crowd as a plan has it, saying as much as it has said."""
    sockets = sum(room.sockets for room in ROOMS)
    return Workload(
        users=sockets,
        online=1,
        messages_per_minute=simulated.conservation.acked / TALK_S * 60,
        rooms=tuple(RoomClass(rooms=1, sockets=room.sockets - 1, share=room.sockets / sockets) for room in ROOMS),
        size_bytes=FRAME_BYTES,
        words=len(terms_of(f"{WORDS} 1")),
    )


@pytest.fixture(scope="module")
def planned(workload: Workload) -> tuple[loads.Load, loads.Load, loads.Load]:
    figures = Figures()
    return (
        loads.of_messages(workload, Thresholds(), figures),
        loads.of_events(workload, figures, SIMULATED),
        loads.of_connections(workload),
    )


@pytest.fixture(scope="module")
def billed(workload: Workload, planned: tuple[loads.Load, ...]) -> Bill:
    sent = workload.messages_per_s
    return bill.bill(
        planned,
        prices_of("us-east-1"),
        connections=workload.connections,
        # A month of so few messages reaches no tier, as the simulator's few seconds do not.
        average=1 / MONTH_S,
        sent=sent,
        delivered=sent * workload.recipients,
    )


Planned = tuple[loads.Load, loads.Load, loads.Load]


def test_posts_agree(simulated: Tally, planned: Planned) -> None:
    posts = sum(second.posts for second in simulated.seconds.values())

    assert posts == pytest.approx(planned[0].posts * TALK_S, rel=AGREED)


@pytest.mark.parametrize("table", ["messages", "rooms"])
def test_units_that_tables_are_written_with_agree(simulated: Tally, planned: Planned, table: str) -> None:
    written = sum(part.written.get(table, 0) for part in planned) * TALK_S

    assert simulated.units[f"{table} written"] == pytest.approx(written, rel=AGREED)


def test_billed_frames_agree(simulated: Tally, planned: Planned) -> None:
    assert simulated.used["frames"] == pytest.approx(planned[0].frames * TALK_S, rel=AGREED)


def test_what_is_sent_to_clients_agrees(simulated: Tally, planned: Planned) -> None:
    assert simulated.used["egress_gb"] * 1e9 == pytest.approx(planned[0].egress_bytes * TALK_S, rel=AGREED)


def test_what_is_published_and_what_waits_in_queues_agrees(simulated: Tally, planned: Planned) -> None:
    assert simulated.used["sns"] == pytest.approx(planned[1].published * TALK_S, rel=AGREED)
    assert simulated.used["sqs"] == pytest.approx(sum(part.sqs_calls for part in planned) * TALK_S, rel=AGREED)


def test_functions_that_run_agree(simulated: Tally, planned: Planned) -> None:
    gb_s = sum(run.gb_s for part in planned for run in part.runs)

    assert simulated.used["lambda_gb_s"] == pytest.approx(gb_s * TALK_S, rel=AGREED)


def test_dollars_of_a_million_messages_agree(simulated: Tally, billed: Bill) -> None:
    assert cost(simulated).per_million_messages == pytest.approx(billed.per_million_messages, rel=AGREED)


@pytest.mark.parametrize("sockets", [90, 101, 350])
def test_a_room_is_cut_into_as_many_shards_as_planned(sockets: int) -> None:
    fanout = to_deliver(sockets, rate_per_s=1, size_bytes=FRAME_BYTES, thresholds=Thresholds())

    world = arena(sockets)
    settle(world)
    assert shape(world).shards == fanout.shards


def test_everybody_is_back_when_the_plan_says_so() -> None:
    per_s, rooms = 60, [RoomPlan(f"room-{number}", 20) for number in range(30)]
    bound = replace(QUOTAS[RAISED], connect_rate=per_s, connect_burst=per_s)
    with logged_from(logging.CRITICAL):
        _, back_s = storm.run(Storm(seed="agreed", rooms=rooms, figures=bound, most_s=100))
    planned_s = all_back_s(600, per_s=per_s, burst=per_s, window=RECONNECT)

    assert len(back_s) == 600
    assert max(back_s) == pytest.approx(planned_s, rel=AGREED)
