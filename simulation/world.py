"""The rest of the world in memory: sockets, queue, topic, time, and the services that run on them."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chat.buckets import TokenBuckets
from chat.caching.shared import Shared
from chat.caching.tiers import Tiers
from chat.coalescing import Intervals
from chat.pace import CHANGES_PER_S, RoomPace
from chat.planning import Thresholds
from chat.ports import POSTING_MS, Event, Outcome, Posting, Principal, Sender, Verdict
from chat.purging import Purging
from chat.services import (
    Accounts,
    Activity,
    Arrivals,
    Deliveries,
    Fanout,
    JobOffice,
    Notices,
    Protection,
    Regions,
    Services,
)
from chat.sessions import RECONNECT
from chat.storage import keys
from chat.storage.account_jobs import AccountJobs
from chat.storage.changes import ChangeLog
from chat.storage.claims import NoticeClaims
from chat.storage.connections import ConnectionRegistry, TicketOffice
from chat.storage.counters import Counters
from chat.storage.fanout_settings import FanoutSettings
from chat.storage.flag_rules import FlagRules
from chat.storage.followers import Followers
from chat.storage.homes import Homes
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.moves import Moves
from chat.storage.presence import PresenceBook
from chat.storage.purge_budget import PurgeBudget
from chat.storage.push_subscriptions import PushBook
from chat.storage.rates import SAMPLED, SlowMode, UserRates
from chat.storage.reactions import Reactions
from chat.storage.read_cursors import ReadCursors
from chat.storage.reports import ReportBook
from chat.storage.returned import ReturnedMessages
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import RoomDirectory
from chat.storage.scaling import LimitSettings
from chat.storage.search_index import SearchIndex
from chat.storage.tail_access import TailAccess
from chat.storage.threads import Threads
from chat.storage.traces import Traces
from chat.storage.vouchers import Vouchers
from chat.storage.windows import Windows
from simulation.outbound import MemoryMobile
from simulation.table import MemoryTable

START_MS = 1_790_000_000_000
DEFAULTS = Thresholds()


@dataclass
class ManualClock:
    """Time that passes when it is told to."""

    at_ms: int = START_MS

    def now_ms(self) -> int:
        """Now."""
        return self.at_ms

    def pass_ms(self, duration_ms: int) -> None:
        """Lets time pass."""
        self.at_ms += duration_ms


@dataclass
class CountedIds:
    """Names in order: id-1, id-2 and so on."""

    made: int = 0

    def new(self) -> str:
        """The next one."""
        self.made += 1
        return f"id-{self.made}"


@dataclass
class MemorySockets:
    """Sockets that remember what they were sent, each frame of a list; what a connection answers can be set."""

    received: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    posts: int = 0
    """Frames that were delivered, a list for one."""
    answers: dict[str, Outcome] = field(default_factory=dict)
    retried: list[bool] = field(default_factory=list)
    """Of each call, whether what failed was to be tried again."""

    def post(
        self,
        connection_ids: Sequence[str],
        frame: bytes,
        *,
        retry: bool = True,
        within_ms: int = POSTING_MS,  # noqa: ARG002
    ) -> dict[str, Outcome]:
        """Sends one frame to each, as often as it is named; what an answer is set to, it is at each attempt.

        It takes no time, so there is always enough of it.
        """
        self.retried.append(retry)
        for name in connection_ids:
            if self.answers.get(name, Outcome.DELIVERED) is Outcome.DELIVERED:
                self.posts += 1
                content = json.loads(frame)
                self.received[name] += content if isinstance(content, list) else [content]
        return {name: self.answers.get(name, Outcome.DELIVERED) for name in connection_ids}

    def heard(self, connection: str, kind: str = "message") -> list[Any]:
        """The frames of one type that a connection was sent."""
        return [frame for frame in self.received.get(connection, []) if frame["type"] == kind]

    def listeners(self, kind: str = "message") -> set[str]:
        """The connections that were sent a frame of this type."""
        return {connection for connection in self.received if self.heard(connection, kind)}


@dataclass
class MemoryQueue:
    """Bodies in the order they came."""

    bodies: list[bytes] = field(default_factory=list)
    delays_s: list[int] = field(default_factory=list)
    """Of each body so far. They are not waited for."""

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """Enqueues."""
        self.bodies += bodies
        self.delays_s += [delay_s] * len(bodies)


@dataclass
class MemoryTopic:
    """Events in the order they came."""

    events: list[Event] = field(default_factory=list)

    def publish(self, events: Sequence[Event]) -> list[bool]:
        """Takes all."""
        self.events += events
        return [True] * len(events)


@dataclass
class MemoryFiles:
    """Objects by key."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        """The object."""
        return self.objects.get(key)

    def parts(self, key: str) -> Iterator[bytes] | None:
        """The object, in two parts."""
        body = self.objects.get(key)
        half = len(body or b"") // 2
        return None if body is None else iter([body[:half], body[half:]])

    def put(self, key: str, body: bytes, content_type: str) -> None:  # noqa: ARG002  # nothing serves it
        """Stores it."""
        self.objects[key] = body

    @contextmanager
    def write(self, key: str, content_type: str) -> Iterator[io.BytesIO]:
        """Stores what was written, unless that failed."""
        sink = io.BytesIO()
        yield sink
        self.put(key, sink.getvalue(), content_type)

    def remove(self, keys: Sequence[str]) -> None:
        """Removes them."""
        for key in keys:
            self.objects.pop(key, None)

    def remove_below(self, prefix: str) -> None:
        """Removes all of them."""
        for key in [key for key in self.objects if key.startswith(prefix)]:
            del self.objects[key]

    def link(self, key: str, *, expires_in_s: int) -> str:
        """An address that says what it gives, and for how long."""
        return f"memory:{key}?expires_in_s={expires_in_s}"


@dataclass
class MemoryEdge:
    """A cache that remembers what it was told to forget."""

    forgotten: list[str] = field(default_factory=list)

    def forget(self, keys: Sequence[str]) -> None:
        """Forgets them."""
        self.forgotten += keys


@dataclass
class EveryTenth:
    """Samples as often as chance does, but regularly."""

    asked: int = 0

    def __call__(self) -> bool:
        """Whether this is a tenth one."""
        self.asked += 1
        return self.asked % SAMPLED == 0


@dataclass
class MemoryHook:
    """A moderation hook that says of everything what it is set to, and remembers what it was asked."""

    verdict: Verdict | None = field(default_factory=lambda: Verdict(allowed=True))
    asked: list[Posting] = field(default_factory=list)

    def judge(self, posting: Posting) -> Verdict | None:
        """The verdict that is set."""
        self.asked.append(posting)
        return self.verdict


class World:
    """One stage in memory."""

    def __init__(
        self,
        *,
        user_rate_per_s: int = 1_000,
        user_burst: int = 100_000,
        thresholds: Thresholds = DEFAULTS,
        shared: Shared | None = None,
        regions: Sequence[str] = (),
        region: str = "",
    ) -> None:
        """Users may send as much as no test does, unless it asks for less: time stands still between commands.

        `shared` is the tier that function instances share, None for a stage without one. `region` is where this is, one
        of the stage's `regions`; none for a stage of one.
        """
        self.clock, self.ids = ManualClock(), CountedIds()
        self.tiers = Tiers(self.clock, shared)
        self.rooms_table, self.messages_table, self.connections_table = MemoryTable(), MemoryTable(), MemoryTable()
        self.sockets, self.queue, self.topic = MemorySockets(), MemoryQueue(), MemoryTopic()
        self.notices_queue, self.jobs_queue, self.files = MemoryQueue(), MemoryQueue(), MemoryFiles()
        self.homes = Homes(self.rooms_table, self.clock, regions, region) if regions else None
        self.edge_cache, self.mobile = MemoryEdge(), MemoryMobile()
        budget = PurgeBudget(self.rooms_table, per_day=1_000)
        self.purging = Purging(edge_cache=self.edge_cache, budget=budget, clock=self.clock)
        connections = ConnectionRegistry(self.connections_table)
        self.tickets = TicketOffice(self.connections_table)
        rooms, pace = RoomDirectory(self.rooms_table, self.tiers), RoomPace()
        members = Memberships(self.rooms_table, self.tiers)
        activity_claims = NoticeClaims(self.rooms_table, self.clock, keys.activity_notice)
        self.activity = Activity(
            rooms=rooms, claims=activity_claims, queue=self.notices_queue, recent=Intervals(), clock=self.clock
        )
        self.services = Services(
            rooms=rooms,
            members=members,
            messages=MessageLog(self.messages_table, self.tiers, self.homes),
            search_index=SearchIndex(self.messages_table),
            changes=ChangeLog(self.messages_table, self.homes),
            reactions=Reactions(self.messages_table),
            threads=Threads(self.messages_table),
            pace=pace,
            change_pace=RoomPace(CHANGES_PER_S),
            protection=Protection(
                buckets=TokenBuckets(user_rate_per_s, user_burst),
                limits=LimitSettings(self.rooms_table, self.clock),
                rates=UserRates(self.rooms_table, EveryTenth()),
                rules=RuleBook(self.rooms_table, self.tiers),
                slow_mode=SlowMode(self.rooms_table),
                reports=ReportBook(self.rooms_table),
            ),
            account_jobs=AccountJobs(self.rooms_table),
            flags=FlagRules(self.rooms_table, self.clock),
            fanout=Fanout(
                connections=connections,
                sockets=self.sockets,
                queue=self.queue,
                settings=FanoutSettings(self.rooms_table, self.clock, thresholds),
                windows=Windows(self.connections_table),
                tails=TailAccess(self.messages_table, self.clock, self.ids),
                pace=pace,
                clock=self.clock,
            ),
            reconnection=RECONNECT,
            notices=Notices(
                rooms=rooms,
                members=members,
                connections=connections,
                followers=Followers(self.connections_table, self.clock),
                presence=PresenceBook(self.connections_table),
                cursors=ReadCursors(self.rooms_table, self.clock),
                activity_claims=activity_claims,
                sockets=self.sockets,
                queue=self.notices_queue,
                recent=Intervals(),
                clock=self.clock,
            ),
            clock=self.clock,
            regions=self._regions(self.homes) if self.homes else None,
        )

    def _regions(self, homes: Homes) -> Regions:
        returned = ReturnedMessages(self.messages_table, Counters(self.messages_table, homes))
        return Regions(homes=homes, vouchers=Vouchers(self.messages_table, self.ids), returned=returned)

    @property
    def arrivals(self) -> Arrivals:
        """What receiving another Region's entries takes, in a stage of several."""
        regions, services = self.services.regions, self.services
        if regions is None:
            raise ValueError("This is a stage of one Region.")
        return Arrivals(homes=regions.homes, returned=regions.returned, changes=services.changes, clock=self.clock)

    @property
    def desk(self) -> Deliveries:
        """What the delivery queue is worked off with: the same stage. To wait is to let time pass."""
        return Deliveries(
            fanout=self.services.fanout,
            members=self.services.members,
            messages=self.services.messages,
            changes=self.services.changes,
            moves=Moves(self.connections_table),
            pause=self.clock.pass_ms,
        )

    @property
    def accounts(self) -> Accounts:
        """What jobs on users' own data run on: the same stage, seen from away from the hot path."""
        services = self.services
        return Accounts(
            office=JobOffice(
                jobs=services.account_jobs,
                traces=Traces(self.rooms_table),
                queue=self.jobs_queue,
                ids=self.ids,
                clock=self.clock,
            ),
            rooms=services.rooms,
            members=services.members,
            changes=services.changes,
            reactions=services.reactions,
            search_index=services.search_index,
            reports=services.protection.reports,
            presence=services.notices.presence,
            fanout=services.fanout,
            files=self.files,
            push=PushBook(self.rooms_table),
            mobile=self.mobile,
        )

    def connect(self, user: str, *, connection: str | None = None) -> Sender:
        """An open socket of `user`, whose name is the id with a capital."""
        sender = Sender(user=user, name=user.capitalize(), connection=connection or f"{user}-1")
        self.services.fanout.connections.open(sender.connection, Principal(user, sender.name), self.clock.now_ms())
        return sender
