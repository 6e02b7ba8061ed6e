"""Puts the pieces together for one function instance: settings and runtime in, adapters and use cases out.

Every function below is called once per instance and remembers its result, so that connections are kept between
invocations. A function calls only what it needs, and needs only the settings of what it calls.
"""

from __future__ import annotations

import secrets
import time
from functools import cache

from chat.aws import credential_sources
from chat.aws.cache_signals import Crowds, Reporter
from chat.aws.certificates import CERTIFICATES
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.hooks import hook_at
from chat.aws.parameters import read_secret
from chat.aws.queues import SnsTopic, SqsQueue
from chat.aws.sockets import ApiGatewaySockets
from chat.aws.time_left import TimeLeft
from chat.buckets import TokenBuckets
from chat.caching.counts import Counts
from chat.caching.shared import Shared
from chat.caching.tiers import Tiers
from chat.coalescing import Intervals
from chat.colours import base_url
from chat.operators import Door, named
from chat.pace import CHANGES_PER_S, RoomPace
from chat.planning import Thresholds
from chat.ports import ModerationHook
from chat.protocol import Reconnection
from chat.services import Activity, Arrivals, Deliveries, Fanout, JobOffice, Notices, Protection, Regions, Services
from chat.sessions import RECONNECT, window_for
from chat.settings import Runtime, Settings
from chat.storage import keys
from chat.storage.account_jobs import AccountJobs
from chat.storage.answers import AnswerBook
from chat.storage.changes import ChangeLog
from chat.storage.claims import NoticeClaims
from chat.storage.colour import ColourBook
from chat.storage.connections import ConnectionRegistry, TicketOffice
from chat.storage.counters import Counters
from chat.storage.fanout_settings import FanoutSettings
from chat.storage.flag_rules import FlagRules
from chat.storage.followers import Followers
from chat.storage.homes import Homes
from chat.storage.memberships import Memberships
from chat.storage.messages import MessageLog
from chat.storage.moves import Moves
from chat.storage.nonces import NonceOffice
from chat.storage.presence import PresenceBook
from chat.storage.purge_budget import PurgeBudget
from chat.storage.rates import SAMPLED, SlowMode, UserRates
from chat.storage.reactions import Reactions
from chat.storage.read_cursors import ReadCursors
from chat.storage.read_logs import ReadLogs
from chat.storage.reports import ReportBook
from chat.storage.returned import ReturnedMessages
from chat.storage.room_rules import RuleBook
from chat.storage.rooms import RoomDirectory
from chat.storage.scaling import LimitSettings
from chat.storage.search_index import SearchIndex
from chat.storage.tail_access import TailAccess
from chat.storage.threads import Threads
from chat.storage.traces import Traces
from chat.storage.upload_quotas import UploadQuotas
from chat.storage.vouchers import Vouchers
from chat.storage.windows import Windows


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class RandomIds:
    """The operating system's randomness."""

    def new(self) -> str:
        """24 bytes, 32 characters."""
        return secrets.token_urlsafe(24)


@cache
def settings() -> Settings:
    """What this function was told about its stage."""
    return Settings.from_env()


@cache
def client() -> AwsClient:
    """This instance's signed HTTP client."""
    runtime = Runtime.from_env()
    return AwsClient(
        region=runtime.region,
        credentials=credentials(),
        endpoint_url=runtime.endpoint_url,
        renew=credentials,
        certificates=runtime.certificates or CERTIFICATES,
        time_left=time_left(),
    )


def credentials() -> Credentials:
    """What the runtime says at the moment: not remembered, because it changes."""
    return credential_sources.read(Runtime.from_env())


@cache
def time_left() -> TimeLeft:
    """Of the invocation at hand, where its function has said when it began."""
    return TimeLeft()


@cache
def clock() -> SystemClock:
    """Real time."""
    return SystemClock()


def pause(duration_ms: int) -> None:
    """Waits, in real time."""
    time.sleep(duration_ms / 1_000)


@cache
def ids() -> RandomIds:
    """Unguessable names."""
    return RandomIds()


@cache
def cache_counts() -> Counts:
    """What is counted of this instance's tiers."""
    return Counts()


@cache
def shared_tier() -> Shared | None:
    """What the stage's function instances share, None where this one has no part in it."""
    url = settings().cache_url
    if not url:
        return None
    from chat.aws.valkey import Valkey  # noqa: PLC0415 - no other function pays for sockets
    from chat.aws.valkey_tier import ValkeyTier  # noqa: PLC0415

    return ValkeyTier(Valkey(url), f"chat:{settings().stage}", clock(), cache_counts())


@cache
def tiers() -> Tiers:
    """What this instance keeps of the tables."""
    tiers = Tiers(clock(), shared_tier(), cache_counts(), pause)
    if settings().cache_queue_url:
        tiers.crowded = Crowds(SqsQueue(client(), settings().need("cache_queue_url")))
    return tiers


@cache
def cache_reporter() -> Reporter:
    """How CloudWatch is told what is counted of them."""
    return Reporter(cache_counts(), clock(), settings().stage)


@cache
def rooms_table() -> DynamoDbTable:
    """Rooms, members, and what the stage's own rows are."""
    return DynamoDbTable(client(), settings().need("rooms_table"))


@cache
def messages_table() -> DynamoDbTable:
    """Messages, and what belongs to them."""
    return DynamoDbTable(client(), settings().need("messages_table"))


@cache
def connections_table() -> DynamoDbTable:
    """Sockets, and what is forgotten by itself."""
    return DynamoDbTable(client(), settings().need("connections_table"))


@cache
def rooms() -> RoomDirectory:
    """The rooms of the stage."""
    return RoomDirectory(rooms_table(), tiers())


@cache
def members() -> Memberships:
    """Who is in which room."""
    return Memberships(rooms_table(), tiers())


@cache
def messages() -> MessageLog:
    """The logs of the stage."""
    return MessageLog(messages_table(), tiers(), homes())


@cache
def changes() -> ChangeLog:
    """The changes to messages of the stage."""
    return ChangeLog(messages_table(), homes())


@cache
def homes() -> Homes | None:
    """Which Region numbers, None in a stage of one."""
    regions = settings().regions
    if not regions:
        return None
    return Homes(rooms_table(), clock(), regions.split(","), Runtime.from_env().region)


@cache
def arrivals() -> Arrivals | None:
    """What receiving another Region's entries takes, None in a stage of one."""
    known = homes()
    return Arrivals(homes=known, returned=returned(), changes=changes(), clock=clock()) if known else None


@cache
def returned() -> ReturnedMessages:
    """Messages that another Region has numbered."""
    return ReturnedMessages(messages_table(), Counters(messages_table(), homes()))


@cache
def regions() -> Regions | None:
    """What a stage in several Regions has beside all else, None in a stage of one."""
    known = homes()
    if known is None:
        return None
    return Regions(homes=known, vouchers=Vouchers(messages_table(), ids()), returned=returned())


@cache
def reactions() -> Reactions:
    """The reactions of the stage."""
    return Reactions(messages_table())


@cache
def search_index() -> SearchIndex:
    """The words of the stage's messages."""
    return SearchIndex(messages_table())


@cache
def connections() -> ConnectionRegistry:
    """The open sockets of the stage."""
    return ConnectionRegistry(connections_table())


@cache
def tickets() -> TicketOffice:
    """The tickets of the stage."""
    return TicketOffice(connections_table())


@cache
def colour_book() -> ColourBook:
    """Which stage of the API new sockets open on."""
    return ColourBook(connections_table(), clock())


def websocket_url() -> str:
    """Where sockets open now, without a ticket."""
    return base_url(settings().need("websocket_url"), colour_book().in_force())


@cache
def nonces() -> NonceOffice:
    """The nonces of wallet sign-in."""
    return NonceOffice(connections_table())


@cache
def sockets() -> ApiGatewaySockets:
    """Where frames are posted."""
    return ApiGatewaySockets(client(), settings().need("connections_url"))


@cache
def deliveries() -> SqsQueue:
    """The delivery queue."""
    return SqsQueue(client(), settings().need("delivery_queue_url"))


@cache
def notices_queue() -> SqsQueue:
    """The queue of notices."""
    return SqsQueue(client(), settings().need("notices_queue_url"))


@cache
def notices() -> Notices:
    """What telling people of each other takes."""
    return Notices(
        rooms=rooms(),
        members=members(),
        connections=connections(),
        followers=Followers(connections_table(), clock()),
        presence=PresenceBook(connections_table()),
        cursors=ReadCursors(rooms_table(), clock()),
        activity_claims=activity_claims(),
        sockets=sockets(),
        queue=notices_queue(),
        recent=Intervals(),
        clock=clock(),
    )


@cache
def activity_claims() -> NoticeClaims:
    """Who tells the members of a room how far it has got."""
    return NoticeClaims(rooms_table(), clock(), keys.activity_notice)


@cache
def activity() -> Activity:
    """What noticing that a room has got further takes."""
    return Activity(rooms=rooms(), claims=activity_claims(), queue=notices_queue(), recent=Intervals(), clock=clock())


@cache
def events() -> SnsTopic:
    """Where domain events are published."""
    return SnsTopic(client(), settings().need("events_topic_arn"))


@cache
def fanout() -> Fanout:
    """What reaching a room's subscribers takes."""
    thresholds = Thresholds.parse(settings().fanout or "")
    return Fanout(
        connections=connections(),
        sockets=sockets(),
        queue=deliveries(),
        settings=FanoutSettings(rooms_table(), clock(), thresholds),
        windows=Windows(connections_table()),
        tails=tail_access(),
        pace=pace(),
        clock=clock(),
    )


@cache
def flag_rules() -> FlagRules:
    """Who gets which variant of what is tried out."""
    return FlagRules(rooms_table(), clock())


@cache
def tail_access() -> TailAccess:
    """Who may read the tails of rooms."""
    return TailAccess(messages_table(), clock(), ids())


@cache
def pace() -> RoomPace:
    """How fast rooms are written to, as this instance sees it."""
    return RoomPace()


@cache
def delivery_desk() -> Deliveries:
    """What working off the delivery queue takes."""
    return Deliveries(
        fanout=fanout(),
        members=members(),
        messages=messages(),
        changes=changes(),
        moves=Moves(connections_table()),
        pause=pause,
    )


@cache
def moderation_secret() -> str:
    """What requests to an HTTP hook are signed with. Raises `UnavailableError`, and then asks again next time."""
    return read_secret(client(), settings().need("moderation_secret_arn"))


@cache
def moderation_hook() -> ModerationHook | None:
    """The operator's check of texts, None where the stage has none."""
    target = settings().moderation_hook
    if not target:
        return None
    deadline_ms = int(settings().need("moderation_deadline_ms"))
    return hook_at(target, deadline_ms, client=client(), secret=moderation_secret, clock=clock())


@cache
def user_buckets() -> TokenBuckets:
    """What each user may still ask of this instance."""
    return TokenBuckets(int(settings().need("user_rate_per_s")), int(settings().need("user_burst")))


@cache
def read_logs() -> ReadLogs:
    """Which logs of CloudFront's were counted."""
    return ReadLogs(rooms_table())


@cache
def purge_budget() -> PurgeBudget:
    """What caches may still be told to forget today."""
    return PurgeBudget(rooms_table(), int(settings().need("purge_paths_per_day")))


@cache
def upload_quotas() -> UploadQuotas:
    """What each user may still upload today."""
    told = settings()
    per_day, mb_per_day = int(told.need("uploads_per_day")), int(told.need("upload_mb_per_day"))
    return UploadQuotas(rooms_table(), per_day, mb_per_day * 1_000_000)


@cache
def protection() -> Protection:
    """What this stage protects users and rooms with."""
    table = rooms_table()
    return Protection(
        buckets=user_buckets(),
        limits=LimitSettings(table, clock()),
        rates=UserRates(table, lambda: secrets.randbelow(SAMPLED) == 0),
        rules=RuleBook(table, tiers()),
        slow_mode=SlowMode(table),
        reports=ReportBook(table),
        blocked_words=frozenset((settings().blocked_words or "").split()),
        hook=moderation_hook(),
        hook_fails_open=settings().moderation_failure != "closed",
    )


@cache
def operators() -> Door:
    """Who runs the stage."""
    return Door(named(settings().operators), clock())


@cache
def traces() -> Traces:
    """What users have left in rooms."""
    return Traces(rooms_table())


@cache
def account_jobs() -> AccountJobs:
    """Jobs on users' own data."""
    return AccountJobs(rooms_table())


@cache
def job_office() -> JobOffice:
    """What asking for such a job takes."""
    return JobOffice(jobs=account_jobs(), traces=traces(), queue=jobs_queue(), ids=ids(), clock=clock())


@cache
def jobs_queue() -> SqsQueue:
    """The queue of those jobs' slices."""
    return SqsQueue(client(), settings().need("jobs_queue_url"))


def reconnection() -> Reconnection:
    """The window in which this stage's sockets come back."""
    sockets = settings().sockets
    return window_for(int(sockets), int(settings().need("sockets_opened_per_s"))) if sockets else RECONNECT


@cache
def services() -> Services:
    """Everything that carrying out a command needs."""
    return Services(
        rooms=rooms(),
        members=members(),
        messages=messages(),
        search_index=search_index(),
        changes=changes(),
        reactions=reactions(),
        threads=Threads(messages_table()),
        pace=pace(),
        change_pace=RoomPace(CHANGES_PER_S),
        protection=protection(),
        account_jobs=account_jobs(),
        flags=flag_rules(),
        fanout=fanout(),
        notices=notices(),
        reconnection=reconnection(),
        clock=clock(),
        regions=regions(),
    )


@cache
def answers() -> AnswerBook:
    """What operators were answered to requests with an `Idempotency-Key`."""
    return AnswerBook(rooms_table(), clock())
