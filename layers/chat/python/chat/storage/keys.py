"""Every key of every table, and every access pattern: the one place that knows a key's format.

| table | pk | sk | what | read by |
|---|---|---|---|---|
| rooms | `room#R` | `about` | title, kind, maker | get: enter a room |
| rooms | `room#R` | `member#U` | membership: role, mute, name; a ban | get: rights; query: members by user id |
| rooms | `room#R` | `vacancy` | the room has no owner: the next to join takes over | get: join |
| rooms | `room#R` | `rules` | slow mode, blocked words | get, or with a membership in one batch: post |
| rooms | `room#R` | `left#U` | that member U was muted or a reader when they left | get: join, invite |
| rooms | `room#R` | `posted#U` | the member's last message, in slow mode only | conditional put: post |
| rooms | `rate#U` | minute | how much the user posted in that minute, by sample | update: one post in ten |
| rooms | `uploads#U` | day | how much the user uploaded on that day since 1970, two days | update: permit an upload |
| rooms | `reports#R` | number and U | a message that user U reported, 180 days | query: moderators' list, settle |
| rooms | `room#R` | `latest` | preview of the newest message | batch get: list of rooms; get: activity |
| rooms | `room#R` | `activity` | until when who is telling members of new messages | conditional put: activity |
| rooms | `user#U` | `room#R` | the user's rooms: title, kind, role, read cursor | query: list of rooms |
| rooms | `public#S` | `room#R` | public rooms, S = one of 8 shards by hash of R | 8 queries at once: list of rooms |
| rooms | `reads#R#S` | U | how far member U has read, S = one of 8 shards by hash of U | query: receipts |
| rooms | `reads#R` | `summary` | of a large room: how many have read how far | get: receipts |
| rooms | `reads#R` | `notice` | until when who is telling the room of cursors that moved | conditional put: read |
| rooms | `media#M` | `upload` | an upload, from its permission to its outcome | get: pipeline steps |
| rooms | `traces#U` | kind, room, number | what user U has left where: messages, changes … | query: export, erasure |
| rooms | `account#U` | `export` or `erasure` | the user's job of that kind, as far as it is | get: job |
| rooms | `push#U` | `device#D` | a device that user U is told on; D = SHA-256 of its address | query: whom to tell |
| rooms | `push#U` | `told#R` | when user U was told of room R last, an hour | conditional: at most once a minute |
| rooms | `device#D` | `self` | whose the device is | get: register |
| rooms | `audit#D` | number | what an operator did on day D (UTC), and why; bound to the one before | query: verify |
| rooms | `audit#days` | day | that a day has deeds | query: add, verify |
| rooms | `webhooks` | id | an endpoint of an operator's, what it wants, how it fares | query: who is told; get: one |
| rooms | `scaling#fanout` | `current` | what operators have changed: thresholds, limits, concurrency | get: every 5 s |
| rooms | `scaling#fanout` | `version#N` | version N of it, kept | query: versions; get: roll back |
| rooms | `answers#U` | key | what operator U was answered to the request with this idempotency key, a day | put: POST |
| rooms | `alarms#acknowledged` | alarm and time | who looked after the alarm that began then, a week | query: alerts |
| rooms | `flags` | flag | who gets which variant of it | query: along with a message, every 5 s |
| rooms | `maintenance` | job | how far a job of maintenance is | get, query: operators |
| rooms | `edgelogs#DAY` | file | a log of CloudFront's that was counted, four days | query, conditional put: hourly |
| rooms | `purges` | day | paths that caches were told to forget on that day since 1970, a week | update: forget |
| rooms | `homes` | epoch | the Region that numbers in it, who opened it, when and why | query: number, every 5 s |
| messages | `c#R` | epoch | the room's counters: newest number and newest rev given | update: number; get: history |
| messages | `c#R` | -epoch - 1 | how far an epoch that is over goes, as far as is known here | query: history |
| messages | `m#R#B` | number | messages, B = number // 64 | query: history |
| messages | `w#R#W` | -number | messages of room R with the word W; with a file: W = `#file` | query: search, files |
| messages | `e#R#B` | rev | changes to messages, B = rev // 64: which message, what, by whom, when | query: recovery |
| messages | `t#R#N` | number | the replies in the thread that message N names | query: history of a thread |
| messages | `x#R#N` | hash | who reacted to message N with what; ordered by emoji, then user | query: list; get: own |
| messages | `p#R` | number | pinned messages | query: list |
| messages | `secret#tail` | 0 | the key of capabilities for tails | get: grant, serve a tail |
| messages | `secret#vouchers` | 0 | the key of vouchers for acknowledged messages | get: ack, restore |
| messages | `d#U#K` | 0 | user U's command K has this number already, 24 h | seen on conflict |
| connections | `connection#C` | `self` | who is behind an open socket | query: disconnect |
| connections | `connection#C` | `room#R` | what the socket subscribed to, and in which shard | query: disconnect |
| connections | `room#R#0` | `#shape` | a room's shards, size and plan | query: with the fan-out; get: subscribe |
| connections | `room#R#S` | connection | subscriptions of a room, S = shard | query: fan-out |
| connections | `hot#R` | `window` | who ends the window that gathers a hot room's messages | conditional put: post |
| connections | `hot#R` | `posted` | up to where a hot room's log was posted | get: end of a window |
| connections | `user#U` | connection | a user's open sockets | query: tell one user |
| connections | `presence#U` | `self` | whether others were told that user U is online | batch get: presence |
| connections | `followers#R` | `count` | of a large room: how many users have it open | get: presence |
| connections | `typing#R` | window | how often the room was told who types, in 5 s of all time | update: typing |
| connections | `ticket#H` | `self` | a ticket that was not used yet; H = SHA-256 of it | delete: sign in |
| connections | `colour` | `self` | on which stage of the API new sockets open | get: every 5 s |
| connections | `nonce#H` | `self` | a nonce of wallet sign-in that was not used yet; H as above | delete: sign in |

No pattern scans. Attribute `expires_at_s` is the TTL of all three tables; items without it stay.

A message's partition changes every 64 numbers, so a busy room walks over the table's physical partitions: 500
messages a second (2 write units each, in a transaction) touch 8 keys a second at 128 write units each, against 1,000
of one physical partition, while a history page of 50 still reads one or two keys.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

from chat.ports import Key

BucketKey = Callable[[str, int], str]
"""Names a partition of a room, by its number."""

MESSAGES_PER_BUCKET = 64
CHANGES_PER_BUCKET = 64
PUBLIC_SHARDS = 8
READ_SHARDS = 8

ROOM = "room#"
MEMBER = "member#"
"""How the partition and the sort key of a membership begin, and no other's both."""
ABOUT = "about"
LATEST = "latest"
SELF = "self"
COLOUR: Key = ("colour", SELF)
"""On which stage of the API new sockets open."""
UPLOAD = "upload"
RULES = "rules"
FANOUT: Key = ("scaling#fanout", "current")
"""What operators have changed of the stage, as it is in force."""
MAX_SCALING_VERSION = 999_999_999
ANSWERS = "answers#"
"""How partitions of answers to requests with an `Idempotency-Key` begin, and only they."""
ACKNOWLEDGED = "alarms#acknowledged"
"""Partition of who looks after which alarm: there are few."""
FLAGS = "flags"
"""Partition of the rules for all feature flags."""
SHAPE = "#shape"
"""Sorts before the ids of all connections: API Gateway's are base64."""
_DEVICE, _TOLD = "device#", "told#"
AUDIT = "audit#"
"""How partitions of operators' deeds begin, and only they."""
CANARY_ROOM = "stage-canary"
"""The room in which the stage talks to itself (`chat.canary`): nobody else is told of what is said there."""
AUDIT_DAYS = "audit#days"
"""Partition of the days with deeds."""
MAINTENANCE = "maintenance"
"""Partition of all jobs of maintenance."""
PURGES = "purges"
"""Partition of what caches were told to forget, by day."""
HOMES = "homes"
"""Partition of the stage's epochs."""
WEBHOOKS = "webhooks"
"""Partition of all of a stage's webhooks: there are few, and who is told looks at all of them."""
MESSAGES = "m#"
"""How partitions of messages begin, and only they."""
CHANGES = "e#"
"""How partitions of changes to messages begin, and only they."""
TAIL_KEY: Key = ("secret#tail", 0)
"""What capabilities for tails are made with."""
VOUCHER_KEY: Key = ("secret#vouchers", 0)
"""What other Regions are shown that a message was acknowledged with."""
MEMBERS_END = "member$"
"""Behind every membership of a room's partition, whatever its user's id: `$` follows `#`."""


def flag(name: str) -> Key:
    """Who gets which variant of a feature flag."""
    return FLAGS, name


def about(room: str) -> Key:
    """A room's title, kind and maker."""
    return f"room#{room}", ABOUT


def member(room: str, user: str) -> Key:
    """The user's membership of the room."""
    return f"{ROOM}{room}", f"{MEMBER}{user}"


def left_member(room: str, user: str) -> Key:
    """What kept a member from posting when they left the room."""
    return f"room#{room}", f"left#{user}"


def vacancy(room: str) -> Key:
    """That the room has no owner: its last one left, or was erased, with nobody to take over."""
    return f"room#{room}", "vacancy"


def room_rules(room: str) -> Key:
    """What the room's moderators have set for it."""
    return f"room#{room}", RULES


def last_post(room: str, user: str) -> Key:
    """When the member posted last, where slow mode asks."""
    return f"room#{room}", f"posted#{user}"


def user_rate(user: str, minute: int) -> Key:
    """What the user posted in one minute since 1970."""
    return f"rate#{user}", str(minute)


def uploads_of_day(user: str, day: int) -> Key:
    """What the user uploaded in one day since 1970."""
    return f"uploads#{user}", str(day)


def report(room: str, seq: int, user: str) -> Key:
    """A report of one message by one user. Numbers have 12 digits so that they sort."""
    return reports(room), f"{seq:012d}#{user}"


def reports(room: str) -> str:
    """Partition of a room's reports."""
    return f"reports#{room}"


def reports_of(room: str, seq: int) -> tuple[str, str, str]:
    """Partition, first and last sort key of the reports of one message: `$` follows `#`."""
    return reports(room), f"{seq:012d}#", f"{seq:012d}$"


def latest(room: str) -> Key:
    """The preview of the room's newest message."""
    return f"room#{room}", LATEST


def activity_notice(room: str) -> Key:
    """Until when somebody is telling the room's members of new messages."""
    return f"room#{room}", "activity"


def user_room(user: str, room: str) -> Key:
    """The room in its member's list."""
    return user_rooms(user), f"room#{room}"


def user_rooms(user: str) -> str:
    """Partition of a user's rooms."""
    return f"user#{user}"


def public_room(room: str) -> Key:
    """The room in the public list."""
    return public_shard(zlib.crc32(room.encode()) % PUBLIC_SHARDS), f"room#{room}"


def public_shard(shard: int) -> str:
    """Partition of one shard (0 to 7) of the public list."""
    return f"public#{shard}"


def read_cursor(room: str, user: str) -> Key:
    """How far the member has read, from the room's side."""
    return read_cursors(room, zlib.crc32(user.encode()) % READ_SHARDS), user


def read_cursors(room: str, shard: int) -> str:
    """Partition of one shard (0 to 7) of a room's cursors."""
    return f"reads#{room}#{shard}"


def read_summary(room: str) -> Key:
    """How many have read how far in a large room, as it was counted last."""
    return f"reads#{room}", "summary"


def read_notice(room: str) -> Key:
    """Until when somebody is telling the room that cursors moved."""
    return f"reads#{room}", "notice"


def trace(user: str, kind: str, room: str, number: int) -> Key:
    """Something that a user has left in a room. Numbers have 15 digits so that they sort."""
    return traces(user), f"{kind}#{room}#{number:015d}"


def traces(user: str) -> str:
    """Partition of what a user has left behind."""
    return f"traces#{user}"


def account_job(user: str, kind: str) -> Key:
    """The user's job of a kind: there is one at a time."""
    return f"account#{user}", kind


def push_device(user: str, device: str) -> Key:
    """A device that the user is told on."""
    return f"push#{user}", f"{_DEVICE}{device}"


def push_devices(user: str) -> tuple[str, str, str]:
    """Partition, first and last sort key of the user's devices."""
    return f"push#{user}", _DEVICE, f"{_DEVICE}~"


def push_turn(user: str, room: str) -> Key:
    """When the user was told of the room last."""
    return f"push#{user}", f"{_TOLD}{room}"


def push_turns(user: str) -> tuple[str, str, str]:
    """Partition, first and last sort key of all that the user was told of."""
    return f"push#{user}", _TOLD, f"{_TOLD}~"


def push_owner(device: str) -> Key:
    """Whose device it is: one user's at a time."""
    return f"device#{device}", SELF


def audit(day: str, number: int) -> Key:
    """What an operator did, by the day in ISO 8601. Numbers have 9 digits so that they sort."""
    return audit_day(day), f"{number:09d}"


def audit_day(day: str) -> str:
    """Partition of a day's deeds."""
    return f"{AUDIT}{day}"


def scaling_version(version: int) -> Key:
    """What operators changed, by version; numbers have 9 digits so that they sort, behind the row in force."""
    return FANOUT[0], f"version#{version:09d}"


def answer(user: str, key: str) -> Key:
    """What was answered to the operator's request with this `Idempotency-Key`."""
    return f"{ANSWERS}{user}", key


def acknowledgement(alarm: str, since_ms: int) -> Key:
    """Who looks after an alarm, for the time that it has been on. Times have 15 digits so that they sort."""
    return ACKNOWLEDGED, f"{alarm}#{since_ms:015d}"


def maintenance(job: str) -> Key:
    """How far the newest run of a job is."""
    return MAINTENANCE, job


def purges_of_day(day: int) -> Key:
    """What caches were told to forget in one day since 1970."""
    return PURGES, str(day)


def edge_logs(day: str) -> str:
    """Partition of CloudFront's log files of a day that were counted."""
    return f"edgelogs#{day}"


def webhook(webhook_id: str) -> Key:
    """One endpoint that is told of events."""
    return WEBHOOKS, webhook_id


def upload(media: str) -> Key:
    """An upload's record."""
    return f"media#{media}", UPLOAD


def home(epoch: int) -> Key:
    """The Region of one epoch. Epochs have 6 digits so that they sort: as many as numbers of 15 digits have."""
    return HOMES, f"{epoch:06d}"


def counter(room: str, epoch: int = 0) -> Key:
    """The room's newest number of one epoch."""
    return f"c#{room}", epoch


def closing(room: str, epoch: int) -> Key:
    """How far an epoch that is over goes. Below all counters, and above no other's."""
    return f"c#{room}", -epoch - 1


def message(room: str, seq: int) -> Key:
    """One message by its number."""
    return message_bucket(room, seq // MESSAGES_PER_BUCKET), seq


def message_bucket(room: str, bucket: int) -> str:
    """Partition of 64 consecutive numbers of a room."""
    return f"{MESSAGES}{room}#{bucket}"


def change(room: str, rev: int) -> Key:
    """One change of a message by its own number."""
    return change_bucket(room, rev // CHANGES_PER_BUCKET), rev


def change_bucket(room: str, bucket: int) -> str:
    """Partition of 64 consecutive changes of a room."""
    return f"{CHANGES}{room}#{bucket}"


def reply(room: str, root: int, seq: int) -> Key:
    """A reply in its thread."""
    return thread(room, root), seq


def thread(room: str, root: int) -> str:
    """Partition of a thread's replies."""
    return f"t#{room}#{root}"


def pin(room: str, seq: int) -> Key:
    """A pinned message."""
    return pins(room), seq


def pins(room: str) -> str:
    """Partition of a room's pinned messages."""
    return f"p#{room}"


def reaction(room: str, seq: int, emoji: str, user: str) -> Key:
    """One user's reaction with one emoji: sort keys are numbers here, so both stand in them by their hashes."""
    return reactions(room, seq), reactions_with(emoji)[0] + _hash(user, 10)


def reactions(room: str, seq: int) -> str:
    """Partition of the reactions to a message."""
    return f"x#{room}#{seq}"


def reactions_with(emoji: str) -> tuple[int, int]:
    """First and last sort key of the reactions with one emoji: 120 bits, 37 digits of the 38 that a number has."""
    first = _hash(emoji, 5) << 80
    return first, first + (1 << 80) - 1


def term(room: str, word: str, seq: int) -> Key:
    """The message has the word in it."""
    return term_rows(room, word), -seq


def term_rows(room: str, word: str) -> str:
    """Partition of the messages of a room that have the word, newest first."""
    return f"w#{room}#{word}"


def command(user: str, command_id: str, epoch: int = 0) -> Key:
    """What a user's command was given, so that sending it again gives the same. Both may have a `#` in them.

    Under 0 is what holds; under a later epoch what was given in it, which no other Region writes.
    """
    return f"d#{len(user)}#{user}#{command_id}", epoch


def connection(connection_id: str) -> Key:
    """Who is behind an open socket."""
    return connection_rows(connection_id), SELF


def connection_rows(connection_id: str) -> str:
    """Partition of all that one socket holds."""
    return f"connection#{connection_id}"


def connection_room(connection_id: str, room: str) -> Key:
    """One subscription, from the socket's side."""
    return connection_rows(connection_id), f"room#{room}"


def subscription(room: str, shard: int, connection_id: str) -> Key:
    """One subscription, from the room's side."""
    return subscription_shard(room, shard), connection_id


def subscription_shard(room: str, shard: int) -> str:
    """Partition of one shard of a room's subscriptions."""
    return f"room#{room}#{shard}"


def room_shape(room: str) -> Key:
    """How the room's subscriptions are split. It stands before those of the first shard."""
    return subscription_shard(room, 0), SHAPE


def user_connection(user: str, connection_id: str) -> Key:
    """An open socket, from its user's side."""
    return user_connections(user), connection_id


def window(room: str) -> Key:
    """The window in which messages of a hot room are being gathered."""
    return f"hot#{room}", "window"


def posted(room: str) -> Key:
    """Up to where a hot room's log was posted."""
    return f"hot#{room}", "posted"


def user_connections(user: str) -> str:
    """Partition of a user's open sockets."""
    return f"user#{user}"


def presence(user: str) -> Key:
    """Whether others were told that the user is online."""
    return f"presence#{user}", SELF


def followers_count(room: str) -> Key:
    """How many users have a large room open, as it was counted last."""
    return f"followers#{room}", "count"


def typing(room: str, window: int) -> Key:
    """How often the room was told who types, in one window of time."""
    return f"typing#{room}", str(window)


def ticket(secret: str) -> Key:
    """A ticket is stored by its hash: whoever can read the table can't use it."""
    return f"ticket#{hashlib.sha256(secret.encode()).hexdigest()}", SELF


def nonce(secret: str) -> Key:
    """A nonce of wallet sign-in, by its hash like a ticket."""
    return f"nonce#{hashlib.sha256(secret.encode()).hexdigest()}", SELF


def _hash(text: str, size_bytes: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size_bytes])
