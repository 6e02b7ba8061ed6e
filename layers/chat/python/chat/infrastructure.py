"""What the stage runs on, asked part by part at the same time: a part that is late or fails leaves the others alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import msgspec

BUDGET_S = 8.0
"""For all parts together: below the time limit of the function that asks, and of API Gateway (29 s)."""

logger = logging.getLogger(__name__)

Items = list[dict[str, Any]]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part's answer. `state` is `ok`, `failed`, or `late`: then `items` is empty and says nothing."""

    state: str
    took_ms: float
    items: Items


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """All parts. `complete` says whether each has answered."""

    complete: bool
    read_at_ms: int
    parts: dict[str, Part]


def ask(parts: Mapping[str, Callable[[], Items]], now_ms: int, *, budget_s: float = BUDGET_S) -> Status:
    """Asks each part in a thread of its own, and waits no longer than `budget_s`. Never raises."""
    # Not as a context: leaving that would wait for who is late. Their own time limits end them.
    pool = ThreadPoolExecutor(max_workers=len(parts))
    running = {name: pool.submit(_timed, name, part) for name, part in parts.items()}
    wait(running.values(), timeout=budget_s)
    pool.shutdown(wait=False, cancel_futures=True)
    answers = {name: _answer(future, budget_s) for name, future in running.items()}
    return Status(complete=all(part.state == "ok" for part in answers.values()), read_at_ms=now_ms, parts=answers)


def _timed(name: str, part: Callable[[], Items]) -> Part:
    begun_s = time.monotonic()
    state, items = "ok", []
    try:
        items = part()
    except Exception:
        logger.exception("part of the infrastructure did not answer", extra={"part": name})
        state = "failed"
    return Part(state=state, took_ms=round((time.monotonic() - begun_s) * 1_000, 1), items=items)


def _answer(future: Future[Part], budget_s: float) -> Part:
    if future.done() and not future.cancelled():
        return future.result()
    return Part(state="late", took_ms=budget_s * 1_000, items=[])
