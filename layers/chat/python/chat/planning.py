"""How a frame reaches a room: at once, by slices, once a window or by its tail; and what it goes without. Pure.

A room's load is what its messages would cost if each was posted by itself: messages a second, times the sockets that
follow the room, times the units of 32 KB that API Gateway bills for each. An account takes 10,000 posts a second unless
it asks for more (quota L-8A5B8E43), so that is what the thresholds are measured against.

Where a room goes up at a threshold it comes down again only below `RELEASE` of it: a room at its edge stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

Tier = Literal["direct", "slices", "coalesced", "tail"]
Step = Literal["full", "no_typing", "no_receipts", "counts_only", "digest"]
Notice = Literal["typing", "receipts", "presence", "activity"]

STEPS: tuple[Step, ...] = ("full", "no_typing", "no_receipts", "counts_only", "digest")
"""Each goes without what those before it go without."""

FRAME_BYTES = 32 * 1024
"""What API Gateway bills as one message; frames for a connection are joined up to this."""

SLICE = 100
"""Subscriptions that one Query reads and one call posts to."""

MAX_SHARDS = 1_024
"""Shards of 100 sockets, up to 100,000 in a room; above it they grow longer."""

RELEASE = 0.7

LEAST_RATE_PER_S = 5.0
"""Below it a window would hold one message only: coalescing would cost 40 ms and save nothing."""

ALWAYS_DIRECT = 10
"""Sockets up to which nobody looks at thresholds, tiers or rates: posting to them is as cheap as looking."""

MOST_DIRECT = 1_000
"""What one function may post to while a sender waits: about a tenth of a second (`docs/performance.md`)."""

LEAST_WINDOW_MS, MOST_WINDOW_MS = 10, 5_000
MOST_DIGESTED = 50

_SILENCED: dict[Notice, Step] = {"typing": "no_typing", "receipts": "no_receipts", "presence": "counts_only"}
"""Activity is not among them: it costs a room the same however much is said there."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where a stage changes its ways. Raises `ValueError` with what to change for values that make no sense."""

    direct: int = 100
    """Sockets up to which the sender's own function posts to a room."""
    tail: int = 10_000
    """Sockets above which nothing is posted: clients follow the room's tail (`chat.tails`), however much is said."""
    coalesce: int = 2_000
    """Load from which messages are posted once a window; so are the steps' that follow."""
    no_typing: int = 2_000
    no_receipts: int = 4_000
    counts_only: int = 6_000
    digest: int = 20_000
    window_ms: int = 40
    """The shortest window; it grows with the load."""
    longest_window_ms: int = 100
    digest_ms: int = 1_000
    """The window of a digest."""
    digest_messages: int = 20
    """The newest messages of a window that are in it; of others it says the numbers."""

    def __post_init__(self) -> None:
        if not ALWAYS_DIRECT <= self.direct <= MOST_DIRECT:
            raise ValueError(f"direct is {ALWAYS_DIRECT} to {MOST_DIRECT}.")
        if self.tail <= self.direct:
            raise ValueError("tail is above direct: a room that its senders post to needs no tail.")
        if not 1 <= self.coalesce <= self.digest:
            raise ValueError("coalesce is 1 or more, and not above digest: a digest is of windows.")
        if not 1 <= self.no_typing <= self.no_receipts <= self.counts_only <= self.digest:
            raise ValueError("no_typing, no_receipts, counts_only and digest are 1 or more, and none below another.")
        if not LEAST_WINDOW_MS <= self.window_ms <= self.longest_window_ms <= self.digest_ms <= MOST_WINDOW_MS:
            raise ValueError(f"{LEAST_WINDOW_MS} <= window_ms <= longest_window_ms <= digest_ms <= {MOST_WINDOW_MS}.")
        if not 1 <= self.digest_messages <= MOST_DIGESTED:
            raise ValueError(f"digest_messages is 1 to {MOST_DIGESTED}.")

    def but(self, changes: dict[str, object]) -> Self:
        """These with some values changed. Raises `ValueError` for a name that is none and a value that is no number."""
        unknown = changes.keys() - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"There is no threshold {', '.join(sorted(unknown))}.")
        numbers: dict[str, int] = {}
        for name, value in changes.items():
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} is a whole number.")  # noqa: TRY004 - one error for all that is wrong
            numbers[name] = value
        return replace(self, **numbers)

    @classmethod
    def parse(cls, text: str) -> Self:
        """`direct=50,coalesce=1000`: the defaults with these values changed; raises as `but`."""
        changes: dict[str, object] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = part.partition("=")
            changes[name.strip()] = int(value) if value.strip().isdecimal() else value
        return cls().but(changes)


@dataclass(frozen=True)
class Plan:
    """How a frame goes to a room, and which of the `STEPS` is in force. `window_ms` is 0 where nothing waits."""

    tier: Tier = "direct"
    step: Step = "full"
    window_ms: int = 0

    @property
    def busy(self) -> bool:
        """Whether the room is anything that has to end some day."""
        return self.reviewed or self.step != "full"

    @property
    def reviewed(self) -> bool:
        """Whether it ends by a review only; and nobody has to be known by name until then."""
        return self.tier in {"coalesced", "tail"}


QUIET = Plan()


def plan(online: int, rate_per_s: float, size_bytes: int, before: Plan, thresholds: Thresholds) -> Plan:
    """What `online` sockets get at `rate_per_s` messages of `size_bytes` each, where `before` was in force."""
    load = load_of(online, rate_per_s, size_bytes)
    step = STEPS[
        _level(
            load,
            STEPS.index(before.step),
            (thresholds.no_typing, thresholds.no_receipts, thresholds.counts_only, thresholds.digest),
        )
    ]
    if _level(online, int(before.tier == "tail"), (thresholds.tail + 1,)):
        # A tail has every message: nothing is left out of it as of a digest.
        return Plan("tail", min(step, "counts_only", key=STEPS.index))
    hot = before.tier == "coalesced" or before.step == "digest"
    frequent = rate_per_s >= LEAST_RATE_PER_S * (RELEASE if hot else 1)
    if step == "digest":
        return Plan("coalesced", step, thresholds.digest_ms)
    if frequent and _level(load, int(hot), (thresholds.coalesce,)):
        wanted_ms = round(thresholds.window_ms * load / thresholds.coalesce)
        return Plan("coalesced", step, max(thresholds.window_ms, min(wanted_ms, thresholds.longest_window_ms)))
    return Plan(_still(online, before, thresholds), step)


def load_of(online: int, rate_per_s: float, size_bytes: int) -> float:
    """Billed posts a second, if each message was posted by itself."""
    return online * rate_per_s * frames_of(size_bytes)


def posts_per_s(planned: Plan, online: int, rate_per_s: float, size_bytes: int) -> float:
    """Billed posts a second of a plan; in a digest of everything that fits into one."""
    if planned.tier == "tail":
        return 0
    if planned.tier != "coalesced":
        return load_of(online, rate_per_s, size_bytes)
    windows_per_s = 1_000 / planned.window_ms
    # A frame is begun by each window, and by what does not fit into the one before.
    units_per_s = windows_per_s + rate_per_s * size_bytes * 2 / FRAME_BYTES
    return min(online * units_per_s, load_of(online, rate_per_s, size_bytes))


def frames_of(size_bytes: int) -> int:
    """Units of 32 KB that a frame is billed as."""
    return max(1, -(-size_bytes // FRAME_BYTES))


def tells(step: Step, notice: Notice) -> bool:
    """Whether a room gets notices of this kind."""
    return notice not in _SILENCED or STEPS.index(step) < STEPS.index(_SILENCED[notice])


def shards_for(online: int, before: int) -> int:
    """Shards that a room's subscriptions are written to: a power of two, so that each doubling halves every shard.

    A shard is to have one slice at most. It has half of one before there are fewer again.
    """
    wanted = 1
    while wanted < MAX_SHARDS and online > wanted * SLICE:
        wanted *= 2
    return before if wanted * 2 == before and online > before * SLICE // 4 else wanted


def _still(online: int, before: Plan, thresholds: Thresholds) -> Tier:
    """The tier of a room that is neither hot nor very large, by its size alone."""
    large = before.tier in {"slices", "tail"}
    return "slices" if _level(online, int(large), (thresholds.direct + 1,)) else "direct"


def _level(value: float, before: int, limits: Sequence[int]) -> int:
    """How many of the ascending limits are reached; those of `before` count as long as `RELEASE` of them is."""
    entered = sum(value >= limit for limit in limits)
    kept = sum(value >= limit * RELEASE for limit in limits)
    return max(entered, min(before, kept))
