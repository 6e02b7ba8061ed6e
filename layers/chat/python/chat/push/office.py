"""What registering devices and telling users takes: a bundle for each side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chat.mobile import MobilePush
from chat.outbound import Outbound
from chat.ports import Clock, Queue
from chat.push.encryption import Vapid
from chat.storage.presence import PresenceBook
from chat.storage.push_subscriptions import PushBook
from chat.storage.rooms import RoomDirectory


@dataclass(frozen=True, kw_only=True)
class DeviceDesk:
    """Where users register their devices."""

    book: PushBook
    mobile: MobilePush
    clock: Clock
    vapid: Callable[[], Vapid]
    private: bool = False
    """Whether push services may be on this machine, and without TLS."""


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """What telling users takes."""

    book: PushBook
    rooms: RoomDirectory
    presence: PresenceBook
    queue: Queue
    """Of what is to be told later; its worker is who sends."""
    outbound: Outbound
    mobile: MobilePush
    clock: Clock
    vapid: Callable[[], Vapid]
    shows_text: bool = True
    """Whether what was said leaves the stage."""
