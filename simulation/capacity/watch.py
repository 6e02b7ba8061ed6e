"""Watches a cell while it runs, and says in the end what became of everything that was acknowledged."""

from __future__ import annotations

import resource
import time
import zlib
from collections import Counter
from collections.abc import Iterator

from chat.storage import keys
from operations.capacity.loads import MEMORY_MB
from simulation.capacity.crowd import Client, Crowd
from simulation.capacity.frontdoor import FrontDoor
from simulation.capacity.tally import GATEWAY, LAMBDA, TABLES, Conservation, Tally
from simulation.cloud.cloud import Cloud
from simulation.cloud.functions import End

LOOK_US = 50_000
"""How often it is looked how much runs."""

BATCH = 10
"""Bodies that SQS is asked for, and told are done, in one call."""


class Watch:
    """Looks at a cloud until it is asked what it has seen."""

    def __init__(self, cloud: Cloud, door: FrontDoor, crowd: Crowd) -> None:
        self._cloud, self._door, self._crowd = cloud, door, crowd
        self._began_s = time.process_time()
        self._until_us = 0
        self._before: Counter[str] = Counter()
        self._before_cold = self._before_posts = 0
        self._most: Counter[str] = Counter()

    def begin(self, until_us: int) -> None:
        """Looks until then."""
        self._until_us = until_us
        self._look()

    def _look(self) -> None:
        now_us = self._cloud.scheduler.now_us
        second = self._crowd.second(max(now_us - 1, self._crowd.began_us))
        throttled = self._throttled()
        for service, number in throttled.items():
            second.throttled[service] += number - self._before[service]
        cold = sum(function.cold_starts for function in self._cloud.functions.values())
        posts = self._door.posts
        second.cold_starts += cold - self._before_cold
        second.posts += posts - self._before_posts
        self._before, self._before_cold, self._before_posts = throttled, cold, posts
        for name, function in self._cloud.functions.items():
            if function.running:
                second.running[name] = max(second.running[name], function.running)
                self._most[name] = max(self._most[name], function.running)
        if now_us < self._until_us:
            self._cloud.scheduler.after(LOOK_US, self._look)

    def _throttled(self) -> Counter[str]:
        functions = self._cloud.functions.values()
        return Counter(
            {
                GATEWAY: self._door.throttled,
                LAMBDA: sum(function.ends[End.THROTTLED] for function in functions),
                TABLES: sum(table.spending.throttled for table in self._cloud.tables.values()),
            }
        )

    def tally(self, *, open_s: float) -> Tally:
        """Everything. `open_s` is how long sockets were open for that is billed with what was said."""
        cloud, crowd = self._cloud, self._crowd
        for table in cloud.tables.values():
            table.spending.end_second()
        tally = Tally(
            sockets=len(crowd.clients),
            rooms=len({client.room for client in crowd.clients}),
            seconds=crowd.seconds,
            conservation=conservation(crowd),
            throttled=self._throttled(),
            errors=crowd.errors,
            caches=cloud.cache_counts,
            used=self._used(open_s),
            units=_units(cloud),
            hottest=_hottest(cloud),
            cold_starts=Counter({name: each.cold_starts for name, each in cloud.functions.items() if each.cold_starts}),
            invocations=Counter({name: _runs(cloud, name) for name in cloud.functions if _runs(cloud, name)}),
            most_running=+self._most,
            cpu_s=time.process_time() - self._began_s,
            memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024,
            happened=cloud.scheduler.happened,
        )
        told = (tally.happened, tally.conservation, sorted(tally.units.items()), cloud.scheduler.now_us)
        tally.digest = zlib.crc32(repr(told).encode())
        return tally

    def _used(self, open_s: float) -> Counter[str]:
        cloud, door = self._cloud, self._door
        runs_s = {name: function.busy_us / 1e6 for name, function in cloud.functions.items()}
        used = {
            "frames": door.billed_in + door.billed_out,
            "connection_minutes": len(self._crowd.clients) * open_s / 60,
            "egress_gb": door.bytes_out / 1e9,
            "lambda_requests": sum(_runs(cloud, name) for name in cloud.functions),
            "lambda_gb_s": sum(spent_s * memory_mb(name) / 1_024 for name, spent_s in runs_s.items()),
            "write_units": sum(table.units.written for table in cloud.tables.values()),
            "read_units": sum(table.units.read for table in cloud.tables.values()),
            "sqs": cloud.counts["calls", "sqs", "send"]
            + cloud.topic.delivered
            + sum(2 * _runs(cloud, queue.spec.worker) for queue in cloud.queues.values()),
            "sns": cloud.topic.published,
        }
        return Counter(used)


def memory_mb(handler: str) -> int:
    """Of a function, by its handler's module; those that nobody plans for have the smaller size."""
    return MEMORY_MB.get(handler.rpartition(".")[2], 512)


def conservation(crowd: Crowd) -> Conservation:
    """Holds what clients were promised against what they heard and what is stored."""
    found_stored: dict[str, int] = {}
    found = Conservation(
        offered=crowd.offered, unanswered=len(crowd.pending), refused=crowd.refused, duplicates=crowd.duplicates
    )
    for room, acked in crowd.acked.items():
        found_stored[room] = stored(crowd.cloud, room, acked)
        found.acked += acked.bit_count()
        found.not_stored += (acked & ~found_stored[room]).bit_count()
    for client in crowd.clients:
        expected = crowd.acked.get(client.room, 0) & ~client.own_bits
        found.expected += expected.bit_count()
        found.delivered += (expected & client.heard_bits).bit_count()
        found.missed += (expected & ~client.heard_bits & found_stored.get(client.room, 0)).bit_count()
    return found


def lacking(client: Client) -> int:
    """What was acknowledged, and has not come to this client, who did not write it: bits, by number."""
    return client.crowd.acked.get(client.room, 0) & ~client.own_bits & ~client.heard_bits


def stored(cloud: Cloud, room: str, asked: int) -> int:
    """Which of a room's messages stand in its log: bits, by number."""
    entries = cloud.tables["messages"].items
    return sum(1 << seq for seq in numbers(asked) if keys.message(room, seq) in entries)


def numbers(bits: int) -> Iterator[int]:
    """The numbers that bits stand for."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _runs(cloud: Cloud, name: str) -> int:
    ends = cloud.functions[name].ends
    return ends.total() - ends[End.THROTTLED]


def _units(cloud: Cloud) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, table in cloud.tables.items():
        found[f"{name} read"] += round(table.units.read)
        found[f"{name} written"] += table.units.written
    return found


def _hottest(cloud: Cloud) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    for name, table in cloud.tables.items():
        for direction, of in (("read", "most_read"), ("written", "most_written")):
            seconds = [getattr(spent, of) for spent in table.spending.past]
            found[f"{name} {direction}"] = max(((units, pk) for pk, units in seconds), default=(0.0, ""))
    return found
