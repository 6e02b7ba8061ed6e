"""Puts together what registering devices and telling users takes, for one function instance."""

from __future__ import annotations

from functools import cache

from chat.aws import mobile, webhooks, wiring
from chat.aws.queues import SqsQueue
from chat.push.encryption import Vapid
from chat.push.office import DeviceDesk, Notifier
from chat.storage.presence import PresenceBook
from chat.storage.push_subscriptions import PushBook


@cache
def book() -> PushBook:
    """The devices of the stage's users."""
    return PushBook(wiring.rooms_table())


@cache
def vapid() -> Vapid:
    """The stage as a sender. Raises `UnavailableError`, and then asks again next time."""
    return Vapid.made_from(webhooks.outbound_secret(), wiring.settings().push_contact)


@cache
def desk() -> DeviceDesk:
    """Where devices are registered."""
    return DeviceDesk(
        book=book(),
        mobile=mobile.mobile(),
        clock=wiring.clock(),
        vapid=vapid,
        private=wiring.settings().outbound_private == "allowed",
    )


@cache
def notifier() -> Notifier:
    """What telling users takes."""
    return Notifier(
        book=book(),
        rooms=wiring.rooms(),
        presence=PresenceBook(wiring.connections_table()),
        queue=SqsQueue(wiring.client(), wiring.settings().need("push_queue_url")),
        outbound=webhooks.outbound(),
        mobile=mobile.mobile(),
        clock=wiring.clock(),
        vapid=vapid,
        shows_text=wiring.settings().push_hide_text != "yes",
    )
