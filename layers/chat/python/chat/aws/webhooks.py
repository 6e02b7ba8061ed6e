"""Puts together what registering webhooks and sending to them takes, for one function instance."""

from __future__ import annotations

import secrets
from functools import cache

from chat.aws import wiring
from chat.aws.outbound import HttpOutbound
from chat.aws.parameters import read_secret
from chat.aws.queues import SqsQueue
from chat.days import DAY_MS
from chat.storage.audit import AuditTrail
from chat.storage.webhooks import WebhookBook
from chat.webhooks.office import Dispatch, Endpoints, Registry, Router


@cache
def book() -> WebhookBook:
    """The stage's webhooks."""
    return WebhookBook(wiring.rooms_table())


@cache
def deliveries() -> SqsQueue:
    """The queue of deliveries to them."""
    return SqsQueue(wiring.client(), wiring.settings().need("webhooks_queue_url"))


@cache
def outbound_secret() -> str:
    """What leaves the stage is signed with this. Raises `UnavailableError`, and then asks again next time."""
    return read_secret(wiring.client(), wiring.settings().need("outbound_secret_arn"))


@cache
def outbound() -> HttpOutbound:
    """The world outside of AWS."""
    return HttpOutbound(private=wiring.settings().outbound_private == "allowed")


@cache
def registry() -> Registry:
    """Where they are registered."""
    return Registry(
        book=book(),
        rooms=wiring.rooms(),
        messages=wiring.messages(),
        queue=deliveries(),
        audit=AuditTrail(wiring.rooms_table()),
        clock=wiring.clock(),
        ids=wiring.ids(),
        master=outbound_secret,
        private=wiring.settings().outbound_private == "allowed",
    )


@cache
def endpoints() -> Endpoints:
    """What this instance knows of them."""
    return Endpoints(book(), wiring.clock())


@cache
def router() -> Router:
    """What routing events takes."""
    return Router(endpoints=endpoints(), queue=deliveries())


@cache
def dispatch() -> Dispatch:
    """What sending to them takes."""
    return Dispatch(
        endpoints=endpoints(),
        book=book(),
        queue=deliveries(),
        outbound=outbound(),
        clock=wiring.clock(),
        master=outbound_secret,
        chance=lambda: secrets.randbelow(1_000_001) / 1_000_000,
        disable_after_ms=int(wiring.settings().need("webhook_disable_days")) * DAY_MS,
    )
