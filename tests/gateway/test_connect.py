"""Opening a socket: URL, authorizer, `$connect` integration, subprotocol. The statuses are those of the handshake."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus

from local.gateway import Limits
from tests.gateway.stage import (
    API_ID,
    AUTHORIZER,
    CHAT,
    STAGE,
    Event,
    FunctionError,
    Stage,
    Start,
    answer,
    make_api,
    policy,
    with_authorizer,
)

QUERY = "route.request.querystring.ticket"
HEADER = "route.request.header.X-Token"


async def refusal(stage: Stage, query: str = "", **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the HTTP answer that refuses a handshake."""
    with pytest.raises(InvalidStatus) as caught:
        async with stage.connect(query, **options):
            pass
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}")


async def fail(_: Event) -> object:
    raise FunctionError("secret: table users has no item 7")


# The URL


async def test_one_api_is_found_by_its_stage_alone(stage: Stage) -> None:
    """AWS: the path of a WebSocket URL is the stage."""
    async with stage.connect() as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"


async def test_several_apis_are_told_apart_by_their_ids(start: Start) -> None:
    """AWS puts the API's id into the host name; here it stands before the stage."""
    other = replace(CHAT, api_id="other56789", name="other")
    stage = await start(CHAT, other)
    assert (await refusal(stage))[0] == 403
    stage.url = f"{stage.url.removesuffix(STAGE)}{other.api_id}/{STAGE}"
    async with stage.connect():
        event = await stage.functions.event("connect")
    assert event["requestContext"]["apiId"] == "other56789"


async def test_an_unknown_stage_is_forbidden(stage: Stage) -> None:
    """AWS answers 403 Forbidden on a stage that isn't there."""
    stage.url += "x"
    status, body = await refusal(stage)
    assert (status, body["message"]) == (403, "Forbidden")


# Without and with an integration


async def test_connect_is_optional(start: Start) -> None:
    """AWS, "$connect and $disconnect routes": setting up an integration for `$connect` is optional."""
    stage = await start(make_api({"$default": None}))
    async with stage.connect() as socket:
        await socket.ping()
    assert stage.functions.events == {}


async def test_the_upgrade_waits_for_the_connect_integration(stage: Stage) -> None:
    """AWS: until the `$connect` integration has finished, the upgrade is pending and there is no connection."""
    let_go = asyncio.Event()

    async def wait(_: Event) -> object:
        await let_go.wait()
        return {"statusCode": 200}

    stage.functions.handlers["connect"] = wait
    opening = asyncio.ensure_future(stage.connect().__aenter__())
    await stage.functions.event("connect")
    assert stage.gateway.connections == {}
    assert not opening.done()
    let_go.set()
    socket = await opening
    assert len(stage.gateway.connections) == 1
    await socket.close()


async def test_posting_to_a_connection_inside_its_own_connect_is_gone(stage: Stage) -> None:
    """AWS: the connection doesn't exist before `$connect` has returned, so @connections answers 410."""
    caught: list[str] = []

    async def post(event: Event) -> object:
        with pytest.raises(ClientError) as error:
            await stage.management("post_to_connection", event["requestContext"]["connectionId"], Data=b"early")
        caught.append(error.value.response["Error"]["Code"])
        return {"statusCode": 200}

    stage.functions.handlers["connect"] = post
    async with stage.connect():
        assert caught == ["GoneException"]


@pytest.mark.parametrize("status", [304, 400, 401, 403, 429, 503])
async def test_a_connect_answer_other_than_2xx_refuses_the_handshake_with_its_status(stage: Stage, status: int) -> None:
    """AWS: the connection is made only if the `$connect` integration succeeds."""
    stage.functions.handlers["connect"] = answer({"statusCode": status, "body": "not for the client"})
    assert (await refusal(stage))[0] == status
    assert stage.gateway.connections == {}


@pytest.mark.parametrize(
    "malformed", [{}, None, [], {"statusCode": "two"}, {"statusCode": 101}, {"statusCode": 200, "body": {}}, b"{"]
)
async def test_a_malformed_connect_answer_is_502(stage: Stage, malformed: object) -> None:
    """AWS: a proxy integration's answer without a valid `statusCode`, or with a body not a string, is a bad gateway."""
    stage.functions.handlers["connect"] = answer(malformed)
    status, body = await refusal(stage)
    assert (status, body["message"]) == (502, "Internal server error")


async def test_a_failing_connect_function_is_502_and_its_error_stays_inside(stage: Stage) -> None:
    """AWS: an error in the `$connect` function refuses the handshake with 502, without its text."""
    stage.functions.handlers["connect"] = fail
    status, body = await refusal(stage)
    assert status == 502
    assert body.keys() == {"message", "connectionId", "requestId"}
    assert "secret" not in json.dumps(body)


async def test_a_slow_connect_function_is_504(start: Start) -> None:
    """AWS: 29 s integration timeout; a handshake that meets it is answered by 504."""
    stage = await start(limits=Limits(integration_timeout_s=0.05))
    stage.functions.handlers["connect"] = lambda _: asyncio.sleep(5)
    status, body = await refusal(stage)
    assert (status, body["message"]) == (504, "Endpoint request timed out")


# The authorizer


async def test_a_missing_identity_source_is_401_and_the_authorizer_is_not_invoked(start: Start) -> None:
    """AWS, Lambda authorizers: where an identity source is missing, null or empty, 401 without a call."""
    stage = await start(with_authorizer(QUERY, HEADER))
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow"))
    for query, headers in (("", {"X-Token": "t"}), ("?ticket=", {"X-Token": "t"}), ("?ticket=1", {}), ("?x=1", {})):
        status, body = await refusal(stage, query, additional_headers=headers)
        assert (status, body["message"]) == (401, "Unauthorized")
    assert stage.functions.events == {}
    async with stage.connect("?ticket=1", additional_headers={"x-token": "t"}):
        assert len(stage.functions.events[AUTHORIZER]) == 1


async def test_a_denying_policy_is_403_and_connect_is_not_invoked(start: Start) -> None:
    """AWS: if authorization fails on `$connect`, the client gets 401 or 403 and there is no connection."""
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(policy("Deny"))
    status, body = await refusal(stage)
    assert (status, body["message"]) == (403, "Forbidden")
    assert "connect" not in stage.functions.events


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/{STAGE}/$connect", True),
        (f"arn:aws:execute-api:*:*:{API_ID}/*", True),
        (f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/t?st/$connect", True),
        (f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/*/*/*", False),
        (f"arn:aws:execute-api:eu-west-1:123456789012:{API_ID}/prod/$connect", False),
    ],
)
async def test_a_policy_allows_what_its_resource_matches(start: Start, resource: str, *, allowed: bool) -> None:
    """AWS: `methodArn` of `$connect` is `…:api-id/stage/$connect`; `*` and `?` are wildcards."""
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow", resource))
    if allowed:
        async with stage.connect():
            pass
    else:
        assert (await refusal(stage))[0] == 403


async def test_an_explicit_deny_beats_an_allow(start: Start) -> None:
    """AWS, IAM policy evaluation."""
    result = policy("Allow")
    result["policyDocument"]["Statement"].append({"Action": "*", "Effect": "Deny", "Resource": "*"})
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(result)
    assert (await refusal(stage))[0] == 403


async def test_an_authorizer_that_raises_unauthorized_is_401(start: Start) -> None:
    """AWS, Lambda authorizers: the error message "Unauthorized", exactly, becomes 401; any other becomes 500."""

    async def raise_it(event: Event) -> object:
        raise FunctionError(event["queryStringParameters"]["text"])

    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = raise_it
    assert (await refusal(stage, "?text=Unauthorized"))[0] == 401
    status, body = await refusal(stage, "?text=unauthorized:secret")
    assert status == 500
    assert body["message"] == "Internal server error"
    assert "secret" not in json.dumps(body)


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        {"isAuthorized": True},
        {"principalId": "ada"},
        policy("Allow", principalId=None) | {"policyDocument": []},
        policy("Allow", context={"rooms": ["general"]}),
        policy("Allow", context={"user": {"id": 1}}),
    ],
)
async def test_a_malformed_authorizer_result_is_500(start: Start, malformed: object) -> None:
    """AWS: an authorizer's configuration error is 500; context values that are objects or arrays are one."""
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(malformed)
    status, body = await refusal(stage)
    assert (status, body["message"]) == (500, "Internal server error")


async def test_an_authorizer_result_over_8_kb_is_500(start: Start) -> None:
    """AWS, WebSocket quotas: Lambda authorizer result size 8 KB."""
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow", context={"big": "x" * 8192}))
    assert (await refusal(stage))[0] == 500
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow", context={"big": "x" * 7900}))
    async with stage.connect():
        pass


async def test_the_authorizers_context_is_in_every_later_event_as_flat_strings(start: Start) -> None:
    """AWS: `requestContext.authorizer` has principalId, integrationLatency and the context, as strings."""
    stage = await start(with_authorizer())
    result = policy("Allow", context={"name": "Ada", "level": 3, "admin": True})
    stage.functions.handlers[AUTHORIZER] = answer(result)
    async with stage.connect() as socket:
        await socket.send("hello")
        await socket.recv()
    await stage.functions.event("disconnect")
    for name in ("connect", "default", "disconnect"):
        context = dict(stage.functions.events[name][0]["requestContext"]["authorizer"])
        assert isinstance(context.pop("integrationLatency"), int)
        assert context == {"principalId": "ada", "name": "Ada", "level": "3", "admin": "true"}


async def test_authorizer_results_are_not_cached(start: Start) -> None:
    """AWS: WebSocket APIs have no authorizer TTL; every handshake asks."""
    stage = await start(with_authorizer(QUERY))
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow"))
    for _ in range(3):
        async with stage.connect("?ticket=same"):
            pass
    assert len(stage.functions.events[AUTHORIZER]) == 3


# Subprotocols


async def test_the_connect_integration_chooses_the_subprotocol(stage: Stage) -> None:
    """AWS, "$connect route that requires a subprotocol": the function returns Sec-WebSocket-Protocol."""
    stage.functions.handlers["connect"] = answer({"statusCode": 200, "headers": {"sec-websocket-protocol": "chat.v2"}})
    async with stage.connect(subprotocols=["chat.v1", "chat.v2"]) as socket:
        assert socket.subprotocol == "chat.v2"
    assert (await stage.functions.event("connect"))["headers"]["Sec-WebSocket-Protocol"] == "chat.v1, chat.v2"


async def test_no_subprotocol_is_chosen_where_the_integration_returns_none(stage: Stage) -> None:
    """AWS chooses none by itself."""
    async with stage.connect(subprotocols=["chat.v1"]) as socket:
        assert socket.subprotocol is None


async def test_a_subprotocol_header_cannot_smuggle_other_headers(stage: Stage) -> None:
    headers = {"Sec-WebSocket-Protocol": "chat\r\nSet-Cookie: a=b"}
    stage.functions.handlers["connect"] = answer({"statusCode": 200, "headers": headers})
    async with stage.connect(subprotocols=["chat"]) as socket:
        assert socket.response is not None
        assert "Set-Cookie" not in socket.response.headers


async def test_compression_is_not_negotiated(stage: Stage) -> None:
    """AWS: clients offer permessage-deflate, API Gateway doesn't accept it."""
    async with stage.connect(compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
