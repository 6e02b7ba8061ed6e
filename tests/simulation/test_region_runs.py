"""Seeds that lose Regions, part them and have them taken over: nothing acknowledged is lost, an epoch has one order."""

from __future__ import annotations

import itertools

import pytest

from simulation.runs.case import make
from simulation.runs.faults import Lost, Parted, TakenOver
from simulation.runs.judgement import judge
from simulation.runs.play import play

REGIONAL = list(itertools.islice((seed for seed in itertools.count() if make(seed).regions), 4))

CROWDS = (55, 998, 2104)
"""A reader at the end of an epoch that ended with a burnt number; an ack that nobody is left to know of; a message that
returns when one of its readers has gone."""


@pytest.mark.parametrize("seed", [*REGIONAL, *CROWDS])
def test_what_is_promised_of_several_regions_holds(seed: int) -> None:
    assert judge(play(make(seed))) == []


def test_cases_have_all_that_can_happen_to_regions() -> None:
    faults = [fault for seed in range(200) if make(seed).regions for fault in make(seed).faults]
    assert {type(fault) for fault in faults} > {Lost, Parted, TakenOver}
    assert any(isinstance(fault, Lost) and fault.back_ms is None for fault in faults)
