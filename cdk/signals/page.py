"""The guide to monitoring, written from the signals themselves: `docs/how-to/monitor.md`."""

from __future__ import annotations

from collections.abc import Iterable

from cdk.signals import catalogue, metrics, prices
from cdk.signals.alarms import BESIDE_THEIR_RESOURCES, cost_month
from cdk.signals.dashboards import DASHBOARDS
from cdk.signals.objectives import BURNS, OBJECTIVES, WINDOW_DAYS
from cdk.signals.queries import QUERIES
from cdk.signals.quotas import WATCHED
from chat import signals
from chat.aws.metric_lines import BURST, REPORT_MS
from chat.canary import KEPT
from chat.flags import FLAGS
from contracts.catalog import error_types

BEGINNING = """# Watch a stage

<!-- Written by `make monitoring` from cdk/signals/. Change these instead of this page. -->

Five minutes' worth: open the dashboard `chat-STAGE-service` in CloudWatch. Its first panel shows which alarms are on,
the next row how many sockets are open and what is said, the third which share of what happens is bad. Whoever is woken
by an alarm finds in its text the path of its [runbook](../runbooks/index.md). Who is told:
`make deploy CONTEXT="alarm_email=ops@example.com"`.

All of this stands as data in `cdk/signals/`, and is deployed as the stack `chat-STAGE-observability`, which may be made
anew while messages flow.
"""

HOW = f"""
## How numbers get there

Functions count in memory (`layers/chat/python/chat/signals.py`) and print a line in CloudWatch's embedded metric format
at the end of an invocation; no call is made for it. A quiet instance prints after each invocation, a busy one every
{REPORT_MS // 1_000} s, after {BURST} at once. What an instance has counted since its last line is lost when Lambda ends
it: less than {REPORT_MS // 1_000} s of one instance's numbers. Of times at most {signals.MOST_SAMPLES} are kept between
two lines, drawn evenly. No metric has a room or a user as a dimension.

## Follow one message

API Gateway gives each frame and request an id. It is `requestId` in the access log and `correlation` in each line that
a function logs about what followed from it: it goes with messages of queues and topics as an attribute, and with stored
rows to whoever reads the table's stream. A batch has up to ten, with commas. Saved query `follow-a-frame`: put in the
id. X-Ray's trace header goes with messages of queues, too, so that a trace does not end there; a table's stream begins
a new trace, but no new id.

A line with an exception has a `fingerprint` of its type and of our own innermost frames: what happens a thousand times
is one fault. Saved query `faults` counts them and says when each was seen first and last.

## On one machine

`make dev` runs a collector (`local/collector.py`) that does what AWS does by itself: metrics from log lines, depth and
age of queues. The emulator judges alarms by the same definitions (`local/alarm_states.py`), so
`aws --endpoint-url … cloudwatch describe-alarms` shows real states. A band around the usual is simpler there than AWS'
model. There are no metrics of API Gateway and DynamoDB, and nobody calls the canary but `aws lambda invoke`.

## The canary

Each minute a function makes itself two tickets, opens two sockets, says something and hears it
(`layers/chat/python/chat/canary.py`). Its room `stage-canary` is private, nothing that is said there becomes an event,
and of its messages the newest {KEPT} stay. `-c canary=off` does away with it and its alarms. Webhooks, search and push
are not part of the conversation; a moderation hook is.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = (
        BEGINNING,
        HOW,
        "\n## Objectives\n\n" + _objectives(),
        "\n## Alarms\n\n" + _alarms(),
        "\n## Dashboards\n\n" + _dashboards(),
        "\n## Saved queries\n\n" + _queries(),
        "\n## Metrics\n\n" + _metrics(),
        "\n## What it costs\n\n" + _costs(),
    )
    return "".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines).replace("| --- ", "|---").replace("|--- |", "|---|") + "\n"


def _objectives() -> str:
    rows = (
        (each.name, each.means, f"{each.target:.2%}", f"{each.budget:.2%}", _runbook(each.runbook_name))
        for each in OBJECTIVES
    )
    told = "; ".join(
        f"*{burn.name}* ({burn.severity}) {burn.rate:g} times too fast over {burn.long_s // 3_600} h and the last "
        f"{burn.short_s // 60} min"
        for burn in BURNS
    )
    return (
        _table(("objective", "", "target", f"budget of {WINDOW_DAYS} days", "runbook"), rows)
        + f"\nSomebody is told when a budget goes too fast: {told}. Both windows have to say so.\n"
    )


def _alarms() -> str:
    rows = (
        (alarm.name, alarm.severity, alarm.means, f"{alarm.condition} of `{alarm.measure}`", _runbook(alarm.name))
        for alarm in catalogue.alarms()
        if not alarm.runbook_name
    )
    groups = (
        (group.name, group.severity, group.means, ", ".join(group.members))
        for group in catalogue.groups()
        if not group.runbook_name
    )
    raising = (
        (alarm.name, alarm.means, f"{alarm.condition} of `{alarm.measure}`", _runbook(alarm.runbook_name))
        for alarm in catalogue.alarms()
        if alarm.raises
    )
    beside = "\n".join(f"- {_runbook(name)}: {means}" for name, means in BESIDE_THEIR_RESOURCES.items())
    return (
        "An alarm that is in a group tells the group, and the group tells people.\n\n"
        + _table(("group", "", "", "any of"), groups)
        + "\n"
        + _table(("alarm", "", "means", "when", "runbook"), rows)
        + "\nBy these a stage that keeps capacity changes it itself, and tells nobody: [scale](scale.md).\n\n"
        + _table(("alarm", "means", "when", "runbook"), raising)
        + f"\nMade where what they watch is:\n\n{beside}\n"
    )


def _dashboards() -> str:
    parts = (
        f"**`chat-STAGE-{board.name}`.** {board.about} " + " · ".join(panel.title for panel in board.panels) + "\n"
        for board in DASHBOARDS
    )
    return "\n".join(parts)


def _queries() -> str:
    return _table(("query", "answers"), ((f"`chat-STAGE/{each.name}`", each.means) for each in QUERIES))


def _metrics() -> str:
    own = ((f"`{metric.name}`", metric.unit, metric.dimension or "-", means) for metric, means in metrics.OWN.items())
    of_aws = ((f"`{namespace}` `{name}`", means) for (namespace, name), means in metrics.AWS.items())
    return (
        "Ours, in the namespace `Chat` with the dimension `stage`; those with one more are there without it, too.\n\n"
        + _table(("metric", "unit", "by", "means"), own)
        + "\nAWS' own, as far as anything here uses them. The cache's are in `Chat/Cache`: [caches](caches.md).\n\n"
        + _table(("metric", "means"), of_aws)
    )


def _costs() -> str:
    alarms, groups = catalogue.alarms(), catalogue.groups()
    most = most_metrics()
    alarm_cost = cost_month(alarms, groups)
    rows = (
        (f"custom metrics, {most} at most", f"{most} x ${prices.PER_METRIC_MONTH:.2f}", most * prices.PER_METRIC_MONTH),
        (f"{len(alarms)} alarms and {len(groups)} groups", "by metrics looked at", alarm_cost),
        (f"{len(DASHBOARDS)} dashboards", f"x ${prices.PER_DASHBOARD_MONTH:.2f}; three are free", _boards_cost()),
        ("the canary", "43,200 conversations", _canary_cost()),
    )
    cells = ((what, arithmetic, f"{dollars:.2f}") for what, arithmetic, dollars in rows)
    total = sum(row[2] for row in rows)
    return (
        _table(("us-east-1, a month", "arithmetic", "$"), (*cells, ("**all of it**", "", f"**{total:.2f}**")))
        + "\nCloudWatch bills a metric by the hours in which it has data, so a quiet stage pays a fraction of the\n"
        "first row. Log lines come on top: 400 bytes an invocation, "
        f"${prices.PER_LOG_GB * 0.4:.2f} a million; metric lines of some 2 KB,\nat most every {REPORT_MS // 1_000} s "
        f"for a busy instance: ${2e-6 * prices.PER_LOG_GB * 360:.4f} an hour each.\n"
    )


def most_metrics() -> int:
    """How many custom metrics a stage may have: with every value that dimensions may have."""
    values = {
        "code": len(error_types()) + 1,
        "path": 4,
        "outcome": 4,
        "operation": 8,
        "variant": sum(len(flag.metrics) for flag in FLAGS.values()),
        "quota": len(WATCHED),
    }
    return sum(1 + values.get(metric.dimension, 0) for metric in metrics.OWN)


def _boards_cost() -> float:
    return max(0, len(DASHBOARDS) - 3) * prices.PER_DASHBOARD_MONTH


def _canary_cost() -> float:
    """Each conversation: frames in and out, and what four commands and two sockets write and run."""
    frames, writes, functions = 12, 24, 12
    return (
        43_200
        / 1e6
        * (
            frames * prices.PER_MILLION_FRAMES
            + writes * prices.PER_MILLION_WRITES
            + functions * prices.PER_MILLION_INVOCATIONS
            + functions * 0.05 * prices.PER_MILLION_GB_S
        )
    )


def _runbook(name: str) -> str:
    return f"[{name}](../runbooks/{name}.md)"
