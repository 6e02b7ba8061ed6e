"""Which targets hold in a run, which don't, and what binds: said in sentences, from its figures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simulation.capacity.document import LoadRow, RegionRow, SecondRow, StormRow, Verdict
from simulation.capacity.scenarios import CELLS, OVERLOAD, SPIKED, STORM_ACCOUNT, STORM_CELL, Scale
from simulation.cloud.figures import DEFAULTS

SOCKETS, PER_MINUTE, INSTANCES = 100_000, 1_000_000, 1_000
DELIVER_MS, REACTION_S, CACHE_HITS = 100, 30, 0.95
STEADY = 2
"""A spike is over for clients when the p99 is back below so many times what it was before."""

ON_THE_WAY_MS = 2 * DEFAULTS.network.p50_ms
"""Of a delivery's median, what the network between clients and the Region takes by assumption."""


def verdicts(
    scale: Scale, loads: Mapping[str, LoadRow], storms: Mapping[str, StormRow], region: RegionRow | None
) -> list[Verdict]:
    """In the order of the requirements; of what was run."""
    found: list[Verdict] = []
    if CELLS in loads:
        found += _of_cells(loads[CELLS], scale)
    if OVERLOAD in loads:
        found.append(_of_overload(loads[OVERLOAD]))
    if SPIKED in loads:
        found.append(_of_spike(loads[SPIKED], scale))
    found += [_of_storm(storms[name], name) for name in (STORM_CELL, STORM_ACCOUNT) if name in storms]
    if region is not None:
        found.append(_of_region(region))
    return found


def reaction_s(seconds: Sequence[SecondRow], spike_at_s: float) -> float | None:
    """Until nothing is throttled and the p99 of acks is back below `STEADY` times that of before; None where not.

    Deliveries stay slower for as long as a spike lasts: rooms that have become hot gather what they are told.
    """
    calm = [row.ack_p99_ms for row in seconds if 1 <= row.second < spike_at_s and row.ack_p99_ms]
    after = [row for row in seconds if row.second >= spike_at_s and row.sent]
    if not calm or not after:
        return None
    limit_ms = STEADY * calm[-1]
    disturbed = [row.second for row in after if row.throttled or (row.ack_p99_ms or 0) > limit_ms]
    if disturbed and disturbed[-1] == after[-1].second:
        return None
    return disturbed[-1] + 1 - spike_at_s if disturbed else 0.0


def _of_cells(row: LoadRow, scale: Scale) -> Iterator[Verdict]:
    counted = row.conservation
    whole = row.sockets >= SOCKETS and scale.messages_per_minute >= PER_MINUTE
    per_cell = row.messages_per_s / row.cells
    kept = counted["not_stored"] == 0 and counted["delivered"] + counted["missed"] == counted["expected"]
    yield Verdict(
        "NF1",
        f"{SOCKETS:,} sockets",
        kept if row.sockets >= SOCKETS else None,
        f"{row.sockets:,} sockets in {row.cells} cells; of {counted['acked']:,} acknowledged messages "
        f"{counted['not_stored']} were lost, {counted['missed']:,} of {counted['expected']:,} deliveries were left to "
        f"the next sync; {counted['duplicates']:,} came twice, and were dropped by their number.",
        "Sockets themselves bind nothing; opening them does (see the storms).",
    )
    p50, p99 = row.deliver.p50_ms or 0, row.deliver.p99_ms or 0
    yield Verdict(
        "NF2",
        f"{PER_MINUTE:,} messages a minute, delivered in {DELIVER_MS} ms",
        p99 <= DELIVER_MS if whole else None,
        f"{row.messages_per_s * 60:,.0f} messages a minute: p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, p99.9 "
        f"{row.deliver.p99_9_ms or 0:,.0f} ms from send to delivery. The limit is kept by {_kept_by(p50, p99)}.",
        f"The network to clients ({ON_THE_WAY_MS:.0f} ms of the median, assumed), a message's calls one after another, "
        "and in hot rooms the window that gathers.",
    )
    yield Verdict(
        "NF2",
        "on default quotas, in cells",
        not any(row.throttled.values()),
        f"{per_cell:,.0f} messages a second and cell; throttled: {_listed(row.throttled)}.",
        f"API Gateway's {DEFAULTS.request_rate:,.0f} requests a second of an account, frames and posts together: "
        f"one account carries {_carried(row):,.0f} messages a second of this crowd at most.",
    )
    running = sum(row.most_running.values())
    yield Verdict(
        "NF5",
        f"{INSTANCES:,} instances",
        running >= INSTANCES if whole else None,
        f"{sum(row.cold_starts.values()):,} instances were started, {running:,} ran at once (the most of each cell).",
        f"Lambda's {DEFAULTS.concurrency:,} at once of an account: a cell had {running / row.cells:,.0f} of them.",
    )
    yield Verdict(
        "NF6",
        "95 % cache hits",
        row.caches.together >= CACHE_HITS,
        f"{row.caches.together:.1%} of frequently read data: an instance's memory knew {row.caches.memory:.1%}, the "
        f"shared tier {row.caches.shared_of_the_rest:.1%} of the rest. It began warm.",
        "A room's messages spread over all instances, so memory alone is of no use.",
    )


def _of_overload(row: LoadRow) -> Verdict:
    counted = row.conservation
    return Verdict(
        "NF2",
        "on the default quotas of one account, new tables",
        not any(row.throttled.values()),
        f"Of {counted['offered']:,} messages {counted['acked']:,} were acknowledged and {counted['unanswered']:,} were "
        f"still being sent again; acknowledged and lost: {counted['not_stored']}. Throttled: {_listed(row.throttled)}.",
        f"{max(row.throttled, key=lambda who: row.throttled[who], default='nothing')} first.",
    )


def _of_spike(row: LoadRow, scale: Scale) -> Verdict:
    reaction = reaction_s(row.seconds, scale.calm_s)
    return Verdict(
        "NF7",
        f"reacts to a tenfold spike within {REACTION_S} s",
        reaction is not None and reaction < REACTION_S,
        f"{'not while it was looked at' if reaction is None else f'after {reaction:.0f} s'} the p99 of acks was below "
        f"{STEADY} times what it was before, and nothing was throttled; deliveries have a p99 of "
        f"{row.deliver.p99_ms or 0:,.0f} ms while it lasts. {sum(row.cold_starts.values()):,} cold starts.",
        f"Cold starts, at most {DEFAULTS.environments_per_10_s:,} in 10 s of a function (on raised quotas: "
        f"throttled {_listed(row.throttled)}).",
    )


def _of_storm(row: StormRow, name: str) -> Verdict:
    return Verdict(
        "NF1",
        f"all sockets come back ({name})",
        row.back == row.sockets,
        f"{row.back:,} of {row.sockets:,} were back, all after {_seconds(row.all_back_s)}, half after "
        f"{_seconds(row.half_back_s)}; the quota allows {row.least_s:.0f} s at best. {row.attempts:,} attempts.",
        f"{DEFAULTS.connect_rate:.0f} new connections a second of an account.",
    )


def _of_region(row: RegionRow) -> Verdict:
    return Verdict(
        "NF3",
        "a Region lost: nothing lost",
        row.lost == 0 and row.back == row.clients,
        f"{row.back:,} of {row.clients:,} clients had news from the other Region after {_seconds(row.all_back_s)}. Of "
        f"{row.acked:,} acknowledged messages {row.copied:,} were there when it took over, {row.restored:,} were said "
        f"again by their senders' clients, {row.returned:,} came with the lost Region; {row.lost:,} are lost.",
        "How soon the loss is noticed and the other Region told to take over.",
    )


def _kept_by(p50_ms: float, p99_ms: float) -> str:
    if p99_ms <= DELIVER_MS:
        return "99 in a hundred"
    return "half of them, and not by the slowest" if p50_ms <= DELIVER_MS else "less than half of them"


def _carried(row: LoadRow) -> float:
    """Messages a second that take a default account's requests: each is a frame in, and its posts."""
    posts = sum(second.posts for second in row.seconds)
    sent = sum(second.sent for second in row.seconds)
    return DEFAULTS.request_rate / (1 + posts / sent) if sent else 0.0


def _seconds(value: float | None) -> str:
    return "none in time" if value is None else f"{value:,.1f} s"


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{who} {number:,}" for who, number in numbers.items() if number) or "nothing"
