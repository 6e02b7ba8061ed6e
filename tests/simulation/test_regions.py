"""Simulated Regions: what global tables copy and when, and what a Region that is lost does and has when it returns."""

from __future__ import annotations

from typing import Any

import pytest

from chat.ports import Absent, ConditionError
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import DEFAULTS, Latency
from simulation.cloud.functions import End, Outcome
from simulation.cloud.gateway import HttpAnswer
from simulation.cloud.regions import Regions
from simulation.cloud.scheduler import Scheduler

HOME, OTHER = "us-east-1", "eu-west-1"
NAMES = (HOME, OTHER)
LAG = Latency(800, 2_000)


@pytest.fixture
def regions() -> Regions:
    scheduler = Scheduler(1)
    return Regions([Cloud(1, region=name, regions=NAMES, scheduler=scheduler) for name in NAMES], LAG)


def table(regions: Regions, region: str) -> Any:
    return regions.clouds[region].tables["messages"]


def passes(regions: Regions, duration_ms: int) -> None:
    regions.clouds[HOME].scheduler.run_for_ms(duration_ms)


def item(value: str) -> dict[str, Any]:
    return {"pk": "p", "sk": 1, "value": value}


def values(regions: Regions) -> list[str | None]:
    return [(table(regions, name).items.get(("p", 1)) or {}).get("value") for name in NAMES]


def test_a_write_is_in_the_other_region_after_the_lag_and_not_before(regions: Regions) -> None:
    table(regions, HOME).put(item("a"))
    passes(regions, 100)
    assert values(regions) == ["a", None]
    passes(regions, 5_000)
    assert values(regions) == ["a", "a"]


def test_conditions_hold_in_each_region_for_itself_and_the_later_write_stays_everywhere(regions: Regions) -> None:
    table(regions, HOME).put(item("first"), Absent())
    passes(regions, 10)
    table(regions, OTHER).put(item("second"), Absent())
    passes(regions, 5_000)
    assert values(regions) == ["second", "second"]
    with pytest.raises(ConditionError):
        table(regions, HOME).put(item("third"), Absent())


def test_an_older_copy_that_comes_late_changes_nothing(regions: Regions) -> None:
    regions.replication.cut(HOME, OTHER)
    table(regions, HOME).put(item("old"))
    passes(regions, 10)
    table(regions, OTHER).put(item("new"))
    passes(regions, 5_000)
    assert values(regions) == ["old", "new"]
    regions.replication.mend(HOME, OTHER)
    passes(regions, 5_000)
    assert values(regions) == ["new", "new"]


def test_what_is_removed_is_removed_everywhere(regions: Regions) -> None:
    table(regions, HOME).put(item("a"))
    passes(regions, 5_000)
    table(regions, OTHER).delete(("p", 1))
    passes(regions, 5_000)
    assert values(regions) == [None, None]


def test_a_copy_stands_in_the_stream_of_its_region(regions: Regions) -> None:
    heard: list[Any] = []
    table(regions, OTHER).listeners.append(lambda key, _before, after: heard.append((key, after)))
    table(regions, HOME).put(item("a"))
    passes(regions, 5_000)
    assert heard == [(("p", 1), item("a"))]


def test_what_a_lost_region_had_not_sent_arrives_when_it_is_back(regions: Regions) -> None:
    table(regions, HOME).put(item("a"))
    regions.lose(HOME)
    passes(regions, 60_000)
    assert values(regions) == ["a", None]
    assert regions.replication.held == 1
    regions.give_back(HOME)
    passes(regions, 5_000)
    assert values(regions) == ["a", "a"]


def test_a_lost_region_answers_nobody_and_ends_what_it_was_doing(regions: Regions) -> None:
    lost = regions.clouds[HOME]
    answers: list[HttpAnswer] = []
    outcomes: list[Outcome] = []
    context = {"connectionId": "c1", "authorizer": {"user": "ada", "name": "Ada"}}
    event = {"requestContext": context, "body": '{"action":"ping","id":"1"}'}
    lost.scheduler.after(0, lost.functions["message.command"].invoke, event, outcomes.append)
    passes(regions, 1)
    regions.lose(HOME)
    lost.gateway.request("POST", "/api/tickets", {}, "", answers.append)
    lost.scheduler.after(0, lost.functions["message.command"].invoke, event, outcomes.append)
    passes(regions, 10_000)
    assert [answer.status for answer in answers] == [0]
    assert [outcome.end for outcome in outcomes] == [End.THROTTLED, End.DIED]
    regions.give_back(HOME)
    lost.scheduler.after(0, lost.functions["message.command"].invoke, event, outcomes.append)
    passes(regions, 10_000)
    assert outcomes[-1].end is End.RETURNED


def test_the_lag_is_among_the_figures_with_a_source() -> None:
    assert DEFAULTS.replication == LAG
