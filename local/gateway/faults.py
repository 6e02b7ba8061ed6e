"""Faults and latencies put in on purpose, so that clients and functions can be tested against a bad day.

Pure but for its random numbers, which a seed makes repeatable. It decides; the caller carries out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CONNECT: Final = "connect"
MESSAGE: Final = "message"
DISCONNECT: Final = "disconnect"
CONNECTIONS: Final = "connections"

RESET: Final = "reset"
DROP: Final = "drop"

EFFECTS: Final = {
    CONNECT: frozenset({"401", "403", "429", "500", "502", "504"}),
    MESSAGE: frozenset({"429", "500", "504", RESET}),
    DISCONNECT: frozenset({DROP}),
    CONNECTIONS: frozenset({"403", "410", "413", "429", "500"}),
}
"""What may go wrong where. A number is the HTTP status of the refusal, or of the error frame it stands for."""

GRAMMAR: Final = """\
--inject SITE:EFFECT:PROBABILITY   (repeatable)
  connect:401|403|429|500|502|504:P   the handshake is refused with that status, nothing is invoked
  message:429|500|504:P               the frame is answered by that error frame, nothing is invoked
  message:reset:P                     the TCP connection is cut when a frame arrives
  disconnect:drop:P                   the $disconnect event is not delivered
  connections:403|410|413|429|500:P   the @connections call is refused and not carried out
--latency SITE:MS or SITE:MIN-MAX  (repeatable) milliseconds, uniform, before each connect, message or connections
  example: --inject connections:429:0.05 --latency connections:5-20"""


class FaultError(ValueError):
    """An `--inject` or `--latency` that does not fit the grammar; the text says what would."""


@dataclass(frozen=True, slots=True)
class Fault:
    """With `probability` (0 to 1) each event at `site` suffers `effect`."""

    site: str
    effect: str
    probability: float

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Reads `SITE:EFFECT:PROBABILITY`. Raises `FaultError`."""
        site, _, rest = text.partition(":")
        effect, _, probability = rest.partition(":")
        if effect not in EFFECTS.get(site, ()):
            raise FaultError(f"{text!r}: no such fault. {GRAMMAR}")
        value = _number(probability, text)
        if value > 1:
            raise FaultError(f"{text!r}: a probability lies between 0 and 1")
        return cls(site, effect, value)


@dataclass(frozen=True, slots=True)
class Latency:
    """Each event at `site` waits between `low_ms` and `high_ms` first."""

    site: str
    low_ms: float
    high_ms: float

    @classmethod
    def parse(cls, text: str) -> Latency:
        """Reads `SITE:MS` or `SITE:MIN-MAX`. Raises `FaultError`."""
        site, _, span = text.partition(":")
        low, _, high = span.partition("-")
        latency = cls(site, _number(low, text), _number(high or low, text))
        if site not in {CONNECT, MESSAGE, CONNECTIONS} or latency.high_ms < latency.low_ms:
            raise FaultError(f"{text!r}: not a latency. {GRAMMAR}")
        return latency


class FaultInjector:
    """Draws from the configured faults. Without any it costs one dictionary look-up an event."""

    def __init__(self, faults: Sequence[Fault], latencies: Sequence[Latency], seed: int | None = None) -> None:
        """`seed` None: different faults at each start."""
        self._random = random.Random(seed)  # noqa: S311  # faults need repeatable, not secret, numbers
        self._faults = {site: [fault for fault in faults if fault.site == site] for site in EFFECTS}
        self._latencies = {latency.site: latency for latency in latencies}

    def strike(self, site: str) -> str | None:
        """The effect that this event at `site` suffers, None for none."""
        for fault in self._faults[site]:
            if self._random.random() < fault.probability:
                return fault.effect
        return None

    def delay_s(self, site: str) -> float:
        """How many seconds this event at `site` waits first."""
        latency = self._latencies.get(site)
        return self._random.uniform(latency.low_ms, latency.high_ms) / 1000 if latency else 0.0


def _number(word: str, text: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise FaultError(f"{text!r}: {word!r} is not a number of at least 0. {GRAMMAR}")
    return value
