"""Capacity runs, as small as they can be: nothing is lost, the same seed is the same run, and quotas bind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from chat.sessions import window_for
from simulation.capacity import load, population, region, storm
from simulation.capacity.__main__ import finish
from simulation.capacity.document import Document, SecondRow
from simulation.capacity.durations import Durations
from simulation.capacity.frames import parse
from simulation.capacity.load import Load, Stretch
from simulation.capacity.population import RoomPlan
from simulation.capacity.region import Loss
from simulation.capacity.scenarios import CELLS, FULL, LOSS, QUICK, STORM_CELL, run
from simulation.capacity.storm import Storm
from simulation.capacity.tally import GATEWAY, TABLES, Tally
from simulation.capacity.verdicts import reaction_s
from simulation.cloud.figures import DEFAULTS, Figures

ROOMS = (RoomPlan("large", 40), RoomPlan("middle", 12), RoomPlan("pair", 2))


def talk(figures: Figures = DEFAULTS, *, seed: str = "1", drain_s: int = 40) -> Tally:
    """Three rooms, two seconds of a hundred messages each."""
    return load.run(Load(seed=seed, rooms=ROOMS, stretches=[Stretch(2, 2.0)], figures=figures, drain_s=drain_s))


@pytest.fixture(scope="module")
def calm() -> Tally:
    """On the quotas that an account has."""
    return talk()


def test_each_acknowledged_message_reaches_every_subscriber_or_is_read_in_the_end(calm: Tally) -> None:
    found = calm.conservation

    assert found.acked == found.offered > 100
    assert found.unanswered == found.not_stored == 0
    assert found.delivered + found.missed == found.expected > 1_000
    assert found.recovered == found.asked_for


def test_what_is_missed_is_seen_to_be_missed() -> None:
    """Posts that are throttled past their retries are no deliveries, and the client that asks is given the message."""
    found = talk(replace(DEFAULTS, request_rate=400, request_burst=50), drain_s=5).conservation

    assert found.missed > 0
    assert found.not_stored == 0
    assert found.recovered > 0


def test_the_same_seed_is_the_same_run(calm: Tally) -> None:
    again, other = talk(), talk(seed="2")

    assert again.digest == calm.digest
    assert again.units == calm.units
    assert other.digest != calm.digest


def test_an_account_takes_no_more_requests_than_its_quota() -> None:
    tally = talk(replace(DEFAULTS, request_rate=300, request_burst=100), drain_s=5)

    # Posts that were refused are counted as posts, too.
    assert tally.throttled[GATEWAY] > 0
    assert sum(second.posts for second in tally.seconds.values()) - tally.throttled[GATEWAY] <= 100 + 300 * 20


def test_a_table_takes_no_more_writes_than_its_throughput() -> None:
    tally = talk(replace(DEFAULTS, table_write_units=200), drain_s=5)

    assert tally.throttled[TABLES] > 0
    assert tally.conservation.not_stored == 0


def test_sockets_are_opened_no_faster_than_the_quota_allows() -> None:
    rooms, figures = (RoomPlan("large", 60),), replace(DEFAULTS, connect_rate=10, connect_burst=10)

    tally, back_s = storm.run(Storm(seed="1", rooms=rooms, figures=figures, most_s=120))

    assert len(back_s) == 60
    assert max(back_s) >= (60 - 10) / 10
    assert tally.errors["socket 429"] > 0


def test_a_window_as_long_as_the_quota_needs_saves_attempts() -> None:
    rooms, figures = (RoomPlan("large", 60),), replace(DEFAULTS, connect_rate=10, connect_burst=10)
    window = window_for(60, 10)

    eager, _ = storm.run(Storm(seed="1", rooms=rooms, figures=figures, most_s=120))
    spread, back_s = storm.run(Storm(seed="1", rooms=rooms, figures=figures, most_s=120, window=window))

    assert len(back_s) == 60
    assert spread.errors["socket 429"] < eager.errors["socket 429"]


def test_a_lost_region_takes_nothing_with_it_and_everybody_goes_to_the_other() -> None:
    recovery = region.run(Loss(seed=1, people=4, rooms=1, messages_per_s=4, talk_s=50))

    assert recovery.clients == len(recovery.back_s) == 4
    assert recovery.copied + recovery.restored + recovery.returned == recovery.acked
    assert recovery.restored > 0
    assert recovery.lost == 0


def test_the_document_is_what_its_types_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = replace(QUICK, sockets=60, largest=20, messages_per_minute=1_800, warm_s=1, measured_s=1, people=2)
    results = run(tiny, 1, processes=1, tell=lambda _: None, only=[CELLS, STORM_CELL, LOSS])

    status = finish(results, "a test", tmp_path)

    document = msgspec.json.decode((tmp_path / "capacity.json").read_bytes(), type=Document)
    assert status == 0
    assert document.loads[CELLS].cells == QUICK.cells
    assert document.loads[CELLS].usd_per_million_messages > 0
    assert {verdict.requirement for verdict in document.verdicts} == {"NF1", "NF2", "NF3", "NF5", "NF6"}
    page = (tmp_path / "capacity.html").read_text()
    assert "<polyline" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "NF2" in capsys.readouterr().out


def test_rooms_fill_all_sockets_and_their_recipients_are_those_documented() -> None:
    rooms = population.rooms_for(FULL.sockets)
    found = population.recipients(rooms)

    assert sum(room.sockets for room in rooms) == 100_000
    assert min(room.sockets for room in rooms) >= 2
    assert round(found.mean) == 10
    assert (found.p50, found.p90, found.p99, found.most) == (4, 19, 125, 299)


def test_every_room_lives_in_one_cell() -> None:
    rooms = population.rooms_for(1_000, 50)
    cells = [population.rooms_of_cell(rooms, cell, 4) for cell in range(4)]

    assert sorted(room.name for cell in cells for room in cell) == sorted(room.name for room in rooms)


def test_a_room_can_t_have_all_sockets() -> None:
    with pytest.raises(ValueError, match="fewer than all"):
        population.rooms_for(10, 10)


def test_durations_are_known_to_one_percent_and_add_up() -> None:
    first, second = Durations(), Durations()
    for duration_ms in range(1, 501):
        first.add(duration_ms * 1_000)
        second.add((500 + duration_ms) * 1_000)
    first.merge(second)

    assert first.number == 1_000
    assert first.quantile_ms(0.5) == pytest.approx(500, rel=0.02)
    assert first.quantile_ms(0.99) == pytest.approx(990, rel=0.02)
    assert Durations().quantile_ms(0.5) is None


def test_a_gateway_s_own_refusal_is_one_that_passes() -> None:
    (heard,) = parse('{"message":"Too Many Requests","connectionId":"c","requestId":"r"}')

    assert heard.temporary
    assert heard.code == "API Gateway: Too Many Requests"


def test_a_spike_is_over_when_nothing_is_throttled_and_the_p99_is_what_it_was() -> None:
    def second(number: int, p99_ms: float, throttled: int = 0) -> SecondRow:
        counts = {"Lambda": throttled} if throttled else {}
        return SecondRow(number, 10, 10, 10, 0, p99_ms, p99_ms, counts, {}, 0)

    before = [second(0, 400), second(1, 100), second(2, 100)]

    assert reaction_s([*before, second(3, 900), second(4, 120, 5), second(5, 110)], 3) == 2
    assert reaction_s([*before, second(3, 110)], 3) == 0
    assert reaction_s([*before, second(3, 900)], 3) is None
