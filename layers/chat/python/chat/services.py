"""The bundles that use cases are given: what is stored, and the world outside. Built once per function instance."""

from __future__ import annotations

from dataclasses import dataclass

from chat.buckets import TokenBuckets
from chat.coalescing import Intervals
from chat.mobile import MobilePush
from chat.pace import RoomPace
from chat.ports import Clock, Files, Ids, ModerationHook, Pause, Queue, Sockets
from chat.storage.account_jobs import AccountJobs
from chat.storage.changes import ChangeLog
from chat.storage.claims import NoticeClaims
from chat.storage.connections import ConnectionRegistry
from chat.storage.fanout_settings import FanoutSettings
from chat.storage.flag_rules import FlagRules
from chat.storage.followers import Followers
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.moves import Moves
from chat.storage.presence import PresenceBook
from chat.storage.push_subscriptions import PushBook
from chat.storage.rates import SlowMode, UserRates
from chat.storage.reactions import Reactions
from chat.storage.read_cursors import ReadCursors
from chat.storage.reports import ReportBook
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import RoomDirectory
from chat.storage.scaling import LimitSettings
from chat.storage.search_index import SearchIndex
from chat.storage.tail_access import TailAccess
from chat.storage.threads import Threads
from chat.storage.traces import Traces
from chat.storage.windows import Windows


@dataclass(frozen=True, kw_only=True)
class Fanout:
    """What reaching a room's subscribers takes."""

    connections: ConnectionRegistry
    sockets: Sockets
    queue: Queue
    settings: FanoutSettings
    windows: Windows
    tails: TailAccess
    pace: RoomPace
    """What this instance sees of rooms' rates: the one that messages are counted with."""
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """What working off the delivery queue takes."""

    fanout: Fanout
    members: Memberships
    messages: MessageLog
    changes: ChangeLog
    moves: Moves
    pause: Pause


@dataclass(frozen=True, kw_only=True)
class Protection:
    """What keeps users and rooms from each other's harm."""

    buckets: TokenBuckets
    limits: LimitSettings
    """What operators have changed of the buckets, and of the pace of rooms."""
    rates: UserRates
    rules: RuleBook
    slow_mode: SlowMode
    reports: ReportBook
    blocked_words: frozenset[str] = frozenset()
    """The stage's own, folded: in force in every room."""
    hook: ModerationHook | None = None
    hook_fails_open: bool = True
    """Whether a text is taken when the hook gave no verdict in time."""


@dataclass(frozen=True, kw_only=True)
class Notices:
    """What telling people of each other's presence, typing and reading, and of their rooms, takes."""

    rooms: RoomDirectory
    members: Memberships
    connections: ConnectionRegistry
    followers: Followers
    presence: PresenceBook
    cursors: ReadCursors
    activity_claims: NoticeClaims
    sockets: Sockets
    queue: Queue
    """Of notices that wait: not the one of messages."""
    recent: Intervals
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What noticing that a room has got further takes."""

    rooms: RoomDirectory
    claims: NoticeClaims
    queue: Queue
    """Of notices."""
    recent: Intervals
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Services:
    """What a command needs to be carried out and its message to reach everybody."""

    rooms: RoomDirectory
    members: Memberships
    messages: MessageLog
    search_index: SearchIndex
    changes: ChangeLog
    reactions: Reactions
    threads: Threads
    pace: RoomPace
    change_pace: RoomPace
    """As `pace`, of changes to messages."""
    protection: Protection
    account_jobs: AccountJobs
    flags: FlagRules
    fanout: Fanout
    notices: Notices
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class JobOffice:
    """What asking for a job on a user's own data takes."""

    jobs: AccountJobs
    traces: Traces
    queue: Queue
    """Of slices of jobs that wait for a worker."""
    ids: Ids
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """What handing users their data, or erasing it, takes."""

    office: JobOffice

    rooms: RoomDirectory
    members: Memberships
    changes: ChangeLog
    reactions: Reactions
    search_index: SearchIndex
    reports: ReportBook
    presence: PresenceBook
    fanout: Fanout
    files: Files
    push: PushBook
    mobile: MobilePush
