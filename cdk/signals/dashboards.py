"""Dashboards: which graphs somebody sees together, and in which order they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cdk.signals import prices
from cdk.signals.alarms import CONSUMERS, HOT, TABLES
from cdk.signals.objectives import OBJECTIVES
from cdk.signals.quotas import WATCHED
from cdk.signals.scaling import FORECAST_S
from cdk.signals.series import (
    Expression,
    Measure,
    of_account,
    of_cache,
    of_function,
    of_http,
    of_media,
    of_queue,
    of_table,
    of_websocket,
    own,
    total,
)
from chat import signals
from chat.edge_log import PARTS, TYPES
from chat.flags import FLAGS

PATHS = ("direct", "slices", "joined", "again")
VARIANTS = tuple(name for flag in FLAGS.values() for name in flag.metrics)
HEARTBEAT_S = 240
MAKING = ("variants", "sound", "document", "video")
"""Steps of the media state machine that make what is shown; who converts videos depends on the stage."""
"""How often a socket says that it is there."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One graph, or one number with `shows="number"`. `width` is of 24 columns."""

    title: str
    lines: tuple[Measure, ...]
    shows: Literal["lines", "areas", "number"] = "lines"
    unit: str = ""
    period_s: int = 60
    width: Literal[6, 8, 12, 24] = 12


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """`about` says who looks at it, and for what."""

    name: str
    about: str
    panels: tuple[Panel, ...]


SERVED = tuple(part for part in PARTS if part != "api")
"""What caches keep."""


def _hit_rate(part: str) -> Expression:
    hits, views = own(signals.EDGE_HITS, of=part), own(signals.EDGE_VIEWS, of=part)
    name = part.replace("-", "_")  # one of a kind on its graph
    inputs = ((f"{name}_hits", hits), (f"{name}_views", views))
    return Expression(formula=f"{name}_hits / {name}_views", inputs=inputs, label=part)


_frames_cost = Expression(
    formula=f"FILL(frames, 0) * {prices.PER_MILLION_FRAMES} / 1000000",
    inputs=(("frames", of_websocket("MessageCount")),),
    label="frames",
)
_writes_cost = Expression(
    formula=f"(FILL(wr, 0) + FILL(wm, 0) + FILL(wc, 0)) * {prices.PER_MILLION_WRITES} / 1000000",
    inputs=tuple(("w" + table[0], of_table(table, "ConsumedWriteCapacityUnits")) for table in TABLES),
    label="writes",
)
_reads_cost = Expression(
    formula=f"(FILL(rr, 0) + FILL(rm, 0) + FILL(rc, 0)) * {prices.PER_MILLION_READS} / 1000000",
    inputs=tuple(("r" + table[0], of_table(table, "ConsumedReadCapacityUnits")) for table in TABLES),
    label="reads",
)
_functions_cost = Expression(
    # 1,024 MB of the command and delivery functions; durations are in milliseconds.
    formula=f"(FILL(m1, 0) + FILL(m2, 0)) / 1000 * {prices.PER_MILLION_GB_S} / 1000000"
    f" + (FILL(m3, 0) + FILL(m4, 0)) * {prices.PER_MILLION_INVOCATIONS} / 1000000",
    inputs=(
        ("m1", of_function("message.command", "Duration")),
        ("m2", of_function("message.deliver", "Duration")),
        ("m3", of_function("message.command", "Invocations")),
        ("m4", of_function("message.deliver", "Invocations")),
    ),
    label="functions of messages",
)
_frames_per_delivery = Expression(
    formula=f"IF(FILL(delivered, 0) > 0, frames * {prices.PER_MILLION_FRAMES} / delivered, 0)",
    inputs=(("frames", of_websocket("MessageCount")), ("delivered", own(signals.DELIVERIES))),
    label="$ a million deliveries, frames only",
)
_sockets = Expression(
    formula=f"FILL(beats, 0) * {HEARTBEAT_S} / 300",
    inputs=(("beats", own(signals.HEARTBEATS)),),
    label="sockets, by their heartbeats",
)

DASHBOARDS = (
    Dashboard(
        name="service",
        about="Whoever wants to know whether the stage works, and whoever was just woken: start here.",
        panels=(
            Panel(title="Sockets open, estimated", lines=(_sockets,), shows="number", period_s=300, width=6),
            Panel(title="Messages a minute", lines=(own(signals.MESSAGES_ACCEPTED),), shows="number", width=6),
            Panel(title="Deliveries a minute", lines=(own(signals.DELIVERIES),), shows="number", width=6),
            Panel(
                title="Rooms made in an hour",
                lines=(own(signals.ROOMS_CREATED),),
                shows="number",
                period_s=3_600,
                width=6,
            ),
            *(
                Panel(title=f"Objective: {each.name}, share that is bad", lines=(each.burned,), period_s=300, width=6)
                for each in OBJECTIVES
            ),
            Panel(
                title="Time of a command",
                lines=tuple(own(signals.COMMAND_LATENCY, each) for each in ("p50", "p99", "p99.9")),
                unit="ms",
            ),
            Panel(
                title="Commands, and those that failed",
                lines=(own(signals.COMMANDS), own(signals.COMMANDS_FAILED), own(signals.ERRORS)),
            ),
            Panel(
                title="Canary",
                lines=(
                    own(signals.CANARY_ACK_LATENCY, "Maximum", label="ack"),
                    own(signals.CANARY_DELIVERY_LATENCY, "Maximum", label="delivery"),
                    own(signals.CANARY_FAILURES),
                ),
                unit="ms",
            ),
            Panel(title="Errors of functions", lines=tuple(of_function(name, "Errors") for name in HOT)),
            Panel(title="Requests to /api", lines=(of_http("Count"), of_http("4xx"), of_http("5xx"))),
            Panel(title="Functions at once", lines=(of_account("AWS/Lambda", "ConcurrentExecutions", "Maximum"),)),
            Panel(
                title="Capacity that the stage changed, and wanted beyond its bounds",
                lines=(
                    *(own(signals.CAPACITY_CHANGES, of=outcome) for outcome in ("raised", "lowered")),
                    own(signals.CAPACITY_BOUND),
                ),
            ),
            Panel(
                title="Quotas when more of them could be had, %",
                lines=tuple(own(signals.QUOTA_FORECAST, "Maximum", of=quota) for quota in WATCHED),
                period_s=FORECAST_S,
                unit="%",
            ),
        ),
    ),
    Dashboard(
        name="delivery",
        about="Where a message is between its sender and its room.",
        panels=(
            Panel(
                title="Stored to posted, by path (p99)",
                lines=tuple(own(signals.DELIVERY_LATENCY, "p99", of=path) for path in PATHS),
                unit="ms",
            ),
            Panel(
                title="Stored to posted",
                lines=tuple(own(signals.DELIVERY_LATENCY, each) for each in ("p50", "p99", "p99.9")),
                unit="ms",
            ),
            Panel(
                title="Deliveries by path",
                lines=tuple(own(signals.DELIVERIES, of=path) for path in PATHS),
                shows="areas",
            ),
            Panel(
                title="Posts that did not arrive",
                lines=(
                    own(signals.DELIVERIES_GONE),
                    own(signals.DELIVERIES_FAILED),
                    own(signals.POSTS_THROTTLED),
                    own(signals.REDELIVERIES),
                    own(signals.MESSAGES_UNDELIVERED),
                ),
            ),
            Panel(title="Sockets a message is for", lines=tuple(own(signals.FAN_OUT, each) for each in ("p50", "p99"))),
            Panel(
                title="Delivery queue: waiting, and seconds of the oldest",
                lines=(
                    of_queue("delivery", "ApproximateNumberOfMessagesVisible"),
                    of_queue("delivery", "ApproximateAgeOfOldestMessage"),
                ),
            ),
            Panel(
                title="Seconds that the oldest has waited, by queue",
                lines=tuple(of_queue(queue, "ApproximateAgeOfOldestMessage") for queue in CONSUMERS),
            ),
            Panel(
                title="Outbox: behind the stream, events, refusals",
                lines=(
                    of_function("message.outbox", "IteratorAge", "Maximum"),
                    own(signals.EVENTS_PUBLISHED),
                    own(signals.EVENTS_REFUSED),
                ),
            ),
            Panel(
                title="Push messages and webhooks",
                lines=(
                    own(signals.PUSHES, of="taken", label="pushes taken"),
                    own(signals.PUSHES, of="failed", label="pushes failed"),
                    own(signals.WEBHOOK_DELIVERIES, of="taken", label="webhooks taken"),
                    own(signals.WEBHOOK_DELIVERIES, of="failed", label="webhooks failed"),
                ),
            ),
            Panel(title="Dead letters", lines=(own(signals.LETTERS_DEAD),)),
            Panel(
                title="Send to ack, and stored to posted, by variant (average)",
                lines=tuple(
                    own(metric, "Average", of=name, label=f"{name} {label}")
                    for metric, label in (
                        (signals.VARIANT_ACK_LATENCY, "ack"),
                        (signals.VARIANT_DELIVERY_LATENCY, "delivery"),
                    )
                    for name in VARIANTS
                ),
                unit="ms",
            ),
            Panel(
                title="Commands that a flag made a difference to",
                lines=tuple(own(signals.EXPOSURES, of=name) for name in VARIANTS),
            ),
        ),
    ),
    Dashboard(
        name="pages",
        about="What people's browsers see, as far as the stage has asked them to tell (`measured_percent`).",
        panels=(
            Panel(
                title="Send to ack in the page",
                lines=tuple(own(signals.PAGE_ACK_LATENCY, each) for each in ("p50", "p99")),
                unit="ms",
            ),
            Panel(
                title="Sends, and those of more than a second",
                lines=(own(signals.PAGE_ACKS), own(signals.PAGE_ACKS_SLOW)),
            ),
            Panel(
                title="Server's time of a message to its arrival",
                lines=tuple(own(signals.PAGE_DELIVERY_LATENCY, each) for each in ("p50", "p99")),
                unit="ms",
            ),
            Panel(
                title="How fast pages appear and answer (p75)",
                lines=tuple(own(signals.PAGE_VITALS, "p75", of=each) for each in ("LCP", "INP", "FCP", "TTFB")),
                unit="ms",
            ),
            Panel(title="How much of a page moves by itself (p75)", lines=(own(signals.PAGE_LAYOUT_SHIFT, "p75"),)),
            Panel(
                title="Reports, lines that came back, faults",
                lines=(own(signals.PAGE_REPORTS), own(signals.PAGE_RECONNECTS), own(signals.PAGE_FAULTS)),
            ),
            Panel(title="Seconds without a socket", lines=(own(signals.PAGE_FALLBACK_SECONDS),)),
            Panel(
                title="Bytes of frames and answers",
                lines=tuple(own(signals.PAGE_BYTES, of=each) for each in ("sent", "received")),
                shows="areas",
            ),
        ),
    ),
    Dashboard(
        name="data",
        about="Tables and the cache: whether they keep up, and which queries are slow.",
        panels=(
            Panel(
                title="Time of a call, by operation (p99)",
                lines=tuple(
                    own(signals.DATABASE_LATENCY, "p99", of=each)
                    for each in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems")
                ),
                unit="ms",
            ),
            Panel(title="Calls of more than 100 ms", lines=(own(signals.DATABASE_SLOW),)),
            Panel(
                title="Read units",
                lines=tuple(of_table(table, "ConsumedReadCapacityUnits") for table in TABLES),
                shows="areas",
            ),
            Panel(
                title="Write units",
                lines=tuple(of_table(table, "ConsumedWriteCapacityUnits") for table in TABLES),
                shows="areas",
            ),
            Panel(
                title="Refused by tables",
                lines=tuple(of_table(table, f"{kind}ThrottleEvents") for table in TABLES for kind in ("Read", "Write")),
            ),
            Panel(
                title="Cache: memberships by tier",
                lines=tuple(
                    of_cache(f"membership.{tier}.{outcome}")
                    for tier in ("memory", "shared")
                    for outcome in ("hit", "miss")
                ),
                shows="areas",
            ),
            Panel(
                title="Cache: rules, rooms and newest messages",
                lines=tuple(
                    of_cache(f"{kind}.shared.{outcome}")
                    for kind in ("rules", "room", "recent")
                    for outcome in ("hit", "miss")
                ),
                shows="areas",
            ),
            Panel(
                title="Cache: calls that failed, and the breaker",
                lines=tuple(of_cache(f"shared.{name}") for name in ("failed", "skipped", "opened", "closed")),
            ),
        ),
    ),
    Dashboard(
        name="media",
        about="Uploads, from their permission to the message that shows them, and what viewers are served.",
        panels=(
            Panel(
                title="Uploads by outcome",
                lines=tuple(own(signals.UPLOADS, of=each) for each in ("permitted", "announced", "rejected", "failed")),
            ),
            Panel(
                title="Hits of CloudFront's caches",
                lines=tuple(_hit_rate(part) for part in SERVED),
                period_s=3_600,
                unit="share",
            ),
            Panel(
                title="Bytes that CloudFront sent",
                lines=tuple(own(signals.EDGE_BYTES, of=part) for part in PARTS),
                shows="areas",
                period_s=3_600,
            ),
            Panel(
                title="Requests that CloudFront failed, and its log files that could not be read",
                lines=(*(own(signals.EDGE_FAILED, of=part) for part in PARTS), own(signals.EDGE_LOGS, of="damaged")),
                period_s=3_600,
            ),
            Panel(
                title="Time to the first byte",
                lines=tuple(own(signals.EDGE_FIRST_BYTE, "p95", of=part) for part in SERVED),
                period_s=3_600,
                unit="ms",
            ),
            Panel(
                title="Media by type",
                lines=tuple(own(signals.EDGE_TYPES, of=each) for each in TYPES),
                shows="areas",
                period_s=3_600,
            ),
            Panel(
                title="Paths that caches were told to forget, and were not",
                lines=tuple(own(signals.EDGE_PURGES, of=each) for each in ("told", "refused")),
                period_s=3_600,
            ),
            Panel(
                title="Of the day's budget of them",
                lines=(own(signals.PURGE_BUDGET, "Maximum"),),
                period_s=3_600,
                unit="%",
            ),
            Panel(
                title="Objects that nothing refers to",
                lines=tuple(own(signals.MEDIA_ORPHANS, of=each) for each in ("found", "removed", "held")),
                period_s=3_600,
            ),
            Panel(title="State machine", lines=(of_media("ExecutionsStarted"), of_media("ExecutionsFailed"))),
            Panel(
                title="Time of making what is shown",
                lines=tuple(of_function(f"media.{name}", "Duration", "p99") for name in MAKING),
                unit="ms",
            ),
            Panel(
                title="Errors of its functions",
                lines=tuple(
                    of_function(f"media.{name}", "Errors") for name in ("inspect", *MAKING, "announce", "reject")
                ),
            ),
        ),
    ),
    Dashboard(
        name="cost",
        about="What is spent while one looks, estimated from the prices in `cdk/signals/prices.py`; no bill.",
        panels=(
            Panel(
                title="$ an hour",
                lines=(_frames_cost, _writes_cost, _reads_cost, _functions_cost),
                shows="areas",
                period_s=3_600,
            ),
            Panel(title="$ a million deliveries", lines=(_frames_per_delivery,), period_s=3_600),
            Panel(
                title="What is paid for",
                lines=(of_websocket("MessageCount"), own(signals.DELIVERIES), own(signals.COMMANDS)),
                period_s=3_600,
            ),
        ),
    ),
    Dashboard(
        name="security",
        about="Who is refused, and why.",
        panels=(
            Panel(
                title="Tickets and tokens refused",
                lines=(own(signals.TICKETS_REFUSED), own(signals.REQUESTS_REFUSED, of="unauthorized")),
            ),
            Panel(
                title="Commands refused",
                lines=tuple(
                    own(signals.COMMANDS_REFUSED, of=code)
                    for code in ("not_a_member", "not_allowed", "banned", "muted", "too_many_requests", "slow_down")
                ),
            ),
            Panel(
                title="Moderation",
                lines=tuple(own(signals.COMMANDS_REFUSED, of=code) for code in ("blocked_word", "message_refused")),
            ),
            Panel(
                title="Malformed",
                lines=tuple(
                    own(signals.COMMANDS_REFUSED, of=code) for code in ("malformed", "unknown_action", "invalid_field")
                ),
            ),
            Panel(title="Sockets", lines=(of_websocket("ConnectCount"), of_websocket("ClientError"))),
            Panel(
                title="All that was refused over HTTP",
                lines=(total(own(signals.REQUESTS_REFUSED), label="refused"), of_http("4xx")),
            ),
        ),
    ),
)
