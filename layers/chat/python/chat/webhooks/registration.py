"""Operators' side: which endpoints there are, and what becomes of each. Whoever calls has checked that it is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chat import events
from chat.errors import ChatError, InvalidFieldError
from chat.outbound import check_url
from chat.protocol.fields import RoomId
from chat.storage.audit import Deed
from chat.storage.webhooks import Webhook
from chat.webhooks import signing
from chat.webhooks.office import Registry

MAX_WEBHOOKS = 50
MAX_ROOMS = 100
MAX_DESCRIPTION_CHARS = 200
MAX_ID_CHARS = 36

OLD_SECRET_MS = 24 * 3_600_000
"""How long requests are signed with the old secret, too, after there is a new one."""


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
    """Stores a new endpoint, and notes who did; its view as `with_secret` takes it. Raises `InvalidFieldError`."""
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
    note(registry, "register", operator, webhook.id, webhook.url)
    registry.book.add(webhook)
    return _with_generation(webhook)


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
    note(registry, "remove", operator, webhook_id)
    if not registry.book.remove(webhook_id):
        raise _not_found()


def rotate(registry: Registry, operator: str, webhook: Webhook) -> dict[str, Any]:
    """Gives it a new secret; its view as `with_secret` takes it. The old one is used beside it for a day.

    Whoever asks again within that day ends the one before the last. Raises `WebhookNotFoundError`.
    """
    until_ms = registry.clock.now_ms() + OLD_SECRET_MS
    note(registry, "rotate", operator, webhook.id)
    rotated = registry.book.rotate(webhook, until_ms)
    if rotated is None:
        raise _not_found()
    return _with_generation(rotated)


def enable(registry: Registry, operator: str, webhook: Webhook) -> dict[str, Any]:
    """Sends to it again after it was disabled. What it missed comes by a replay. Raises `WebhookNotFoundError`."""
    note(registry, "enable", operator, webhook.id)
    enabled = registry.book.enable(webhook.id)
    if enabled is None:
        raise _not_found()
    return view(enabled)


def with_secret(registry: Registry, made: Mapping[str, Any]) -> dict[str, Any]:
    """The view with the secret, for whoever made it: it is shown in no other answer, and stored nowhere."""
    secret = signing.secret_of(registry.master(), made["id"], made["generation"])
    return {name: value for name, value in made.items() if name != "generation"} | {"secret": signing.shown(secret)}


def note(registry: Registry, what: str, operator: str, webhook_id: str, why: str = "") -> None:
    """Adds to the audit what an operator is about to do: it stands there even if it fails afterwards.

    Raises `UnavailableError`: then nothing is to be done.
    """
    deed = Deed(registry.ids.new(), operator, f"webhook.{what}", f"webhook:{webhook_id}", why, registry.clock.now_ms())
    registry.audit.add(deed)


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


def _with_generation(webhook: Webhook) -> dict[str, Any]:
    return {**view(webhook), "generation": webhook.generation}


def _not_found() -> WebhookNotFoundError:
    return WebhookNotFoundError("There is no such webhook.")
