"""What a load test does: a small Python file with a function `scenario(options: Options) -> Scenario`.

```python
from loadtest.load.scenario import Objective, Options, Phase, Scenario


def scenario(options: Options) -> Scenario:
    return Scenario(
        summary="One room that everybody is in.",
        users=options.users,
        phases=(Phase(options.rate, options.seconds),),
        objectives=(Objective("lost", at_most=0), Objective("deliver_p99_ms", at_most=500)),
    )
```

Knows nothing of how it is carried out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from loadtest.checker import Kind

SHIPPED = Path(__file__).parents[1] / "scenarios"
PERCENTILES = {"p50": 50.0, "p99": 99.0, "p999": 99.9}
TIMES = {
    "open": "asking for a ticket until usable",
    "ack": "due until acknowledged",
    "deliver": "due until delivered",
    "recover": "due until had by who was away",
}
PROMISES = {
    Kind.LOST: "acknowledged, and missing at a reader",
    Kind.VOIDED: "acknowledged, and found void",
    Kind.DUPLICATED: "stored or handed out twice",
    Kind.REORDERED: "against the order of acks and sends",
    Kind.CONTRADICTED: "one number with two messages",
    Kind.INVENTED: "heard, and never sent",
    Kind.UNEXPLAINED: "numbers that nobody can explain",
    Kind.SEEN_AFTER_REMOVAL: "seen after a removal",
    Kind.SEEN_AFTER_ERASURE: "seen after a deletion or erasure",
    Kind.MISCOUNTED: "unread counts that are wrong",
}
METRICS: dict[str, str] = {
    **{f"{name}_{label}_ms": f"{words}, {label}" for name, words in TIMES.items() for label in PERCENTILES},
    **{str(kind): words for kind, words in PROMISES.items()},
    "violations": "broken promises of any kind",
    "failed": "messages refused for good, or not acknowledged in time",
    "unconfirmed": "acknowledged messages that no device has heard",
    "not_audited": "devices that could not say at the end that they have everything",
    "refused": "commands answered with an error",
    "open_failed": "attempts to connect that failed",
    "cut": "sockets lost",
    "opened": "sockets opened",
    "sent": "messages that were due",
    "delivered": "messages that came, once a device",
}
"""What an objective can be about, and what each is."""


class ScenarioError(Exception):
    """A scenario that can't be run, and why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line gives to a scenario. `rate` is messages a second in all, `seconds` their duration."""

    users: int
    rate: float
    seconds: float
    open_per_s: float = 50
    """Devices that begin to connect in a second, in all."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Messages a second, in all, for some seconds; with `to_rate` changing evenly to that."""

    rate: float
    seconds: float
    to_rate: float | None = None

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.rate < 0 or (self.to_rate or 0) < 0:
            raise ScenarioError(f"A phase takes some seconds, at a rate that is not negative: {self}")

    @property
    def end_rate(self) -> float:
        """Messages a second at its end."""
        return self.rate if self.to_rate is None else self.to_rate


@dataclass(frozen=True, slots=True)
class Storm:
    """At `at_s` of the phases a `share` of all sockets, 0 to 1, is cut, and comes back as the stage advertises."""

    at_s: float
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.at_s < 0 or not 0 < self.share <= 1:
            raise ScenarioError(f"A storm comes at some second and cuts a share from 0 to 1: {self}")


@dataclass(frozen=True, slots=True)
class Objective:
    """A bound on a metric. A metric that was not measured, such as a percentile of nothing, fails it."""

    metric: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ScenarioError(f"There is no metric {self.metric!r}. There are: {', '.join(sorted(METRICS))}.")
        if self.at_most is None and self.at_least is None:
            raise ScenarioError(f"The objective on {self.metric} has no bound.")

    def holds(self, value: float | None) -> bool:
        """Whether a measured value is within the bounds; None: there is none."""
        if value is None:
            return False
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def __str__(self) -> str:
        bounds = [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        bounds += [f"≤ {self.at_most:g}"] if self.at_most is not None else []
        return f"{self.metric} {' and '.join(bounds)}"


def one_room(_device: int) -> Sequence[int]:
    """Every device follows room 0."""
    return (0,)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Devices that follow rooms, messages on a schedule, cuts, and what must hold.

    `follows` gives the indexes of the rooms that a device, 0 to `users * devices - 1`, follows: at most 9, so that
    all of its subscriptions go into one frame with `hello`. `weights`, one a room, say where messages go.
    """

    summary: str
    users: int
    devices: int = 1
    """Of each user."""
    open_per_s: float = 50
    """Devices that begin to connect in a second, in all."""
    open_at_once: int = 16
    """How many of them may be under way, in all: a local stack needs a process for each call beside others."""
    rooms: int = 1
    follows: Callable[[int], Sequence[int]] = one_room
    weights: Sequence[float] | None = None
    """None: all alike."""
    text_bytes: int = 100
    phases: tuple[Phase, ...] = ()
    storms: tuple[Storm, ...] = ()
    settle_s: float = 20
    """How long after the last message acks and holes may take."""
    audit_s: float = 60
    """How long all devices may take to make sure that they have everything."""
    objectives: tuple[Objective, ...] = ()

    def __post_init__(self) -> None:
        if min(self.users, self.devices, self.rooms, self.open_at_once) < 1 or self.open_per_s <= 0:
            raise ScenarioError("A scenario has users, devices, rooms, and a way of connecting, all above 0.")
        if self.weights is not None and (
            len(self.weights) != self.rooms or min(self.weights) < 0 or not any(self.weights)
        ):
            raise ScenarioError(f"There must be a weight for each of the {self.rooms} rooms, and not all 0.")
        if not MIN_TEXT_BYTES <= self.text_bytes <= MAX_TEXT_BYTES:
            raise ScenarioError(f"A text has {MIN_TEXT_BYTES} to {MAX_TEXT_BYTES} bytes, not {self.text_bytes}.")
        if not self.phases:
            raise ScenarioError("A scenario has at least one phase; an idle one has the rate 0.")

    @property
    def sockets(self) -> int:
        """In all."""
        return self.users * self.devices

    @property
    def seconds(self) -> float:
        """Of all phases."""
        return sum(phase.seconds for phase in self.phases)

    def rooms_of(self, device: int) -> tuple[int, ...]:
        """Indexes of the rooms that a device follows. Raises `ScenarioError` for what `follows` may not say."""
        rooms = tuple(self.follows(device))
        if len(rooms) > MAX_FOLLOWED or not all(0 <= room < self.rooms for room in rooms):
            raise ScenarioError(
                f"Device {device} follows {rooms}: at most {MAX_FOLLOWED} rooms, from 0 to {self.rooms - 1}."
            )
        return rooms


MIN_TEXT_BYTES = 60
"""A text tells the run and when it was due."""
MAX_TEXT_BYTES = 8_000
MAX_FOLLOWED = 9
"""`join` and `subscribe` for each, and `hello`, are the 20 commands that a frame may have."""


def zipf(rooms: int, exponent: float = 1.0) -> list[float]:
    """Weights by rank: the first room gets most."""
    return [1 / rank**exponent for rank in range(1, rooms + 1)]


def find(name: str) -> Path:
    """A file by its path, or one of those shipped by its name. Raises `ScenarioError`."""
    path = Path(name) if name.endswith(".py") else SHIPPED / f"{name}.py"
    if path.is_file():
        return path.resolve()
    shipped = ", ".join(sorted(each.stem for each in SHIPPED.glob("[a-z]*.py")))
    raise ScenarioError(f"There is no scenario {name!r}: give the path of a Python file, or one of {shipped}.")


def load(path: Path, options: Options) -> Scenario:
    """The scenario of a file. Raises `ScenarioError` for whatever is wrong with it."""
    made = getattr(_module(path), "scenario", None)
    if not callable(made):
        raise ScenarioError(f"{path} has no function scenario(options).")
    try:
        scenario = made(options)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error
    if not isinstance(scenario, Scenario):
        raise ScenarioError(f"scenario(options) of {path} must return a Scenario, not {type(scenario).__name__}.")
    return scenario


def rate_at(phases: Sequence[Phase], at_s: float) -> float:
    """Messages a second that are due at a time; 0 before and after."""
    ends = [0.0]
    for phase in phases:
        ends.append(ends[-1] + phase.seconds)
    for phase, (start, end) in zip(phases, pairwise(ends), strict=True):
        if start <= at_s < end:
            return phase.rate + (phase.end_rate - phase.rate) * (at_s - start) / phase.seconds
    return 0.0


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"loadtest_scenario_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ScenarioError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ScenarioError(f"{path} can't be loaded: {type(error).__name__}: {error}") from error
    return module
