"""One account and Region with one stage deployed into it, on virtual time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from chat.aws import dynamodb
from chat.caching.counts import Counts
from chat.errors import UnauthorizedError
from chat.ports import Principal
from chat.settings import Settings
from simulation.cache import MemoryShared
from simulation.cloud.disturbance import Disturbance
from simulation.cloud.figures import DEFAULTS, Figures
from simulation.cloud.functions import Access, Account, Function
from simulation.cloud.gateway import Gateway
from simulation.cloud.queues import CloudQueue, CloudTopic, Queue, Topic
from simulation.cloud.scheduler import Scheduler, SchedulerClock
from simulation.cloud.sockets import CloudSockets
from simulation.cloud.stage import FUNCTIONS, QUEUES, FunctionSpec
from simulation.cloud.streams import Stream, is_membership, is_new_entry
from simulation.cloud.tables import CloudTable, StoredTable
from simulation.cloud.tier import CloudTier
from simulation.outbound import MemoryMobile
from simulation.world import MemoryFiles

TABLES = ("rooms", "messages", "connections")

REGION = "us-east-1"
"""Where a stage of one Region is."""


class Trace:
    """What happened, line by line: as text where it is kept, and always as a digest."""

    def __init__(self, *, kept: bool) -> None:
        self.lines: list[tuple[int, str, str, str]] = []
        self._kept = kept
        self._digest = hashlib.sha256()

    def add(self, at_us: int, who: str, what: str, more: str) -> None:
        """One line."""
        self._digest.update(f"{at_us} {who} {what} {more}\n".encode())
        if self._kept:
            self.lines.append((at_us, who, what, more))

    @property
    def digest(self) -> str:
        """The same for the same run, and for no other."""
        return self._digest.hexdigest()


class Cloud:
    """See the package. `fanout` are thresholds as a stage is told them; `tier` is whether it has a shared cache."""

    def __init__(
        self,
        seed: int | str,
        *,
        figures: Figures = DEFAULTS,
        disturbance: Disturbance | None = None,
        trace: Trace | None = None,
        fanout: str = "",
        tier: bool = False,
        user_limit: tuple[int, int] = (20, 200),
        region: str = REGION,
        regions: Sequence[str] = (),
        scheduler: Scheduler | None = None,
    ) -> None:
        """`region` is where it is, one of the stage's `regions`, none for a stage of one; they share a scheduler."""
        self.region = region
        self.regions = tuple(regions)
        self.lost = False
        """Whether the whole Region is out of reach."""
        self.figures = figures
        self.disturbance = disturbance or Disturbance()
        self.trace = trace
        self.scheduler = scheduler or Scheduler(seed)
        self.clock = SchedulerClock(self.scheduler)
        self.counts: Counter[tuple[str, str, str]] = Counter()
        """Calls, throttles and conflicts, by service and operation."""
        self.cache_counts: Counter[str] = Counter()
        """Hits and misses of caches, as `chat.caching.counts` names them."""
        self.account = Account(figures.concurrency)
        self.tables = {name: StoredTable(name, self.scheduler, figures) for name in TABLES}
        self.shared = MemoryShared(self.clock) if tier else None
        self.files = MemoryFiles()
        self._ids = 0
        self._fanout = fanout
        self._user_limit = user_limit
        self.functions = {spec.handler: Function(self, spec) for spec in FUNCTIONS}
        self.queues = {spec.name: Queue(self, spec, self.functions[spec.worker]) for spec in QUEUES}
        self.topic = Topic(self, list(self.queues.values()))
        self.gateway = Gateway(self)
        outbox = self.functions["message.outbox"]
        messages = Stream(self, "messages", outbox, is_new_entry)
        memberships = Stream(self, "rooms", outbox, is_membership, old_images=True)
        self.tables["messages"].listeners.append(messages.tell)
        self.tables["rooms"].listeners.append(memberships.tell)

    def new_id(self) -> str:
        """A name that was not given before."""
        self._ids += 1
        return f"{self._ids:08x}"

    def note(self, who: str, what: str, more: str) -> None:
        """Something that whoever reads the trace should know."""
        if self.trace is not None:
            self.trace.add(self.scheduler.now_us, who, what, more)

    def count(self, what: str, service: str, operation: str) -> None:
        """One more."""
        self.counts[what, service, operation] += 1
        if self.trace is not None and what == "calls":
            self.trace.add(self.scheduler.now_us, service, operation, "")

    def lose(self) -> None:
        """The Region fails, with all that runs in it. Its tables keep what they have."""
        self.lost = True
        self.note(self.region, "region", "lost")
        self.gateway.lose()
        for function in self.functions.values():
            function.lose()

    def give_back(self) -> None:
        """It works again: queues and streams go on where they were."""
        self.lost = False
        self.note(self.region, "region", "is back")
        for queue in self.queues.values():
            queue.resume()

    def close(self) -> None:
        """Ends what still runs, so that nothing of it outlives the simulation."""
        for function in self.functions.values():
            function.abandon()

    def modules_for(self, access: Access, spec: FunctionSpec) -> Mapping[str, Any]:
        """What an instance has in the place of modules that reach AWS, the machine's time or its chance."""
        settings = self._settings(spec)
        runtime = SimpleNamespace(region=self.region, endpoint_url=None, certificates=None)
        return {
            "time": _time(access),
            "secrets": _secrets(self),
            "chat.log": SimpleNamespace(invocations=lambda handler: handler),
            "chat.settings": SimpleNamespace(
                Settings=SimpleNamespace(from_env=lambda: settings),
                Runtime=SimpleNamespace(from_env=lambda: runtime),
            ),
            "chat.aws.credential_sources": SimpleNamespace(read=lambda _runtime: None),
            "chat.aws.client": SimpleNamespace(AwsClient=lambda **_options: access),
            "chat.aws.dynamodb": SimpleNamespace(DynamoDbTable=CloudTable, from_attributes=dynamodb.from_attributes),
            "chat.aws.queues": SimpleNamespace(SqsQueue=CloudQueue, SnsTopic=CloudTopic),
            "chat.aws.sockets": SimpleNamespace(ApiGatewaySockets=CloudSockets),
            "chat.aws.valkey": SimpleNamespace(Valkey=lambda _url: self.shared),
            "chat.aws.valkey_tier": SimpleNamespace(
                ValkeyTier=lambda store, _prefix, _clock, counts: CloudTier(access, store, counts)
            ),
            "chat.aws.cache_signals": SimpleNamespace(Crowds=_Crowds, Reporter=self._reporter),
            "chat.aws.secrets": SimpleNamespace(verifier=TokenNames),
            "chat.aws.files": SimpleNamespace(files=lambda: self.files),
            "chat.aws.mobile": SimpleNamespace(mobile=MemoryMobile),
        }

    def _reporter(self, counts: Counts, _clock: object, _stage: str) -> SimpleNamespace:
        return SimpleNamespace(report=lambda: self.cache_counts.update(counts.take()))

    def _settings(self, spec: FunctionSpec) -> Settings:
        values = {
            **{f"{name}_table": name for name in TABLES},
            "connections_url": "https://connections",
            "websocket_url": f"wss://{self.gateway.domain}/simulated",
            "delivery_queue_url": "delivery",
            "notices_queue_url": "notices",
            "jobs_queue_url": "jobs",
            "events_topic_arn": "topic",
            "media_bucket": "media",
            "session_secret_arn": "secret",
            "user_rate_per_s": str(self._user_limit[0]),
            "user_burst": str(self._user_limit[1]),
        }
        wanted = spec.settings
        if self.regions and spec.handler == "message.outbox":
            wanted += ("rooms_table", "messages_table")  # to receive what comes from other Regions
        given = {name: values[name] for name in wanted}
        cache_url = "rediss://tier" if self.shared is not None and spec.handler == "message.command" else None
        regions = ",".join(self.regions) or None
        return Settings(stage="simulated", regions=regions, fanout=self._fanout or None, cache_url=cache_url, **given)


class TokenNames:
    """Bearer tokens are `USER/NAME` here: who signs in how is not what is simulated."""

    def verify(self, token: str) -> Principal:
        """Raises `UnauthorizedError` for what is no such token."""
        user, slash, name = token.partition("/")
        if not (user and slash and name):
            raise UnauthorizedError("That is no token.")
        return Principal(user, name)


class _Crowds:
    """Nobody warms rooms here: `chat.upkeep` is not simulated."""

    def __init__(self, queue: object) -> None:
        del queue

    def __call__(self, room: str) -> None:
        """Nothing."""


def _time(access: Access) -> SimpleNamespace:
    """`time` for one instance: to sleep is to be suspended."""
    scheduler = access.cloud.scheduler
    return SimpleNamespace(
        time=lambda: scheduler.now_us / 1e6,
        time_ns=lambda: scheduler.now_us * 1_000,
        monotonic=lambda: scheduler.now_us / 1e6,
        sleep=lambda duration_s: access.wait(int(duration_s * 1e6)),
        perf_counter=lambda: scheduler.now_us / 1e6,
    )


def _secrets(cloud: Cloud) -> SimpleNamespace:
    """`secrets` that repeats."""
    chance = cloud.scheduler.chance
    return SimpleNamespace(
        token_urlsafe=lambda size_bytes: f"{chance.getrandbits(8 * size_bytes):x}"[:32],
        randbelow=chance.randrange,
    )
