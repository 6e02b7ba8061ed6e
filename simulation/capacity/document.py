"""The result as JSON: `build/capacity.json`. Everything that the page and the documents say stands in it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from chat.caching.counts import HIT, MEMORY, SHARED, WAITED
from simulation.capacity import population, pricing
from simulation.capacity.durations import Durations
from simulation.capacity.region import Recovery
from simulation.capacity.scenarios import Results, Scale
from simulation.capacity.storm import Storm
from simulation.capacity.tally import Second, Tally

FREQUENT = ("membership", "rules", "room")
"""Kinds of data that every message asks for."""


class Timing(msgspec.Struct, frozen=True):
    """Durations in ms, None where nothing was timed."""

    number: int
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    p99_9_ms: float | None


class SecondRow(msgspec.Struct, frozen=True):
    """One second of a run; 0 is its first."""

    second: int
    sent: int
    acked: int
    posts: int
    opened: int
    ack_p99_ms: float | None
    deliver_p99_ms: float | None
    throttled: dict[str, int]
    running: dict[str, int]
    cold_starts: int


class Hottest(msgspec.Struct, frozen=True):
    """What one second took of one partition at most."""

    units: float
    partition: str


class CacheRates(msgspec.Struct, frozen=True):
    """Of what was asked for: which part an instance knew, which part of the rest the shared tier, and both together."""

    asked: int
    memory: float
    shared_of_the_rest: float
    together: float


class LoadRow(msgspec.Struct, frozen=True):
    """One scenario of people who talk. Timings are of its measured seconds, all else of all of it."""

    quotas: str
    cells: int
    sockets: int
    rooms: int
    measured_from_s: float
    measured_to_s: float
    messages_per_s: float
    ack: Timing
    deliver: Timing
    conservation: dict[str, int]
    throttled: dict[str, int]
    errors: dict[str, int]
    cold_starts: dict[str, int]
    most_running: dict[str, int]
    units: dict[str, int]
    hottest: dict[str, Hottest]
    caches: CacheRates
    cost: dict[str, float]
    usd_per_million_messages: float
    usd_per_million_deliveries: float
    seconds: list[SecondRow]
    cpu_s: float
    memory_mb: int
    digest: int


class StormRow(msgspec.Struct, frozen=True):
    """One scenario of sockets that are opened again. Seconds are None where not so many came back in time."""

    quotas: str
    sockets: int
    back: int
    half_back_s: float | None
    almost_all_back_s: float | None
    """99 %."""
    all_back_s: float | None
    least_s: float
    """What the quota of new connections allows at best."""
    attempts: int
    errors: dict[str, int]
    throttled: dict[str, int]
    most_running: dict[str, int]
    seconds: list[SecondRow]
    cpu_s: float


class RegionRow(msgspec.Struct, frozen=True):
    """A lost Region. See `simulation.capacity.region.Recovery`."""

    clients: int
    back: int
    half_back_s: float | None
    all_back_s: float | None
    acked: int
    copied: int
    restored: int
    returned: int
    lost: int
    sent_again: int


class Verdict(msgspec.Struct, frozen=True):
    """A target, whether it holds, and what the run has shown. `holds` None: the run does not say."""

    requirement: str
    target: str
    holds: bool | None
    shown: str
    binds: str


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    format: int
    command: str
    made_at: str
    machine: dict[str, str | int | None]
    seed: int
    scale: dict[str, float | tuple[int, ...]]
    recipients: dict[str, float]
    loads: dict[str, LoadRow]
    storms: dict[str, StormRow]
    region: RegionRow | None
    verdicts: list[Verdict]


def rows(results: Results) -> tuple[dict[str, LoadRow], dict[str, StormRow], RegionRow | None]:
    """Those of every scenario that was run."""
    loads = {name: load_row(tally, results.scale, name, results.quotas[name]) for name, tally in results.loads.items()}
    storms = {
        name: storm_row(results.storms_run[name], tally, back_s, results.quotas[name])
        for name, (tally, back_s) in results.storms.items()
    }
    return loads, storms, region_row(results.region) if results.region else None


def document(results: Results, verdicts: Sequence[Verdict], command: str) -> Document:
    """Where, when and how it was made stands beside the figures."""
    loads, storms, region = rows(results)
    rooms = population.rooms_for(results.scale.sockets, results.scale.largest)
    return Document(
        format=1,
        command=command,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine={"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()},
        seed=results.seed,
        scale=vars(results.scale),
        recipients=population.recipients(rooms).as_json(),
        loads=loads,
        storms=storms,
        region=region,
        verdicts=list(verdicts),
    )


def load_row(tally: Tally, scale: Scale, name: str, quotas: str) -> LoadRow:
    """One scenario's line: of a load that begins at full rate what comes after it has warmed up."""
    first, last = scale.measured(name)
    measured, cost = tally.between(int(first), int(last)), pricing.cost(tally)
    return LoadRow(
        quotas=quotas,
        cells=tally.cells,
        sockets=tally.sockets,
        rooms=tally.rooms,
        measured_from_s=first,
        measured_to_s=last,
        messages_per_s=measured.sent / (last - first),
        ack=_timing(measured.acks),
        deliver=_timing(measured.deliveries),
        conservation=vars(tally.conservation),
        throttled=dict(tally.throttled),
        errors=dict(tally.errors),
        cold_starts=dict(tally.cold_starts),
        most_running=dict(tally.most_running),
        units=dict(tally.units),
        hottest={key: Hottest(units, pk) for key, (units, pk) in tally.hottest.items()},
        caches=_cache_rates(tally),
        cost=cost.lines,
        usd_per_million_messages=cost.per_million_messages,
        usd_per_million_deliveries=cost.per_million_deliveries,
        seconds=_second_rows(tally),
        cpu_s=tally.cpu_s,
        memory_mb=tally.memory_mb,
        digest=tally.digest,
    )


def storm_row(storm: Storm, tally: Tally, back_s: Sequence[float], quotas: str) -> StormRow:
    """One scenario's line."""
    return StormRow(
        quotas=quotas,
        sockets=tally.sockets,
        back=len(back_s),
        half_back_s=_after(back_s, tally.sockets, 0.5),
        almost_all_back_s=_after(back_s, tally.sockets, 0.99),
        all_back_s=_after(back_s, tally.sockets, 1.0),
        least_s=max(0.0, tally.sockets - storm.figures.connect_burst) / storm.figures.connect_rate,
        attempts=tally.invocations["connect.tickets"]
        + sum(number for code, number in tally.errors.items() if code.startswith("ticket")),
        errors=dict(tally.errors),
        throttled=dict(tally.throttled),
        most_running=dict(tally.most_running),
        seconds=_second_rows(tally),
        cpu_s=tally.cpu_s,
    )


def region_row(recovery: Recovery) -> RegionRow:
    """The one line."""
    return RegionRow(
        clients=recovery.clients,
        back=len(recovery.back_s),
        half_back_s=_after(recovery.back_s, recovery.clients, 0.5),
        all_back_s=_after(recovery.back_s, recovery.clients, 1.0),
        acked=recovery.acked,
        copied=recovery.copied,
        restored=recovery.restored,
        returned=recovery.returned,
        lost=recovery.lost,
        sent_again=recovery.sent_again,
    )


def _after(back_s: Sequence[float], sockets: int, share: float) -> float | None:
    wanted = max(1, round(sockets * share))
    return sorted(back_s)[wanted - 1] if len(back_s) >= wanted else None


def _timing(durations: Durations) -> Timing:
    return msgspec.convert(durations.as_json(), Timing)


def _second_rows(tally: Tally) -> list[SecondRow]:
    return [_second_row(number, second) for number, second in sorted(tally.seconds.items()) if _happened(second)]


def _happened(second: Second) -> bool:
    return bool(second.sent or second.posts or second.opened or second.running)


def _second_row(number: int, second: Second) -> SecondRow:
    return SecondRow(
        second=number,
        sent=second.sent,
        acked=second.acked,
        posts=second.posts,
        opened=second.opened,
        ack_p99_ms=second.acks.quantile_ms(0.99),
        deliver_p99_ms=second.deliveries.quantile_ms(0.99),
        throttled={who: count for who, count in second.throttled.items() if count},
        running=dict(second.running),
        cold_starts=second.cold_starts,
    )


def _cache_rates(tally: Tally) -> CacheRates:
    def count(tier: str, *outcomes: str) -> int:
        return sum(tally.caches[f"{kind}.{tier}.{outcome}"] for kind in FREQUENT for outcome in outcomes)

    asked = sum(count_ for name, count_ in tally.caches.items() if _is_asked(name))
    memory, shared = count(MEMORY, HIT), count(SHARED, HIT, WAITED)
    rest = asked - memory
    return CacheRates(
        asked=asked,
        memory=memory / asked if asked else 0.0,
        shared_of_the_rest=shared / rest if rest else 0.0,
        together=(memory + shared) / asked if asked else 0.0,
    )


def _is_asked(name: str) -> bool:
    kind, _, rest = name.partition(".")
    return kind in FREQUENT and rest.startswith(f"{MEMORY}.")
