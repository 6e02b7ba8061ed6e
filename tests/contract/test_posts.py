"""What `@connections` answers: the simulated gateway and the local one say the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest
from botocore.exceptions import ClientError

from chat.ports import Principal
from chat.storage.connections import TicketOffice
from simulation.cloud.cloud import Cloud
from simulation.cloud.gateway import Socket
from tests.contract.simulated import FRESH
from tests.gateway.stage import Stage, run_stage

LARGEST = 128 * 1024


class Posts(Protocol):
    """One open socket, and posts to it."""

    connection: str

    async def post(self, connection: str, frame: bytes) -> int:
        """The HTTP status."""

    async def heard(self) -> str:
        """The next frame that the socket's client got."""

    async def close(self) -> None:
        """The client closes it."""


class SimulatedPosts:
    def __init__(self) -> None:
        self.cloud = Cloud(1, figures=FRESH)
        self.frames: list[str] = []
        self.socket: Socket | None = None
        office = TicketOffice(self.cloud.tables["connections"])
        office.issue("once", Principal("ada", "Ada"), self.cloud.scheduler.now_ms + 60_000)
        self.cloud.gateway.open("ticket=once", self)
        self.cloud.scheduler.run_for_ms(10_000)
        assert self.socket
        self.connection = self.socket.id

    async def post(self, connection: str, frame: bytes) -> int:
        return self.cloud.gateway.post(connection, frame)

    async def heard(self) -> str:
        self.cloud.scheduler.run_for_ms(1_000)
        return self.frames.pop(0)

    async def close(self) -> None:
        assert self.socket
        self.cloud.gateway.close(self.socket)
        self.cloud.scheduler.run_for_ms(1_000)

    def opened(self, socket: Socket) -> None:
        self.socket = socket

    def refused(self, status: int) -> None:
        raise AssertionError(status)

    def received(self, text: str) -> None:
        self.frames.append(text)

    def closed(self, code: int) -> None:
        raise AssertionError(code)


class RealPosts:
    def __init__(self, stage: Stage, socket: Any, connection: str) -> None:
        self._stage = stage
        self._socket = socket
        self.connection = connection

    async def post(self, connection: str, frame: bytes) -> int:
        try:
            answer = await self._stage.management("post_to_connection", connection, Data=frame)
        except ClientError as error:
            answer = error.response
        return int(answer["ResponseMetadata"]["HTTPStatusCode"])

    async def heard(self) -> str:
        return str(await self._socket.recv())

    async def close(self) -> None:
        await self._socket.close()


@pytest.fixture(params=["cloud", "gateway"])
async def posts(request: pytest.FixtureRequest) -> AsyncIterator[Posts]:
    if request.param == "cloud":
        yield SimulatedPosts()
        return
    async with run_stage() as stage, stage.connect() as socket:
        yield RealPosts(stage, socket, await stage.connection_id(socket))


async def test_a_post_arrives(posts: Posts) -> None:
    assert await posts.post(posts.connection, b"hello") == 200
    assert await posts.heard() == "hello"


async def test_a_connection_that_never_was_is_gone(posts: Posts) -> None:
    assert await posts.post("BFaT_fALIAMCKug=", b"hello") == 410


async def test_a_connection_that_was_closed_is_gone(posts: Posts) -> None:
    await posts.close()
    assert await posts.post(posts.connection, b"hello") == 410


@pytest.mark.parametrize(("size_bytes", "status"), [(LARGEST, 200), (LARGEST + 1, 413)])
async def test_a_frame_has_a_largest_size(posts: Posts, size_bytes: int, status: int) -> None:
    assert await posts.post(posts.connection, b"x" * size_bytes) == status
