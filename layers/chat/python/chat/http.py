"""HTTP API events (payload 2.0) in, JSON answers out: what every `/api/*` function shares."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from chat import signals
from chat.errors import ChatError, InternalError, InvalidFieldError, MalformedError, UnauthorizedError
from chat.ports import VIRTUAL

Event = Mapping[str, Any]
Answer = dict[str, Any]
Body = TypeVar("Body")

logger = logging.getLogger(__name__)


def tagged_answer(event: Event, body: object, *, cache_control: str) -> Answer:
    """200 with a JSON body and its tag, or 304 without a body for a caller that has it by that tag already."""
    encoded = msgspec.json.encode(body)
    tag = f'"{hashlib.sha256(encoded).hexdigest()[:32]}"'
    headers = {"content-type": "application/json", "cache-control": cache_control, "etag": tag}
    held = str(event.get("headers", {}).get("if-none-match", ""))
    # A cache that has compressed what it holds says that the tag is weak.
    if tag in (each.strip().removeprefix("W/") for each in held.split(",")):
        return {"statusCode": 304, "headers": headers}
    return {"statusCode": 200, "headers": headers, "body": encoded.decode()}


def answer(status: int, body: object, *, cache_control: str = "no-store") -> Answer:
    """An HTTP answer with a JSON body."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": cache_control},
        "body": msgspec.json.encode(body).decode(),
    }


def respond(event: Event, operation: Callable[[Event], Answer]) -> Answer:
    """Runs the operation and turns what it raises into an error body: `code`, `message`, `temporary`, …."""
    try:
        return operation(event)
    except ChatError as error:
        return _refusal(error)
    except Exception:
        logger.exception("request failed", extra={"route": event.get("routeKey")})
        return _refusal(InternalError("Something went wrong on our side; try again."))


def text_answer(text: bytes, content_type: str) -> Answer:
    """An HTTP answer with a body that is UTF-8 text already. Never kept by a cache."""
    return {
        "statusCode": 200,
        "headers": {"content-type": content_type, "cache-control": "no-store"},
        "body": text.decode(),
    }


def body(event: Event, kind: type[Body]) -> Body:
    """The request's JSON body as `kind`. Raises `MalformedError` and `InvalidFieldError`."""
    try:
        return msgspec.json.decode(raw_body(event), type=kind)
    except msgspec.ValidationError as error:
        raise InvalidFieldError(str(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedError("The body is one JSON object.") from error


def idempotency_key(event: Event) -> str | None:
    """The header `Idempotency-Key`, None where there is none."""
    value = event.get("headers", {}).get("idempotency-key")
    return None if value is None else str(value)


def described(event: Event) -> str:
    """All by which a request differs from another of its caller's: the route, what is in its path, and its body."""
    return f"{event['routeKey']}\n{event.get('pathParameters') or {}}\n{raw_body(event).decode(errors='replace')}"


def raw_body(event: Event) -> bytes:
    """The request's body as it was sent. Raises `MalformedError`."""
    raw: str = event.get("body") or ""
    try:
        return base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else raw.encode()
    except ValueError as error:  # what base64 and UTF-8 say
        raise MalformedError("The body is JSON, in UTF-8.") from error


def caller(event: Event) -> str:
    """The address that the request came from, as the caches before this API say it; only good for fairness."""
    forwarded = str(event.get("headers", {}).get("x-forwarded-for", ""))
    return forwarded.partition(",")[0].strip() or str(event["requestContext"].get("http", {}).get("sourceIp", ""))


def bearer_token(event: Event) -> str:
    """The token of the `Authorization` header. Raises `UnauthorizedError` when there is none."""
    scheme, _, token = str(event.get("headers", {}).get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError("Sign in first: send `Authorization: Bearer` and a token.")
    return token.strip()


def virtual_connection(token: str) -> str:
    """The connection of all that comes over HTTP with one token: the same each time, and not the token."""
    return VIRTUAL + hashlib.sha256(token.encode()).hexdigest()[:32]


def _refusal(error: ChatError) -> Answer:
    signals.REQUESTS_REFUSED.add(of=error.code)
    return answer(
        error.status,
        {
            "code": error.code,
            "message": error.message,
            "temporary": error.temporary,
            "retry_after_ms": error.retry_after_ms,
        },
    )
