"""How often each tier knew what it was asked for, by kind of value. Counted in memory; somebody else tells it."""

from __future__ import annotations

from collections import Counter

MEMORY, SHARED = "memory", "shared"

HIT = "hit"
MISS = "miss"
STALE = "stale"
"""It was there, and no longer true: of another version, or declared stale by an operator."""
WAITED = "waited"
"""A hit after somebody else had been waited for, who was reading the same from the table."""


class Counts:
    """Since they were last taken. Names are `KIND.TIER.OUTCOME`; what else is counted has names of its own."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def add(self, kind: str, tier: str, outcome: str, number: int = 1) -> None:
        """Counts an outcome."""
        self._counted[f"{kind}.{tier}.{outcome}"] += number

    def add_event(self, name: str) -> None:
        """Counts something of the shared tier itself."""
        self._counted[f"{SHARED}.{name}"] += 1

    def take(self) -> dict[str, int]:
        """What was counted, which then begins at nothing again."""
        taken = {name: number for name, number in self._counted.items() if number}
        self._counted.clear()
        return taken
