"""Every key of every table, and every access pattern: the one place that knows a key's format.

| table | pk | sk | what | read by |
|---|---|---|---|---|
| rooms | `room#R` | `about` | title, kind, maker | get: enter a room |
| rooms | `room#R` | `member#U` | membership | get: may this user post or read here? |
| rooms | `room#R` | `latest` | preview of the newest message | batch get: list of rooms |
| rooms | `user#U` | `room#R` | the user's rooms, with title and kind | query: list of rooms |
| rooms | `public#S` | `room#R` | public rooms, S = one of 8 shards by hash of R | 8 queries at once: list of rooms |
| rooms | `media#M` | `upload` | an upload, from its permission to its outcome | get: pipeline steps |
| messages | `c#R` | 0 | the room's counter: newest number given | update: number a message; get: history, enter |
| messages | `m#R#B` | number | messages, B = number // 64 | query: history |
| messages | `d#U#K` | 0 | user U's command K has this number already, 24 h | seen on conflict |
| connections | `connection#C` | `self` | who is behind an open socket | query: disconnect |
| connections | `connection#C` | `room#R` | what the socket subscribed to, and in which shard | query: disconnect |
| connections | `room#R#S` | connection | subscriptions of a room, S = shard | query: fan-out |
| connections | `user#U` | connection | a user's open sockets | query: tell one user |
| connections | `ticket#H` | `self` | a ticket that was not used yet; H = SHA-256 of it | delete: sign in |

No pattern scans. Attribute `expires_at_s` is the TTL of all three tables; items without it stay.

A message's partition changes every 64 numbers, so a busy room walks over the table's physical partitions: 500
messages a second (2 write units each, in a transaction) touch 8 keys a second at 128 write units each, against 1,000
of one physical partition, while a history page of 50 still reads one or two keys.
"""

from __future__ import annotations

import hashlib
import zlib

from chat.ports import Key

MESSAGES_PER_BUCKET = 64
PUBLIC_SHARDS = 8

ABOUT = "about"
LATEST = "latest"
SELF = "self"
UPLOAD = "upload"


def about(room: str) -> Key:
    """A room's title, kind and maker."""
    return f"room#{room}", ABOUT


def member(room: str, user: str) -> Key:
    """The user's membership of the room."""
    return f"room#{room}", f"member#{user}"


def latest(room: str) -> Key:
    """The preview of the room's newest message."""
    return f"room#{room}", LATEST


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


def upload(media: str) -> Key:
    """An upload's record."""
    return f"media#{media}", UPLOAD


def counter(room: str) -> Key:
    """The room's newest number."""
    return f"c#{room}", 0


def message(room: str, seq: int) -> Key:
    """One message by its number."""
    return message_bucket(room, seq // MESSAGES_PER_BUCKET), seq


def message_bucket(room: str, bucket: int) -> str:
    """Partition of 64 consecutive numbers of a room."""
    return f"m#{room}#{bucket}"


def command(user: str, command_id: str) -> Key:
    """What a user's command was given, so that sending it again gives the same."""
    return f"d#{user}#{command_id}", 0


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


def user_connection(user: str, connection_id: str) -> Key:
    """An open socket, from its user's side."""
    return user_connections(user), connection_id


def user_connections(user: str) -> str:
    """Partition of a user's open sockets."""
    return f"user#{user}"


def ticket(secret: str) -> Key:
    """A ticket is stored by its hash: whoever can read the table can't use it."""
    return f"ticket#{hashlib.sha256(secret.encode()).hexdigest()}", SELF
