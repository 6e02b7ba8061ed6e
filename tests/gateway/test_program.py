"""The gateway as a program and as a server: malformed HTTP, the operator's endpoints, signals, options."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from local.gateway import Limits
from local.gateway.__main__ import build_parser, read_config
from local.gateway.faults import Fault, Latency
from tests.gateway.stage import Event, Stage, Start

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


# Plain HTTP


async def exchange(stage: Stage, data: bytes) -> bytes:
    """What the gateway says to `data` before it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS hello
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /test\r\n\r\n",
        b"GET /test HTTP/1.1\r\n\r\n",  # no Host
        b"GET /test HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        b"GET /test HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 20_000,
        b"\r\n" * 10 + b"\x00" * 100 + b"\r\n\r\n",
    ],
)
async def test_malformed_http_is_a_bad_request_and_harms_nobody_else(stage: Stage, data: bytes) -> None:
    async with stage.connect() as other:
        assert re.match(rb"HTTP/1\.1 4\d\d ", await exchange(stage, data))
        await other.send("hello")
        assert await other.recv() == "hello"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", b"400"),
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n" + KEY, b"400"),
        (b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", b"426"),
        (b"", b"426"),
    ],
)
async def test_a_malformed_upgrade_is_refused_without_invoking(stage: Stage, headers: bytes, status: bytes) -> None:
    """RFC 6455, section 4.2."""
    answer = await exchange(stage, b"GET /test HTTP/1.1\r\nHost: h\r\n" + headers + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert stage.functions.events == {}


async def test_a_connection_without_a_whole_request_is_closed(start: Start) -> None:
    stage = await start(limits=Limits(request_timeout_s=0.1))
    assert await exchange(stage, b"GET /test HTTP/1.1\r\n") == b""
    assert await exchange(stage, b"") == b""


async def test_an_endless_body_is_refused(stage: Stage) -> None:
    head = b"POST /test/@connections/BFaT_fALIAMCKug= HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port)
    writer.write(head)

    async def flood() -> None:
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(), 10)
    assert reader.exception() is not None or reader.at_eof() or b"413" in await reader.read()


async def test_frames_sent_ahead_of_the_101_are_not_lost(stage: Stage) -> None:
    """A client may not send before the handshake has ended; one that does anyway isn't left hanging."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port)
    writer.write(
        b"GET /test HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        b"\x81\x85\x00\x00\x00\x00hello"
    )
    await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readexactly(7), 5) == b"\x81\x05hello"
    writer.close()


async def test_a_client_that_ends_its_side_with_the_handshake_is_let_go(stage: Stage) -> None:
    head = (
        b"GET /test HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port)
    writer.write(head + KEY + b"\r\n")
    writer.write_eof()
    await asyncio.wait_for(reader.read(), 5)
    assert (await stage.functions.event("disconnect"))["requestContext"]["disconnectStatusCode"] == 1006
    assert stage.gateway.connections == {}


async def test_accesses_are_logged_at_debug_only(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="local.gateway")
    async with stage.connect("?ticket=secret") as socket:
        await socket.send("hello")
        await socket.recv()
    lines = [record for record in caplog.records if record.name.startswith("local.gateway")]
    assert [record.getMessage() for record in lines] == ["127.0.0.1 GET /test 101"]
    assert {record.levelname for record in lines} == {"DEBUG"}


# The operator


async def test_the_status_tells_what_is_served(stage: Stage) -> None:
    async with stage.connect(), ClientSession() as session, session.get(f"{stage.http}/_gateway/status") as response:
        status = await response.json()
    assert status["status"] == "ok"
    assert status["connections"] == 1
    assert status["apis"] == [
        {
            "id": "abcdef1234",
            "name": "chat",
            "stages": ["test"],
            "routes": ["$connect", "$default", "$disconnect", "echo", "mock"],
        }
    ]
    assert status["limits"]["idle_timeout_s"] == 600


async def test_the_operators_endpoints_are_for_this_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.gateway.http.HttpConnection._source_ip", lambda _: "192.0.2.1")
    for method, path in (("GET", "status"), ("POST", "reload")):
        async with ClientSession() as session, session.request(method, f"{stage.http}/_gateway/{path}") as response:
            assert response.status == 403


# Stopping


async def test_a_stop_closes_sockets_with_1001_and_delivers_disconnect(start: Start) -> None:
    stage = await start()
    async with stage.connect() as first, stage.connect() as second:
        stopping = asyncio.ensure_future(stage.gateway.stop())
        for socket in (first, second):
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "Going away")
        await stopping
    contexts = [event["requestContext"] for event in stage.functions.events["disconnect"]]
    assert [context["disconnectStatusCode"] for context in contexts] == [1001, 1001]


async def test_a_stop_is_bounded_by_its_timeout(start: Start) -> None:
    stage = await start()
    stage.functions.handlers["disconnect"] = lambda _: asyncio.sleep(3600)
    async with stage.connect():
        await asyncio.wait_for(stage.gateway.stop(), 10)


async def test_a_stop_during_a_handshake_delivers_the_disconnect_of_what_connect_let_in(start: Start) -> None:
    stage = await start()
    let_go = asyncio.Event()

    async def wait(_: Event) -> object:
        await let_go.wait()
        return {"statusCode": 200}

    stage.functions.handlers["connect"] = wait
    opening = asyncio.ensure_future(stage.connect().__aenter__())
    await stage.functions.event("connect")
    stopping = asyncio.ensure_future(stage.gateway.stop())
    await asyncio.sleep(0.02)
    let_go.set()
    await stopping
    assert stage.functions.events["disconnect"][0]["requestContext"]["disconnectStatusCode"] == 1006
    with pytest.raises(Exception, match=r"connection|response"):
        await opening


# The program


def test_every_limit_is_an_option_with_awss_value() -> None:
    assert read_config(build_parser().parse_args([])).limits == Limits()
    options = ["--idle-timeout-s", "1.5", "--rate", "inf", "--burst", "7", "--frame-size-bytes", "100"]
    limits = read_config(build_parser().parse_args(options)).limits
    assert limits == Limits(idle_timeout_s=1.5, rate=float("inf"), burst=7, frame_size_bytes=100)


def test_faults_are_options() -> None:
    options = ["--inject", "connections:429:0.05", "--inject", "message:reset:1", "--latency", "connections:5-20"]
    config = read_config(build_parser().parse_args(options))
    assert config.faults == [Fault("connections", "429", 0.05), Fault("message", "reset", 1.0)]
    assert config.latencies == [Latency("connections", 5.0, 20.0)]


@pytest.mark.parametrize("options", [["--inject", "x"], ["--latency", "x"], ["--rate", "0"], ["--port", "x"]])
def test_a_wrong_option_ends_the_program_with_2(options: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local.gateway", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "error" in ended.stderr


@asynccontextmanager
async def emulator() -> AsyncIterator[str]:
    """Just enough of an AWS endpoint: one WebSocket API whose `$default` answers with the message."""

    async def items(request: web.Request) -> web.Response:
        found: dict[str, list[dict[str, Any]]] = {
            "apis": [
                {
                    "apiId": "a1",
                    "name": "chat",
                    "protocolType": "WEBSOCKET",
                    "routeSelectionExpression": "$request.body.action",
                }
            ],
            "routes": [{"routeId": "r1", "routeKey": "$default", "target": "integrations/i1"}],
            "routeresponses": [{"routeResponseKey": "$default"}],
            "integrations": [{"integrationId": "i1", "integrationType": "AWS_PROXY", "integrationUri": "echo"}],
            "stages": [{"stageName": "local"}],
        }
        return web.json_response({"items": found.get(request.path.rsplit("/", 1)[1], [])})

    async def invoke(request: web.Request) -> web.Response:
        return web.json_response({"statusCode": 200, "body": json.loads(await request.read())["body"]})

    application = web.Application()
    application.router.add_get("/v2/{path:.*}", items)
    application.router.add_post("/2015-03-31/functions/echo/invocations", invoke)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_program_serves_until_a_signal_and_says_going_away(number: signal.Signals) -> None:
    async with emulator() as endpoint_url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "local.gateway", "--endpoint-url", endpoint_url, "--port", "0",
            cwd=ROOT, env=os.environ | CREDENTIALS, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        line = await asyncio.wait_for(process.stderr.readline(), 20)
        url = re.search(r"ws://\S+", line.decode())
        assert url is not None, line
        async with connect(url[0], proxy=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"
            process.send_signal(number)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        _, rest = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    assert b"Traceback" not in rest


def test_an_endpoint_that_is_down_is_explained_in_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local.gateway", "--endpoint-url", "http://127.0.0.1:9", "--port", "0"],
        cwd=ROOT, env=os.environ | CREDENTIALS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "cannot start" in ended.stderr
    assert "127.0.0.1:9" in ended.stderr
    assert "Traceback" not in ended.stderr
