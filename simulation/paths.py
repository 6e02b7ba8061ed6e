"""Which ways of delivery seeds reach: `python -m simulation.paths` prints the table that stands in `docs/proof.md`.

A way that no seed takes is one that no seed proves anything about.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from chat import bursts, delivery
from chat.delivery import reviews, slices
from chat.delivery.audience import Audience
from chat.storage.shapes import Shape
from simulation.runs.case import make
from simulation.runs.play import play

PATHS = {
    "direct": "the sender's own function posts a message",
    "slices": "a message goes through the queue, shard by shard",
    "together": "what waits for the same shard is posted as one",
    "windows": "a hot room's window is posted",
    "digest": "a window leaves messages out and says which",
    "steps": "a room is told what it goes without",
}


def reached(seed: int) -> frozenset[str]:
    """The ways that the run of a seed takes."""
    with watched() as found:
        play(make(seed))
    return frozenset(found)


@contextmanager
def watched() -> Iterator[set[str]]:
    """Fills up with the names of the ways that are taken in the meantime."""
    found: set[str] = set()
    watchers: tuple[tuple[Any, str, Callable[..., str | None]], ...] = (
        (delivery, "send", _way_of_message),
        (slices, "_together", lambda deliveries: "together" if len(deliveries) > 1 else None),
        (bursts, "spread", lambda *_arguments: "windows"),
        (bursts, "_digest", lambda _room, frames, _numbers, most: "digest" if len(frames) > most else None),
        (reviews, "_announced", lambda _fanout, _room, _before, after, _now_ms: _step_of(after)),
    )
    with ExitStack() as stack:
        for owner, name, way in watchers:
            stack.enter_context(patch.object(owner, name, partial(_noting, found, getattr(owner, name), way)))
        yield found


def _noting(
    found: set[str],
    real: Callable[..., Any],
    way: Callable[..., str | None],
    *arguments: Any,  # noqa: ANN401 - whatever it is in the place of
    **named: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    taken = way(*arguments)
    if taken:
        found.add(taken)
    return real(*arguments, **named)


def _way_of_message(_fanout: object, _room: str, frames: Sequence[bytes], audience: Audience) -> str | None:
    if not frames[0].startswith(b'{"type":"message",'):
        return None
    return "slices" if audience.recipients is None else "direct"


def _step_of(after: Shape) -> str | None:
    return "steps" if after.plan.step != after.told else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what share of seeds takes each way; 1 where none takes one of them."""
    parser = argparse.ArgumentParser(
        prog="python -m simulation.paths", description="Which ways of delivery seeds take."
    )
    parser.add_argument("--seeds", type=int, default=1_000, metavar="N", help="to look at (1,000)")
    options = parser.parse_args(arguments)
    taken: Counter[str] = Counter()
    with ProcessPoolExecutor() as pool:
        for found in pool.map(reached, range(options.seeds), chunksize=10):
            taken.update(found)
    sys.stdout.write("| way | | seeds |\n|---|---|---|\n")
    for name, words in PATHS.items():
        sys.stdout.write(f"| {name} | {words} | {taken[name] / options.seeds:.1%} |\n")
    return 0 if taken.keys() >= PATHS.keys() else 1


if __name__ == "__main__":
    sys.exit(main())
