"""Frames on an open socket: sizes, kinds, idleness, and how a connection ends."""

from __future__ import annotations

import asyncio
import socket as sockets
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from local.gateway import Limits
from tests.gateway.stage import Stage, Start

KIB = 1024


async def closed_with(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason of the server's close frame, whatever comes before it."""

    async def drain() -> None:
        while True:
            await asyncio.wait_for(socket.recv(), 10)

    with pytest.raises(ConnectionClosed) as caught:
        await drain()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def ending(stage: Stage) -> tuple[int, str]:
    context = (await stage.functions.event("disconnect"))["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


# Sizes


async def test_a_frame_of_32_kb_passes(stage: Stage) -> None:
    """AWS, WebSocket quotas: frame size 32 KB."""
    async with stage.connect() as socket:
        await socket.send("x" * 32 * KIB)
        assert await socket.recv() == "x" * 32 * KIB


async def test_a_frame_over_32_kb_closes_with_1009(stage: Stage) -> None:
    """AWS, WebSocket quotas: a larger frame closes the connection with code 1009."""
    async with stage.connect() as socket:
        await socket.send("x" * (32 * KIB + 1))
        assert (await closed_with(socket))[0] == 1009
    assert (await ending(stage))[0] == 1009
    assert "default" not in stage.functions.events


async def test_a_message_of_128_kb_in_fragments_passes(stage: Stage) -> None:
    """AWS, WebSocket quotas: 128 KB a message, split into frames of at most 32 KB."""
    async with stage.connect(max_size=None) as socket:
        await socket.send(["x" * 32 * KIB] * 4)
        assert await socket.recv() == "x" * 128 * KIB


async def test_a_message_over_128_kb_closes_with_1009(stage: Stage) -> None:
    """AWS, WebSocket quotas: a larger message closes the connection with code 1009."""
    async with stage.connect() as socket:
        await socket.send(["x" * 32 * KIB] * 4 + ["x"])
        assert (await closed_with(socket))[0] == 1009
    assert "default" not in stage.functions.events


async def test_a_200_kb_frame_is_refused_by_a_close_frame_that_arrives(stage: Stage) -> None:
    """The close frame must not be lost because the client is still sending."""
    async with stage.connect() as socket:
        await socket.send("x" * 200 * KIB)
        assert (await closed_with(socket))[0] == 1009


async def test_a_reply_over_32_kb_comes_in_fragments(stage: Stage) -> None:
    """AWS, WebSocket quotas: messages over 32 KB are split into frames of at most 32 KB, @connections included."""
    async with stage.connect(max_size=(1024 * KIB, 32 * KIB)) as socket:
        connection_id = await stage.connection_id(socket)
        await stage.management("post_to_connection", connection_id, Data=b"x" * 128 * KIB)
        fragments = [fragment async for fragment in socket.recv_streaming()]
    assert [len(fragment) for fragment in fragments] == [32 * KIB] * 4


# Kinds


async def test_a_binary_frame_closes_with_1003(stage: Stage) -> None:
    """AWS, "Binary media types for WebSocket APIs": binary frames are rejected, the client disconnected with 1003."""
    async with stage.connect() as socket:
        await socket.send(b"\x00\x01")
        assert (await closed_with(socket))[0] == 1003
    assert (await ending(stage))[0] == 1003
    assert "default" not in stage.functions.events


async def test_text_that_is_not_utf_8_closes_with_1007(stage: Stage) -> None:
    """RFC 6455, section 8.1."""
    async with stage.connect() as socket:
        await socket.send(b"\xff\xfe", text=True)
        assert (await closed_with(socket))[0] == 1007


async def test_a_character_may_be_split_over_fragments(stage: Stage) -> None:
    """RFC 6455, section 5.6: a fragment need not end at a character's end."""
    text = "schön".encode()
    async with stage.connect() as socket:
        await socket.send([text[:4], text[4:]], text=True)
        assert await socket.recv() == "schön"


async def test_a_ping_is_answered(stage: Stage) -> None:
    async with stage.connect() as socket:
        await asyncio.wait_for(await socket.ping(), 5)


# Time


async def test_an_idle_connection_is_closed_with_going_away(start: Start) -> None:
    """AWS: 10 minutes idle, then close code 1001 "Going away", and `$disconnect` says the same."""
    stage = await start(limits=Limits(idle_timeout_s=0.1))
    async with stage.connect() as socket:
        assert await closed_with(socket) == (1001, "Going away")
    assert await ending(stage) == (1001, "Going away")


async def test_a_busy_connection_is_not_idle(start: Start) -> None:
    """AWS: idle is without frames in either direction."""
    stage = await start(limits=Limits(idle_timeout_s=1))
    async with stage.connect() as socket:
        for _ in range(12):
            await asyncio.sleep(0.1)
            await socket.send("hello")
            assert await socket.recv() == "hello"


async def test_a_client_that_pings_is_not_idle(start: Start) -> None:
    """AWS: any frame counts, so a heartbeat keeps a connection that says nothing else."""
    stage = await start(limits=Limits(idle_timeout_s=1))
    async with stage.connect() as socket:
        for _ in range(12):
            await asyncio.sleep(0.1)
            await asyncio.wait_for(await socket.ping(), 5)


async def test_a_connection_lives_two_hours_however_busy(start: Start) -> None:
    """AWS: 2 h connection duration (L-A6CCE716); here 0.3 s."""
    stage = await start(limits=Limits(lifetime_s=0.3))

    async def chatter(socket: ClientConnection) -> None:
        while True:
            await socket.send("hello")
            await asyncio.sleep(0.02)

    async with stage.connect() as socket:
        talking = asyncio.ensure_future(chatter(socket))
        assert await closed_with(socket) == (1001, "Going away")
        talking.cancel()


async def test_a_client_that_ignores_a_close_frame_is_cut_off(start: Start) -> None:
    stage = await start(limits=Limits(idle_timeout_s=0.05, close_timeout_s=0.1))
    reader, writer = await raw_socket(stage)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"\x88")
    assert await ending(stage) == (1001, "Going away")
    writer.close()


# The end, as $disconnect tells it


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1000, "bye"), (1001, ""), (4000, "rotation")])
async def test_disconnect_tells_the_clients_close_code_and_reason(stage: Stage, code: int, reason: str) -> None:
    """AWS: `disconnectStatusCode` and `disconnectReason` are those of the close frame."""
    async with stage.connect() as socket:
        await socket.close(code, reason)
    assert await ending(stage) == (code, reason)


async def test_a_close_frame_without_code_is_1005(stage: Stage) -> None:
    """AWS, recorded event: 1005, "Client-side close frame status not set"."""
    reader, writer = await raw_socket(stage)
    writer.write(b"\x88\x80\x00\x00\x00\x00")
    assert await asyncio.wait_for(reader.read(), 5) == b"\x88\x00"
    writer.close()
    assert await ending(stage) == (1005, "Client-side close frame status not set")


async def test_disconnect_tells_who_closed_first(start: Start) -> None:
    """A client answers the server's close frame with a code of its own: what ended the connection was the server's."""
    stage = await start(limits=Limits(idle_timeout_s=0.05))
    reader, writer = await raw_socket(stage)
    assert (await asyncio.wait_for(reader.readexactly(14), 5)).endswith(b"Going away")
    writer.write(b"\x88\x82\x00\x00\x00\x00" + (4001).to_bytes(2))
    writer.close()
    assert await ending(stage) == (1001, "Going away")


async def test_a_client_that_vanishes_is_1006(stage: Stage) -> None:
    """RFC 6455, section 7.4.1: 1006 stands for a connection that ended without a close frame."""
    _, writer = await raw_socket(stage)
    writer.transport.abort()
    assert (await ending(stage))[0] == 1006


async def test_a_client_that_vanishes_during_its_connect_is_told_of(stage: Stage) -> None:
    """`$connect` has succeeded by then, so a function that keeps a registry must hear of the end."""
    let_go = asyncio.Event()

    async def wait(_: Any) -> object:
        await let_go.wait()
        return {"statusCode": 200}

    stage.functions.handlers["connect"] = wait
    opening = asyncio.ensure_future(stage.connect().__aenter__())
    await stage.functions.event("connect")
    opening.cancel()
    await asyncio.sleep(0.05)
    let_go.set()
    assert (await ending(stage))[0] == 1006
    assert stage.gateway.connections == {}


async def test_a_refused_handshake_has_no_disconnect(stage: Stage) -> None:
    """AWS: `$disconnect` is for connections that were made."""
    stage.functions.handlers["connect"] = lambda _: asyncio.sleep(0, {"statusCode": 403})
    with pytest.raises(Exception, match="403"):
        await stage.connect().__aenter__()
    await asyncio.sleep(0.05)
    assert "disconnect" not in stage.functions.events


async def test_a_slow_disconnect_function_holds_nobody_up(stage: Stage) -> None:
    """AWS: `$disconnect` is best effort and comes after the connection has closed."""
    stage.functions.handlers["disconnect"] = lambda _: asyncio.sleep(60)
    async with stage.connect() as first:
        await first.close()
    async with stage.connect() as second:
        await second.send("hello")
        assert await second.recv() == "hello"


# Malformed input


async def raw_socket(stage: Stage) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An open WebSocket below any client library."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.gateway.port, family=sockets.AF_INET)
    writer.write(
        b"GET /test HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


@pytest.mark.parametrize(
    "data",
    [
        bytes([0x80 | Opcode.TEXT, 0x05]) + b"hello",  # not masked
        b"\x83\x80\x00\x00\x00\x00",  # reserved opcode
        b"\xf1\x80\x00\x00\x00\x00",  # reserved bits
        b"\x80\x80\x00\x00\x00\x00",  # continuation of nothing
        b"\x89\xfe\x00\x80\x00\x00\x00\x00" + b"x" * 128,  # a ping over 125 bytes
        b"\x88\x81\x00\x00\x00\x00x",  # a close frame of one byte
        b"\x88\x82\x00\x00\x00\x00\x03\xed",  # close code 1005 on the wire
    ],
)
async def test_a_protocol_violation_closes_with_1002_and_harms_nobody_else(stage: Stage, data: bytes) -> None:
    """RFC 6455, section 7.4.1."""
    async with stage.connect() as other:
        reader, writer = await raw_socket(stage)
        writer.write(data)
        frame = await asyncio.wait_for(reader.read(), 5)
        assert frame[0] == 0x88
        assert int.from_bytes(frame[2:4]) == 1002
        writer.close()
        await other.send("hello")
        assert await other.recv() == "hello"


async def test_a_client_that_does_not_read_is_not_listened_to(stage: Stage) -> None:
    """Pings without end from a client that never reads their answers must not fill the memory."""
    _, writer = await raw_socket(stage)

    async def flood() -> None:
        while True:
            writer.write((b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125) * 1000)
            await writer.drain()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(flood(), 1.0)
    [connection] = stage.gateway.connections.values()
    assert connection._transport.get_write_buffer_size() < 1024 * KIB
    writer.transport.abort()
