"""Operators' side: which endpoints there are, and what becomes of each. Whoever calls has checked that it is one."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from chat import events
from chat.errors import ChatError, InvalidFieldError
from chat.outbound import check_url
from chat.protocol.fields import RoomId
from chat.storage.webhooks import Webhook
from chat.webhooks import signing
from chat.webhooks.office import Registry

MAX_WEBHOOKS = 50
MAX_ROOMS = 100
MAX_DESCRIPTION_CHARS = 200
MAX_ID_CHARS = 36

OLD_SECRET_MS = 24 * 3_600_000
"""How long requests are signed with the old secret, too, after there is a new one."""

logger = logging.getLogger(__name__)


class WebhookNotFoundError(ChatError):
    """No webhook of the stage has this id."""

    code, status = "webhook_not_found", 404


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator asks for. `rooms` are all where None; `batch` takes up to 100 events in one request."""

    url: str
    events: list[str]
    rooms: list[RoomId] | None = None
    batch: bool = False
    description: str = ""


def register(registry: Registry, operator: str, asked: Registration) -> dict[str, Any]:
    """Stores a new endpoint; its view, with the secret, which is shown this once. Raises `InvalidFieldError`."""
    _check(registry, asked)
    if len(registry.book.all()) >= MAX_WEBHOOKS:
        raise InvalidFieldError(f"A stage has at most {MAX_WEBHOOKS} webhooks.")
    webhook = Webhook(
        id=registry.ids.new(),
        url=asked.url,
        description=asked.description.strip(),
        events=[name for name in events.NAMES if name in asked.events],
        rooms=None if asked.rooms is None else sorted(set(asked.rooms)),
        batch=asked.batch,
        made_by=operator,
        made_at_ms=registry.clock.now_ms(),
    )
    registry.book.add(webhook)
    _note("registered", operator, webhook.id)
    return _with_secret(registry, webhook)


def listed(registry: Registry) -> list[dict[str, Any]]:
    """All of them, the oldest first, without secrets."""
    return [view(webhook) for webhook in sorted(registry.book.all(), key=lambda each: (each.made_at_ms, each.id))]


def look(registry: Registry, webhook_id: str) -> Webhook:
    """One of them. Raises `WebhookNotFoundError`."""
    # An id is whatever stands in a path: what is longer than any of ours is no key.
    found = registry.book.find(webhook_id) if 1 <= len(webhook_id) <= MAX_ID_CHARS else None
    if found is None:
        raise _not_found()
    return found


def remove(registry: Registry, operator: str, webhook_id: str) -> None:
    """Ends one; deliveries on their way to it are dropped. Raises `WebhookNotFoundError`."""
    if not registry.book.remove(webhook_id):
        raise _not_found()
    _note("removed", operator, webhook_id)


def rotate(registry: Registry, operator: str, webhook: Webhook) -> dict[str, Any]:
    """Gives it a new secret, shown this once; the old one goes on being used beside it for a day.

    Whoever asks again within that day ends the one before the last. Raises `WebhookNotFoundError`.
    """
    until_ms = registry.clock.now_ms() + OLD_SECRET_MS
    rotated = registry.book.rotate(webhook, until_ms)
    if rotated is None:
        raise _not_found()
    _note("secret rotated", operator, webhook.id)
    return _with_secret(registry, rotated)


def enable(registry: Registry, operator: str, webhook: Webhook) -> dict[str, Any]:
    """Sends to it again after it was disabled. What it missed comes by a replay. Raises `WebhookNotFoundError`."""
    enabled = registry.book.enable(webhook.id)
    if enabled is None:
        raise _not_found()
    _note("enabled", operator, webhook.id)
    return view(enabled)


def view(webhook: Webhook) -> dict[str, Any]:
    """What operators see of it: everything but its secret."""
    shown = {name: getattr(webhook, name) for name in Webhook.__dataclass_fields__ if name != "generation"}
    return {"status": "disabled" if webhook.disabled else "failing" if webhook.failing_since_ms else "ok", **shown}


def _check(registry: Registry, asked: Registration) -> None:
    check_url("url", asked.url, private=registry.private)
    if not asked.events or not set(asked.events) <= set(events.NAMES):
        raise InvalidFieldError(f"`events` are some of {', '.join(events.NAMES)}.")
    if asked.rooms is not None and not 1 <= len(asked.rooms) <= MAX_ROOMS:
        raise InvalidFieldError(f"`rooms` are 1 to {MAX_ROOMS}, or null for all.")
    if len(asked.description) > MAX_DESCRIPTION_CHARS or not asked.description.isprintable():
        raise InvalidFieldError(f"`description` has at most {MAX_DESCRIPTION_CHARS} printable characters.")


def _with_secret(registry: Registry, webhook: Webhook) -> dict[str, Any]:
    secret = signing.secret_of(registry.master(), webhook.id, webhook.generation)
    return {**view(webhook), "secret": signing.shown(secret)}


def _note(what: str, operator: str, webhook_id: str) -> None:
    logger.info("webhook %s", what, extra={"operator": operator, "webhook": webhook_id})


def _not_found() -> WebhookNotFoundError:
    return WebhookNotFoundError("There is no such webhook.")
