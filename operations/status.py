"""`make status STAGE=…`: what a stage runs: its stacks, the version of each function, deployments under way, alarms.

Reads only, by some three calls a function. Stage `local` is the one that `make dev` has deployed.
Exit status: 0, 1 where AWS does not answer, 2 for a stage that is not there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from operations.deeds import about_what
from operations.ending import explained
from operations.rollback import DEED
from operations.rollouts import Deployment, LiveFunction, Stack, read_deployments, read_functions, read_stacks
from operations.stage import Stage


def main(arguments: Sequence[str] | None = None) -> int:
    """Shows one stage; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m operations.status", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    options = parser.parse_args(arguments)
    silent = "AWS does not tell about stage {stage}"
    return explained(options.stage, lambda: show(Stage.find(options.stage)), aws=silent)


def show(stage: Stage) -> int:
    """Prints the report."""
    print("\n".join(report(stage)))
    return 0


def report(stage: Stage) -> Iterator[str]:
    """The lines to print. Raises `UsageError` for a stage that is not there."""
    stacks = read_stacks(stage)
    functions = read_functions(stage, stacks, about_what(stage, DEED))
    yield from _aligned(("stack", "status", "deployed"), map(_of_stack, stacks))
    yield ""
    yield from _aligned(("function", "live", "before", "beside it"), map(_of_function, functions))
    yield ""
    yield from (_of_deployment(each) for each in read_deployments(stage))
    yield from alarms(stage)


def alarms(stage: Stage) -> Iterator[str]:
    """A line for each alarm that is on, or one that says that none is."""
    pages = (
        stage.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(
            AlarmNamePrefix=f"chat-{stage.name}-", StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
    )
    found = [each for page in pages for each in (*page.get("CompositeAlarms", []), *page.get("MetricAlarms", []))]
    for alarm in found:
        yield f"ALARM {alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}".rstrip(": ")
    if not found:
        yield "No alarm is on."


def _of_stack(stack: Stack) -> tuple[str, ...]:
    return stack.name, stack.status, f"{stack.deployed_at:%Y-%m-%d %H:%M}"


def _of_function(live: LiveFunction) -> tuple[str, ...]:
    beside = ", ".join(f"{version} takes {share:.0%}" for version, share in live.beside)
    return live.name, live.version, live.before or "-", beside


def _of_deployment(deployment: Deployment) -> str:
    return f"{deployment.name} is being deployed: {deployment.id} is {deployment.status}"


def _aligned(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    cells = [heads, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
