"""The HTTP endpoints as an OpenAPI 3.1 document, made from `contracts.endpoints` and the types that functions check."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from chat import protocol
from contracts.endpoints import ENDPOINTS, Endpoint
from contracts.examples import Examples
from contracts.http_answers import Refused
from contracts.schemas import Schema, write_json

OPENAPI = "3.1.0"
SCHEMAS = "#/components/schemas/{name}"
ALWAYS = (500, 503)
"""A fault of ours, and a dependency that does not answer: any function may say so."""

NOT_ASKED = 429
"""API Gateway's own answer to more requests than the stage takes."""

MEANINGS = {
    400: "Not a request that makes sense: `message` says what to change",
    401: "No valid token",
    403: "Not allowed",
    404: "There is no such thing",
    406: "Not in a form that `Accept` names",
    409: "Not as things stand: look again",
    413: "Too large",
    415: "Media of a type that is not shown here",
    422: "The `Idempotency-Key` stood before another request",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not right now",
}


def document() -> Schema:
    """All of it."""
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "AGENT Chat",
            "version": f"{protocol.VERSION}.0.0",
            "description": "JSON, on the site's own origin. Errors have `code`, `message`, `temporary` and "
            "`retry_after_ms`, as in frames.",
        },
        "servers": [{"url": "/", "description": "The site's own origin."}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def render(_examples: Examples, _present: str) -> str:
    """The document as a file."""
    return write_json(document())


def _kinds() -> list[Any]:
    kinds = [Refused]
    for endpoint in ENDPOINTS:
        kinds += [kind for kind in (endpoint.body, endpoint.answer) if kind is not None]
    return kinds


def _schemas() -> Schema:
    _, found = msgspec.json.schema_components(_kinds(), ref_template=SCHEMAS)
    return {name: found[name] for name in sorted(found)}


def _schema(kind: object) -> Schema:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=SCHEMAS)
    return dict(schema)


def _paths() -> Schema:
    paths: Schema = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint: Endpoint) -> Schema:
    operation: Schema = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()}{endpoint.path.removeprefix('/api')}").strip("_"),
        "summary": endpoint.about,
        "tags": ["operators" if endpoint.who == "operator" else "users"],
        "security": [] if endpoint.who == "anybody" else [{"session": []}],
        "responses": _responses(endpoint),
    }
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if endpoint.body is not None:
        content = {"application/json": {"schema": _schema(endpoint.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(endpoint: Endpoint) -> list[Schema]:
    def parameter(place: str, name: str) -> Schema:
        return {"in": place, "name": name, "required": place == "path", "schema": {"type": "string"}}

    found = [parameter("path", name) for name in re.findall(r"{(\w+)}", endpoint.path)]
    found += [parameter("query", name) for name in endpoint.queries]
    if endpoint.repeatable:
        key = parameter("header", "Idempotency-Key")
        key["schema"] = {"type": "string", "pattern": "^[ -~]{1,128}$"}
        found.append(key)
    return found


def _responses(endpoint: Endpoint) -> Schema:
    content: Schema = {}
    if endpoint.answer is not None:
        content["application/json"] = {"schema": _schema(endpoint.answer)}
    content |= {text: {"schema": {"type": "string"}} for text in endpoint.texts}
    responses: Schema = {str(endpoint.status): {"description": endpoint.about, "content": content}}
    refusals = {*endpoint.refusals, *ALWAYS, NOT_ASKED}
    if endpoint.body is not None or endpoint.queries or endpoint.repeatable:
        refusals.add(400)
    if endpoint.who != "anybody":
        refusals.add(401)
    if endpoint.who == "operator":
        refusals.add(403)
    for status in sorted(refusals):
        responses[str(status)] = {"description": MEANINGS[status], "content": _refusal(endpoint, status)}
    return responses


def _refusal(endpoint: Endpoint, status: int) -> Schema:
    refused = _schema(Refused)
    if endpoint.path == "/api/health" and status == 503:  # noqa: PLR2004 - a degraded stage says how it is
        refused = {"anyOf": [refused, _schema(endpoint.answer)]}
    if status == NOT_ASKED:
        refused = {"anyOf": [refused, {"type": "object", "properties": {"message": {"type": ["string", "null"]}}}]}
    return {"application/json": {"schema": refused}}
