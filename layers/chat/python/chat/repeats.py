"""Requests that are sent again because their answer got lost: the header `Idempotency-Key` on POST.

The same key with the same body gets the answer that was given before; nothing is done a second time. The same key with
another body is a mistake of the caller's, and is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from chat.errors import ChatError, InvalidFieldError
from chat.storage.answers import AnswerBook

MAX_KEY_CHARS = 128


class KeyReusedError(ChatError):
    """An `Idempotency-Key` that stood before another request."""

    code, status = "idempotency_key_reused", 422


class StillRunningError(ChatError):
    """The first request with this `Idempotency-Key` has no answer yet."""

    code, status, temporary = "still_running", 409, True


def once(
    book: AnswerBook, user: str, key: str | None, request: str, act: Callable[[], dict[str, Any]]
) -> Mapping[str, Any]:
    """What `act` answers, or what it answered before to the same `request` with the same key. None: no key was sent.

    An answer that was refused is not kept: the request may be sent again. Raises `KeyReusedError`, `StillRunningError`
    and what `act` raises. Two write units with a key, else no call.
    """
    if key is None:
        return act()
    if not 1 <= len(key) <= MAX_KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise InvalidFieldError(f"`Idempotency-Key` has 1 to {MAX_KEY_CHARS} printable ASCII characters.")
    fingerprint = hashlib.sha256(request.encode()).hexdigest()
    before = book.claim(user, key, fingerprint)
    if before is not None:
        return _repeated(before.fingerprint == fingerprint, before.answer)
    try:
        answer = act()
    except ChatError:
        book.forget(user, key, fingerprint)
        raise
    book.keep(user, key, json.dumps(answer))
    return answer


def _repeated(same: bool, answer: str | None) -> Mapping[str, Any]:  # noqa: FBT001  # private
    if not same:
        raise KeyReusedError("This `Idempotency-Key` stood before another request: take a new one.")
    if answer is None:
        raise StillRunningError("The first request with this key is being worked on.", retry_after_ms=1_000)
    stored: Mapping[str, Any] = json.loads(answer)
    return stored
