"""The Lambda Invoke API as this gateway calls it, on a stub that checks what it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote

import pytest
from aiohttp import web

from local.gateway.api import ApiError, Function, FunctionUri
from local.gateway.invoker import Invocation, InvokeError, LambdaInvoker

ARN = "arn:aws:lambda:us-east-1:000000000000:function:echo"

Answer = Callable[[web.Request], web.Response]


@asynccontextmanager
async def lambda_stub(answer: Answer, parallelism: int = 4) -> AsyncIterator[tuple[LambdaInvoker, list[web.Request]]]:
    """An invoker for a stub of the Invoke API, and the requests that came."""
    requests: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        requests.append(request)
        return answer(request)

    application = web.Application()
    application.router.add_post("/2015-03-31/functions/{name}/invocations", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with LambdaInvoker(f"http://{host}:{port}", "us-east-1", parallelism) as invoker:
            yield invoker, requests
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


async def test_an_invocation_is_synchronous_and_signed() -> None:
    async with lambda_stub(lambda _: web.json_response({"statusCode": 200})) as (invoker, requests):
        invocation = await invoker.invoke(Function(ARN), b'{"a":1}')
    assert invocation == Invocation(b'{"statusCode": 200}')
    [request] = requests
    assert request.match_info["name"] == ARN
    assert await request.read() == b'{"a":1}'
    assert request.headers["X-Amz-Invocation-Type"] == "RequestResponse"
    assert "/us-east-1/lambda/aws4_request" in request.headers["Authorization"]
    assert "Qualifier" not in request.query


async def test_a_qualifier_is_passed_on() -> None:
    """AWS: an integration URI may name a version or an alias."""
    async with lambda_stub(lambda _: web.json_response({})) as (invoker, requests):
        await invoker.invoke(Function(ARN, "live"), b"{}")
    assert requests[0].query["Qualifier"] == "live"
    assert unquote(requests[0].match_info["name"]) == ARN


async def test_a_functions_error_is_told_from_its_result() -> None:
    failure = {"errorType": "KeyError", "errorMessage": "'x'"}
    headers = {"X-Amz-Function-Error": "Unhandled"}
    async with lambda_stub(lambda _: web.json_response(failure, headers=headers)) as (invoker, _):
        invocation = await invoker.invoke(Function(ARN), b"{}")
    assert invocation.failed
    assert json.loads(invocation.payload) == failure


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
async def test_a_function_that_did_not_run_raises(status: int) -> None:
    async with lambda_stub(lambda _: web.Response(status=status, text="no")) as (invoker, requests):
        with pytest.raises(InvokeError, match=str(status)):
            await invoker.invoke(Function(ARN), b"{}")
    assert len(requests) == 1, "API Gateway does not retry"


async def test_an_endpoint_that_is_down_raises() -> None:
    async with LambdaInvoker("http://127.0.0.1:9", "us-east-1", 4) as invoker:
        with pytest.raises(InvokeError):
            await invoker.invoke(Function(ARN), b"{}")


async def test_no_more_requests_are_under_way_than_asked_for() -> None:
    async with lambda_stub(lambda _: web.json_response({}), parallelism=2) as (invoker, requests):
        await asyncio.gather(*(invoker.invoke(Function(ARN), b"{}") for _ in range(20)))
    assert len({request.transport for request in requests if request.transport is not None}) <= 2
    assert len(requests) == 20


@pytest.mark.parametrize(
    ("uri", "function"),
    [
        (ARN, Function(ARN, None, "us-east-1", "000000000000")),
        (f"{ARN}:live", Function(ARN, "live", "us-east-1", "000000000000")),
        (f"{ARN}:7", Function(ARN, "7", "us-east-1", "000000000000")),
        (
            f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}:$LATEST/invocations",
            Function(ARN, "$LATEST", "us-east-1", "000000000000"),
        ),
        (
            f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{ARN}/invocations",
            Function(ARN, None, "us-east-1", "000000000000"),
        ),
        (f"{ARN}:${{stageVariables.alias}}", Function(ARN, "blue", "us-east-1", "000000000000")),
        ("echo", Function("echo")),
    ],
)
def test_a_uri_names_a_function_and_its_qualifier(uri: str, function: Function) -> None:
    """AWS: integration URIs, with alias or version, and with stage variables in them."""
    assert FunctionUri(uri).resolve({"alias": "blue"}) == function


@pytest.mark.parametrize("uri", ["", "arn:aws:sqs:us-east-1:1:queue", "https://example.com/", f"{ARN}:a:b"])
def test_a_uri_that_names_no_function_is_refused(uri: str) -> None:
    with pytest.raises(ApiError, match="names no Lambda function"):
        FunctionUri(uri).resolve({})
