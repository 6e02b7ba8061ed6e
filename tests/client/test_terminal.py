"""`agent-chat` as its user runs it: a process, its output, its exit status, and a screen on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

import agent_chat
from tests.client.stage import Stage, until

SOURCES = Path(agent_chat.__file__).parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCES), "TERM": "xterm-256color", "PYTHONUTF8": "1"}
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[=>()][0-9A-B]?|\][^\x07]*\x07)")


@dataclass
class Ended:
    status: int
    out: str
    err: str


async def start(stage: Stage, *arguments: str, name: str = "Ada") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "agent_chat", stage.url, "--name", name, *arguments),
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(stage: Stage, *arguments: str, stdin: str = "") -> Ended:
    process = await start(stage, *arguments)
    async with asyncio.timeout(20):
        out, err = await process.communicate(stdin.encode())
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def test_a_message_is_sent_from_an_argument_or_from_standard_input(fake_stage: Stage) -> None:
    assert await run(fake_stage, "send", "lunch", "from an argument") == Ended(0, "", "")
    assert await run(fake_stage, "send", "lunch", stdin="two\nlines\n") == Ended(0, "", "")
    assert fake_stage.texts("lunch") == ["from an argument", "two\nlines"]


async def test_rooms_and_history_are_printed_as_text_or_json(fake_stage: Stage) -> None:
    for number in range(1, 8):
        await fake_stage.say("lunch", str(number))
    assert (await run(fake_stage, "rooms")).out.startswith("lunch ")
    listed = (await run(fake_stage, "history", "lunch", "-n", "2", "--before", "7")).out.splitlines()
    assert [line.split(": ")[1] for line in listed] == ["5", "6"]
    printed = (await run(fake_stage, "history", "lunch", "-n", "3", "--json")).out.splitlines()
    assert [json.loads(line)["seq"] for line in printed] == [5, 6, 7]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("history", "lunch", "-n", "-5"), 2, "invalid natural value: '-5'"),
        (("tail", "lunch", "--after", "x"), 2, "invalid natural value: 'x'"),
        (("send", "lunch", " "), 1, "agent-chat: there is no text to send.\n"),
        (("upload", "lunch", "/nothing.jpg"), 1, "agent-chat: /nothing.jpg: No such file or directory\n"),
        (("history", "lunch", "-n", "0"), 0, ""),
        (("history", "lunch", "--before", "1"), 0, ""),
    ],
)
async def test_what_can_not_be_done_is_said_and_what_is_nothing_prints_nothing(
    fake_stage: Stage, arguments: tuple[str, ...], status: int, said: str
) -> None:
    await fake_stage.say("lunch", "one")
    ended = await run(fake_stage, *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert ended.err.endswith(said if status < 2 else f"{said}\n")
    assert fake_stage.texts("lunch") == ["one"]


async def test_a_refusal_is_one_line_and_an_exit_status(fake_stage: Stage) -> None:
    fake_stage.kicked.add(("ada", "closed"))
    assert await run(fake_stage, "send", "closed", "hello?") == Ended(1, "", "agent-chat: No.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_tail_follows_a_room_until_it_is_interrupted(fake_stage: Stage, number: signal.Signals) -> None:
    await fake_stage.say("lunch", "before")
    process = await start(fake_stage, "tail", "lunch", "--json")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert json.loads(await process.stdout.readline())["text"] == "before"
        await fake_stage.say("lunch", "live")
        assert json.loads(await process.stdout.readline())["text"] == "live"
        process.send_signal(number)
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert fake_stage.peers == []


async def test_tail_ends_when_nobody_reads_it_any_more(fake_stage: Stage) -> None:
    read_end, write_end = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "agent_chat", fake_stage.url, "--name", "Ada", "tail", "lunch"),
        env=ENVIRONMENT,
        stdout=write_end,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(write_end)
    await until(lambda: fake_stage.actions["subscribe"])
    os.close(read_end)
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")


@dataclass
class Terminal:
    """A pseudo-terminal with the program on it. `shown` is all that was written to it, without escapes."""

    process: asyncio.subprocess.Process
    master: int
    raw: bytearray = field(default_factory=bytearray)
    columns: int = 90

    @property
    def shown(self) -> str:
        return ESCAPES.sub("", self.raw.decode(errors="ignore"))

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    async def see(self, text: str) -> None:
        """Waits for a text. Only what changes is drawn, so a text may never be written whole: a resize redraws all."""
        async with asyncio.timeout(20):
            while text not in self.shown:
                self.columns = 181 - self.columns
                resize(self.master, self.columns)
                self.process.send_signal(signal.SIGWINCH)
                await asyncio.sleep(0.2)


def resize(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


@contextlib.asynccontextmanager
async def screen(stage: Stage) -> AsyncIterator[Terminal]:
    master, slave = pty.openpty()
    resize(slave, 90)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "agent_chat", stage.url, "--name", "Ada"),
        env=ENVIRONMENT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    terminal, loop = Terminal(process, master), asyncio.get_running_loop()

    def receive() -> None:
        try:
            terminal.raw += os.read(master, 65536)
        except OSError:
            loop.remove_reader(master)

    loop.add_reader(master, receive)
    try:
        yield terminal
    finally:
        loop.remove_reader(master)
        if process.returncode is None:
            process.kill()
        await process.wait()
        os.close(master)


async def test_the_screen_shows_a_room_sends_what_is_typed_and_leaves_on_ctrl_c(fake_stage: Stage) -> None:
    pytest.importorskip("prompt_toolkit")
    for number in range(1, 4):
        await fake_stage.say("lunch", f"earlier {number}")
    await fake_stage.say("tea", "in the other room")
    async with screen(fake_stage) as terminal:
        await until(lambda: b"\x1b[?1049h" in terminal.raw)
        await terminal.see("earlier 3")
        terminal.type("typed here\r")
        await until(lambda: "typed here" in fake_stage.texts("lunch"))
        await fake_stage.say("lunch", "an answer \x1b[2J")
        await terminal.see("an answer")
        latest = {"seq": 42, "author": "Grace", "text": "much was said", "sent_at_ms": 0}
        await fake_stage.tell({"type": "room_activity", "room": "tea", "last_seq": 42, "latest": latest})
        await terminal.see(" 42 ")
        terminal.type("\x0e")
        await terminal.see("in the other room")
        await until(lambda: fake_stage.actions["read"])
        await fake_stage.cut()
        await until(lambda: fake_stage.opened == 2 and fake_stage.actions["subscribe"] >= 3)
        await fake_stage.say("tea", "after the cut")
        await terminal.see("after the cut")
        fake_stage.kicked.add(("ada", "tea"))
        terminal.type("kept out\r")
        await until(lambda: fake_stage.actions["send"] == 2)
        terminal.type("\x03")
        async with asyncio.timeout(10):
            assert await terminal.process.wait() == 1
    assert b"\x1b[?1049l" in terminal.raw, "the terminal is as it was"
    assert "agent-chat: not sent to tea: kept out" in terminal.shown
    assert "Traceback" not in terminal.shown
    await until(lambda: not fake_stage.peers)


async def test_the_screen_says_that_it_goes_over_http_and_what_can_be_typed(fake_stage: Stage) -> None:
    pytest.importorskip("prompt_toolkit")
    fake_stage.faults.socket = lambda: web.Response(status=403)
    await fake_stage.say("lunch", "earlier")
    async with screen(fake_stage) as terminal:
        await terminal.see("online over HTTP")
        await terminal.see("earlier")
        terminal.type("typed here\r")
        await until(lambda: "typed here" in fake_stage.texts("lunch"))
        await fake_stage.say("lunch", "an answer")
        await terminal.see("an answer")
        terminal.type("/help\r")
        await terminal.see("/upload FILE")
        await terminal.see("is typed with two")
        terminal.type("/nonsense\r")
        await terminal.see("There is no /nonsense; /help tells what there is.")
        terminal.type("/upload /nothing.jpg\r")
        await terminal.see("/nothing.jpg: No such file or directory")
        terminal.type("\x03")
        async with asyncio.timeout(10):
            assert await terminal.process.wait() == 0
    assert "Traceback" not in terminal.shown
