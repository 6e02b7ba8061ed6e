"""The OpenAPI document is held against what operators' functions answer to requests that are made from it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from chat.alerts import Alarm
from contracts.endpoints import ENDPOINTS, Endpoint
from contracts.openapi import document
from tests.unit.operators_stage import Stage, answer_to, token_of
from tests.unit.test_handlers import recorded

AREAS = (
    "health",
    "metrics",
    "infrastructure",
    "monitoring",
    "audit",
    "flags",
    "scaling",
    "cache",
    "dead-letters",
    "oversight",
)
OPERATORS = {each.route: each for each in ENDPOINTS if each.path.split("/")[2] in AREAS}
EXAMPLES = 30
ALWAYS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PATTERNS = {each.route: re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", each.path)) for each in OPERATORS.values()}


def gateway(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """The HTTP API in front of the functions, as a WSGI application."""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    found = [
        (route, match)
        for route, pattern in PATTERNS.items()
        if route.startswith(f"{environ['REQUEST_METHOD']} ") and (match := pattern.fullmatch(path))
    ]
    if not found:
        start_response("404 Not Found", [("content-type", "application/json")])
        return [b'{"message":"Not Found"}']
    ((route, match),) = found
    answer = answer_to(event_of(environ, route, match.groupdict()))
    status = answer["statusCode"]
    start_response(f"{status} {HTTPStatus(status).phrase}", list(answer["headers"].items()))
    return [answer["body"].encode()]


def event_of(environ: dict[str, Any], route: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The event that API Gateway makes of a request."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return recorded(
        "http_api",
        routeKey=route,
        headers=headers,
        pathParameters=parameters,
        queryStringParameters=dict(parse_qsl(environ.get("QUERY_STRING", ""))),
        body=base64.b64encode(sent).decode(),
        isBase64Encoded=True,
    )


SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = gateway
# Who asks is the tests' own: a request without the header that they add is none that could be sent.
SCHEMA.config.generation.with_security_parameters = False


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    stage.install(monkeypatch)
    stage.alarms.found = [Alarm(name="chat-test-slow", state="ALARM", since_ms=10, reason="high", means="look")]
    return stage


def hold(endpoint: Endpoint, mode: GenerationMode, checks: list[Any], headers: dict[str, str]) -> None:
    """Sends requests that are made from the document, and holds each answer against it."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True)
    @given(SCHEMA[endpoint.path][endpoint.method].as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    ask()


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("endpoint", OPERATORS.values(), ids=OPERATORS.keys())
def test_requests_as_the_document_has_them_are_answered_as_it_says(endpoint: Endpoint) -> None:
    hold(endpoint, GenerationMode.POSITIVE, ALWAYS, {"authorization": f"Bearer {token_of('olga')}"})


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("endpoint", [each for each in OPERATORS.values() if each.body], ids=lambda each: each.route)
def test_requests_that_the_document_does_not_have_are_refused_as_it_says(endpoint: Endpoint) -> None:
    checks = [*ALWAYS, negative_data_rejection]
    hold(endpoint, GenerationMode.NEGATIVE, checks, {"authorization": f"Bearer {token_of('olga')}"})


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("user", [None, "ada"])
@pytest.mark.parametrize("endpoint", OPERATORS.values(), ids=OPERATORS.keys())
def test_others_are_refused_as_it_says(endpoint: Endpoint, user: str | None) -> None:
    headers = {"authorization": f"Bearer {token_of(user)}"} if user else {}
    operation = SCHEMA[endpoint.path][endpoint.method]
    about = dict.fromkeys(("name", "queue", "room", "user"), "x")
    case = operation.Case(path_parameters=about, body={}) if endpoint.body else operation.Case(path_parameters=about)
    response = case.call(headers=headers)
    case.validate_response(response, checks=ALWAYS)
    public = endpoint.who == "anybody" and user is None
    assert response.status_code == (200 if public else 403 if user else 401)


def test_it_is_a_document_of_openapi_3_1_with_every_endpoint_of_operators() -> None:
    SCHEMA.validate()
    assert {f"{method.upper()} {path}" for path, found in document()["paths"].items() for method in found} == {
        endpoint.route for endpoint in ENDPOINTS
    }


def test_every_request_of_operators_that_changes_something_takes_an_idempotency_key() -> None:
    posts = [each for each in ENDPOINTS if each.who == "operator" and each.method == "POST"]
    assert len(posts) > len(OPERATORS) / 3
    assert [each.route for each in posts if not each.repeatable] == []
