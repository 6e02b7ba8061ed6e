"""The result as one HTML file that needs nothing else: the verdict in words first, then figures, plots and evidence."""

from __future__ import annotations

from html import escape

from hdrh.histogram import HdrHistogram

from loadtest.load.measures import TIMED
from loadtest.load.result import Result
from loadtest.load.scenario import METRICS, PROMISES, TIMES
from operations.pages.document import Markup, html, table
from operations.pages.line_charts import Axis, Series, line_chart, logarithmic, number, upward

TAILS = ((0.5, "50"), (0.1, "90"), (0.01, "99"), (0.001, "99.9"), (0.0001, "99.99"))
"""Shares of values above a percentile, and the percentile."""


def as_html(result: Result) -> str:
    """The page."""
    sections = (
        _verdict(result),
        _objectives(result),
        _latencies(result),
        _plots(result),
        _promises(result),
        _counts(result),
        _bill(result),
        _setting(result),
    )
    return html(f"Load test: {result.run.scenario}", *sections)


def _verdict(result: Result) -> str:
    word, kind = ("Everything holds", "good") if result.passed else (_complaint(result), "bad")
    problems = "".join(f"<p class='bad'>{escape(each)}</p>" for each in result.run.problems)
    return f'<p class="lead">{escape(result.run.summary)}</p><p class="verdict {kind}">{escape(word)}</p>{problems}'


def _complaint(result: Result) -> str:
    if result.run.interrupted:
        return "Interrupted before its end"
    failed = [each.objective for each in result.objectives if not each.holds]
    return f"Does not hold: {'; '.join(failed)}" if failed else "A process of the test failed"


def _objectives(result: Result) -> str:
    rows = [
        (
            _coloured("✓ holds" if each.holds else "✗ fails", good=each.holds),
            each.objective,
            "nothing" if each.value is None else f"{each.value:,.6g}",
            METRICS[each.metric],
        )
        for each in result.objectives
    ]
    if not rows:
        return "<h2>Objectives</h2><p>The scenario has none: nothing was asked for, and nothing can fail.</p>"
    return f"<h2>Objectives</h2>{table(('', 'objective', 'measured', ''), rows)}"


def _latencies(result: Result) -> str:
    rows = []
    for name in TIMED:
        if name in result.histograms_us:
            values = HdrHistogram.decode(result.histograms_us[name])
            cells = [_ms(values.get_value_at_percentile(percent) / 1000) for percent in (50, 90, 99, 99.9)]
            rows.append((TIMES[name].capitalize(), *cells, _ms(values.max_value / 1000), f"{values.total_count:,}"))
    note = (
        "<p>Milliseconds. The schedule is made before the run, and times count from when a message was due, however "
        "late it was sent: a stage that stalls can't hide it. All devices ran on one machine and share its clock.</p>"
    )
    return f"<h2>Times</h2>{table(('', 'p50', 'p90', 'p99', 'p99.9', 'most', 'count'), rows)}{note}"


def _plots(result: Result) -> str:
    seconds = result.seconds
    if not seconds:
        return ""
    x = Axis(0, max(seconds[-1].at_s, 1), "seconds since the first socket was asked for")

    def over_time(name: str, label: str) -> Series:
        return Series(label, [(second.at_s, getattr(second, name)) for second in seconds])

    times = [
        over_time(name, name.replace("_", " ")[:-3])
        for name in ("ack_p50_ms", "ack_p99_ms", "deliver_p50_ms", "deliver_p99_ms")
    ]
    rates = [over_time("sent", "due"), over_time("acked", "acknowledged"), over_time("delivered", "delivered")]
    sockets = [over_time("open_sockets", "open")]
    trouble = [over_time("refused", "refused"), over_time("cut", "sockets cut")]
    charts = [
        _distribution(result),
        line_chart("Times, by the second", times, x, logarithmic("ms", times)),
        line_chart("Messages a second", rates, x, upward("a second", rates)),
        line_chart("Sockets", sockets, x, upward("sockets", sockets)),
    ]
    if any(value for each in trouble for _, value in each.points):
        charts.append(line_chart("Refusals and cuts a second", trouble, x, upward("a second", trouble)))
    return f'<h2>Plots</h2><div class="plots">{"".join(charts)}</div>'


def _distribution(result: Result) -> str:
    """Each time that a share of messages exceeds; the further right, the rarer."""
    series = []
    for name in ("ack", "deliver"):
        if name in result.histograms_us:
            values = HdrHistogram.decode(result.histograms_us[name])
            shares = [share for share in _shares() if share * values.total_count >= 1]
            points = [(1 / share, values.get_value_at_percentile(100 * (1 - share)) / 1000) for share in shares]
            series.append(Series(TIMES[name].capitalize(), points))
    x = Axis(1, 1 / TAILS[-1][0], "percentile", is_log=True, labels=tuple((1 / share, label) for share, label in TAILS))
    return line_chart("Times by percentile", series, x, logarithmic("ms", series))


def _shares() -> list[float]:
    return [10 ** (-step / 20) for step in range(81)]


def _promises(result: Result) -> str:
    rows = [
        (_coloured(f"{result.violations[name]:,}", good=not result.violations[name]), name, words)
        for name, words in PROMISES.items()
    ]
    checked = result.checked
    note = (
        f"<p>Judged from {checked['records']:,} records of {checked['devices']:,} devices: {checked['acked']:,} "
        f"messages acknowledged, {checked['confirmed']:,} of them seen at their number, {checked['heard']:,} hearings. "
        "At the end each device asked how far its rooms are and fetched what it lacked; "
        f"{result.metrics['not_audited'] or 0:,.0f} could not say that they have everything.</p>"
    )
    listed = "".join(f"<li>{escape(each)}</li>" for each in result.first_violations)
    evidence = f"<details open><summary>The first violations</summary><ol>{listed}</ol></details>" if listed else ""
    return f"<h2>Promises</h2>{table(('violations', 'kind', ''), rows)}{note}{evidence}"


def _counts(result: Result) -> str:
    rows = [(name, f"{count:,}") for name, count in sorted(result.counts.items()) if count]
    return f"<h2>Counts</h2>{table(('', 'in all'), rows)}"


def _bill(result: Result) -> str:
    rows = [
        (
            line.what,
            f"{line.units:,.0f}",
            line.unit,
            f"{line.usd:.6f}",
            "counted" if line.counted else "reckoned",
        )
        for line in result.bill
    ]
    million = result.usd_a_million_sent
    per_million = "" if million is None else f", about ${million:,.2f} for a million such messages"
    return (
        f"<h2>Cost on AWS</h2><p>About ${result.usd:,.4f}{per_million}: on demand, us-east-1, without transfer and "
        "logs. What clients can't see is reckoned (loadtest/bill.py).</p>"
        f"{table(('', 'units', 'unit', 'US $', ''), rows)}"
    )


def _setting(result: Result) -> str:
    run = result.run
    facts = {
        "stage": run.url,
        "command": run.command,
        "started": run.started_at,
        "users, sockets": f"{run.users:,}, {run.sockets:,}",
        "phases": f"{number(run.seconds)} s",
        "processes": str(run.processes),
        **{name.replace("_", " "): str(value) for name, value in run.machine.items()},
    }
    rows = [(name, Markup(f"<code>{escape(value)}</code>")) for name, value in facts.items()]
    return f"<h2>Where and how</h2>{table(('', ''), rows)}"


def _coloured(text: str, *, good: bool) -> Markup:
    return Markup(f'<span class="{"good" if good else "bad"}">{escape(text)}</span>')


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"  # noqa: PLR2004 - three figures
