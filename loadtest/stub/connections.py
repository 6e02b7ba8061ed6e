"""`@connections` as it answers a benchmark: some sockets are dead, some posts are throttled, all of it is counted."""

from __future__ import annotations

import random
import time
from collections import Counter
from urllib.parse import unquote

import orjson

from loadtest.stub.http import Answer

DEAD = "dead-"
"""How the ids of sockets that are gone begin."""

REPORT = "/report"
"""Gives what was delivered since it was asked last, and when (seconds of the machine's monotonic clock)."""

_POSTS = "/@connections/"


class Connections:
    """Each post takes `delay_s`; `throttled` of them, from 0 to 1, are answered 429."""

    def __init__(self, delay_s: float, throttled: float = 0.0) -> None:
        self.delay_s, self._throttled = delay_s, throttled
        self._chance = random.Random(0)  # noqa: S311 - the same ones in every run
        self._delivered: Counter[str] = Counter()
        self._answers: Counter[int] = Counter()
        self._last_at_s = 0.0

    def answer(self, path: str, target: str, body: bytes) -> Answer:  # noqa: ARG002  # a frame is not looked into
        """A post, or the report."""
        if path == REPORT:
            return self._report()
        name = unquote(path.partition(_POSTS)[2])
        if name.startswith(DEAD):
            answer = Answer(410, error="GoneException")
        elif self._throttled and self._chance.random() < self._throttled:
            answer = Answer(429, error="LimitExceededException")
        else:
            answer = Answer(200)
            self._delivered[name] += 1
            self._last_at_s = time.monotonic() + self.delay_s
        self._answers[answer.status] += 1
        return answer

    def _report(self) -> Answer:
        answers = {str(status): count for status, count in self._answers.items()}
        found = {"delivered": self._delivered, "answers": answers, "last_at_s": self._last_at_s}
        body = orjson.dumps(found)
        self._delivered, self._answers = Counter(), Counter()
        return Answer(200, body)
