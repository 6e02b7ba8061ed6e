"""Posting to connections from a function: many at once, tried again as `chat.aws.sockets` does."""

from __future__ import annotations

from collections.abc import Sequence

from greenlet import getcurrent, greenlet

from chat.aws.retries import BACKOFF_MS, LONGEST_BACKOFF_MS
from chat.aws.sockets import ATTEMPTS, RESERVE_MS
from chat.errors import UnavailableError
from chat.ports import POSTING_MS, Outcome
from simulation.cloud.functions import Access
from simulation.cloud.gateway import DELIVERED, GONE, LARGE
from simulation.cloud.scheduler import US

_OUTCOMES = {DELIVERED: Outcome.DELIVERED, GONE: Outcome.GONE, LARGE: Outcome.TOO_LARGE}


class _Posting:
    """The posts of one frame: those under way, those that wait for one of them, and what became of the others."""

    __slots__ = ("_access", "_attempts", "_caller", "_ends_us", "_frame", "_left", "_waiting", "outcomes")

    def __init__(self, access: Access, frame: bytes, attempts: int, ends_us: int, caller: greenlet) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._access = access
        self._frame = frame
        self._attempts = attempts
        self._ends_us = ends_us
        self._caller = caller
        self._left = 0
        self._waiting: list[str] = []

    def start(self, connections: Sequence[str]) -> None:
        """Posts to as many as there are sockets for; the others follow."""
        self._left = len(connections)
        at_once = self._access.cloud.figures.post_connections
        self._waiting = list(reversed(connections[at_once:]))
        for connection in connections[:at_once]:
            self._post(connection, 1)

    def _post(self, connection: str, attempt: int, delay_us: int = 0) -> None:
        scheduler, figures = self._access.cloud.scheduler, self._access.cloud.figures
        scheduler.after(delay_us + figures.post.draw_us(scheduler.chance), self._arrive, connection, attempt)

    def _arrive(self, connection: str, attempt: int) -> None:
        if self._access.dead:
            return
        cloud = self._access.cloud
        outcome = _OUTCOMES.get(cloud.gateway.post(connection, self._frame), Outcome.FAILED)
        if outcome is Outcome.FAILED and attempt < self._attempts and self._access.budget.take():
            longest_ms = min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (attempt - 1))
            pause_us = int(cloud.scheduler.chance.random() * longest_ms * US)
            if cloud.scheduler.now_us + pause_us < self._ends_us:
                self._post(connection, attempt + 1, pause_us)
                return
        if outcome is Outcome.DELIVERED:
            self._access.budget.give(retried=attempt > 1)
        self._settle(connection, outcome)

    def _settle(self, connection: str, outcome: Outcome) -> None:
        self.outcomes[connection] = outcome
        self._left -= 1
        if self._waiting:
            self._post(self._waiting.pop(), 1)
        if self._left == 0:
            self._caller.switch()


class CloudSockets:
    """One instance's access to `@connections`. See `chat.ports.Sockets`."""

    __slots__ = ("_access",)

    def __init__(self, client: Access, connections_url: str) -> None:
        del connections_url  # there is one API
        self._access = client

    def post(
        self, connection_ids: Sequence[str], frame: bytes, *, retry: bool = True, within_ms: int = POSTING_MS
    ) -> dict[str, Outcome]:
        """Returns when the last one has its outcome."""
        if not connection_ids:
            return {}
        access = self._access
        try:
            strike = access.strike("sockets", "post")
        except UnavailableError:
            return dict.fromkeys(connection_ids, Outcome.FAILED)
        ends_us = access.cloud.scheduler.now_us + min(within_ms, _left_ms(access)) * US
        posting = _Posting(access, frame, ATTEMPTS if retry else 1, ends_us, getcurrent())
        posting.start(connection_ids)
        access.cloud.scheduler.give_way()
        access.require_alive()
        try:
            access.after(strike)
        except UnavailableError:
            return dict.fromkeys(connection_ids, Outcome.FAILED)
        return {name: posting.outcomes[name] for name in connection_ids}


def _left_ms(access: Access) -> int:
    """What is left of the invocation, but for what has to follow."""
    return max(0, (access.ends_us - access.cloud.scheduler.now_us) // US - RESERVE_MS)
