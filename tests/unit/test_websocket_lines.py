"""A client's sockets over libcurl, against a server that is not ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from websockets.sync.server import Server, ServerConnection, serve

from chat.aws.websocket_lines import RECEIVED_BYTES, CurlLines
from chat.canary import LineError

LARGE = "x" * (3 * RECEIVED_BYTES)


def talk(socket: ServerConnection) -> None:
    """Echoes; knows a few words that it answers otherwise."""
    for said in socket:
        if said == "fragments":
            socket.send(["in ", "three ", "parts"])
        elif said == "large":
            socket.ping()
            socket.send(LARGE)
        elif said == "leave":
            return
        else:
            socket.send(said)


@pytest.fixture
def url() -> Iterator[str]:
    server: Server
    with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def lines(url: str) -> Iterator[CurlLines]:  # noqa: ARG001 - closed before the server, which waits for that
    lines = CurlLines(None)
    yield lines
    lines.close()


def test_each_socket_hears_what_is_said_to_it(lines: CurlLines, url: str) -> None:
    first, second = lines.open(url, 5_000), lines.open(url, 5_000)
    lines.say(second, b"to the second")
    assert lines.hear(5_000) == (second, b"to the second")
    lines.say(first, b"to the first")
    assert lines.hear(5_000) == (first, b"to the first")


@pytest.mark.parametrize(("word", "heard"), [(b"fragments", b"in three parts"), (b"large", LARGE.encode())])
def test_a_message_is_whole_however_it_comes(lines: CurlLines, url: str, word: bytes, heard: bytes) -> None:
    line = lines.open(url, 5_000)
    lines.say(line, word)
    assert lines.hear(5_000) == (line, heard)
    lines.say(line, b"and on")
    assert lines.hear(5_000) == (line, b"and on")


def test_silence_is_none(lines: CurlLines, url: str) -> None:
    lines.open(url, 5_000)
    assert lines.hear(50) is None


def test_a_server_that_leaves_is_an_error(lines: CurlLines, url: str) -> None:
    lines.say(lines.open(url, 5_000), b"leave")
    with pytest.raises(LineError):
        lines.hear(5_000)


def test_nobody_there_is_an_error_too(lines: CurlLines) -> None:
    with pytest.raises(LineError, match="did not open"):
        lines.open("ws://127.0.0.1:9/", 5_000)
