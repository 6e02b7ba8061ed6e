"""Alarms: when somebody is told that something is wrong, how urgently, and in which groups they come.

Each has a runbook, `docs/runbooks/NAME.md`. A `page` wakes somebody: users notice, now. A `ticket` is for the next
working day. Both go to the stage's alarm topic; an alarm that is in a group only tells it, so that one cause is one
message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cdk.signals import prices
from cdk.signals.series import (
    Measure,
    inputs_of,
    largest,
    of_account,
    of_backups,
    of_cache,
    of_function,
    of_http,
    of_queue,
    of_table,
    of_websocket,
    own,
    share,
    share_bad,
    total,
)
from chat import signals

Severity = Literal["page", "ticket"]
Part = Literal["always", "backups", "cache", "canary", "capacity"]
"""What of a stage an alarm is for; a stage that has no such part has no such alarm."""

HOT = (
    "connect.authorize",
    "connect.connect",
    "message.command",
    "message.http_command",
    "message.deliver",
    "message.outbox",
)
"""Functions that a message or a socket waits for."""

CONSUMERS = ("notices", "jobs", "activity", "index", "push", "webhooks", "purge")
"""Queues that are worked off as fast as they fill. Those of webhooks and of later pushes hold what has to wait."""

TABLES = ("rooms", "messages", "connections")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Wrong as soon as `measure` is `above` (or `below`) the threshold in `breaches` of the last `periods`.

    With `band` it is wrong outside of so many standard deviations around what is usual at that time of the week:
    `above` and `below` then only say on which side. `missing` is what a period without data counts as.
    """

    name: str
    means: str
    severity: Severity
    measure: Measure
    above: float | None = None
    below: float | None = None
    band: float | None = None
    period_s: int = 60
    periods: int = 5
    breaches: int = 3
    missing: Literal["notBreaching", "breaching"] = "notBreaching"
    part: Part = "always"
    runbook_name: str = ""
    tells: bool = True
    """Whether it tells anybody but its group."""
    raises: bool = False
    """Whether the stage reviews its capacity when it goes on or off (`cdk.signals.scaling`)."""

    def __post_init__(self) -> None:
        if (self.above is None) == (self.below is None):
            raise ValueError(f"Alarm {self.name} has one threshold: above or below.")
        if not 1 <= self.breaches <= self.periods:
            raise ValueError(f"Alarm {self.name} needs {self.breaches} of {self.periods} periods.")
        if self.period_s * self.periods > 86_400:  # noqa: PLR2004 - what CloudWatch looks back at
            raise ValueError(f"Alarm {self.name} looks back for more than a day.")

    @property
    def runbook(self) -> str:
        """Where it is said what to do."""
        return f"docs/runbooks/{self.runbook_name or self.name}.md"

    @property
    def description(self) -> str:
        """What whoever is woken reads first."""
        return f"[{self.severity}] {self.means} Runbook: {self.runbook}"

    @property
    def condition(self) -> str:
        """The threshold in words."""
        side, value = ("above", self.above) if self.above is not None else ("below", self.below)
        bound = f"{side} the usual by {self.band:g} standard deviations" if self.band else f"{side} {value:g}"
        return f"{bound} in {self.breaches} of {self.periods} periods of {self.period_s:,} s"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Several alarms that one message is about: wrong as soon as any of them is, or once all are."""

    name: str
    means: str
    severity: Severity
    members: tuple[str, ...]
    when: Literal["any", "all"] = "any"
    runbook_name: str = ""

    @property
    def runbook(self) -> str:
        """As an alarm's."""
        return f"docs/runbooks/{self.runbook_name or self.name}.md"

    @property
    def description(self) -> str:
        """As an alarm's."""
        return f"[{self.severity}] {self.means} Runbook: {self.runbook}"


_failing = share(own(signals.COMMANDS_FAILED), own(signals.COMMANDS), at_least=20)
_undelivered = share_bad(own(signals.DELIVERIES_FAILED), own(signals.DELIVERIES), at_least=20)
_throttled = total(*(of_table(table, f"{kind}ThrottleEvents") for table in TABLES for kind in ("Read", "Write")))
_refused = total(own(signals.TICKETS_REFUSED), own(signals.REQUESTS_REFUSED, of="unauthorized"))
_webhooks = share_bad(
    own(signals.WEBHOOK_DELIVERIES, of="failed"), own(signals.WEBHOOK_DELIVERIES, of="taken"), at_least=5
)

ALARMS = (
    Alarm(
        name="commands-failing",
        means="More than 2 % of commands fail for reasons of ours.",
        severity="page",
        measure=_failing,
        above=0.02,
        tells=False,
    ),
    Alarm(
        name="gateway-failing",
        means="API Gateway does not get answers from the functions of the WebSocket API.",
        severity="page",
        measure=total(of_websocket("IntegrationError"), of_websocket("ExecutionError")),
        above=20,
        tells=False,
    ),
    Alarm(
        name="http-failing",
        means="Requests to /api fail.",
        severity="page",
        measure=of_http("5xx"),
        above=10,
        tells=False,
    ),
    Alarm(
        name="functions-failing",
        means="Functions that messages wait for end with exceptions.",
        severity="page",
        measure=total(*(of_function(name, "Errors") for name in HOT)),
        above=5,
        tells=False,
    ),
    Alarm(
        name="functions-throttled",
        means="Lambda refuses to run functions that messages wait for: too many run at once.",
        severity="page",
        measure=total(*(of_function(name, "Throttles") for name in HOT)),
        above=0,
        tells=False,
    ),
    Alarm(
        name="canary-failing",
        means="The conversation that the stage holds with itself fails.",
        severity="page",
        measure=own(signals.CANARY_FAILURES),
        above=0,
        periods=3,
        breaches=2,
        part="canary",
        tells=False,
    ),
    Alarm(
        name="canary-silent",
        means="The stage holds no conversation with itself any more: nobody knows whether it works.",
        severity="page",
        measure=own(signals.CANARY_RUNS),
        below=1,
        breaches=5,
        missing="breaching",
        part="canary",
        tells=False,
    ),
    Alarm(
        name="canary-slow",
        means="A message of the canary takes more than 2 s to its other socket.",
        severity="ticket",
        measure=own(signals.CANARY_DELIVERY_LATENCY, "Maximum"),
        above=2_000,
        part="canary",
    ),
    Alarm(
        name="delivery-slow",
        means="One message in a hundred reaches its room more than a second after it was stored.",
        severity="page",
        measure=own(signals.DELIVERY_LATENCY, "p99"),
        above=1_000,
        tells=False,
    ),
    Alarm(
        name="delivery-failing",
        means="More than 5 % of posts to sockets fail past their retries.",
        severity="page",
        measure=_undelivered,
        above=0.05,
        tells=False,
    ),
    Alarm(
        name="delivery-behind",
        means="The delivery queue is not worked off as fast as it fills: large rooms wait for their messages.",
        severity="page",
        measure=of_queue("delivery", "ApproximateAgeOfOldestMessage"),
        above=30,
        periods=3,
        tells=False,
    ),
    Alarm(
        name="posts-throttled",
        means="API Gateway refuses posts to sockets: the account's request rate is used up.",
        severity="page",
        measure=own(signals.POSTS_THROTTLED),
        above=100,
        tells=False,
    ),
    Alarm(
        name="table-throttled",
        means="DynamoDB refuses reads or writes: a partition or a table takes no more.",
        severity="page",
        measure=_throttled,
        above=10,
        tells=False,
    ),
    Alarm(
        name="database-slow",
        means="One call of DynamoDB in a hundred takes more than 100 ms.",
        severity="ticket",
        measure=own(signals.DATABASE_LATENCY, "p99"),
        above=100,
        breaches=5,
        tells=False,
    ),
    Alarm(
        name="cache-down",
        means="Functions leave the shared cache alone because it does not answer; they read the tables instead.",
        severity="ticket",
        measure=of_cache("shared.opened"),
        above=0,
        period_s=300,
        periods=3,
        part="cache",
        breaches=2,
        tells=False,
    ),
    Alarm(
        name="events-behind",
        means="What follows from messages is late: the outbox is more than a minute behind the tables' streams.",
        severity="ticket",
        measure=of_function("message.outbox", "IteratorAge", "Maximum"),
        above=60_000,
    ),
    Alarm(
        name="consumers-behind",
        means="A queue of what follows from messages has waited for more than 15 minutes.",
        severity="ticket",
        measure=largest(*(of_queue(queue, "ApproximateAgeOfOldestMessage") for queue in CONSUMERS)),
        above=900,
    ),
    Alarm(
        name="concurrency-high",
        means="Lambda runs more than 800 functions at once in this account and Region; it refuses above 1,000.",
        severity="ticket",
        measure=of_account("AWS/Lambda", "ConcurrentExecutions", "Maximum"),
        above=800,
    ),
    Alarm(
        name="errors-unusual",
        means="More than 50 faults are logged in five minutes.",
        severity="ticket",
        measure=own(signals.ERRORS),
        above=50,
        period_s=300,
        periods=3,
        breaches=1,
    ),
    Alarm(
        name="edge-failing",
        means="CloudFront answers more than 2 % of requests with an error of ours, by its log of an hour ago.",
        severity="ticket",
        measure=share(own(signals.EDGE_FAILED), own(signals.EDGE_VIEWS), at_least=100),
        above=0.02,
        period_s=3_600,
        periods=2,
        breaches=1,
    ),
    Alarm(
        name="purges-high",
        means="Caches were told to forget more than 80 % of the paths that the stage pays for in a day.",
        severity="ticket",
        measure=own(signals.PURGE_BUDGET, "Maximum"),
        above=80,
        period_s=300,
        periods=1,
        breaches=1,
    ),
    Alarm(
        name="collection-failing",
        means="Media that nothing refers to is not removed: the collection fails, or finds more than is likely.",
        severity="ticket",
        measure=total(of_function("ops.collect_media", "Errors"), own(signals.MEDIA_ORPHANS, of="held")),
        above=0,
        period_s=3_600,
        periods=1,
        breaches=1,
    ),
    Alarm(
        name="pages-slow",
        means="One send in ten takes more than a second as its page sees it.",
        severity="ticket",
        measure=share(own(signals.PAGE_ACKS_SLOW), own(signals.PAGE_ACKS), at_least=20),
        above=0.1,
        period_s=300,
        periods=3,
        breaches=3,
    ),
    Alarm(
        name="uploads-failing",
        means="Uploads fail for reasons of ours.",
        severity="ticket",
        measure=own(signals.UPLOADS, of="failed"),
        above=2,
        period_s=300,
        periods=3,
        breaches=1,
    ),
    Alarm(
        name="webhooks-failing",
        means="More requests to webhooks fail than are taken.",
        severity="ticket",
        measure=_webhooks,
        above=0.5,
        period_s=300,
        periods=3,
        breaches=3,
    ),
    Alarm(
        name="sign-ins-refused",
        means="More than 300 tickets and tokens were refused in five minutes: somebody guesses, or clients are broken.",
        severity="ticket",
        measure=_refused,
        above=300,
        period_s=300,
        periods=2,
        breaches=2,
    ),
    Alarm(
        name="backup-failed",
        means="A backup of the tables, its copy or the weekly test of restoring it failed or did not begin in time.",
        severity="ticket",
        measure=total(*of_backups()),
        above=0,
        period_s=3_600,
        periods=1,
        breaches=1,
        part="backups",
    ),
    Alarm(
        name="connections-unusual",
        means="Far more sockets open than usual at this time: a storm of reconnects, or an attack.",
        severity="ticket",
        measure=of_websocket("ConnectCount"),
        above=0,
        band=4,
        period_s=300,
        periods=3,
    ),
    Alarm(
        name="deliveries-unusual",
        means="Far more is delivered than usual at this time, and deliveries are most of what the stage costs.",
        severity="ticket",
        measure=own(signals.DELIVERIES),
        above=0,
        band=4,
        period_s=3_600,
        periods=3,
    ),
)

GROUPS = (
    Group(
        name="stage-unwell",
        means="Users can't use the stage, or not all of them.",
        severity="page",
        members=(
            "commands-failing",
            "gateway-failing",
            "http-failing",
            "functions-failing",
            "functions-throttled",
            "canary-failing",
            "canary-silent",
        ),
    ),
    Group(
        name="delivery-impaired",
        means="Messages are stored and reach their rooms late, or only when clients fetch them.",
        severity="page",
        members=("delivery-slow", "delivery-failing", "delivery-behind", "posts-throttled"),
    ),
    Group(
        name="data-impaired",
        means="What the stage stores in is slow or refuses.",
        severity="page",
        members=("table-throttled", "database-slow", "cache-down"),
    ),
)

BESIDE_THEIR_RESOURCES = {
    "deployment-rolled-back": "New versions of functions end with exceptions while they have a part of the traffic; "
    "the deployment is taken back (`cdk/service/rollout.py`).",
    "dead-letters": "A queue of dead letters has some: one alarm a queue (`cdk/constructs/dead_letters.py`).",
    "media-failed": "An execution of the media state machine failed (`cdk/constructs/media_pipeline.py`).",
}
"""Alarms of the service's own stack, by runbook: they are made where what they watch is."""


def cost_month(alarms: tuple[Alarm, ...], groups: tuple[Group, ...]) -> float:
    """What these cost a month, in dollars."""
    plain = sum(len(inputs_of(alarm.measure)) for alarm in alarms if not alarm.band)
    bands = sum(alarm.band is not None for alarm in alarms)
    return (
        plain * prices.PER_ALARM_METRIC_MONTH
        + bands * prices.PER_ANOMALY_ALARM_MONTH
        + len(groups) * prices.PER_COMPOSITE_MONTH
    )
