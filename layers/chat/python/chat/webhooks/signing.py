"""Signatures as Standard Webhooks has them (`standardwebhooks.com`), so that receivers verify them with its libraries.

A request carries `webhook-id`, the same at each attempt; `webhook-timestamp`, the seconds since 1970 of this one; and
`webhook-signature`, `v1,` and the base64 of the HMAC-SHA-256 of `ID.TIMESTAMP.BODY`, once for each valid secret.

Secrets are stored nowhere. Each is made from the stage's own secret, the endpoint's id and the number of the secret, so
whoever reads the table learns none, and a new one is a number more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from chat.storage.webhooks import Webhook

PREFIX = "whsec_"


def secret_of(master: str, webhook_id: str, generation: int) -> bytes:
    """The endpoint's secret of that number: 32 bytes."""
    return hmac.digest(master.encode(), f"webhook/{webhook_id}/{generation}".encode(), hashlib.sha256)


def shown(secret: bytes) -> str:
    """The secret as its owner is given it."""
    return PREFIX + base64.b64encode(secret).decode()


def secrets_of(master: str, webhook: Webhook, now_ms: int) -> list[bytes]:
    """Those that are valid, the newest first."""
    numbers = [webhook.generation]
    if webhook.old_secret_until_ms > now_ms and webhook.generation > 1:
        numbers.append(webhook.generation - 1)
    return [secret_of(master, webhook.id, number) for number in numbers]


def message_id(event_ids: Sequence[str]) -> str:
    """The id of a request with these events: the same for the same ones, whenever they are sent."""
    return "evt_" + hashlib.sha256("\n".join(event_ids).encode()).hexdigest()[:32]


def headers(secrets: Sequence[bytes], sent_id: str, at_s: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """What proves to the receiver who sends this, and when."""
    signed = f"{sent_id}.{at_s}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets]
    return (
        ("webhook-id", sent_id),
        ("webhook-timestamp", str(at_s)),
        ("webhook-signature", " ".join(f"v1,{signature}" for signature in signatures)),
    )
