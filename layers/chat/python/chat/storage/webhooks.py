"""Endpoints that operators have registered, and how each fares. No secrets: they are made from the stage's own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from chat.ports import Absent, ConditionError, Item, Present, Query, Table
from chat.storage import keys
from chat.storage.paging import every_page

MAX_ERROR_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One endpoint. Times are the server's clock, ms since 1970; 0 where there was none."""

    id: str
    url: str
    description: str
    events: list[str]
    rooms: list[str] | None
    """None for all rooms."""
    batch: bool
    """Whether it takes several events in one request."""
    made_by: str
    made_at_ms: int
    generation: int = 1
    """Which of its secrets is the newest, counted from 1."""
    old_secret_until_ms: int = 0
    """Until when requests are signed with the secret before it, too."""
    disabled: str | None = None
    """Why nothing is sent any more, None while it is."""
    failing_since_ms: int = 0
    """The first of the failures since something was taken last; 0 where the last was taken."""
    failures: int = 0
    """How many there were since."""
    last_failed_at_ms: int = 0
    last_error: str | None = None
    given_up: int = 0
    """Events that were not taken within all attempts, in all time: those that only a replay brings."""

    def wants(self, event: str, room: str) -> bool:
        """Whether it is told of such an event."""
        return self.disabled is None and event in self.events and (self.rooms is None or room in self.rooms)


class WebhookBook:
    """All of a stage's endpoints in one partition of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> list[Webhook]:
        """All of them by id. One Query for a megabyte: about 4 KB a read unit."""
        pages = every_page(self._table, Query(keys.WEBHOOKS))
        return [_webhook(item) for page in pages for item in page.items]

    def find(self, webhook_id: str) -> Webhook | None:
        """The endpoint as it stands. A consistent read."""
        item = self._table.get(keys.webhook(webhook_id), consistent=True)
        return _webhook(item) if item else None

    def add(self, webhook: Webhook) -> None:
        """Stores a new one. Raises `ConditionError` for an id that is taken."""
        pk, sk = keys.webhook(webhook.id)
        self._table.put({"pk": pk, "sk": sk, **asdict(webhook)}, Absent())

    def remove(self, webhook_id: str) -> bool:
        """Forgets one; False where there was none."""
        try:
            self._table.delete(keys.webhook(webhook_id), Present())
        except ConditionError:
            return False
        return True

    def rotate(self, webhook: Webhook, old_secret_until_ms: int) -> Webhook | None:
        """The next secret, with the one before it valid until then; None where there is no such endpoint any more."""
        return self._update(webhook.id, {"old_secret_until_ms": old_secret_until_ms}, {"generation": 1})

    def fail(self, webhook: Webhook, now_ms: int, error: str) -> Webhook | None:
        """Something was not taken. `webhook` is as it was known. One write unit."""
        assigned: dict[str, Any] = {"last_failed_at_ms": now_ms, "last_error": error[:MAX_ERROR_CHARS]}
        if not webhook.failing_since_ms:
            assigned["failing_since_ms"] = now_ms
        return self._update(webhook.id, assigned, {"failures": 1})

    def recover(self, webhook_id: str) -> None:
        """Something was taken after a failure. One write unit."""
        self._update(webhook_id, {"failing_since_ms": 0, "failures": 0}, {})

    def give_up(self, webhook_id: str, events: int) -> None:
        """As many events were not taken in all their attempts. One write unit."""
        self._update(webhook_id, {}, {"given_up": events})

    def disable(self, webhook_id: str, why: str) -> None:
        """Nothing more is sent to it. One write unit."""
        self._update(webhook_id, {"disabled": why}, {})

    def enable(self, webhook_id: str) -> Webhook | None:
        """It is sent to again, with nothing held against it; None where there is no such endpoint any more."""
        return self._update(webhook_id, {"disabled": None, "failing_since_ms": 0, "failures": 0}, {})

    def _update(self, webhook_id: str, assign: dict[str, Any], add: dict[str, int]) -> Webhook | None:
        with suppress(ConditionError):  # removed meanwhile
            return _webhook(self._table.update(keys.webhook(webhook_id), assign=assign, add=add, condition=Present()))
        return None


def _webhook(item: Item) -> Webhook:
    found = Webhook(**{name: item[name] for name in Webhook.__dataclass_fields__ if name in item})
    return replace(found, events=list(found.events), rooms=None if found.rooms is None else list(found.rooms))
