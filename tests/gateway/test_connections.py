"""The @connections API, called by boto3."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from local.gateway import Limits
from tests.gateway.stage import CHAT, Stage, Start

ABSENT = "BFaT_fALIAMCKug="


async def refusal(gateway: Stage, operation: str, connection_id: str, **arguments: Any) -> tuple[int, str]:
    """Status and error code, as boto3 reads them."""
    with pytest.raises(ClientError) as caught:
        await gateway.management(operation, connection_id, **arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


async def request(stage: Stage, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    def call() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", stage.gateway.port, timeout=10)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read()

    return await asyncio.to_thread(call)


async def test_a_post_reaches_the_client_as_a_text_frame(stage: Stage) -> None:
    """AWS: POST sends the body to the client."""
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
        await stage.management("post_to_connection", connection_id, Data="schön".encode())
        assert await socket.recv() == "schön"


async def test_a_get_tells_since_when_and_from_where(stage: Stage) -> None:
    """AWS, GetConnection: connectedAt, identity (sourceIp, userAgent), lastActiveAt as ISO 8601 times."""
    async with stage.connect(user_agent_header="wscat/6") as socket:
        connection_id = await stage.connection_id(socket)
        description = await stage.management("get_connection", connection_id)
        event = await stage.functions.event("connect")
    assert description["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "wscat/6"}
    assert int(description["ConnectedAt"].timestamp() * 1000) == event["requestContext"]["connectedAt"]
    assert description["ConnectedAt"] <= description["LastActiveAt"] <= datetime.now(UTC)


async def test_a_delete_closes_the_connection(stage: Stage) -> None:
    """AWS, DeleteConnection; `$disconnect` follows."""
    async with stage.connect() as socket:
        await stage.management("delete_connection", await stage.connection_id(socket))
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert (await stage.functions.event("disconnect"))["requestContext"]["disconnectStatusCode"] == 1000


@pytest.mark.parametrize("operation", ["post_to_connection", "get_connection", "delete_connection"])
async def test_a_connection_that_ended_is_gone(stage: Stage, operation: str) -> None:
    """AWS: 410 GoneException."""
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
    await stage.functions.event("disconnect")
    data = {"Data": b"x"} if operation.startswith("post") else {}
    assert await refusal(stage, operation, connection_id, **data) == (410, "GoneException")
    assert await refusal(stage, operation, ABSENT, **data) == (410, "GoneException")


async def test_a_connection_is_gone_for_other_stages(start: Start) -> None:
    """AWS: a connection belongs to its API's stage."""
    stage = await start(replace(CHAT, stages={"test": {}, "beta": {}}))
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
        arguments = {"Data": b"x", "stage": "beta"}
        assert await refusal(stage, "post_to_connection", connection_id, **arguments) == (410, "GoneException")


async def test_what_cannot_be_a_connection_id_is_a_bad_request(stage: Stage) -> None:
    """AWS: `Invalid connectionId`, 400."""
    assert await refusal(stage, "post_to_connection", "no id", Data=b"x") == (400, "BadRequestException")


async def test_a_payload_over_128_kb_is_too_large(stage: Stage) -> None:
    """AWS: 413 PayloadTooLargeException; the connection stays."""
    async with stage.connect(max_size=None) as socket:
        connection_id = await stage.connection_id(socket)
        too_large = {"Data": b"x" * (128 * 1024 + 1)}
        status = await refusal(stage, "post_to_connection", connection_id, **too_large)
        assert status == (413, "PayloadTooLargeException")
        await stage.management("post_to_connection", connection_id, Data=b"x" * 128 * 1024)
        assert len(await socket.recv()) == 128 * 1024


async def test_an_unknown_stage_is_forbidden(stage: Stage) -> None:
    """AWS: 403 ForbiddenException."""
    arguments = {"Data": b"x", "stage": "nowhere"}
    assert await refusal(stage, "post_to_connection", ABSENT, **arguments) == (403, "ForbiddenException")


async def test_an_unsigned_call_is_forbidden(stage: Stage) -> None:
    """AWS: "Missing Authentication Token"; a function that forgets to sign must fail here too."""
    status, body = await request(stage, "POST", f"/test/@connections/{quote(ABSENT)}", b"x")
    assert (status, json.loads(body)["message"]) == (403, "Missing Authentication Token")


async def test_both_spellings_of_the_path_work(stage: Stage) -> None:
    """boto3 writes `%40connections` and `%3D`; others write `@connections` and `=`."""
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
        for path in (f"/test/%40connections/{quote(connection_id, safe='')}", f"/test/@connections/{connection_id}"):
            status, _ = await request(stage, "POST", path, b"hi", Authorization="AWS4-HMAC-SHA256 …".replace("…", "x"))
            assert status == 200
            assert await socket.recv() == "hi"


async def test_an_api_may_be_named_in_the_path(stage: Stage) -> None:
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
        await stage.management("post_to_connection", connection_id, stage="abcdef1234/test", Data=b"hi")
        assert await socket.recv() == "hi"


async def test_another_method_is_not_allowed(stage: Stage) -> None:
    async with stage.connect() as socket:
        path = f"/test/@connections/{await stage.connection_id(socket)}"
        status, _ = await request(stage, "PUT", path, b"", Authorization="AWS4-HMAC-SHA256 x")
    assert status == 405


async def test_a_client_whose_buffer_is_full_is_429(start: Start) -> None:
    """AWS: LimitExceededException also where the WebSocket client side buffer is full; others aren't held up."""
    stage = await start(limits=Limits(send_buffer_bytes=256 * 1024))
    async with stage.connect(max_queue=1) as slow, stage.connect() as quick:
        slow_id, quick_id = await stage.connection_id(slow), await stage.connection_id(quick)
        slow.transport.pause_reading()

        async def fill() -> tuple[int, str]:
            for _ in range(400):
                try:
                    await stage.management("post_to_connection", slow_id, Data=b"x" * 128 * 1024)
                except ClientError as error:
                    response = error.response
                    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]
            raise AssertionError

        assert await fill() == (429, "LimitExceededException")
        await stage.management("post_to_connection", quick_id, Data=b"hi")
        assert await quick.recv() == "hi"
        slow.transport.abort()


async def test_many_posts_over_one_kept_connection(stage: Stage) -> None:
    """Functions keep their HTTP connections between invocations."""
    async with stage.connect() as socket:
        path = f"/test/@connections/{await stage.connection_id(socket)}"

        def post(bodies: list[bytes]) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", stage.gateway.port, timeout=10)
            for body in bodies:
                connection.request("POST", path, body, {"Authorization": "AWS4-HMAC-SHA256 x"})
                response = connection.getresponse()
                assert (response.status, response.read()) == (200, b"")

        bodies = [str(number).encode() for number in range(50)]
        await asyncio.to_thread(partial(post, bodies))
        assert [await socket.recv() for _ in bodies] == [body.decode() for body in bodies]


async def test_a_client_that_expects_100_continue_gets_it(stage: Stage) -> None:
    """libcurl asks before it sends a large body."""
    async with stage.connect(max_size=None) as socket:
        path = f"/test/@connections/{await stage.connection_id(socket)}"
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port)
        head = f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nExpect: 100-continue\r\n"
        writer.write(head.encode() + b"Content-Length: 5\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 100")
        writer.write(b"hello")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")
        assert await socket.recv() == "hello"
        writer.close()
