"""When messages are due: settled before the run, whatever becomes of those before them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from loadtest.load.scenario import Phase, rate_at


def arrivals(phases: Sequence[Phase], share: float, chance: random.Random) -> Iterator[float]:
    """Seconds from the start, ascending, as independent users would choose them (a Poisson process).

    `share`: of the rate, from 0 to 1, that falls to this process. Made by thinning one of the highest rate, so it
    keeps to ramps exactly.
    """
    highest = max((max(phase.rate, phase.end_rate) for phase in phases), default=0.0) * share
    end_s = sum(phase.seconds for phase in phases)
    at_s = 0.0
    while highest > 0:
        at_s += chance.expovariate(highest)
        if at_s >= end_s:
            return
        if chance.random() * highest < rate_at(phases, at_s) * share:
            yield at_s
