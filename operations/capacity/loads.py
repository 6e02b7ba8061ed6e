"""What a workload asks of each service a second: by messages themselves, by what follows them, and by open sockets.

What the calls of a message are is said by `operations.capacity.message_cost`. What follows a message is told here as
`cdk/service/events.py` wires it. How long a function runs is its calls one after another, at their mean
(`operations.facts.latencies`), its own work and its CPU; of posts that are made at once it waits for the slowest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import ceil

from chat.activity import HELD_MS
from chat.aws.transfers import AT_ONCE
from chat.notices import ROOM_LIMIT
from chat.planning import Thresholds, frames_of
from chat.sessions import ROTATE_FIRST_S, ROTATE_LAST_S
from operations.capacity.measured import Figures
from operations.capacity.message_cost import MessageCost, queue_calls, to_deliver, to_store
from operations.capacity.workload import RoomClass, Workload
from operations.facts.latencies import latency
from operations.facts.quotas import quota

MEMORY_MB: Mapping[str, int] = {
    "command": 1024,
    "deliver": 1024,
    "authorize": 512,
    "connect": 512,
    "disconnect": 512,
    "outbox": 512,
    "activity": 512,
    "index": 512,
    "push": 512,
    "webhooks": 512,
    "notices": 512,
}
"""Of the functions planned for; `tests/infrastructure/test_planned_functions.py` compares them with the templates."""

EVENT_QUEUES = ("activity", "index", "push", "webhooks")
"""Who is told of each message by a queue of its own."""

INDEX_CALLS = 4
"""Of a message, one after another: whose it is, whether they were erased, its entry, and the rows of its words."""

WEBHOOK_WINDOW_S = 1
WEBHOOK_BATCH = 100
STREAM_BATCH = 100
STREAM_POLLS_PER_S = 4
"""Lambda asks each shard of a stream so often (AWS Lambda Developer Guide, DynamoDB)."""

READY_BYTES = 1_000
"""Of what a socket is told when it has opened."""

HANDLER_MS = latency("handler").mean_ms
CALL_MS, STORE_MS, ENQUEUE_MS = (latency(key).mean_ms for key in ("dynamodb", "transaction", "enqueue"))


@dataclass(frozen=True)
class Run:
    """A function, invoked `per_s` times a second for `each_ms` each."""

    function: str
    per_s: float
    each_ms: float

    @property
    def concurrency(self) -> float:
        """How many run at once, on average."""
        return self.per_s * self.each_ms / 1_000

    @property
    def gb_s(self) -> float:
        """Billed a second."""
        return self.concurrency * MEMORY_MB[self.function] / 1_024


@dataclass(frozen=True, kw_only=True)
class Load:
    """A second of one part of what the stage does. Tables are `messages`, `rooms` and `connections`."""

    title: str
    requests: float = 0
    """That count against API Gateway's quota of an account."""
    frames: float = 0
    """That API Gateway bills: in, answers, and posts, by 32 KB."""
    posts: float = 0
    egress_bytes: float = 0
    written: Mapping[str, float] = field(default_factory=dict)
    read: Mapping[str, float] = field(default_factory=dict)
    sqs_calls: float = 0
    bodies: float = 0
    """Put into the delivery queue."""
    published: float = 0
    runs: tuple[Run, ...] = ()


def of_messages(workload: Workload, thresholds: Thresholds, figures: Figures) -> Load:
    """Sending and delivering: what the sender waits for, and the delivery queue."""
    sent = workload.messages_per_s
    # The frame is a little larger than what is stored of it.
    stored = to_store(workload.size_bytes)
    fanned = [(room, _fanout(workload, room, thresholds)) for room in workload.rooms]
    delivered = sum((cost.times(sent * room.share) for room, cost in fanned), MessageCost())
    return Load(
        title="messages",
        requests=sent + delivered.posts,
        frames=sent * (frames_of(workload.size_bytes) + 1) + delivered.frames,
        posts=delivered.posts,
        # Messages that share a frame are all in it; only a digest leaves some out.
        egress_bytes=sent * workload.recipients * workload.size_bytes,
        written={"messages": sent * stored.written, "connections": delivered.written},
        read={"connections": delivered.read},
        sqs_calls=sum(sent * room.share * queue_calls(cost.bodies) for room, cost in fanned),
        bodies=delivered.bodies,
        runs=(*_sending(workload, fanned, figures), *_delivering(workload, fanned, figures)),
    )


def of_events(workload: Workload, figures: Figures, queues: Collection[str] = EVENT_QUEUES) -> Load:
    """What follows: the outbox, its topic, those who are told by `queues`, and who has another room on screen."""
    sent = workload.messages_per_s
    claims = sum(room.rooms * min(workload.rate_of(room), 1_000 / HELD_MS) for room in workload.rooms)
    told = _told_elsewhere(workload)
    shards = max(1.0, sent * to_store(workload.size_bytes).written / quota("partition_writes").value)
    outbox = min(STREAM_BATCH, max(1.0, sent / shards / STREAM_POLLS_PER_S))
    batch = min(quota("batch").value, max(1.0, sent * latency("sqs").mean_ms / 1_000))
    routed = min(WEBHOOK_BATCH, max(1.0, sent * WEBHOOK_WINDOW_S))
    write_ms = figures.cpu_ms(figures.put_us * workload.words, MEMORY_MB["index"])
    told_runs = {
        "activity": Run("activity", sent / batch, HANDLER_MS + batch * CALL_MS),
        "index": Run("index", sent / batch, HANDLER_MS + batch * (INDEX_CALLS * CALL_MS + write_ms)),
        "push": Run("push", sent / batch, HANDLER_MS + batch * CALL_MS),
        "webhooks": Run("webhooks", sent / routed, HANDLER_MS + CALL_MS),
    }
    runs = [told_runs[queue] for queue in queues]
    return Load(
        title="what follows them",
        requests=told,
        frames=told,
        posts=told,
        egress_bytes=told * workload.size_bytes,
        # The preview of its room, whose it is, and a claim of telling others; whether they were erased is looked for.
        written={"messages": sent * workload.words, "rooms": 2 * sent + claims},
        read={"messages": sent, "rooms": sent + claims, "connections": claims},
        # Of each message a body a queue; receiving and deleting them; what notices are told of.
        sqs_calls=sent * len(runs) + 2 * sum(run.per_s for run in runs) + 3 * claims,
        published=sent,
        runs=(
            Run("outbox", sent / outbox, HANDLER_MS + ceil(outbox / quota("batch").value) * ENQUEUE_MS),
            *runs,
            Run("notices", claims, HANDLER_MS + 4 * CALL_MS + _posting_ms(workload.elsewhere, figures, "notices")),
        ),
    )


def of_connections(workload: Workload) -> Load:
    """Sockets that stay open, move and come back: heartbeats, planned rotation and churn."""
    beats, opened = workload.heartbeats_per_s, opened_per_s(workload)
    return Load(
        title="open sockets",
        requests=beats + 3 * opened,
        frames=2 * beats + 2 * opened,
        egress_bytes=(beats + opened) * READY_BYTES,
        written={"connections": 10 * opened},
        read={"connections": 2 * opened, "rooms": beats},
        sqs_calls=2 * opened * queue_calls(1),
        runs=(
            Run("command", beats + opened, HANDLER_MS + 2 * CALL_MS),
            Run("authorize", opened, HANDLER_MS + CALL_MS),
            Run("connect", opened, HANDLER_MS + 2 * CALL_MS),
            Run("disconnect", opened, HANDLER_MS + 3 * CALL_MS),
        ),
    )


def opened_per_s(workload: Workload) -> float:
    """Sockets opened a second: each is rotated once in its life, and lost as often as its user's network has it."""
    rotated_s = (ROTATE_FIRST_S + ROTATE_LAST_S) / 2
    return workload.connections * (1 / rotated_s + workload.churn_per_hour / 3_600)


def _fanout(workload: Workload, room: RoomClass, thresholds: Thresholds) -> MessageCost:
    rate_per_s = workload.rate_of(room)
    if not room.sockets:
        return MessageCost(calls=1, read=0.5)
    found = to_deliver(room.sockets, rate_per_s=rate_per_s, size_bytes=workload.size_bytes, thresholds=thresholds)
    return found.cost


def _sending(workload: Workload, fanned: list[tuple[RoomClass, MessageCost]], figures: Figures) -> list[Run]:
    """The function that a sender waits for, posting where a room is small."""
    cpu_ms = figures.cpu_ms(2 * figures.put_us + figures.query_us, MEMORY_MB["command"])
    base_ms = HANDLER_MS + CALL_MS + STORE_MS + cpu_ms
    return [
        Run(
            "command",
            workload.messages_per_s * room.share,
            base_ms + (0 if cost.bodies else _posting_ms(room.sockets, figures, "command")),
        )
        for room, cost in fanned
    ]


def _delivering(workload: Workload, fanned: list[tuple[RoomClass, MessageCost]], figures: Figures) -> list[Run]:
    """The delivery function: ten bodies an invocation, one slice after another."""
    runs = []
    for room, cost in fanned:
        if cost.bodies:
            bodies_per_s = workload.messages_per_s * room.share * cost.bodies
            query_ms = CALL_MS + figures.cpu_ms(figures.query_us, MEMORY_MB["deliver"])
            each_ms = query_ms + _posting_ms(cost.posts / cost.bodies, figures, "deliver")
            batch = min(quota("batch").value, max(1.0, cost.bodies))
            runs.append(Run("deliver", bodies_per_s / batch, HANDLER_MS + batch * each_ms))
    return runs


def _posting_ms(sockets: float, figures: Figures, function: str) -> float:
    """Posts to so many sockets, as many at once as one function instance has under way; the last one is waited for."""
    if not sockets:
        return 0
    post, at_once = latency("post"), min(sockets, AT_ONCE)
    waits_ms = (sockets / at_once - 1) * post.mean_ms + post.slowest_ms(at_once)
    return max(waits_ms, post.mean_ms + figures.cpu_ms(figures.delivery_us * sockets, MEMORY_MB[function]))


def _told_elsewhere(workload: Workload) -> float:
    """Posts a second to sockets that have another room on screen: of small rooms, one in two seconds."""
    if workload.elsewhere > ROOM_LIMIT:
        return 0
    small = (room for room in workload.rooms if room.sockets <= ROOM_LIMIT)
    return sum(room.rooms * workload.elsewhere * min(workload.rate_of(room), 1_000 / HELD_MS) for room in small)


def concurrency(loads: tuple[Load, ...]) -> dict[str, float]:
    """How many of each function run at once, on average."""
    found: Counter[str] = Counter()
    for run in (run for load in loads for run in load.runs):
        found[run.function] += run.concurrency  # type: ignore[assignment]  # a Counter of parts of functions
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
