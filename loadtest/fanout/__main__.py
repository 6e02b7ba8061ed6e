"""A contender's process: reads its job from standard input, and writes what came of it to standard output."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from loadtest.fanout.job import Job, Round
from loadtest.stub.process import Stub


class Contender(Protocol):
    """A way to fan a frame out."""

    def send(self, frame: bytes) -> None:
        """One message to the whole room, until everybody has been tried."""

    def close(self) -> None:
        """Ends whatever runs."""


def make(job: Job) -> Contender:
    """Only what is measured is imported."""
    if job.contender == "engine":
        from loadtest.fanout.engine import Engine  # noqa: PLC0415

        return Engine(job.pauses)
    from loadtest.fanout import samples  # noqa: PLC0415

    kinds: dict[str, Callable[[Stub], Contender]] = {
        "boto3": samples.OneAfterAnother,
        "boto3_threads": samples.WithThreads,
        "boto3_scan": samples.ByScan,
        "aiobotocore": samples.Asynchronous,
    }
    return kinds[job.contender](job.stub)


def measure(job: Job) -> list[Round]:
    """All rounds but the first, which opens connections."""
    contender = make(job)
    frame = b'{"type":"message","text":"%s"}' % (b"x" * (job.frame_bytes - 29))
    rounds = []
    for _ in range(job.rounds + 1):
        gc.collect()
        started_s, cpu_s = time.monotonic(), time.process_time()
        contender.send(frame)
        cpu_s = time.process_time() - cpu_s
        report = job.stub.report()
        rounds.append(
            Round(
                last_delivery_ms=(report.last_at_s - started_s) * 1000,
                cpu_ms=cpu_s * 1000,
                delivered=len(report.delivered),
                posts=sum(report.delivered.values()),
                answers=report.answers,
            )
        )
    contender.close()
    return rounds[1:] or rounds


def main() -> None:
    """Carries the job out. Standard output is for what came of it: what functions log goes the other way."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as results:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        results.write(msgspec.json.encode(measure(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))))


if __name__ == "__main__":
    main()
