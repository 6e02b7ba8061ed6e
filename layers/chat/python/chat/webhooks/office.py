"""What registering webhooks and sending to them takes: a bundle for each side, and what its instance remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chat.outbound import Outbound
from chat.ports import Clock, Ids, Queue
from chat.storage.audit import AuditTrail
from chat.storage.messages import MessageLog
from chat.storage.rooms import RoomDirectory
from chat.storage.webhooks import Webhook, WebhookBook

REMEMBERED_MS = 5_000
"""How long an instance goes by what it knows of the endpoints: so long what an operator changes may wait."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Where endpoints are registered, and what operators did with them is noted."""

    book: WebhookBook
    rooms: RoomDirectory
    messages: MessageLog
    queue: Queue
    """Of deliveries, each to one endpoint."""
    audit: AuditTrail
    clock: Clock
    ids: Ids
    master: Callable[[], str]
    """The stage's secret. Asked each time: whoever gives it remembers it."""
    private: bool = False
    """Whether endpoints may be on this machine, and without TLS."""


class Endpoints:
    """What one instance knows of the endpoints: read anew after `REMEMBERED_MS`."""

    def __init__(self, book: WebhookBook, clock: Clock) -> None:
        self._book, self._clock = book, clock
        self._known: dict[str, Webhook] = {}
        self._until_ms = 0

    def known(self) -> dict[str, Webhook]:
        """All of them by id. No call within `REMEMBERED_MS` of the last."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._until_ms:
            self._known = {webhook.id: webhook for webhook in self._book.all()}
            self._until_ms = now_ms + REMEMBERED_MS
        return self._known

    def forget(self) -> None:
        """Something changed: the next look reads them again."""
        self._until_ms = 0


@dataclass(frozen=True, kw_only=True)
class Router:
    """What one instance routes events with."""

    endpoints: Endpoints
    queue: Queue


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """What one instance sends with."""

    endpoints: Endpoints
    book: WebhookBook
    queue: Queue
    outbound: Outbound
    clock: Clock
    master: Callable[[], str]
    chance: Callable[[], float]
    """Uniform between 0 and 1, for jitter."""
    disable_after_ms: int
    """How long an endpoint may fail without anything being taken."""
    resting: dict[str, int] = field(default_factory=dict)
    """Endpoints that did not answer, each with until when this instance leaves them alone."""
