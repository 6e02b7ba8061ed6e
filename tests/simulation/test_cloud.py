"""The simulated cloud: what is an instance's own, how functions end, what throttles, and what a late read sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chat.errors import UnavailableError
from chat.ports import Absent, Assign, ConditionError, Put, Query
from simulation.cloud.cloud import Cloud
from simulation.cloud.disturbance import Disturbance, Strike
from simulation.cloud.figures import DEFAULTS, Figures, Latency
from simulation.cloud.functions import Access, End, Outcome
from simulation.cloud.instances import Modules
from simulation.cloud.scheduler import SimulationError
from simulation.cloud.tables import CloudTable
from tests.contract.simulated import FRESH, carried_out

COMMAND = "message.command"


def frame(**fields: Any) -> dict[str, Any]:
    context = {"connectionId": "c1", "authorizer": {"user": "ada", "name": "Ada"}}
    return {"requestContext": context, "body": json.dumps(fields)}


def invoked(cloud: Cloud, event: dict[str, Any], times: int = 1, function: str = COMMAND) -> list[Outcome]:
    ended: list[Outcome] = []
    for _ in range(times):
        cloud.scheduler.after(0, cloud.functions[function].invoke, event, ended.append)
    cloud.scheduler.run_for_ms(60_000)
    return ended


class Struck(Disturbance):
    """Something happens at the n-th call of a function."""

    def __init__(self, strike: Strike, at: int) -> None:
        self._strike = strike
        self._left = at

    def call(self, function: str, service: str, operation: str) -> Strike | None:
        del function, service, operation
        self._left -= 1
        return self._strike if self._left == 0 else None


def test_what_an_instance_remembers_no_other_one_does() -> None:
    cloud = Cloud(1)
    spec = cloud.functions[COMMAND].spec
    first, second = (Modules(cloud.modules_for(Access(cloud, COMMAND, at), spec)) for at in (1, 2))
    for module in (first, second):
        assert module.load("chat.aws.wiring") is module.load("chat.aws.wiring")
    assert first.load("chat.aws.wiring").tiers() is not second.load("chat.aws.wiring").tiers()
    assert first.load("chat.messages") is second.load("chat.messages")


def test_invocations_at_once_have_an_instance_each_and_later_ones_use_them_again() -> None:
    cloud = Cloud(1)
    assert {outcome.end for outcome in invoked(cloud, frame(action="ping", id="1"), times=3)} == {End.RETURNED}
    invoked(cloud, frame(action="ping", id="2"))
    assert cloud.functions[COMMAND].cold_starts == 3


def test_an_account_runs_no_more_at_once_than_it_may() -> None:
    cloud = Cloud(1, figures=replace(DEFAULTS, concurrency=2))
    ends = [outcome.end for outcome in invoked(cloud, frame(action="ping", id="1"), times=3)]
    assert sorted(end.value for end in ends) == ["returned", "returned", "throttled"]
    assert cloud.account.running == 0


@pytest.mark.parametrize(("strike", "stored"), [(Strike.DIE_BEFORE, False), (Strike.DIE_AFTER, True)])
def test_a_function_dies_before_a_call_or_after_it(strike: Strike, *, stored: bool) -> None:
    cloud = Cloud(1, disturbance=Struck(strike, at=1))
    (outcome,) = invoked(cloud, frame(), function="connect.connect")
    assert outcome.end is End.DIED
    assert bool(cloud.tables["connections"].items) is stored
    assert not cloud.functions["connect.connect"].idle


def test_a_function_that_takes_too_long_is_ended() -> None:
    slow = replace(DEFAULTS, item=Latency(20_000, 20_001))
    (outcome,) = invoked(Cloud(1, figures=slow), frame(action="rooms", id="1"))
    assert outcome.end is End.TIMED_OUT


def table(cloud: Cloud) -> CloudTable:
    return CloudTable(Access(cloud, "test", 1), "messages")


def done(cloud: Cloud, *calls: Callable[[], Any]) -> list[Any]:
    return [carried_out(cloud, call) for call in calls]


def test_an_eventually_consistent_read_may_see_what_was_and_a_consistent_one_never_does() -> None:
    cloud = Cloud(1, figures=replace(FRESH, stale_reads=1.0))
    messages = table(cloud)
    done(cloud, lambda: messages.put({"pk": "a", "sk": 1, "number": 1}))
    seen: set[bool] = set()
    for _ in range(20):
        assert carried_out(cloud, lambda: messages.get(("a", 1), consistent=True)) is not None
        seen.add(carried_out(cloud, lambda: messages.get(("a", 1))) is None)
        (page,) = carried_out(cloud, lambda: messages.query(Query("a")))
        seen.add(not page.items)
    assert seen == {True, False}
    cloud.scheduler.run_for_ms(2_000)
    assert carried_out(cloud, lambda: messages.get(("a", 1))) is not None


def test_a_partition_has_so_much_capacity_a_second_and_no_more() -> None:
    few: Figures = replace(FRESH, partition_write_units=5)
    cloud = Cloud(1, figures=few)
    messages, refused = table(cloud), 0
    for number in range(200):
        try:
            carried_out(cloud, partial(messages.put, {"pk": "hot", "sk": number}))
        except UnavailableError:
            refused += 1
    assert cloud.tables["messages"].spending.throttled > refused
    carried_out(cloud, lambda: messages.put({"pk": "cold", "sk": 1}))


def test_a_call_that_the_network_repeats_meets_what_it_has_done_itself() -> None:
    cloud = Cloud(1, figures=FRESH, disturbance=Struck(Strike.REPEATED, at=1))
    messages = table(cloud)
    with pytest.raises(ConditionError) as refused:
        carried_out(cloud, lambda: messages.put({"pk": "a", "sk": 1}, Absent()))
    assert refused.value.item == {"pk": "a", "sk": 1}


def test_a_transaction_that_the_network_repeats_is_carried_out_once() -> None:
    cloud = Cloud(1, figures=FRESH, disturbance=Struck(Strike.REPEATED, at=1))
    messages = table(cloud)
    carried_out(cloud, lambda: messages.transact([Put({"pk": "a", "sk": 1}, Absent())]))
    assert ("a", 1) in cloud.tables["messages"].items


def test_transactions_at_the_same_item_go_one_after_the_other() -> None:
    cloud = Cloud(1, figures=FRESH)
    messages, ended = table(cloud), []

    def assign(number: int) -> None:
        messages.transact([Assign(("a", 1), {f"n{number}": number})])
        ended.append(number)

    for number in range(3):
        cloud.scheduler.after(0, cloud.scheduler.start, assign, number)
    cloud.scheduler.run_for_ms(5_000)
    assert sorted(ended) == [0, 1, 2]
    assert cloud.tables["messages"].items["a", 1] == {"pk": "a", "sk": 1, "n0": 0, "n1": 1, "n2": 2}
    assert cloud.counts["conflicts", "messages", "transact"]


def test_only_what_was_started_may_wait() -> None:
    with pytest.raises(SimulationError):
        Cloud(1).scheduler.wait(1)


def test_latencies_have_the_median_and_the_tail_that_they_say() -> None:
    chance, latency = Cloud(1).scheduler.chance, Latency(10, 50)
    drawn = sorted(latency.draw_us(chance) for _ in range(20_000))
    assert 9_500 < drawn[10_000] < 10_500
    assert 45_000 < drawn[19_800] < 55_000
