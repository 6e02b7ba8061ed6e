"""How the stage's dependencies are, as one function instance has seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from chat.aws import probes, wiring
from chat.aws.probes import Check
from chat.ports import Clock

KEPT_MS = 1_000
"""How long an answer counts: however many ask, dependencies are asked once a second by an instance."""

Probe = Callable[[], Mapping[str, Check]]


class Checks:
    """The last answers of all dependencies."""

    def __init__(self, probe: Probe, clock: Clock) -> None:
        self._probe = probe
        self._clock = clock
        self._kept: Mapping[str, Check] = {}
        self._until_ms = 0

    def recall(self) -> Mapping[str, Check]:
        """At most `KEPT_MS` old; else one request for each dependency, at most `probes.LIMIT_MS` long."""
        if self._clock.now_ms() >= self._until_ms:
            self._kept = self._probe()
            self._until_ms = self._clock.now_ms() + KEPT_MS
        return self._kept


@cache
def checks() -> Checks:
    """The stage's."""
    return Checks(_probe, wiring.clock())


def _probe() -> Mapping[str, Check]:
    return probes.check_all(wiring.client(), wiring.settings())
