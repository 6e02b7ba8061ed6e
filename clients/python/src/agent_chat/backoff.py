"""How long to wait before trying again: full jitter, so that clients cut off together don't come back together."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

DOUBLINGS = 32
"""More would overflow nothing, but mean nothing either."""


def full_jitter_ms(
    attempt: int, first_ms: float, most_ms: float, uniform: Callable[[], float] = random.random
) -> float:
    """Uniform between 0 and a limit that doubles from `first_ms` to `most_ms`; `attempt` counts from 0."""
    return uniform() * min(most_ms, math.ldexp(first_ms, min(attempt, DOUBLINGS)))
