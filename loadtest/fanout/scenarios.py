"""Rooms and what they cost: each scenario is a stub of its own, in which all contenders do the same work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadtest.fanout import room
from loadtest.fanout.job import Job, Name, Round, run
from loadtest.report import Row
from loadtest.stub.certificates import Authority
from loadtest.stub.dynamodb import PAGE_BYTES
from loadtest.stub.process import running

FRAME_BYTES = 400
"""A message of a sentence or two."""

DATABASE_MS = 4.0
"""What a call of DynamoDB takes."""

SAMPLES: tuple[Name, ...] = ("boto3", "boto3_threads", "aiobotocore")
DIRECT = "direct=1000"
"""A stage whose senders' functions post to rooms of a thousand themselves, as samples do."""

SLOW_POSTS = 300
"""Posts one after another, from which a single message is enough."""


class UndeliveredError(Exception):
    """Somebody who is there did not get a message: a figure without a meaning."""


@dataclass(frozen=True)
class Setting:
    """How much is measured: rounds of the engine and of each sample, and which samples."""

    authority: Authority
    engine_rounds: int = 20
    sample_rounds: int = 7
    """Fewer: they take ten times as long, or more."""
    samples: tuple[Name, ...] = SAMPLES
    pauses: float = 1.0
    """See `Job`: less than all of each is for who wants no figures."""


@dataclass(frozen=True)
class Room:
    """Who is in the room, and how the stub treats posts."""

    live: int
    post_ms: float = 5.0
    dead: int = 0
    elsewhere: int = 0
    name_chars: int = 0
    throttled: float = 0.0
    http2: bool = True
    thresholds: str = DIRECT

    @property
    def posts(self) -> int:
        """What the first message takes."""
        return self.live + self.dead


@dataclass(frozen=True)
class Outcome:
    """What a contender did: all rounds, and the subscriptions left behind."""

    rounds: list[Round]
    left: int
    size_bytes: int

    @property
    def last_delivery_ms(self) -> float:
        """Of the round that was disturbed least."""
        return min(one.last_delivery_ms for one in self.rounds)

    @property
    def cpu_us(self) -> float:
        """A delivery, likewise."""
        return min(one.cpu_ms * 1000 / one.delivered for one in self.rounds)


def contend(setting: Setting, where: Room, contender: Name, *, rounds: int | None = None) -> Outcome:
    """One contender in a room of its own. Raises `UndeliveredError`."""
    if rounds is None:
        rounds = setting.engine_rounds if contender == "engine" else setting.sample_rounds
        if contender == "boto3" and where.posts >= SLOW_POSTS:
            rounds = 1
    with running(
        setting.authority,
        post_ms=where.post_ms,
        database_ms=DATABASE_MS,
        http2=where.http2,
        throttled=where.throttled,
    ) as stub:
        size = room.fill(stub, live=where.live, dead=where.dead, elsewhere=where.elsewhere, name_chars=where.name_chars)
        certificate = str(setting.authority.certificate)
        job = Job(contender, certificate, stub.ports, FRAME_BYTES, rounds, where.thresholds, setting.pauses)
        outcome = Outcome(run(job), room.left(stub), size)
    for one in outcome.rounds:
        if one.delivered != where.live:
            raise UndeliveredError(f"{contender}: {one.delivered} of {where.live} sockets had the message")
    return outcome


def fanout(setting: Setting, post_times_ms: Sequence[int]) -> Iterator[Row]:
    """Time to the last delivery, and CPU a delivery, by size of the room and time of a post."""
    for post_ms in post_times_ms:
        for live in (10, 100, 1_000):
            where = Room(live, float(post_ms))
            outcomes = {who: contend(setting, where, who) for who in ("engine", *setting.samples)}
            name = f"fanout_last_delivery_n{live}_{post_ms}ms"
            yield from _compared(name, "ms", {who: found.last_delivery_ms for who, found in outcomes.items()})
            if (live, post_ms) == (1_000, 5):
                cpu = {who: found.cpu_us for who, found in outcomes.items()}
                yield from _compared("fanout_cpu_per_delivery_tls", "µs", cpu)
    queued = contend(setting, Room(1_000, thresholds=""), "engine")
    how = "default thresholds: ten slices, one after another, without the time in SQS"
    yield Row("fanout_last_delivery_n1000_5ms_by_queue", queued.last_delivery_ms, "ms", of=how)
    without = contend(setting, Room(1_000, http2=False), "engine")
    yield Row("fanout_last_delivery_n1000_5ms_http1", without.last_delivery_ms, "ms", of="no HTTP/2 offered")
    yield Row("fanout_cpu_per_delivery_tls_http1", without.cpu_us, "µs", of="no HTTP/2 offered")


def small_room_among_many(setting: Setting, connections: int) -> Iterator[Row]:
    """Ten people among many others: what it costs to find them."""
    where = Room(10, elsewhere=connections - 10)
    engine = contend(setting, where, "engine")
    scan = contend(setting, where, "boto3_scan", rounds=1)
    name = f"fanout_last_delivery_n10_among_{connections}"
    yield Row(name, engine.last_delivery_ms, "ms", scan.last_delivery_ms, "one Scan a message")
    yield Row(f"{name}_cpu", engine.cpu_us, "µs a delivery", scan.cpu_us, "one Scan a message")


def dead_sockets(setting: Setting, size: int, percents: Sequence[int]) -> Iterator[Row]:
    """Some of the room's sockets are gone: the others get the message, and the rows of these go."""
    for percent in percents:
        dead = size * percent // 100
        where = Room(size - dead, dead=dead)
        engine, threads = (contend(setting, where, who, rounds=0) for who in ("engine", "boto3_threads"))
        if engine.left != where.live:
            raise UndeliveredError(f"{engine.left - where.live} dead subscriptions were left")
        yield Row(
            f"fanout_last_delivery_{percent}_percent_dead",
            engine.last_delivery_ms,
            "ms",
            threads.last_delivery_ms,
            f"first message to {size}, connections opened; all rows of dead ones gone; boto3_threads",
        )


def throttled(setting: Setting, size: int) -> Iterator[Row]:
    """A twentieth of all posts is answered 429, and everybody gets the message."""
    engine = contend(setting, Room(size, throttled=0.05), "engine")
    again = sum(one.answers.get("429", 0) for one in engine.rounds)
    yield Row(
        "fanout_last_delivery_5_percent_throttled",
        engine.last_delivery_ms,
        "ms",
        of=f"all {size} delivered; {again} posts of {len(engine.rounds)} messages had been answered 429",
    )


def many_pages(setting: Setting) -> Iterator[Row]:
    """More subscriptions than DynamoDB gives at once (1 MB), and everybody gets the message."""
    engine = contend(setting, Room(2_000, name_chars=500), "engine", rounds=1)
    if engine.size_bytes <= PAGE_BYTES:
        raise UndeliveredError("the room's rows fit into one page")
    megabytes = engine.size_bytes / PAGE_BYTES
    yield Row(
        "fanout_last_delivery_over_1_mb", engine.last_delivery_ms, "ms", of=f"{megabytes:.1f} MB, all 2,000 delivered"
    )


def _compared(name: str, unit: str, values: Mapping[Name, float]) -> Iterator[Row]:
    """The engine beside the best of the others, then each of these."""
    others = sorted((who for who in values if who != "engine"), key=values.__getitem__)
    yield Row(name, values["engine"], unit, values[others[0]], others[0])
    for who in others:
        yield Row(f"{name}_{who}", values[who], unit)
