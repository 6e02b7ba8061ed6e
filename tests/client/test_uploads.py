"""A file on its way: what is reported is what has gone, and what is wrong with the file is said of the file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from agent_chat.http import Api
from agent_chat.upload_api import UploadTarget
from tests.client.stage import until

API = Api("http://127.0.0.1")
SIZE_BYTES = 12 * 1024 * 1024
"""More than the buffers between two ends of a loopback connection hold."""


@dataclass
class Bucket:
    """Takes one upload, once it is told to read on."""

    target: UploadTarget = field(default_factory=lambda: UploadTarget("", {}))
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    head: bytes = b""
    body: bytes = b""
    gone: bool = False


@asynccontextmanager
async def bucket() -> AsyncIterator[Bucket]:
    taken = Bucket()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            taken.head = await reader.readuntil(b"\r\n\r\n")
            await taken.reads.wait()
            size_bytes = int(taken.head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            taken.body = await reader.readexactly(size_bytes)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            taken.gone = True
            writer.close()

    listening = await asyncio.start_server(take, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    taken.target = UploadTarget(f"http://{host}:{port}", {"key": "a/b", "policy": "p"})
    async with listening:
        yield taken


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / 'a "photo".jpg'
    path.write_bytes(os.urandom(SIZE_BYTES))
    return path


async def test_progress_is_of_what_has_gone_and_stands_still_with_the_transfer(photo: Path) -> None:
    steps: list[tuple[int, int]] = []
    async with bucket() as taken:
        uploading = asyncio.ensure_future(
            API.upload(taken.target.url, taken.target.fields, photo, "image/jpeg", lambda *step: steps.append(step))
        )
        await until(lambda: steps)
        before = 0
        while before != len(steps):  # until the buffers are full
            before = len(steps)
            await asyncio.sleep(0.2)
        assert 0 < steps[-1][0] < SIZE_BYTES
        taken.reads.set()
        await uploading
    assert [sent for sent, _ in steps] == sorted({sent for sent, _ in steps})
    assert steps[-1] == (SIZE_BYTES, SIZE_BYTES)
    kind = taken.head.lower().split(b"content-type: ")[1].split(b"\r\n")[0]
    form = message_from_bytes(b"Content-Type: " + kind + b"\r\n\r\n" + taken.body, policy=policy.HTTP)
    assert isinstance(form, EmailMessage)
    parts = list(form.iter_parts())
    assert [part["content-disposition"].params["name"] for part in parts] == ["key", "policy", "file"]
    assert (parts[2].get_filename(), parts[2].get_content_type()) == ("a _photo_.jpg", "image/jpeg")
    assert await asyncio.to_thread(photo.read_bytes) in taken.body


async def test_an_upload_that_is_cancelled_ends_on_the_wire(photo: Path) -> None:
    async with bucket() as taken:
        uploading = asyncio.ensure_future(API.upload(taken.target.url, taken.target.fields, photo, "image/jpeg", None))
        await until(lambda: taken.head)
        uploading.cancel()
        taken.reads.set()
        await until(lambda: taken.gone)
    assert taken.body == b""


async def test_a_file_that_can_not_be_read_is_not_the_networks_fault(tmp_path: Path) -> None:
    async with bucket() as taken:
        with pytest.raises(FileNotFoundError):
            await API.upload(taken.target.url, taken.target.fields, tmp_path / "nothing.jpg", "image/jpeg", None)
        assert not taken.head


async def test_a_file_that_is_cut_short_meanwhile_is_said_to_be(photo: Path) -> None:
    async with bucket() as taken:

        def cut_short(_sent_bytes: int, _size_bytes: int) -> None:
            os.truncate(photo, SIZE_BYTES // 2)
            taken.reads.set()

        with pytest.raises(ValueError, match="became shorter"):
            await API.upload(taken.target.url, taken.target.fields, photo, "image/jpeg", cut_short)
