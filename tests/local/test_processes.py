"""Child processes start, are watched and stop without a remainder; ports are looked at before they are used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import astuple, fields
from pathlib import Path

import pytest

from local.errors import LocalError
from local.ports import LOOPBACK, Ports, is_listening, require_free
from local.processes import Process

LISTEN = "import socket, sys, time\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\ntime.sleep(60)"
WITH_CHILD = (
    "import subprocess, sys, time\n"
    "stubborn = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)'\n"
    "child = subprocess.Popen([sys.executable, '-c', stubborn])\n"
    "print(child.pid, flush=True)\ntime.sleep(60)"
)


def start(tmp_path: Path, *arguments: str) -> Process:
    command = [sys.executable, "-c", *arguments]
    return Process("The program", command, log=tmp_path / "program.log", env=dict(os.environ), cwd=tmp_path)


def test_a_process_is_ready_when_its_port_answers(tmp_path: Path) -> None:
    port = Ports.free().emulator
    process = start(tmp_path, LISTEN, str(port))
    try:
        process.wait_until(lambda: is_listening(port), timeout_s=20)
        assert process.running
    finally:
        process.stop()
    assert not process.running
    assert not is_listening(port)


def test_a_process_that_ends_while_starting_is_explained_with_its_last_words(tmp_path: Path) -> None:
    process = start(tmp_path, "import sys; sys.exit('the disk is full')")
    with pytest.raises(LocalError, match=r"The program ended while it was starting(.|\n)*the disk is full"):
        process.wait_until(lambda: False, timeout_s=20)
    process.stop()


def test_a_process_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    process = start(tmp_path, "import time; time.sleep(60)")
    try:
        with pytest.raises(LocalError, match="was not ready after 0 seconds"):
            process.wait_until(lambda: False, timeout_s=0.2)
    finally:
        process.stop()


def test_stopping_takes_the_processes_along_that_it_started_even_stubborn_ones(tmp_path: Path) -> None:
    process = start(tmp_path, WITH_CHILD)
    log = tmp_path / "program.log"
    process.wait_until(lambda: log.read_text().endswith("\n"), timeout_s=20)
    child = int(log.read_text())
    process.stop()
    wait_until_gone(child)


def wait_until_gone(pid: int) -> None:
    """Returns once no such process runs; a killed orphan stays visible until init has collected it."""
    deadline = time.monotonic() + 20
    while runs(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_that_does_not_exist_is_explained(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"The program could not be started: .*no-such-program.*make setup"):
        Process("The program", [str(tmp_path / "no-such-program")], log=tmp_path / "l", env={}, cwd=tmp_path)


def test_a_busy_port_is_explained_with_the_option_that_moves_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=rf"Port {port} .*the web page.*--page-port PORT"):
            require_free(port, "the web page", "--page-port")


def test_free_ports_are_free_and_different() -> None:
    ports = Ports.free()
    assert len(set(astuple(ports))) == len(fields(ports))
    for port in astuple(ports):
        require_free(port, "a test", "--port")


def test_an_offset_moves_every_port() -> None:
    assert Ports.shifted(100) == Ports(emulator=4666, gateway=4610, page=5273, cache=6480, front=4680)


def test_an_offset_beyond_the_last_port_is_explained() -> None:
    with pytest.raises(LocalError, match="CHAT_PORT_OFFSET"):
        Ports.shifted(62_000)


def test_a_process_ends_with_the_one_that_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    starter = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom local.processes import Process\n"
        "child = Process('child', [sys.executable, '-c', 'import time; time.sleep(60)'],"
        " log=Path('log'), env=os.environ, cwd=Path.cwd())\n"
        "print(child.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", starter], cwd=tmp_path, capture_output=True, text=True, check=False)
    wait_until_gone(int(ended.stdout))
