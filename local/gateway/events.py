"""The events that functions get, shaped as API Gateway sends them. Pure: clock and ids come from the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

Event = dict[str, Any]

HOP_HEADERS = frozenset({"connection", "upgrade", "content-length"})
"""Headers that the authorizer's event shows and `$connect` events don't (recorded events)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What stays the same over a connection's life. `authorizer` None: no authorizer is deployed."""

    connection_id: str
    api_id: str
    stage: str
    domain_name: str
    connected_at_ms: int
    source_ip: str
    user_agent: str | None
    authorizer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is new with every event: its id and its time."""

    request_id: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Handshake:
    """The upgrade request: header names as the client wrote them, in order, and the undecoded query string."""

    headers: Sequence[tuple[str, str]]
    query: str

    def header(self, name: str) -> str | None:
        """The last value of the header `name`, whatever its case; None where it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[-1] if values else None

    def parameters(self) -> list[tuple[str, str]]:
        """The query string's names and values, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)


def connect_event(session: Session, handshake: Handshake, occasion: Occasion, variables: Mapping[str, str]) -> Event:
    """`$connect`: the handshake's headers and query string."""
    headers = [pair for pair in handshake.headers if pair[0].lower() not in HOP_HEADERS]
    event: Event = {"headers": dict(headers), "multiValueHeaders": _gather(headers)}
    if parameters := handshake.parameters():
        event["queryStringParameters"] = dict(parameters)
        event["multiValueQueryStringParameters"] = _gather(parameters)
    event["requestContext"] = request_context(session, "$connect", "CONNECT", occasion)
    return _finish(event, variables)


def message_event(
    session: Session, occasion: Occasion, variables: Mapping[str, str], *, route_key: str, message_id: str, body: str
) -> Event:
    """A message: no headers. Binary frames never get here, so `isBase64Encoded` is always false."""
    context = request_context(session, route_key, "MESSAGE", occasion) | {"messageId": message_id}
    return _finish({"requestContext": context, "body": body}, variables)


def disconnect_event(
    session: Session, code: int, reason: str, occasion: Occasion, variables: Mapping[str, str]
) -> Event:
    """`$disconnect`: AWS sends these four headers, three of them empty (recorded events)."""
    headers = {"Host": session.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    context = request_context(session, "$disconnect", "DISCONNECT", occasion)
    context |= {"disconnectStatusCode": code, "disconnectReason": reason}
    event: Event = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": context,
    }
    return _finish(event, variables)


def authorizer_event(
    session: Session, handshake: Handshake, occasion: Occasion, variables: Mapping[str, str], method_arn: str
) -> Event:
    """The REQUEST authorizer's input: here empty maps are sent, and all headers."""
    parameters = handshake.parameters()
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        "headers": dict(handshake.headers),
        "multiValueHeaders": _gather(handshake.headers),
        "queryStringParameters": dict(parameters),
        "multiValueQueryStringParameters": _gather(parameters),
        "stageVariables": dict(variables),
        "requestContext": request_context(session, "$connect", "CONNECT", occasion),
    }


def request_context(session: Session, route_key: str, event_type: str, occasion: Occasion) -> Event:
    """The part that all events share. `userAgent` and `authorizer` are absent where there is none."""
    identity = {"sourceIp": session.source_ip}
    if session.user_agent is not None:
        identity = {"userAgent": session.user_agent} | identity
    context: Event = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": occasion.request_id,
        "requestTime": datetime.fromtimestamp(occasion.now_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "messageDirection": "IN",
        "stage": session.stage,
        "connectedAt": session.connected_at_ms,
        "requestTimeEpoch": occasion.now_ms,
        "identity": identity,
        "requestId": occasion.request_id,
        "domainName": session.domain_name,
        "connectionId": session.connection_id,
        "apiId": session.api_id,
    }
    if session.authorizer is not None:
        context["authorizer"] = dict(session.authorizer)
    return context


def _finish(event: Event, variables: Mapping[str, str]) -> Event:
    if variables:
        event["stageVariables"] = dict(variables)
    event["isBase64Encoded"] = False
    return event


def _gather(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = {}
    for name, value in pairs:
        gathered.setdefault(name, []).append(value)
    return gathered
