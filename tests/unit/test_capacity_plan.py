"""The planner against cases that were computed by hand, and against what nobody can plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.planning import Thresholds
from operations import plan
from operations.capacity import measured, plan_text, stage_plan
from operations.capacity.measured import Figures
from operations.capacity.stage_plan import StagePlan
from operations.capacity.workload import RoomClass, Workload, alike, zipf
from operations.errors import UsageError
from operations.facts import FactError
from operations.facts.latencies import LATENCIES
from operations.facts.prices import PRICES, prices_of
from operations.facts.quotas import QUOTAS, quota


def workload(**changes: Any) -> Workload:
    values: dict[str, Any] = {
        "users": 100_000,
        "online": 1.0,
        "messages_per_minute": 1_000_000,
        "rooms": alike(10_000, 10),
    }
    return Workload(**{**values, **changes})


def planned(**changes: Any) -> StagePlan:
    return stage_plan.make(workload(**changes), region="us-east-1", thresholds=Thresholds(), figures=Figures())


def used(found: StagePlan, key: str) -> float:
    return next(use.used for use in found.uses if use.key == key)


def per_million(found: StagePlan, part: str, title: str | None = None) -> float:
    lines = [line for line in found.bill.lines if line.part == part and title in {None, line.title}]
    return sum(line.per_million_messages for line in lines)


def test_a_million_messages_a_minute_take_185_thousand_requests_a_second() -> None:
    # 16,667 come in and 166,667 are posted; 417 heartbeats, and 20 sockets that open with a ticket each.
    found = planned()
    assert sum(load.requests for load in found.loads) == pytest.approx(185_000, rel=0.01)
    assert used(found, "api_requests") * found.cells == pytest.approx(16_667 * 11 + 417 + 3 * 19.6, rel=0.001)
    assert found.cells > 1
    assert found.first.code == "L-8A5B8E43"


def test_a_million_messages_cost_what_the_model_of_the_fan_out_says() -> None:
    # $10.65 were computed in 2026-11 without acknowledgements, which are frames, and with a write unit for each of two
    # rows, where the code that was written since takes five; and by medians, of which a command's came to 25 ms.
    found = planned()
    sent = per_million(found, "messages") + per_million(found, "open sockets")
    frame_usd = found.bill.lines[0].usd_per_unit * 1_000_000
    by_means = per_million(found, "messages", "Lambda on arm64, running") - 0.025 * 13.33
    assert sent - frame_usd - (5 - 2) * 0.625 - by_means == pytest.approx(10.65, rel=0.05)
    # By hand: a frame in, an answer and ten posts at $0.80 but for the first billion.
    assert per_million(found, "messages", "WebSocket frames") == pytest.approx(12 * 0.80, rel=0.001)
    assert per_million(found, "messages", "DynamoDB on demand, written") == pytest.approx(5 * 0.625)
    assert found.bill.per_million_deliveries == pytest.approx((found.bill.per_million_messages or 0) / 10)


def test_a_hundred_thousand_are_back_after_two_hundred_seconds_in_one_cell() -> None:
    limits = {"new_connections": 500.0}
    found = stage_plan.make(
        workload(), region="us-east-1", thresholds=Thresholds(), figures=Figures(), cells=1, limits=limits
    )
    # 500 at once, and 500 a second; who is refused at the end waits for 20 s more at most.
    assert 199 <= found.reconnecting_s <= 199 + 20
    assert planned(reconnect_window_s=3_600.0).reconnecting_s == pytest.approx(3_600, rel=0.001)


def test_a_team_of_a_hundred_asks_for_nothing_and_pays_for_frames() -> None:
    found = planned(users=100, messages_per_minute=50, rooms=alike(5, 19))
    assert (found.cells, found.increases, found.blocked, found.warmings) == (1, (), (), ())
    assert all(use.percent < 1 for use in found.uses)
    # 50 x 43,800 minutes are 2.19 M messages: an incoming frame, an answer and 19 posts each, at $1.
    assert found.bill.messages == pytest.approx(2_190_000)
    frames = next(line for line in found.bill.lines if line.part == "messages")
    assert frames.usd == pytest.approx(2.19 * 21)
    assert frames.arithmetic == "45.990 M x $1.0000/M = $45.99"
    # 100 sockets for 43,800 minutes, at $0.25 a million.
    assert found.bill.lines[-1].usd == pytest.approx(100 * 43_800 * 0.25 / 1_000_000)


def test_of_ten_thousand_rooms_each_gets_its_own_way() -> None:
    found = planned(users=20_000, messages_per_minute=60_000, rooms=zipf(10_000, 5_000, 1.1))
    assert sum(room.rooms for room in found.rooms) == 10_000
    assert sum(room.rooms * room.messages_per_s for room in found.rooms) == pytest.approx(1_000)
    assert (found.rooms[0].tier, found.rooms[0].step) == ("coalesced", "digest")
    assert found.rooms[-1].tier == "direct"
    # Windows keep the largest rooms from asking for 5,000 posts a message.
    unbridled = 1_000 * found.workload.recipients
    assert sum(load.posts for load in found.loads) < unbridled / 5


def test_one_room_of_ten_thousand_is_posted_to_slice_by_slice_then_once_a_second() -> None:
    quiet = planned(users=20_000, messages_per_minute=60, rooms=alike(1, 10_000))
    assert (quiet.rooms[0].tier, quiet.rooms[0].shards) == ("slices", 128)
    assert quiet.loads[0].posts == 10_000
    assert quiet.loads[0].bodies == 128
    busy = planned(users=20_000, messages_per_minute=6_000, rooms=alike(1, 10_000))
    assert (busy.rooms[0].tier, busy.rooms[0].step, busy.rooms[0].window_ms) == ("coalesced", "digest", 1_000)
    assert busy.loads[0].posts == pytest.approx(10_000)


def test_more_than_a_room_can_number_is_not_possible() -> None:
    found = planned(users=20_000, messages_per_minute=60 * 600, rooms=alike(1, 100))
    assert [use.key for use in found.blocked] == ["room"]
    assert any(line.startswith("NOT POSSIBLE: messages of one room") for line in plan_text.advice(found))


def test_a_stage_where_nothing_is_said_costs_its_sockets() -> None:
    found = planned(messages_per_minute=0)
    assert found.bill.per_million_messages is None
    assert {line.part for line in found.bill.lines} == {"open sockets"}


def test_a_quota_that_an_account_had_raised_is_not_asked_for_again() -> None:
    raised = {"api_requests": 1_000_000.0, "table_writes": 1_000_000.0}
    found = stage_plan.make(
        workload(), region="us-east-1", thresholds=Thresholds(), figures=Figures(), cells=1, limits=raised
    )
    assert not {"api_requests", "table_writes"} & {use.key for use in found.increases}


@settings(deadline=None)
@given(factor=st.integers(2, 50), recipients=st.integers(1, 90), rate=st.floats(1, 10_000))
def test_more_messages_never_cost_less_or_use_less(factor: int, recipients: int, rate: float) -> None:
    rooms = alike(1_000, recipients)
    few, many = (planned(messages_per_minute=each, rooms=rooms) for each in (rate, rate * factor))
    assert many.bill.usd >= few.bill.usd
    assert used(many, "table_writes") * many.cells >= used(few, "table_writes") * few.cells


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--users 0", "--users is 1 or more"),
        ("--users 10 --online 0", "--online is a part"),
        ("--users 10 --online 2", "--online is a part"),
        ("--users 10 --messages-per-minute -1", "--messages-per-minute is 0 or more"),
        ("--users 10 --recipients 11", "can't have more recipients than the 10 sockets"),
        ("--users 10 --recipients 5 --size 0", "--size is 1 to"),
        ("--users 10 --recipients 5 --cells 0", "--cells is 1 or more"),
        ("--users 10 --recipients 5 --region eu-west-9", "There are no prices of Region eu-west-9"),
        ("--users 10 --recipients 5 --fanout direct=1", "--fanout: direct is 10 to 1000"),
        ("--users 10 --recipients 5 --largest 5", "--largest goes with --zipf"),
        ("--users 10 --zipf 1", "--zipf needs --largest"),
        ("--users 10 --zipf 0 --largest 5", "--zipf is above 0"),
        ("--users 10 --recipients 5 --churn -1", "--churn is 0 or more"),
        ("--users 10 --recipients 5 --average 0", "--average is a part"),
    ],
)
def test_what_can_t_be_planned_is_said_in_a_sentence(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given_ones = arguments.split()
    if not {"--recipients", "--zipf"} & set(given_ones):
        given_ones += ["--recipients", "5"]
    if "--messages-per-minute" not in given_ones:
        given_ones += ["--messages-per-minute", "60"]
    assert plan.main([*given_ones, "--output", str(tmp_path)]) == UsageError.status
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_command_writes_what_programs_and_people_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--users", "100000", "--messages-per-minute", "1000000", "--recipients", "10", "--rooms", "10000"]
    assert plan.main([*arguments, "--output", str(tmp_path), "--bench", str(tmp_path / "none.json")]) == 0
    told = json.loads((tmp_path / "plan.json").read_text())
    assert told["schema"] == 1
    assert told["binds_first"] == "api_requests"
    assert {"L-8A5B8E43", "L-AB614373"} <= {increase["code"] for increase in told["increases"]}
    assert {"region", "cells", "rooms", "loads", "uses", "bill", "functions", "reconnecting_s"} <= told.keys()
    text = capsys.readouterr().out
    assert "Ask for L-8A5B8E43 (apigateway)" in text
    html = (tmp_path / "plan.html").read_text()
    assert html.count("<svg") == 3
    assert "http://" not in html
    assert "https://" not in html


def test_a_workload_that_is_not_possible_ends_with_a_status_of_its_own(tmp_path: Path) -> None:
    arguments = ["--users", "1000", "--messages-per-minute", "60000", "--recipients", "10"]
    assert plan.main([*arguments, "--output", str(tmp_path)]) == plan.BLOCKED


def test_measured_figures_go_before_documented_ones(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    assert measured.read(file).delivery_us == 50
    file.write_text(json.dumps({"rows": [{"name": "fanout_cpu_per_delivery_tls", "value": 99}]}))
    assert (measured.read(file).delivery_us, measured.read(file).put_us) == (99, 129)
    file.write_text("not json")
    with pytest.raises(UsageError, match="no result of `make bench`"):
        measured.read(file)


def test_a_distribution_of_sizes_gives_each_room_messages_by_its_people() -> None:
    rooms = zipf(3, 30, 1)
    assert rooms == (
        RoomClass(rooms=1, sockets=30, share=31 / 58),
        RoomClass(rooms=1, sockets=15, share=16 / 58),
        RoomClass(rooms=1, sockets=10, share=11 / 58),
    )


def test_every_figure_has_its_source() -> None:
    assert all(quota.source.place and quota.value > 0 for quota in QUOTAS.values())
    assert all(quota.code for quota in QUOTAS.values() if quota.adjustable and quota.key != "publishes")
    assert all(price.source.place and price.usd > 0 for price in PRICES["us-east-1"].values())
    assert all(0 < latency.p50_ms <= latency.p99_ms for latency in LATENCIES.values())
    with pytest.raises(FactError, match="no quota"):
        quota("requests")
    with pytest.raises(FactError, match="no prices of Region"):
        prices_of("mars-1")


def test_a_tier_is_cheaper_only_beyond_its_beginning() -> None:
    frames = prices_of("us-east-1")["frames"]
    assert frames.of(1_000_000_000) == pytest.approx(1_000)
    assert frames.of(2_000_000_000) == pytest.approx(1_800)
