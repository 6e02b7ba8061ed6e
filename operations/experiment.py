"""`make experiment`: compares the variants of a feature flag by what people waited for, with a confidence interval.

Reads the rule that is in force and the metrics since it was set; `--since` and `--until` name another time, such as one
before the flag was switched off. Exit status: 0 when there was enough to compare, 1 when there was not, 2 for what is
not there to be compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat import signals
from chat.flags import FLAGS, Flag, metric_of
from chat.signals import Distribution
from operations.capacity.plan_text import table
from operations.ending import explained
from operations.errors import UsageError
from operations.stage import Stage
from operations.variants.comparison import LEAST_MINUTES, LEAST_VALUES, Comparison, common, compare
from operations.variants.readings import Standing, minutes, standing

TOO_LITTLE = 1

MEASURED: dict[str, Distribution] = {
    "send to ack": signals.VARIANT_ACK_LATENCY,
    "send to delivery": signals.VARIANT_DELIVERY_LATENCY,
}

SETTLED_S = 20
"""How long values may be on their way: an instance tells what it has every 10 s."""


@dataclass(frozen=True)
class Span:
    """Seconds since 1970."""

    since_s: float
    until_s: float

    def __str__(self) -> str:
        since, until = (datetime.fromtimestamp(at, UTC) for at in (self.since_s, self.until_s))
        return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"


def main(arguments: Sequence[str] | None = None, *, now_s: Callable[[], float] = time.time) -> int:
    """Compares one flag of one stage; returns the exit status."""
    options = _parse(arguments)
    return explained(options.stage, lambda: experiment(options, now_s()), failed=UsageError.status)


def experiment(options: argparse.Namespace, now_s: float) -> int:
    """Says of which time, then as `show`."""
    flag = _known(options.flag)
    stage = Stage.find(options.stage)
    there = standing(stage, flag.name)
    span = span_of(flag.name, there, options.since, options.until, now_s)
    print(f"{flag.name}, by {flag.by}, version {there.version}: {flag.means}\n{span}\n")
    return show(stage, flag, span, options.confidence)


def span_of(flag: str, there: Standing, since_s: float | None, until_s: float | None, now_s: float) -> Span:
    """What is compared: what was asked for, else all the time of the rule in force. Raises `UsageError`."""
    if since_s is None and not there.rule.on:
        raise UsageError(f"{flag} is off. Switch it on, or say of which time: --since and --until.")
    ends_s = there.rule.ends_at_ms / 1_000 if there.rule.ends_at_ms else now_s
    span = Span(
        there.since_s if since_s is None else since_s,
        min(ends_s if until_s is None else until_s, now_s - SETTLED_S),
    )
    if span.since_s >= span.until_s:
        raise UsageError(f"Nothing of {flag} has been measured yet: it counts from {Span(span.since_s, span.since_s)}.")
    return span


def show(stage: Stage, flag: Flag[Any], span: Span, confidence: float) -> int:
    """Prints a table of every variant against the control, by each of what is measured; the exit status."""
    lines = list(_lines(stage, flag, span, confidence))
    header = ("", f"{flag.control} ms", "variant ms", "difference", f"{confidence:.0%} interval", "minutes", "")
    print(table(header, (line for line, _ in lines)))
    if all(enough for _, enough in lines):
        print(f"\nPaired by the minute (Student's t); each line stands alone, at {confidence:.0%}.")
        return 0
    print(
        f"\nNot enough data: it takes {LEAST_MINUTES} whole minutes in which both have {LEAST_VALUES} values. "
        "Let it run longer, give the variant a larger share, or see whether it makes a difference to anybody here."
    )
    return TOO_LITTLE


def _lines(stage: Stage, flag: Flag[Any], span: Span, confidence: float) -> Iterator[tuple[Sequence[str], bool]]:
    for what, metric in MEASURED.items():
        found = minutes(stage, metric, flag.metrics, span.since_s, span.until_s)
        control = found[metric_of(flag.name, flag.control)]
        for variant in flag.treatments:
            other = found[metric_of(flag.name, variant)]
            compared = compare(control, other, confidence=confidence)
            name = f"{what}, {variant}"
            if compared:
                yield (name, *_cells(compared)), True
            else:
                yield (name, "", "", "", "", str(len(common(control, other))), "not enough data"), False


def _cells(compared: Comparison) -> Sequence[str]:
    return (
        f"{compared.control_ms:,.2f}",
        f"{compared.variant_ms:,.2f}",
        f"{compared.difference_ms:+,.2f} ms",
        f"{compared.low_ms:+,.2f} to {compared.high_ms:+,.2f}",
        str(compared.minutes),
        compared.verdict,
    )


def _known(name: str) -> Flag[Any]:
    if name not in FLAGS:
        raise UsageError(f"There is no flag {name!r}; there are: {', '.join(sorted(FLAGS))}.")
    return FLAGS[name]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.experiment", description=__doc__)
    parser.add_argument("flag", help=f"one of: {', '.join(sorted(FLAGS))}")
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("--since", metavar="TIME", type=_moment, help="UTC, such as 2026-11-26T14:00")
    parser.add_argument("--until", metavar="TIME", type=_moment, help="as --since; now unless given")
    parser.add_argument("--confidence", type=_confidence, default=0.95, help="of the interval, 0.5 to 0.999 (0.95)")
    return parser.parse_args(arguments)


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-26T14:00") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _confidence(text: str) -> float:
    try:
        found = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error
    if not 0.5 <= found <= 0.999:  # noqa: PLR2004  # beyond, nobody means it
        raise argparse.ArgumentTypeError("it is 0.5 to 0.999")
    return found


if __name__ == "__main__":
    sys.exit(main())
