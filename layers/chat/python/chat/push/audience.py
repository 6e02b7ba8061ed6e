"""Who is told of a message: those whom it is for, who are away and have not read it.

For whom it is: the other one of a direct room; whom it mentions; and in rooms of up to `SMALL` members those who want
to hear of everything. `none` wants to hear of nothing. In larger rooms only whom it mentions by name is told, so that a
message there costs what its text asks for, not what the room is large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from chat import mentions
from chat.events import MessagePosted
from chat.protocol.fields import MAX_MENTIONED, MediaKind
from chat.push.office import Notifier
from chat.storage.push_subscriptions import Device, Listed, Reader

SMALL = 100
PAIR = 2
"""Members of a direct room."""

MODERATING = frozenset({"owner", "moderator"})
TOLD_OF = frozenset({"text", *get_args(MediaKind)})
"""Kinds of messages. A `void` one is none, and of a `deleted` one nobody is told."""


@dataclass(frozen=True)
class Absentee:
    """Somebody to be told, on these devices; `urgent` where it is for them in person."""

    listed: Listed
    devices: tuple[Device, ...]
    urgent: bool = False


@dataclass(frozen=True)
class _Address:
    """Whom a message names, whether it is for all in the room, and whether the room is two people's own."""

    users: frozenset[str]
    everybody: bool
    direct: bool

    def meant_for(self, reader: Reader) -> bool:
        """Whether it is for them in person."""
        return self.direct or self.everybody or reader.user in self.users

    def concerns(self, reader: Reader) -> bool:
        """Whether they want to hear of it."""
        return reader.level == "all" or (reader.level != "none" and self.meant_for(reader))


def of(notifier: Notifier, posted: MessagePosted) -> list[Absentee]:
    """Cost: a Query for the members; half a read unit and a Query for each whom it is for, then half a unit more."""
    wanted = _for_whom(notifier, posted)
    wanted.pop(posted.user or "", None)
    found = away(notifier, list(wanted), posted.room, posted.seq)
    return [replace(absentee, urgent=wanted[absentee.listed.user]) for absentee in found]


def away(notifier: Notifier, users: list[str], room: str, seq: int) -> list[Absentee]:
    """Those of the users who have a device, are not online, are in the room and have not read up to `seq`."""
    if not users:
        return []
    online = {standing.user for standing in notifier.presence.online_among(users, notifier.clock.now_ms())}
    offline = [user for user in users if user not in online]
    devices: dict[str, list[Device]] = {}
    for device in notifier.book.of(offline):
        devices.setdefault(device.user, []).append(device)
    listed = notifier.book.listed(room, list(devices)) if devices else {}
    return [
        Absentee(listed[user], tuple(found))
        for user, found in devices.items()
        if user in listed and listed[user].read_seq < seq
    ]


def _for_whom(notifier: Notifier, posted: MessagePosted) -> dict[str, bool]:
    """Users, each with whether it is for them in person."""
    if posted.kind not in TOLD_OF or posted.user is None:
        return {}
    names = mentions.named(posted.text)
    users = [name for name in names if name != mentions.EVERYBODY][:MAX_MENTIONED]
    readers = notifier.book.readers(posted.room, SMALL)
    if readers is None:
        named = notifier.book.readers_among(posted.room, users) if users else []
        return {reader.user: True for reader in named if reader.level != "none"}
    moderates = any(reader.user == posted.user and reader.role in MODERATING for reader in readers)
    record = notifier.rooms.find(posted.room) if len(readers) <= PAIR else None
    direct = record is not None and record.kind == "direct"
    address = _Address(frozenset(users), mentions.EVERYBODY in names and moderates, direct)
    return {reader.user: address.meant_for(reader) for reader in readers if address.concerns(reader)}
