"""How every request of an operator begins, and how one that changes something is done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat import http, repeats
from chat.aws import secrets, wiring
from chat.ports import Principal


def admit(event: http.Event) -> Principal:
    """Who asks. Raises `UnauthorizedError`, `NotAllowedError` for who is no operator, `TooManyRequestsError`."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    wiring.operators().require(principal)
    return principal


def once(event: http.Event, operator: str, act: Callable[[], dict[str, Any]]) -> Mapping[str, Any]:
    """What `act` answers, or what it answered before under the same `Idempotency-Key`. Raises as `repeats.once`."""
    return repeats.once(wiring.answers(), operator, http.idempotency_key(event), http.described(event), act)
