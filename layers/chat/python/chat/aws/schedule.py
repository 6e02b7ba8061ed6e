"""Which calls are due: those not tried yet, and those that wait for their next try. Has no clock of its own."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from chat.aws.calls import Call


class Schedule:
    """Calls that are to be made before `ends_at_s`. Times are seconds of the monotonic clock."""

    def __init__(self, calls: Iterable[Call], ends_at_s: float) -> None:
        self.ends_at_s = ends_at_s
        self._due = deque(calls)
        self._later: list[tuple[float, int, Call]] = []

    def first(self, now_s: float) -> Call | None:
        """The call whose turn it is, None where none is due. A retry goes before what has not been tried yet."""
        while self._later and self._later[0][0] <= now_s:
            self._due.appendleft(heapq.heappop(self._later)[2])
        return self._due[0] if self._due else None

    def take(self) -> None:
        """Strikes the first call off."""
        self._due.popleft()

    def put_off(self, call: Call, until_s: float) -> bool:
        """Has the call tried again then; False where there is no time left for it by then."""
        if until_s >= self.ends_at_s:
            return False
        heapq.heappush(self._later, (until_s, call.at, call))
        return True

    def next_in_s(self, now_s: float, *, at_most_s: float) -> float:
        """Seconds until a call that waits is due."""
        return max(0.0, min(at_most_s, self._later[0][0] - now_s)) if self._later else at_most_s
