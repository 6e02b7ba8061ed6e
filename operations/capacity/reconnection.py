"""How long it takes until everybody is back, when all sockets were lost at once. Pure.

Clients wait at random up to a limit, which doubles with each refusal (`chat.sessions.RECONNECT`); API Gateway opens so
many connections a second, after a burst. Their numbers are followed in steps of time, not each client by itself.
"""

from __future__ import annotations

from collections import defaultdict
from math import ceil

from chat.protocol import Reconnection

STEP_MS = 50
"""A step of time: what comes in one is taken or refused together."""

ON_THE_WAY_MS = 250
"""Of one who is let in: a ticket, the socket, the subscription, each over the network and in a function. Assumed."""

LEFT = 0.5
"""Of a client: below it nobody waits any more."""

MOST_STEPS = 24 * 3_600_000 // STEP_MS
"""A day: what takes longer never ends."""


class Waiting:
    """Those who were refused equally often: they come at random within one limit, from when each was refused on."""

    def __init__(self, limit_ms: int) -> None:
        self._steps = max(1, ceil(limit_ms / STEP_MS))
        self._each_step = 0.0
        self._ending: defaultdict[int, float] = defaultdict(float)

    def add(self, number: float, step: int) -> None:
        """They come evenly from this step on."""
        self._each_step += number / self._steps
        self._ending[step + self._steps] += number / self._steps

    def come(self, step: int) -> float:
        """How many of them come in this step. Steps are asked for one after another."""
        self._each_step = max(0.0, self._each_step - self._ending.pop(step, 0.0))
        return self._each_step


def all_back_s(sockets: float, *, per_s: float, burst: float, window: Reconnection) -> float:
    """Seconds until the last of them hears its room again; infinite where that is more than a day."""
    if burst + per_s * MOST_STEPS * STEP_MS / 1_000 < sockets - LEFT:
        return float("inf")  # a day lets fewer in, which needs no following
    waiting = [Waiting(limit_ms) for limit_ms in _limits_ms(window)]
    waiting[0].add(sockets, 0)
    left, tokens = sockets, burst
    for step in range(MOST_STEPS):
        come = [each.come(step) for each in waiting]
        wanted = sum(come)
        taken = min(wanted, tokens)
        left, tokens = left - taken, min(burst, tokens - taken + per_s * STEP_MS / 1_000)
        if left < LEFT:
            return (step * STEP_MS + ON_THE_WAY_MS) / 1_000
        if wanted > taken:
            for failures, number in enumerate(come):
                # Beyond the longest limit they wait as long as before.
                waiting[min(failures + 1, len(waiting) - 1)].add(number * (1 - taken / wanted), step + 1)
    return float("inf")


def _limits_ms(window: Reconnection) -> list[int]:
    """By how often one was refused, up to the longest."""
    limits = [min(window.first_ms, window.most_ms)]
    while limits[-1] < window.most_ms:
        limits.append(min(window.most_ms, 2 * limits[-1]))
    return limits
