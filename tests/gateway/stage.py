"""A gateway in front of functions in this process, and clients for it that this project did not write."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from websockets.asyncio.client import ClientConnection, connect

from local.gateway import GatewayConfig, Limits, serve
from local.gateway.api import (
    Api,
    Authorizer,
    Deployment,
    Function,
    FunctionUri,
    Integration,
    LambdaIntegration,
    MockIntegration,
    Route,
)
from local.gateway.gateway import Gateway
from local.gateway.invoker import Invocation
from local.gateway.selection import RouteSelection

API_ID = "abcdef1234"
STAGE = "test"

Event = dict[str, Any]
Handler = Callable[[Event], Awaitable[object]]


class FunctionError(Exception):
    """Raised by a test's function: Lambda reports its text as `errorMessage`."""


class Functions:
    """Functions in this process, by name. Those with no handler answer 200. Keeps every event they got."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.events: dict[str, list[Event]] = {}
        self.called: dict[str, asyncio.Event] = {}

    async def invoke(self, function: Function, event: bytes) -> Invocation:
        document = json.loads(event)
        self.events.setdefault(function.name, []).append(document)
        self.called.setdefault(function.name, asyncio.Event()).set()
        handler = self.handlers.get(function.name)
        try:
            answer = await handler(document) if handler else {"statusCode": 200}
        except FunctionError as error:
            failure = {"errorType": "Exception", "errorMessage": str(error), "stackTrace": ["secret.py, line 1"]}
            return Invocation(json.dumps(failure).encode(), failed=True)
        return Invocation(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    async def event(self, name: str) -> Event:
        """The last event that the function `name` got; waits for the first."""
        await asyncio.wait_for(self.called.setdefault(name, asyncio.Event()).wait(), 5)
        return self.events[name][-1]


def answer(value: object) -> Handler:
    """A handler that always answers `value`."""

    async def handle(_: Event) -> object:
        return value

    return handle


async def echo(event: Event) -> object:
    """A handler that answers with the message's body."""
    return {"statusCode": 200, "body": event["body"]}


def function(name: str) -> LambdaIntegration:
    return LambdaIntegration(FunctionUri(name))


def make_api(routes: Mapping[str, Integration | None], **changes: Any) -> Api:
    """An API whose routes all reply; `changes` are fields of `Api`."""
    made = {
        key: Route(key, integration, replies=not key.startswith(("$c", "$di"))) for key, integration in routes.items()
    }
    api = Api(API_ID, "chat", RouteSelection.parse("$request.body.action"), made, {STAGE: {}})
    return replace(api, **changes)


CHAT = make_api(
    {
        "$connect": function("connect"),
        "$disconnect": function("disconnect"),
        "$default": function("default"),
        "echo": function("echo"),
        "mock": MockIntegration(200, '{"pong":"$context.connectionId"}'),
    }
)


def with_authorizer(*identity_sources: str, api: Api = CHAT) -> Api:
    """The API with a REQUEST authorizer, the function `authorizer`, on `$connect`."""
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"
    route = replace(api.routes["$connect"], authorizer=Authorizer(FunctionUri(arn), identity_sources))
    return replace(api, routes={**api.routes, "$connect": route})


def policy(effect: str, resource: str = "*", **result: Any) -> dict[str, Any]:
    """What a REQUEST authorizer returns; `result` adds to it or replaces."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ada", "policyDocument": document, **result}


AUTHORIZER = "arn:aws:lambda:eu-west-1:123456789012:function:authorizer"


class Stage:
    """One running gateway, its functions, and a socket or a boto3 client for it."""

    def __init__(self, gateway: Gateway, functions: Functions, deployment: list[Deployment]) -> None:
        self.gateway = gateway
        self.functions = functions
        self._deployment = deployment
        self.http = f"http://127.0.0.1:{gateway.port}"
        self.url = f"ws://127.0.0.1:{gateway.port}/{STAGE}"

    def connect(self, query: str = "", **options: Any) -> connect:
        """The `websockets` client."""
        options.setdefault("open_timeout", 10)
        options.setdefault("close_timeout", 2)
        return connect(self.url + query, proxy=None, **options)

    def redeploy(self, *apis: Api) -> None:
        """What the next reading of the control plane finds."""
        self._deployment[0] = deploy(*apis)

    async def connection_id(self, socket: ClientConnection) -> str:
        """Asks the MOCK route."""
        await socket.send('{"action":"mock"}')
        return str(json.loads(await socket.recv())["pong"])

    async def management(self, operation: str, connection_id: str, stage: str = STAGE, **arguments: Any) -> Any:
        """Calls boto3's apigatewaymanagementapi client in a thread. Raises what it raises."""
        client = management_client(f"{self.http}/{stage}")
        return await asyncio.to_thread(partial(getattr(client, operation), ConnectionId=connection_id, **arguments))


Start = Callable[..., Awaitable[Stage]]
"""`await start(api, …, limits=…, faults=…)`: the fixture's type."""


def management_client(endpoint_url: str) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # what emulators take
        config=Config(retries={"total_max_attempts": 1}),
    )


def deploy(*apis: Api) -> Deployment:
    return Deployment({api.api_id: api for api in apis}, apis[0] if len(apis) == 1 else None)


@asynccontextmanager
async def run_stage(*apis: Api, limits: Limits | None = None, **settings: Any) -> AsyncIterator[Stage]:
    functions = Functions()
    functions.handlers |= {"default": echo, "echo": echo}
    deployment = [deploy(*(apis or (CHAT,)))]
    config = GatewayConfig(limits=limits or Limits(), stop_timeout_s=2, **settings)
    async with serve(config, invoker=functions, load=lambda: deployment[0]) as gateway:
        yield Stage(gateway, functions, deployment)
