"""What `make plan` counts for a workload is what the simulator takes for it, within 15 percent."""

from __future__ import annotations

import pytest

from chat.planning import Thresholds
from chat.terms import terms_of
from operations.capacity import loads
from operations.capacity.measured import Figures
from operations.capacity.workload import RoomClass, Workload
from simulation.capacity import load
from simulation.capacity.crowd import WORDS
from simulation.capacity.load import Load, Stretch
from simulation.capacity.population import RoomPlan
from simulation.capacity.tally import Tally
from simulation.cloud.figures import DEFAULTS

ROOMS = (RoomPlan("large", 80), RoomPlan("middle", 15), RoomPlan("small", 5))
TALK_S, PER_SOCKET = 6, 0.25
FRAME_BYTES = 330

AGREED = 0.15


@pytest.fixture(scope="module")
def simulated() -> Tally:
    """A hundred sockets in three rooms, each of which is posted to directly."""
    return load.run(
        Load(seed="agreed", rooms=ROOMS, stretches=[Stretch(TALK_S, PER_SOCKET)], figures=DEFAULTS, drain_s=40)
    )


@pytest.fixture(scope="module")
def planned(simulated: Tally) -> tuple[loads.Load, loads.Load]:
    """The same crowd as a plan has it, saying as much as it has said."""
    sockets = sum(room.sockets for room in ROOMS)
    workload = Workload(
        users=sockets,
        online=1,
        messages_per_minute=simulated.conservation.acked / TALK_S * 60,
        rooms=tuple(RoomClass(rooms=1, sockets=room.sockets - 1, share=room.sockets / sockets) for room in ROOMS),
        size_bytes=FRAME_BYTES,
        words=len(terms_of(f"{WORDS} 1")),
    )
    figures = Figures()
    return loads.of_messages(workload, Thresholds(), figures), loads.of_events(workload, figures)


def test_posts_agree(simulated: Tally, planned: tuple[loads.Load, loads.Load]) -> None:
    posts = sum(second.posts for second in simulated.seconds.values())

    assert posts == pytest.approx(planned[0].posts * TALK_S, rel=AGREED)


def test_units_that_messages_are_written_with_agree(simulated: Tally, planned: tuple[loads.Load, loads.Load]) -> None:
    written = sum(part.written["messages"] for part in planned) * TALK_S

    assert simulated.units["messages written"] == pytest.approx(written, rel=AGREED)


def test_billed_frames_agree(simulated: Tally, planned: tuple[loads.Load, loads.Load]) -> None:
    assert simulated.used["frames"] == pytest.approx(planned[0].frames * TALK_S, rel=AGREED)


def test_what_is_published_agrees(simulated: Tally, planned: tuple[loads.Load, loads.Load]) -> None:
    assert simulated.used["sns"] == pytest.approx(planned[1].published * TALK_S, rel=AGREED)
