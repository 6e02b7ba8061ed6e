"""How long things took: a histogram whose buckets are one percent wide, so that millions cost little. Pure."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

_STEP = math.log(1.01)


@dataclass
class Durations:
    """Durations in µs, each known to one percent."""

    counted: Counter[int] = field(default_factory=Counter)

    def add(self, duration_us: int, times: int = 1) -> None:
        """One more, or several alike."""
        self.counted[int(math.log(max(1, duration_us)) / _STEP)] += times

    def merge(self, other: Durations) -> None:
        """Adds another's to these."""
        self.counted.update(other.counted)

    @property
    def number(self) -> int:
        """How many there are."""
        return self.counted.total()

    def quantile_ms(self, share: float) -> float | None:
        """The duration that so many do not exceed (0 to 1), in ms; None where there is none."""
        wanted, passed = math.ceil(share * self.number), 0
        for bucket in sorted(self.counted):
            passed += self.counted[bucket]
            if passed >= wanted:
                return round(math.exp((bucket + 1) * _STEP) / 1_000, 2)
        return None

    def as_json(self) -> dict[str, float | None]:
        """What is reported of them."""
        shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p99_9_ms": 0.999}
        return {"number": self.number, **{name: self.quantile_ms(share) for name, share in shares.items()}}
