"""Many cases over several processes; and of one that fails, how to replay it, what happened, how little it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from simulation.runs.case import Case, make
from simulation.runs.judgement import Finding, judge
from simulation.runs.play import Run, play
from simulation.runs.shrinking import shrink
from simulation.runs.telling import case_told, trace_told

CHUNK = 10
"""Seeds that a process takes at once."""


@dataclass(frozen=True)
class Verdict:
    """What the checker found in the run of one seed."""

    seed: int
    findings: tuple[Finding, ...]


def verdict(seed: int) -> Verdict:
    """Plays the seed's case and has it judged."""
    return Verdict(seed, tuple(judge(play(make(seed)))))


def verdicts(seeds: Sequence[int], processes: int) -> Iterator[Verdict]:
    """Of all seeds, in their order."""
    if processes == 1:
        yield from map(verdict, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(verdict, seeds, chunksize=CHUNK)


def smallest(
    case: Case, findings: Sequence[Finding], seeded: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Case:
    """The smallest case found that has a violation of the same kinds. `seeded`: a bug to play it with."""
    kinds = {finding.kind for finding in findings}

    def fails(smaller: Case) -> bool:
        with seeded():
            return any(finding.kind in kinds for finding in judge(play(smaller)))

    return shrink(case, fails)


def explained(failed: Verdict) -> Iterator[str]:
    """All that somebody needs who looks into a failed seed."""
    yield f"seed {failed.seed}: {len(failed.findings)} violations"
    yield from (f"  {finding}" for finding in failed.findings)
    yield f"replay it: make simulate ARGS=--seed={failed.seed}"
    case = smallest(make(failed.seed), failed.findings)
    yield "what it takes:"
    yield from (f"  {line}" for line in case_told(case))
    run = play(case, traced=True)
    yield from (f"  {finding}" for finding in judge(run))
    yield "what happened then:"
    yield from (f"  {line}" for line in trace_told(run))


def replayed(seed: int) -> tuple[Run, Sequence[Finding]]:
    """One seed, with its trace."""
    run = play(make(seed), traced=True)
    return run, judge(run)
