"""A message's way: route, integration, reply or error frame."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from local.gateway import Limits
from local.gateway.api import MockIntegration
from local.gateway.selection import RouteSelection, SelectionError
from tests.gateway.stage import CHAT, Event, FunctionError, Stage, Start, answer, function, make_api


def selected(expression: str, body: str) -> str | None:
    return RouteSelection.parse(expression).evaluate(body)


# Route selection (pure)


@pytest.mark.parametrize(
    ("expression", "body", "key"),
    [
        ("$request.body.action", '{"action":"send"}', "send"),
        ("${request.body.action}", '{"action":"send"}', "send"),
        ("$request.body.meta.kind", '{"meta":{"kind":"send"}}', "send"),
        ("$request.body.items[1].action", '{"items":[{},{"action":"send"}]}', "send"),
        ("${request.body.action}-v${request.body.version}", '{"action":"send","version":2}', "send-v2"),
        (r"\$${request.body.action}", '{"action":"default"}', "$default"),
        ("$request.body.flag", '{"flag":true}', "true"),
        ("$request.body.action", '{"action":null}', None),
        ("$request.body.action", '{"action":{"a":1}}', None),
        ("$request.body.action", '{"other":1}', None),
        ("$request.body.action", "[1]", None),
        ("$request.body.action", "7", None),
        ("$request.body.action", "not JSON", None),
        ("$request.body.action", "", None),
        ("$request.body.action", "[" * 100_000, None),
    ],
)
def test_a_selection_expression_selects(expression: str, body: str, key: str | None) -> None:
    r"""AWS, "WebSocket selection expressions": `$` variables, braces, several variables, `\$`; a JSON path."""
    assert selected(expression, body) == key


def test_a_selection_expression_on_something_else_is_refused() -> None:
    with pytest.raises(SelectionError, match=r"request\.header"):
        RouteSelection.parse("$request.header.action")


# Routes


async def test_a_message_goes_to_the_route_its_action_selects(stage: Stage) -> None:
    """AWS: the route whose key the route selection expression produces."""
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        await socket.recv()
    assert stage.functions.events.keys() >= {"echo"}
    assert "default" not in stage.functions.events


@pytest.mark.parametrize("body", ['{"action":"unknown"}', "not JSON", '{"no":"action"}', "", '"$default"'])
async def test_what_no_route_fits_goes_to_default(stage: Stage, body: str) -> None:
    """AWS: `$default` is called where the expression can't be evaluated or no matching route is found."""
    async with stage.connect() as socket:
        await socket.send(body)
        assert await socket.recv() == body
    assert stage.functions.events["default"][0]["requestContext"]["routeKey"] == "$default"


@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
async def test_a_client_cannot_select_a_lifecycle_route(stage: Stage, key: str) -> None:
    """AWS: those two are called for the connection's life only."""
    async with stage.connect() as socket:
        await socket.send(json.dumps({"action": key}))
        await socket.recv()
        assert len(stage.functions.events["connect"]) == 1
        assert "disconnect" not in stage.functions.events


async def test_without_default_an_unknown_action_is_forbidden(start: Start) -> None:
    """AWS: `{"message": "Forbidden", "connectionId": …, "requestId": …}`, and the socket stays open."""
    stage = await start(
        make_api({"echo": function("echo"), "mock": MockIntegration(200, '{"pong":"$context.connectionId"}')})
    )
    async with stage.connect() as socket:
        await socket.send('{"action":"unknown"}')
        frame = json.loads(await socket.recv())
        assert frame.keys() == {"message", "connectionId", "requestId"}
        assert frame["message"] == "Forbidden"
        assert frame["connectionId"] == await stage.connection_id(socket)


# Replies


async def test_a_reply_is_sent_only_where_a_route_response_is_deployed(start: Start) -> None:
    """AWS: API Gateway passes the backend's response on only where a route response is set up."""
    routes = {**CHAT.routes, "quiet": replace(CHAT.routes["echo"], key="quiet", replies=False)}
    stage = await start(replace(CHAT, routes=routes))
    async with stage.connect() as socket:
        await socket.send('{"action":"quiet"}')
        await stage.functions.event("echo")
        await socket.send("loud")
        assert await socket.recv() == "loud"


async def test_an_answer_without_body_sends_nothing(stage: Stage) -> None:
    """AWS: there is no frame where the answer has no body."""
    stage.functions.handlers["echo"] = answer({"statusCode": 200})
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        await stage.functions.event("echo")
        await socket.send("next")
        assert await socket.recv() == "next"


async def test_a_mock_answers_without_a_function(stage: Stage) -> None:
    """AWS, MOCK integrations: the integration response's template, with `$context` variables filled in."""
    async with stage.connect() as socket:
        assert await stage.connection_id(socket) in stage.gateway.connections
    assert stage.functions.events.keys() <= {"connect", "disconnect"}


# Failures


@pytest.mark.parametrize("malformed", [{}, None, "text", {"body": "x"}, {"statusCode": 200, "body": 7}])
async def test_a_malformed_answer_is_an_internal_server_error(stage: Stage, malformed: object) -> None:
    """AWS: `{"message": "Internal server error", "connectionId": …, "requestId": …}`."""
    stage.functions.handlers["echo"] = answer(malformed)
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        frame = json.loads(await socket.recv())
        assert frame.keys() == {"message", "connectionId", "requestId"}
        assert frame["message"] == "Internal server error"
        await socket.send("still open")
        assert await socket.recv() == "still open"


async def test_a_functions_error_stays_in_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """AWS shows clients its own message only; here the log has one line with the error and the request's id."""

    async def fail(_: Event) -> object:
        raise FunctionError("secret: no item 7")

    stage.functions.handlers["echo"] = fail
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        text = await socket.recv(decode=True)
    frame = json.loads(text)
    assert frame["message"] == "Internal server error"
    assert "secret" not in text
    [line] = [record.getMessage() for record in caplog.records if "secret" in record.getMessage()]
    assert frame["requestId"] in line
    assert "\n" not in line


async def test_an_error_frame_is_sent_even_where_no_route_response_is_deployed(start: Start) -> None:
    """AWS sends its own errors on one-way routes, too."""
    routes = {"$default": replace(CHAT.routes["$default"], replies=False)}
    stage = await start(replace(CHAT, routes=routes))
    stage.functions.handlers["default"] = answer(None)
    async with stage.connect() as socket:
        await socket.send("hello")
        assert json.loads(await socket.recv())["message"] == "Internal server error"


async def test_a_function_that_takes_too_long_is_timed_out(start: Start) -> None:
    """AWS: 29 s integration timeout, then "Endpoint request timed out"."""
    stage = await start(limits=Limits(integration_timeout_s=0.05))
    stage.functions.handlers["echo"] = lambda _: asyncio.sleep(5)
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        frame = json.loads(await socket.recv())
    assert frame["message"] == "Endpoint request timed out"
    assert frame.keys() == {"message", "connectionId", "requestId"}


async def test_an_integrations_own_timeout_is_kept(start: Start) -> None:
    """AWS: `timeoutInMillis` of an integration may be shorter than 29 s."""
    slow = replace(CHAT.routes["echo"], integration=replace(function("echo"), timeout_s=0.05))
    stage = await start(replace(CHAT, routes={**CHAT.routes, "echo": slow}))
    stage.functions.handlers["echo"] = lambda _: asyncio.sleep(5)
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        assert json.loads(await socket.recv())["message"] == "Endpoint request timed out"


# Concurrency


async def test_frames_of_one_connection_are_handled_at_the_same_time_and_may_finish_out_of_order(stage: Stage) -> None:
    """AWS doesn't put one connection's messages in order: each is an invocation of its own."""
    second_done = asyncio.Event()

    async def handle(event: Event) -> object:
        if event["body"] == "first":
            await asyncio.wait_for(second_done.wait(), 5)
        else:
            second_done.set()
        return {"statusCode": 200, "body": event["body"]}

    stage.functions.handlers["default"] = handle
    async with stage.connect() as socket:
        await socket.send("first")
        await socket.send("second")
        assert [await socket.recv(), await socket.recv()] == ["second", "first"]


async def test_invocations_over_the_concurrency_limit_fail_like_a_throttled_function(start: Start) -> None:
    """AWS: Lambda throttles over its concurrent executions (L-B99A9384); the client sees an internal server error."""
    stage = await start(limits=Limits(concurrency=1))
    let_go = asyncio.Event()

    async def wait(event: Event) -> object:
        await let_go.wait()
        return {"statusCode": 200, "body": event["body"]}

    stage.functions.handlers["default"] = wait
    async with stage.connect() as socket:
        await socket.send("first")
        await stage.functions.event("default")
        await socket.send("second")
        assert json.loads(await socket.recv())["message"] == "Internal server error"
        let_go.set()
        assert await socket.recv() == "first"


# Redeployment


async def test_a_redeployment_is_picked_up_without_dropping_sockets(start: Start) -> None:
    """AWS: a deployment to a stage applies to open connections' next messages."""
    stage = await start(refresh_s=0.02)
    async with stage.connect() as socket:
        stage.redeploy(make_api({"$default": MockIntegration(200, "new")}))
        for _ in range(200):
            await socket.send("hello")
            if (reply := await socket.recv()) == "new":
                break
            await asyncio.sleep(0.02)
        assert reply == "new"


async def test_a_route_is_read_from_the_stage_the_socket_was_opened_on(start: Start) -> None:
    """AWS: `requestContext.stage` is the stage of the URL."""
    stage = await start(replace(CHAT, stages={"test": {}, "beta": {}}))
    stage.url = stage.url.replace("/test", "/beta")
    async with stage.connect() as socket:
        await socket.send("hello")
        await socket.recv()
    assert stage.functions.events["default"][0]["requestContext"]["stage"] == "beta"
