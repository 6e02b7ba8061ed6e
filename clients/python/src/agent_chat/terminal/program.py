"""The command line: what was asked for, who asks, and how it ended as an exit status."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import stat
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TextIO

from agent_chat import Chat, ChatError
from agent_chat.terminal import scripts
from agent_chat.terminal.scripts import Printer
from agent_chat.terminal.text import clean_line, explain

REFUSED = 1
USAGE = 2
INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended."""

NAMES = ("agent-chat", "chat")
TOKEN_VARIABLE = "AGENT_CHAT_TOKEN"  # noqa: S105  # the variable's name
NAME_VARIABLE = "AGENT_CHAT_NAME"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command, or the screen. Exit status: 0, 1 refused or unreachable, 2 wrongly used, 130 interrupted."""
    options = parse(arguments)
    configure_logging(options.log)
    try:
        return asyncio.run(run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be flushed to it on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ChatError, OSError, ValueError) as error:
        sys.stderr.write(f"{program()}: {explain(error)}\n")
        return REFUSED


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog=program(),
        description="AGENT Chat in a terminal. Without a command: a screen to chat on.",
        epilog=f"{TOKEN_VARIABLE} and {NAME_VARIABLE} stand in for --token and --name; a token given there is seen "
        "by nobody who lists processes.",
    )
    parser.add_argument("url", help="the stage, such as https://chat.example.com or http://127.0.0.1:5173")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--name", help="sign in by name (local and dev stages)")
    who.add_argument("--token", help="a bearer token of the stage's issuer")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write what happens inside to a file")
    commands = parser.add_subparsers(dest="command", metavar="command")
    add_commands(commands)
    options = parser.parse_args(arguments)
    identify(parser, options)
    return options


def program() -> str:
    """What this one is called by who runs it."""
    name = Path(sys.argv[0]).stem
    return name if name in NAMES else NAMES[0]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands for scripts."""
    listed = commands.add_parser("rooms", help="list the rooms")
    sending = commands.add_parser("send", help="send a message")
    tailing = commands.add_parser("tail", help="print messages as they come")
    reading = commands.add_parser("history", help="print the newest messages")
    uploading = commands.add_parser("upload", help="upload an image")
    for command in (sending, tailing, reading, uploading):
        command.add_argument("room", help="the room's id")
        command.add_argument("--join", action="store_true", help="join the room first")
    for command in (listed, tailing, reading, uploading):
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    sending.add_argument("text", nargs="?", help="the text; standard input without it or with -")
    tailing.add_argument("-n", type=natural, default=10, metavar="COUNT", help="so many before (default: 10)")
    tailing.add_argument("--after", type=natural, metavar="SEQ", help="everything behind this number instead")
    reading.add_argument("-n", type=natural, default=50, metavar="COUNT", help="so many (default: 50)")
    reading.add_argument("--before", type=natural, metavar="SEQ", help="below this number")
    uploading.add_argument("file", type=Path)
    uploading.add_argument("--resume", metavar="ID", help="go on with an upload of this file that was cut off")


def natural(text: str) -> int:
    """A number of the command line, 0 or more. Raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def identify(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Fills in who asks from the environment, or asks a person."""
    if options.name is None and options.token is None:
        options.token = os.environ.get(TOKEN_VARIABLE)
        options.name = None if options.token else os.environ.get(NAME_VARIABLE)
    if options.name is None and options.token is None:
        if options.command is not None or not sys.stdin.isatty():
            parser.error("who are you? Give --name or --token.")
        try:
            options.name = input("Your name: ").strip()
        except (EOFError, KeyboardInterrupt):
            sys.exit(INTERRUPTED)


def configure_logging(file: Path | None) -> None:
    """Nothing is logged onto the terminal."""
    handler = logging.FileHandler(file) if file else logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("agent_chat")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)


async def run(options: argparse.Namespace) -> int:
    """Connects, does what was asked, and closes."""
    if options.command is None:
        return await run_screen(options)
    text = await asyncio.to_thread(scripts.read_text, options.text) if options.command == "send" else ""
    async with Chat.connect(options.url, name=options.name, token=options.token) as chat:
        await ended_by_signals(obey(chat, options, text))
    return 0


async def obey(chat: Chat, options: argparse.Namespace, text: str) -> None:
    """One command for scripts."""
    printer = Printer(options.url.rstrip("/"), as_json=getattr(options, "json", False))
    if options.command == "rooms":
        await scripts.rooms(chat, printer)
        return
    await scripts.enter(chat, options.room, join=options.join)
    if options.command == "send":
        await scripts.send(chat, options.room, text)
    elif options.command == "tail":
        await scripts.tail(chat, printer, options.room, recent=options.n, after=options.after)
    elif options.command == "history":
        await scripts.history(chat, printer, options.room, limit=options.n, before=options.before)
    elif options.command == "upload":
        await scripts.upload(chat, printer, options.room, options.file, options.resume)


async def run_screen(options: argparse.Namespace) -> int:
    """The screen, until it is left."""
    try:
        from agent_chat.terminal.screen import Screen  # noqa: PLC0415  # only the screen needs prompt_toolkit
    except ModuleNotFoundError as missing:
        sys.stderr.write(
            f"{program()}: the screen needs {missing.name}; install agent-chat-client[terminal]. "
            "The commands for scripts (--help) do without.\n"
        )
        return USAGE
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(f"{program()}: the screen needs a terminal; for scripts there are commands (--help).\n")
        return USAGE
    async with Chat.connect(options.url, name=options.name, token=options.token) as chat:
        screen = Screen(chat, options.url.rstrip("/"))
        await screen.run()
    for outgoing in screen.unsent():
        sys.stderr.write(f"{program()}: not sent to {outgoing.room}: {clean_line(outgoing.text)}\n")
    return REFUSED if screen.unsent() else 0


async def ended_by_signals(work: Coroutine[object, object, None]) -> None:
    """Ends as after Ctrl-C when the terminal is closed or the process is told to terminate.

    Raises BrokenPipeError as soon as nobody reads the output any more, also while there is nothing to print.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    unread = asyncio.Event()

    def end_unread() -> None:
        loop.remove_reader(sys.stdout.fileno())
        unread.set()
        task.cancel()

    if is_pipe(sys.stdout):
        loop.add_reader(sys.stdout.fileno(), end_unread)  # the writing end becomes readable when its reader is gone
    with contextlib.suppress(NotImplementedError):  # not on Windows, whose Ctrl-C needs none
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise
        raise (BrokenPipeError() if unread.is_set() else KeyboardInterrupt()) from None


def is_pipe(stream: TextIO) -> bool:
    """Whether a stream is one end of a pipe that can be watched here."""
    try:
        return sys.platform != "win32" and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
