"""What a run would have cost, by the prices of `operations.facts.prices`."""

from __future__ import annotations

from dataclasses import dataclass

from operations.facts.prices import MILLION, prices_of
from simulation.capacity.tally import Tally

REGION = "us-east-1"


@dataclass(frozen=True)
class Cost:
    """Dollars, by what they are for; for so many messages and deliveries. Prices are those of the first tier."""

    lines: dict[str, float]
    messages: int
    deliveries: int

    @property
    def per_million_messages(self) -> float:
        """0 where nothing was said."""
        return self._per_million(self.messages)

    @property
    def per_million_deliveries(self) -> float:
        """0 where nothing was delivered."""
        return self._per_million(self.deliveries)

    def _per_million(self, number: int) -> float:
        return sum(self.lines.values()) / number * MILLION if number else 0.0


def cost(tally: Tally) -> Cost:
    """Of everything that a run has used, its sockets for as long as people spoke."""
    prices = prices_of(REGION)
    lines = {key: used * prices[key].usd for key, used in tally.used.items()}
    return Cost(lines, tally.conservation.acked, tally.conservation.delivered)
