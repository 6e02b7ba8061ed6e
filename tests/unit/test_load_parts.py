"""The parts of a load test: schedules, scenarios, figures, sockets, the page."""

from __future__ import annotations

import asyncio
import math
import random
import re
import resource
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from loadtest import bill
from loadtest.checker import Kind, Verdict, Violation
from loadtest.load import machine
from loadtest.load.machine import MachineError, local_address, raise_file_limit, require_ports
from loadtest.load.measures import Meter, Totals
from loadtest.load.page import as_html
from loadtest.load.result import Result, Run, as_json, as_text, conclude
from loadtest.load.room_view import RoomView
from loadtest.load.scenario import (
    METRICS,
    SHIPPED,
    Objective,
    Options,
    Phase,
    Scenario,
    ScenarioError,
    find,
    load,
    rate_at,
    zipf,
)
from loadtest.load.schedule import arrivals
from loadtest.load.websocket import OpenError, WebSocket, open_websocket

OPTIONS = Options(users=40, rate=20, seconds=10)
PHASES = (Phase(0, 10, to_rate=100), Phase(50, 10), Phase(500, 1))


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same in every run


def test_messages_are_due_at_the_rate_of_each_phase_and_in_order() -> None:
    due = list(arrivals(PHASES, 1, chance(1)))
    assert due == sorted(due)
    counts = [sum(begin <= at_s < end for at_s in due) for begin, end in ((0, 10), (10, 20), (20, 21), (21, 99))]
    for count, expected in zip(counts, (500, 500, 500, 0), strict=True):
        assert abs(count - expected) <= 5 * math.sqrt(expected)
    first_half = sum(at_s < 5 for at_s in due)
    assert first_half < counts[0] / 3  # a quarter, where the rate rises evenly


def test_processes_share_a_rate() -> None:
    due = [len(list(arrivals(PHASES, 1 / 3, chance(seed)))) for seed in range(3)]
    assert abs(sum(due) - 1500) < 200
    assert list(arrivals((Phase(0, 5),), 1, chance(1))) == []


def test_the_rate_of_a_moment() -> None:
    assert [rate_at(PHASES, at_s) for at_s in (-1, 0, 5, 10, 19.9, 20.5, 21)] == [0, 0, 50, 50, 50, 500, 0]


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("[a-z]*.py")))
def test_every_shipped_scenario_can_be_run_with_any_number_of_users(name: str) -> None:
    for users in (1, 7, 1_000):
        scenario = load(find(name), Options(users=users, rate=10, seconds=30))
        assert scenario.sockets >= users
        assert {room for device in range(scenario.sockets) for room in scenario.rooms_of(device)}
        assert scenario.objectives
        assert scenario.seconds == pytest.approx(30)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "has no function scenario"),
        ("1 / 0", "can't be loaded: ZeroDivisionError"),
        ("def scenario(options): return 1", "must return a Scenario, not int"),
        (
            "from loadtest.load.scenario import *\ndef scenario(o): return Objective('speed', at_most=1)",
            "no metric 'speed'",
        ),
        ("from loadtest.load.scenario import *\ndef scenario(o): return Objective('lost')", "has no bound"),
        ("from loadtest.load.scenario import *\ndef scenario(o): return Phase(-1, 5)", "not negative"),
        (
            "from loadtest.load.scenario import *\ndef scenario(o): return Scenario(summary='', users=1)",
            "at least one phase",
        ),
    ],
    ids=["no function", "an error", "another type", "no metric", "no bound", "a negative rate", "no phase"],
)
def test_a_file_that_is_no_scenario_is_told_why(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(source)
    with pytest.raises(ScenarioError, match=re.escape(said)) as caught:
        load(path, OPTIONS)
    assert str(path) in str(caught.value)


def test_a_device_follows_rooms_that_there_are_and_not_too_many() -> None:
    scenario = Scenario(summary="", users=1, rooms=20, follows=range, phases=(Phase(1, 1),))
    assert scenario.rooms_of(9) == tuple(range(9))
    for device in (10, 21):
        with pytest.raises(ScenarioError, match=f"Device {device}"):
            scenario.rooms_of(device)


def test_zipf_gives_the_second_room_half_of_the_first() -> None:
    assert zipf(4) == [1, 1 / 2, 1 / 3, 1 / 4]


def test_what_processes_measure_is_added_up_in_all_and_by_the_second() -> None:
    totals, meters = Totals(), [Meter(), Meter()]
    for number, meter in enumerate(meters):
        meter.counts["sent"] += 3
        for elapsed_ms in (1, 2, 100 * (number + 1)):
            meter.time("ack", elapsed_ms)
        totals.add(number, meter.take(7.2 + number, open_sockets=5, unacked=number))
    assert (totals.counts["sent"], totals.percentile_ms("deliver", 50)) == (6, None)
    assert totals.percentile_ms("ack", 100) == pytest.approx(200, rel=0.02)
    first, second = totals.seconds()
    assert (first.at_s, first.sent, first.open_sockets, second.open_sockets) == (7, 3, 5, 10)
    assert [first.ack_p99_ms, second.ack_p99_ms] == pytest.approx([100, 200], rel=0.02)
    assert meters[0].take(9, 0, 0).counts == {}


def test_a_time_beyond_what_is_kept_counts_as_the_most() -> None:
    meter, totals = Meter(), Totals()
    for elapsed_ms in (-5, 10_000_000):
        meter.time("open", elapsed_ms)
    totals.add(0, meter.take(0, 0, 0))
    assert totals.percentile_ms("open", 100) == pytest.approx(600_000, rel=0.02)


@given(st.integers(0, 5), st.lists(st.integers(1, 20), max_size=30))
def test_a_room_is_complete_up_to_its_first_hole(began: int, came: list[int]) -> None:
    view = RoomView("lobby")
    view.begin(began)
    assert [view.accept(seq) for seq in came] == [seq not in came[:at] for at, seq in enumerate(came)]
    held = {*came, *range(began + 1)}
    newest = max([*came, began])
    assert view.complete == next((seq for seq in range(began + 1, newest + 1) if seq not in held), newest + 1) - 1
    assert view.is_complete == all(seq in held for seq in range(newest + 1))


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        assert isinstance(message, str)
        await connection.ping()
        await connection.send([message[:5], message[5:]] if message.startswith("parts") else message)


async def _exchange(socket: WebSocket, text: str) -> str:
    answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    socket.on_text = answer.set_result
    socket.send(text.encode())
    async with asyncio.timeout(10):
        return (await answer).decode()


async def test_a_socket_carries_texts_of_every_size_whole_and_in_parts_and_says_goodbye() -> None:
    async with serve(_echo, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        socket = await open_websocket(f"ws://127.0.0.1:{port}/x?y=z", "127.0.0.9")
        for text in ("", "ä", "x" * 125, "x" * 126, "x" * 65_535, "x" * 65_536, "parts of one"):
            assert await _exchange(socket, text) == text
        (connection,) = server.connections
        assert connection.remote_address[0] == "127.0.0.9"
        closed = asyncio.Event()
        socket.on_closed = closed.set
        socket.close()
        async with asyncio.timeout(10):
            await closed.wait()
            await connection.wait_closed()
        assert connection.close_code == 1000


async def test_a_socket_that_is_refused_says_so_without_its_ticket() -> None:
    async with serve(
        _echo, "127.0.0.1", 0, process_request=lambda connection, _: connection.respond(403, "")
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(OpenError, match="403") as caught:
            await open_websocket(f"ws://127.0.0.1:{port}/?ticket=secret")
        assert "secret" not in str(caught.value)
    with pytest.raises(OpenError):
        await open_websocket(f"ws://127.0.0.1:{port}/")


def test_a_limit_of_files_that_only_root_can_raise_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 1_000))
    with pytest.raises(MachineError, match=r"10,200 open files, and this shell allows 1,000.*ulimit -Hn 10200"):
        raise_file_limit(10_000)
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    raise_file_limit(500)
    assert raised == [(700, 1_000)]


def test_sockets_to_this_machine_come_from_as_many_addresses_as_they_need() -> None:
    url = "ws://127.0.0.1:4510/local"
    assert [local_address(url, number) for number in (0, 19_999, 20_000)] == ["127.0.0.2", "127.0.0.2", "127.0.0.3"]
    assert local_address("wss://192.0.2.1/x", 0) is None
    require_ports(url, 100_000)
    with pytest.raises(MachineError, match="other machines"):
        require_ports("wss://192.0.2.1/x", 100_000)


def test_the_bill_follows_the_price_table() -> None:
    usage = bill.Usage(
        frames_to_stage=400_000,
        messages_to_clients=600_000,
        connection_minutes=1_000_000,
        sockets_opened=0,
        http_requests=0,
        stored=0,
        delivered=0,
    )
    lines = {line.what: line for line in bill.estimate(usage)}
    assert lines["Frames to and from clients"].usd == pytest.approx(1.00)
    assert lines["Open sockets"].usd == pytest.approx(0.25)
    assert lines["Functions, invocations"].usd == pytest.approx(0.08)
    assert bill.total_usd(list(lines.values())) == pytest.approx(1.33 + 400_000 * 0.015 * 13.33 / 1e6)


RUN = Run(
    run="1",
    url="https://chat.example.com",
    scenario="<lobby>",
    summary="small & <b>loud</b>",
    command="make load",
    started_at="2026-11-26",
    machine=machine.description(),
    users=2,
    sockets=2,
    seconds=5,
    processes=1,
)


def _result(*objectives: Objective, violations: int = 0, run: Run = RUN) -> Result:
    totals, meter, verdict = Totals(), Meter(), Verdict()
    for second in range(5):
        meter.counts.update({"sent": 2, "acked": 2, "delivered": 4})
        for elapsed_ms in (5, 50, 500):
            meter.time("ack", elapsed_ms)
            meter.time("deliver", elapsed_ms * 2)
        totals.add(0, meter.take(second + 0.5, 2, 0))
    for seq in range(violations):
        verdict.add(Violation(kind=Kind.LOST, room="lobby", device="d", at_ms=1, words="<gone>", seq=seq))
    scenario = Scenario(summary="", users=2, phases=(Phase(2, 5),), objectives=objectives)
    return conclude(run, scenario, totals, verdict)


def test_a_run_passes_when_all_objectives_hold_and_fails_when_one_does_not() -> None:
    slow, none = Objective("deliver_p99_ms", at_most=100), Objective("recover_p50_ms", at_most=100)
    good = Objective("lost", at_most=0)
    assert _result(good, Objective("sent", at_least=10)).passed
    assert not _result(good, slow).passed
    assert not _result(good, violations=1).passed
    assert not _result(none).passed, "what was not measured does not hold"
    assert not _result(good, run=_with_problem()).passed


def _with_problem() -> Run:
    return Run(
        **{**{name: getattr(RUN, name) for name in RUN.__struct_fields__}, "problems": ["Process 0 ended with 1"]}
    )


def test_there_is_a_figure_for_every_metric() -> None:
    assert _result().metrics.keys() == METRICS.keys()


def test_the_page_needs_nothing_else_and_says_what_holds() -> None:
    page = as_html(_result(Objective("lost", at_most=0), Objective("sent", at_least=1), violations=3))
    assert "Does not hold: lost ≤ 0" in page
    assert "✓ holds" in page
    assert "&lt;gone&gt;" in page
    assert "small &amp; &lt;b&gt;loud&lt;/b&gt;" in page
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    assert Counter(re.findall("<figcaption>", page)) == {"<figcaption>": 4}


def test_the_text_and_the_json_say_the_same() -> None:
    result = _result(Objective("lost", at_most=0))
    assert "holds  lost ≤ 0 (measured: 0)" in as_text(result)
    assert b'"passed": true' in as_json(result)
