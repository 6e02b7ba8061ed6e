"""The events functions get, beside events in the shape that AWS documents and records (`events/*.json`)."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.stage import AUTHORIZER, CHAT, STAGE, Stage, Start, answer, policy, with_authorizer

EVENTS = Path(__file__).parent / "events"


def recorded(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def shape(value: Any) -> Any:
    """Keys and types; what stands in a leaf does not matter."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


async def test_a_connect_event_has_the_shape_of_a_recorded_one(stage: Stage) -> None:
    """AWS, recorded CONNECT event: no body, no stageVariables where the stage has none, upgrade headers left out."""
    async with stage.connect("?ticket=a&ticket=b"):
        event = await stage.functions.event("connect")
    assert shape(event) == shape(recorded("connect"))
    assert event["queryStringParameters"] == {"ticket": "b"}
    assert event["multiValueQueryStringParameters"] == {"ticket": ["a", "b"]}


async def test_a_connect_event_without_query_string_has_no_query_string_keys(stage: Stage) -> None:
    """AWS, recorded CONNECT event without parameters: the two keys are absent, not null."""
    async with stage.connect():
        event = await stage.functions.event("connect")
    assert not {"queryStringParameters", "multiValueQueryStringParameters"} & set(event)


async def test_a_message_event_has_the_shape_of_a_recorded_one(stage: Stage) -> None:
    """AWS, recorded MESSAGE event: requestContext with messageId, body, isBase64Encoded, and no headers."""
    async with stage.connect() as socket:
        await socket.send('{"action":"echo"}')
        await socket.recv()
    event = await stage.functions.event("echo")
    assert shape(event) == shape(recorded("message"))
    assert event["requestContext"]["routeKey"] == "echo"


async def test_a_disconnect_event_has_the_shape_of_a_recorded_one(stage: Stage) -> None:
    """AWS, recorded DISCONNECT event: four headers, three of them empty, and the status code with its reason."""
    async with stage.connect():
        pass
    assert shape(await stage.functions.event("disconnect")) == shape(recorded("disconnect"))


async def test_an_authorizer_event_has_the_shape_of_a_recorded_one(start: Start) -> None:
    """AWS, recorded REQUEST authorizer input of a WebSocket API: empty maps are there, upgrade headers too."""
    stage = await start(with_authorizer())
    stage.functions.handlers[AUTHORIZER] = answer(policy("Allow"))
    async with stage.connect():
        event = await stage.functions.event(AUTHORIZER)
    assert shape(event) == shape(recorded("authorizer"))
    assert event["methodArn"] == recorded("authorizer")["methodArn"]


async def test_connected_at_stays_the_same_in_every_event_of_a_connection(stage: Stage) -> None:
    """AWS, `$context.connectedAt`: the time the connection was made, in epoch milliseconds."""
    before_ms = int(time.time() * 1000)
    async with stage.connect() as socket:
        await socket.send("one")
        await socket.recv()
        await socket.send("two")
        await socket.recv()
    await stage.functions.event("disconnect")
    contexts = [event["requestContext"] for events in stage.functions.events.values() for event in events]
    assert len(contexts) == 4
    assert len({context["connectedAt"] for context in contexts}) == 1
    assert before_ms <= contexts[0]["connectedAt"] <= int(time.time() * 1000)
    assert len({context["connectionId"] for context in contexts}) == 1
    assert len({context["requestId"] for context in contexts}) == 4


async def test_request_time_and_its_epoch_are_the_same_moment(stage: Stage) -> None:
    """AWS, `$context.requestTime`: CLF format `dd/MMM/yyyy:HH:mm:ss +0000`."""
    async with stage.connect():
        context = (await stage.functions.event("connect"))["requestContext"]
    parsed = datetime.strptime(context["requestTime"], "%d/%b/%Y:%H:%M:%S %z")
    assert parsed == datetime.fromtimestamp(context["requestTimeEpoch"] // 1000, UTC)


async def test_ids_look_like_api_gateways_ids(stage: Stage) -> None:
    """AWS, recorded events: 15 characters of URL-safe base64 and `=`."""
    async with stage.connect():
        context = (await stage.functions.event("connect"))["requestContext"]
    for name in ("connectionId", "requestId", "extendedRequestId"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", context[name]), name


async def test_a_stages_variables_are_in_every_event(start: Start) -> None:
    """AWS, "stage variables": `stageVariables` is there where the stage has any."""
    stage = await start(CHAT_WITH_VARIABLES)
    async with stage.connect() as socket:
        await socket.send("hello")
        await socket.recv()
    await stage.functions.event("disconnect")
    for name in ("connect", "default", "disconnect"):
        assert stage.functions.events[name][0]["stageVariables"] == {"colour": "green"}


@pytest.mark.parametrize("name", ["connect", "message", "disconnect", "authorizer"])
def test_recorded_events_say_they_came_in(name: str) -> None:
    assert recorded(name)["requestContext"]["messageDirection"] == "IN"


CHAT_WITH_VARIABLES = type(CHAT)(CHAT.api_id, CHAT.name, CHAT.selection, CHAT.routes, {STAGE: {"colour": "green"}})
