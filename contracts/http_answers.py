"""What endpoints answer whose functions make their answers out of parts: the shape that clients may rely on.

`tests/unit/test_openapi.py` holds real answers against the document that is made from these.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chat.storage.push_subscriptions import Level


class Refused(msgspec.Struct, frozen=True):
    """Why a request was not carried out. `temporary`: the same may succeed later, not before `retry_after_ms`."""

    code: str
    message: str
    temporary: bool
    retry_after_ms: int | None


class Check(msgspec.Struct, frozen=True):
    """One dependency, as it answered within the last second."""

    ok: bool
    latency_ms: float


class Health(msgspec.Struct, frozen=True):
    """How the stage is. `checks` is for operators only."""

    status: Literal["ok", "degraded"]
    checks: dict[str, Check] | msgspec.UnsetType = msgspec.UNSET


class ClientConfig(msgspec.Struct, frozen=True):
    """What a client has to know before it signs in."""

    stage: str
    sign_in: Literal["built-in", "oidc"]
    issuer: str | None
    client_id: str | None
    wallet_chains: list[int]
    websocket_url: str
    measured_share: float
    addresses: list[str]
    """Origins at which the stage may be asked besides that of its page, in this order."""


class Accepted(msgspec.Struct, frozen=True):
    """There is nothing to say."""


class User(msgspec.Struct, frozen=True):
    """Who signed in."""

    id: str
    name: str


class Session(msgspec.Struct, frozen=True):
    """A token that is good for everything here."""

    token: str
    user: User
    expires_at_ms: int


class Nonce(msgspec.Struct, frozen=True):
    """What a wallet's message has in it, once."""

    nonce: str
    expires_at_ms: int


class Ticket(msgspec.Struct, frozen=True):
    """What opens one socket."""

    ticket: str
    url: str
    expires_at_ms: int


class Form(msgspec.Struct, frozen=True):
    """Where the file is posted to, and the fields before it."""

    url: str
    fields: dict[str, str]


class Cut(msgspec.Struct, frozen=True):
    """How a file is cut into parts, and until when they are taken. The last part is what is left."""

    size_bytes: int
    count: int
    expires_at_ms: int


class UploadPermit(msgspec.Struct, frozen=True):
    """A permission to upload one file: as one form, or, for who says that it can, a large one in parts."""

    media: str
    upload: Form | msgspec.UnsetType = msgspec.UNSET
    expires_at_ms: int | msgspec.UnsetType = msgspec.UNSET
    parts: Cut | msgspec.UnsetType = msgspec.UNSET


class PartAddress(msgspec.Struct, frozen=True):
    """Where one part is put, and the headers that go with it."""

    number: int
    url: str
    headers: dict[str, str]


class PartAddresses(msgspec.Struct, frozen=True):
    """Of the parts that were asked for."""

    parts: list[PartAddress]
    expires_at_ms: int


class Arrived(msgspec.Struct, frozen=True):
    """A part that is there."""

    number: int
    sha256: str


class CutAndStored(Cut, frozen=True):
    """With the parts that have arrived, as long as others are to come."""

    stored: list[Arrived]


class UploadView(msgspec.Struct, frozen=True):
    """An upload, as far as it is. `parts` is null where it comes as one form."""

    media: str
    room: str
    name: str
    size_bytes: int
    state: Literal["sending", "processing", "announced", "rejected", "cancelled"]
    reason: str | None
    parts: CutAndStored | None


class Device(msgspec.Struct, frozen=True):
    """A device that a user is told on."""

    id: str
    kind: str
    made_at_ms: int


class Devices(msgspec.Struct, frozen=True):
    """The user's devices, and what subscribing takes."""

    vapid_public_key: str
    platforms: list[str]
    subscriptions: list[Device]


class AlertLevel(msgspec.Struct, frozen=True):
    """What the user is told of a room while they are away; None where they have not said."""

    room: str
    level: Level | None


class Archive(msgspec.Struct, frozen=True):
    """One part of an export."""

    url: str
    size_bytes: int


class AccountJob(msgspec.Struct, frozen=True):
    """A job on the caller's own data, as far as it is."""

    kind: Literal["export", "erasure"]
    state: str
    started_at_ms: int
    updated_at_ms: int
    done: dict[str, int]
    total: int | None
    archives: list[Archive]
    links_expire_in_s: int | None


class Invalidation(msgspec.Struct, frozen=True):
    """What was declared stale is noted under `id`."""

    id: str
    in_force_within_ms: int


class WebhookView(msgspec.Struct, frozen=True):
    """An endpoint that is told of events. `secret` is shown where it is new."""

    status: Literal["ok", "failing", "disabled"]
    id: str
    url: str
    description: str
    events: list[str]
    rooms: list[str] | None
    batch: bool
    made_by: str
    made_at_ms: int
    old_secret_until_ms: int
    disabled: str | None
    failing_since_ms: int
    failures: int
    last_failed_at_ms: int
    last_error: str | None
    given_up: int
    secret: str | msgspec.UnsetType = msgspec.UNSET


class WebhookList(msgspec.Struct, frozen=True):
    """All of them, the oldest first."""

    webhooks: list[WebhookView]


class Replayed(msgspec.Struct, frozen=True):
    """How many events are sent again."""

    replayed: int


class Frames(msgspec.Struct, frozen=True):
    """The reply to a command: `docs/protocol/frames.schema.json` has all of them."""

    type: Literal["ack", "error"]
    id: str | None
    action: str | None = None
    result: dict[str, Any] | None = None
