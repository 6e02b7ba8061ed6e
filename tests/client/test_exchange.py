"""One request: its answer or what stood in its way, and an end at once when nobody waits any more."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent_chat import ChatError, UnreachableError
from agent_chat import exchange as exchange_module
from agent_chat.exchange import _Attempt, exchange
from tests.client.stage import until

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"


@dataclass
class Server:
    """Answers every request with the same bytes; with none it keeps them waiting."""

    url: str = ""
    heads: list[str] = field(default_factory=list)
    left: int = 0
    """Connections whose other side is gone."""


@asynccontextmanager
async def serving(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if answer:
                writer.write(answer)
                await writer.drain()
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            server.left += 1
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    host, port = listening.sockets[0].getsockname()
    server.url = f"{'https' if tls else 'http'}://{host}:{port}"
    async with listening:
        yield server


def request(url: str) -> urllib.request.Request:
    return urllib.request.Request(url, headers={"Authorization": "Bearer secret"})  # noqa: S310  # of the test's own


def waiting() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("agent-chat")]


async def test_an_answer_is_its_body() -> None:
    async with serving(WHOLE) as server:
        assert await exchange(request(server.url), timeout_s=10) == b"hello"
    await until(lambda: not waiting())


async def test_a_request_that_nobody_waits_for_ends_on_the_wire() -> None:
    async with serving(b"") as server:
        asked = asyncio.ensure_future(exchange(request(server.url), timeout_s=60))
        await until(lambda: server.heads)
        asked.cancel()
        await until(lambda: server.left == 1 and not waiting())
        assert asked.cancelled()


async def test_so_does_one_behind_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = make_certificate(tmp_path)
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serves.load_cert_chain(certificate, key)
    monkeypatch.setattr(exchange_module, "_certificates", lambda: ssl.create_default_context(cafile=certificate))
    async with serving(WHOLE, serves) as server:
        assert await exchange(request(server.url), timeout_s=10) == b"hello"
    async with serving(b"", serves) as server:
        asked = asyncio.ensure_future(exchange(request(server.url), timeout_s=60))
        await until(lambda: server.heads)
        asked.cancel()
        await until(lambda: server.left == 1 and not waiting())


async def test_a_request_that_is_given_up_before_it_is_connected_is_not_sent() -> None:
    async with serving(WHOLE) as server:
        attempt = _Attempt(request(server.url), 10, broken_off=False)
        attempt.give_up()
        with pytest.raises(UnreachableError):
            await asyncio.to_thread(attempt.run)
        await until(lambda: server.left == 1)
        assert server.heads == []


async def test_an_answer_that_breaks_off_is_none_unless_a_part_will_do() -> None:
    async with serving(CUT) as server:
        assert await exchange(request(server.url), timeout_s=10, broken_off=True) == b"hello"
        with pytest.raises(UnreachableError):
            await exchange(request(server.url), timeout_s=10)


async def test_a_token_does_not_go_where_an_answer_points_to() -> None:
    async with serving(WHOLE) as other:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(moved) as server:
            with pytest.raises(ChatError) as refused:
                await exchange(request(server.url), timeout_s=10)
    assert (refused.value.code, refused.value.temporary, other.heads) == ("http_307", False, [])


async def test_a_proxy_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(WHOLE) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert await exchange(request("http://chat.example.com/api"), timeout_s=10) == b"hello"
    assert proxy.heads[0].startswith("GET http://chat.example.com/api HTTP/1.1\r\n")


async def test_who_does_not_answer_is_named(unused_tcp_port: int) -> None:
    with pytest.raises(UnreachableError, match=rf"127\.0\.0\.1:{unused_tcp_port} does not answer: .*refused"):
        await exchange(request(f"http://127.0.0.1:{unused_tcp_port}"), timeout_s=10)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    return paths
