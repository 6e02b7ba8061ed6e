"""What a run came to: figures, the checker's verdict, the bill, and whether the objectives hold."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from loadtest.bill import Usage, estimate, total_usd
from loadtest.checker import Kind, Verdict, Violation
from loadtest.load.measures import COUNTED, TIMED, Second, Totals
from loadtest.load.scenario import PERCENTILES, Objective, Scenario

SHOWN_VIOLATIONS = 100


class Judged(msgspec.Struct, kw_only=True):
    """An objective and what was measured. `value` None: nothing was."""

    metric: str
    objective: str
    value: float | None
    holds: bool


class BillLine(msgspec.Struct, kw_only=True):
    """A line of the estimated bill."""

    what: str
    units: float
    unit: str
    usd: float
    counted: bool


class Run(msgspec.Struct, kw_only=True):
    """What was done where."""

    run: str
    url: str
    scenario: str
    summary: str
    command: str
    started_at: str
    machine: dict[str, str | int | None]
    users: int
    sockets: int
    seconds: float
    processes: int
    interrupted: bool = False
    problems: list[str] = []


class Result(msgspec.Struct, kw_only=True):
    """The JSON report."""

    run: Run
    passed: bool
    objectives: list[Judged]
    metrics: dict[str, float | None]
    counts: dict[str, int]
    checked: dict[str, int]
    violations: dict[str, int]
    first_violations: list[str]
    bill: list[BillLine]
    usd: float
    usd_a_million_sent: float | None
    seconds: list[Second]
    histograms_us: dict[str, str]
    """HdrHistogram V2, compressed, base64: microseconds."""


def conclude(run: Run, scenario: Scenario, totals: Totals, verdict: Verdict) -> Result:
    """The result of a run. It has passed when every objective holds and nobody's process failed."""
    seconds, measured = totals.seconds(), metrics(totals, verdict)
    objectives = [judge(each, measured) for each in scenario.objectives]
    bill = estimate(usage(totals, seconds))
    usd, sent = total_usd(bill), totals.counts["acked"]
    return Result(
        run=run,
        passed=all(each.holds for each in objectives) and not run.problems and not run.interrupted,
        objectives=objectives,
        metrics=measured,
        counts=dict(totals.counts),
        checked={
            name: getattr(verdict, name)
            for name in ("devices", "records", "sent", "acked", "heard", "confirmed", "foreign")
        },
        violations={str(kind): verdict.counts[kind] for kind in Kind},
        first_violations=[str(each) for each in first(verdict.violations)],
        bill=[
            BillLine(what=each.what, units=each.units, unit=each.price.unit, usd=each.usd, counted=each.is_counted)
            for each in bill
        ],
        usd=usd,
        usd_a_million_sent=usd / sent * 1_000_000 if sent else None,
        seconds=seconds,
        histograms_us=totals.as_json()["histograms_us"],
    )


def metrics(totals: Totals, verdict: Verdict) -> dict[str, float | None]:
    """Everything that an objective can be about."""
    measured: dict[str, float | None] = {
        f"{name}_{label}_ms": totals.percentile_ms(name, percent)
        for name in TIMED
        for label, percent in PERCENTILES.items()
    }
    measured |= {str(kind): float(verdict.counts[kind]) for kind in Kind}
    counted = ("failed", "not_audited", "refused", "open_failed", "cut", "opened", "sent", "delivered")
    measured |= {name: float(totals.counts[name]) for name in counted}
    measured["violations"] = float(verdict.counts.total())
    measured["unconfirmed"] = float(verdict.acked - verdict.confirmed)
    return measured


def judge(objective: Objective, measured: Mapping[str, float | None]) -> Judged:
    """Whether it holds."""
    value = measured[objective.metric]
    return Judged(metric=objective.metric, objective=str(objective), value=value, holds=objective.holds(value))


def usage(totals: Totals, seconds: list[Second]) -> Usage:
    """What is paid for."""
    counts = totals.counts
    return Usage(
        frames_to_stage=counts["frames out"],
        messages_to_clients=counts["billed in"],
        connection_minutes=sum(second.open_sockets for second in seconds) / 60,
        sockets_opened=counts["opened"],
        http_requests=counts["http requests"],
        stored=counts["acked"],
        delivered=counts["delivered"],
    )


def first(violations: list[Violation]) -> list[Violation]:
    """Some to look at, earliest first."""
    return sorted(violations, key=lambda each: each.at_ms)[:SHOWN_VIOLATIONS]


def as_json(result: Result) -> bytes:
    """For programs."""
    return msgspec.json.format(msgspec.json.encode(result)) + b"\n"


def as_text(result: Result) -> str:
    """For a terminal."""
    lines = [
        f"{name:<8} {''.join(_ms(result, name, label) for label in PERCENTILES)}   p50, p99, p99.9 ms"
        for name in TIMED
        if result.metrics[f"{name}_p50_ms"] is not None
    ]
    counts = result.counts
    lines += [
        ", ".join(f"{counts.get(name, 0):,} {name}" for name in COUNTED),
        f"{sum(result.violations.values()):,} violations in {result.checked['records']:,} records",
        f"about ${result.usd:.4f} on AWS",
        *result.run.problems,
        *result.first_violations[:10],
    ]
    lines += [
        f"{'holds' if each.holds else 'FAILS'}  {each.objective} (measured: {_value(each)})"
        for each in result.objectives
    ]
    return "\n".join(lines)


def _ms(result: Result, name: str, label: str) -> str:
    value = result.metrics[f"{name}_{label}_ms"]
    return f"{value or 0:>11,.1f}"


def _value(judged: Judged) -> str:
    return "nothing" if judged.value is None else f"{judged.value:,.6g}"
