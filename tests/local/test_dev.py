"""`make dev` as a developer sees it: it gets ready, Ctrl-C stops all of it, and the next start is quick and keeps the
data.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from local.client import Client
from local.demo import GENERAL
from local.paths import ROOT
from local.ports import Ports, is_listening

pytestmark = pytest.mark.slow
PATIENCE_S = 180


class Dev:
    """One run of `make dev`'s program on ports of its own."""

    def __init__(self, state: Path, ports: Ports) -> None:
        self.ports = ports
        self.output = state / "output"
        options = ["--emulator-port", ports.emulator, "--gateway-port", ports.gateway, "--page-port", ports.page]
        options += ["--cache-port", ports.cache, "--front-port", ports.front]
        command = [sys.executable, "-m", "local.dev", "--state", str(state), *map(str, options)]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True, env=dict(os.environ)
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while "Ctrl-C stops everything" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return self.said

    def end(self) -> int:
        return self.process.wait(timeout=60)

    def listening(self) -> list[int]:
        ports = astuple(self.ports)
        return [port for port in ports if is_listening(port)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ports]:
    return tmp_path_factory.mktemp("dev"), Ports.free()


@pytest.fixture
def dev(place: tuple[Path, Ports]) -> Iterator[Dev]:
    dev = Dev(*place)
    try:
        yield dev
    finally:
        dev.process.terminate()
        dev.end()


def say_hello(dev: Dev) -> int:
    """The number of a message that somebody leaves in the demo room."""
    with Client(f"http://127.0.0.1:{dev.ports.page}", "Linus") as linus:
        linus.call("join", room=GENERAL)
        return int(linus.call("send", room=GENERAL, text="Still here?")["seq"])


def test_it_gets_ready_says_where_everything_is_and_stops_on_ctrl_c(dev: Dev) -> None:
    said = dev.wait_until_ready()
    assert f"page        http://127.0.0.1:{dev.ports.page}" in said
    assert f"WebSocket   ws://127.0.0.1:{dev.ports.gateway}/local" in said
    assert "node_modules/wscat" in said
    assert say_hello(dev) > 1
    dev.process.send_signal(signal.SIGINT)
    assert dev.end() == 0
    assert "Stopped. The data is kept" in dev.said
    assert dev.listening() == []


def test_the_next_start_deploys_nothing_and_has_the_data_and_a_dead_part_is_explained(dev: Dev) -> None:
    said = dev.wait_until_ready()
    assert "the stacks are as deployed last time" in said
    with Client(f"http://127.0.0.1:{dev.ports.page}", "Linus") as linus:
        texts = [message["text"] for message in linus.call("history", room=GENERAL)["messages"]]
    assert texts[-1] == "Still here?"

    os.kill(gateway_of(dev), signal.SIGKILL)
    assert dev.end() == 1
    assert re.search(r"The WebSocket gateway ended unexpectedly\. Its log is .*gateway\.log", dev.said)
    assert dev.listening() == []


def gateway_of(dev: Dev) -> int:
    """The process id of the gateway that this run started."""
    children = Path(f"/proc/{dev.process.pid}/task/{dev.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"local.gateway" in Path(f"/proc/{pid}/cmdline").read_bytes())
