"""`make smoke`: the whole application seen from outside, by two clients that this repository did not write.

Starts a stack of its own on free ports, lets wscat and Chromium talk to each other, uploads an image in the page and
fetches its thumbnail, stops everything, and looks that nothing is left. Ends well only if all of that happened.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from local.browser import ChatWindow, open_browser
from local.client import Client, request
from local.demo import GENERAL, create_demo
from local.dev import Progress, stopping_by_signals
from local.errors import LocalError, explain
from local.paths import BUILD, ROOT
from local.ports import is_listening
from local.programs import node_command, process_environment
from local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCREENSHOTS = BUILD / "screenshots"
EVIDENCE = BUILD / "smoke"
"""Where the logs of a failed run are kept."""
PATIENCE_S = 30.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Wscat:
    """The npm program wscat, connected as one user: JSON typed into it, JSON read from it."""

    process: subprocess.Popen[str]
    frames: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    @contextmanager
    def connect(cls, origin: str, name: str) -> Iterator[Wscat]:
        """Signs in, takes a ticket and starts wscat with it; ends it at the end."""
        session = request(f"{origin}/api/sessions", {"name": name})
        ticket = request(f"{origin}/api/tickets", {}, session["token"])
        command = [*node_command("wscat", "bin/wscat"), "-c", f"{ticket['url']}?ticket={ticket['ticket']}"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=process_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            client = cls(process)
            threading.Thread(target=client._read, daemon=True).start()
            try:
                yield client
            finally:
                process.terminate()

    def _read(self) -> None:
        """Collects the frames that wscat prints, each on a line behind its prompt."""
        for line in self.process.stdout or ():
            text = ESCAPES.sub("", line).lstrip("<> \r").strip()
            if text.startswith("{"):
                with self._changed:
                    self.frames.append(json.loads(text))
                    self._changed.notify_all()

    def type(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Sends a command and returns the result in its ack. Raises `LocalError` for anything else."""
        if self.process.stdin is None:
            raise LocalError("wscat takes no input.")
        self.process.stdin.write(json.dumps(frame) + "\n")
        self.process.stdin.flush()
        reply = self.wait_for(id=frame["id"])
        if reply["type"] != "ack":
            raise LocalError(f"{frame} was answered by {reply}")
        result: dict[str, Any] = reply["result"]
        return result

    def wait_for(self, **wanted: object) -> dict[str, Any]:
        """The first frame with these fields, now or later. Raises `LocalError` when it does not come."""

        def find() -> dict[str, Any] | None:
            return next((frame for frame in self.frames if wanted.items() <= frame.items()), None)

        with self._changed:
            self._changed.wait_for(lambda: find() or self.process.poll() is not None, timeout=PATIENCE_S)
            found = find()
        if found is None:
            raise LocalError(f"wscat was sent no frame with {wanted}; it has {self.frames[-3:]}.")
        return found

    def wait_for_message(self, **wanted: object) -> dict[str, Any]:
        """The first message with these fields that was delivered to this connection."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with self._changed:
                messages = [frame["message"] for frame in self.frames if frame.get("type") == "message"]
                self._changed.wait(0.2)
            for message in messages:
                if wanted.items() <= message.items():
                    found: dict[str, Any] = message
                    return found
        raise LocalError(f"wscat was sent no message with {wanted}; it has {self.frames[-3:]}.")


def main(_arguments: Sequence[str] | None = None) -> int:
    """Runs it; returns 0 only if everything happened."""
    progress = Progress()
    stack = LocalStack.temporary(page="built", report=progress)
    shutil.rmtree(EVIDENCE, ignore_errors=True)
    try:
        with stopping_by_signals(), stack:
            converse(stack, progress)
        require_nothing_running(stack)
    except BaseException:
        shutil.copytree(stack.state.logs, EVIDENCE, dirs_exist_ok=True)
        print(f"The logs are kept in {EVIDENCE.relative_to(ROOT)}.", file=sys.stderr)
        raise
    finally:
        stack.discard()
    progress(f"stopped, and nothing is left running; screenshots in {SCREENSHOTS.relative_to(ROOT)}")
    return 0


def converse(stack: LocalStack, progress: Progress) -> None:
    """Two strangers' clients talk, and an image goes the whole way."""
    create_demo(stack.page_url)
    with Wscat.connect(stack.page_url, "Linus") as linus, open_browser() as browser:
        linus.type({"action": "join", "id": "join", "room": GENERAL})
        linus.type({"action": "subscribe", "id": "subscribe", "room": GENERAL})
        progress("wscat is in the room")

        ada = ChatWindow.open(browser, stack.page_url, "Ada")
        ada.enter(GENERAL)
        grace = ChatWindow.open(browser, stack.page_url, "Grace")
        grace.enter(GENERAL)
        progress("two windows of Chromium are signed in")

        ada.send("Hello from a browser")
        linus.wait_for_message(text="Hello from a browser")
        linus.type({"action": "send", "id": "hello", "room": GENERAL, "text": "Hello from wscat"})
        ada.message("Hello from wscat")
        grace.message("Hello from wscat")
        grace.send("And hello from a second window")
        ada.message("And hello from a second window")
        linus.wait_for_message(text="And hello from a second window")
        progress("they heard each other")

        with painted_image() as image:
            ada.upload(image)
            announced = linus.wait_for_message(kind="image")
        thumbnail = announced["media"]["thumbnail"]
        with Client(stack.page_url, "Linus") as member:
            query = member.media_access(GENERAL)
        size = fetch_image(f"{stack.page_url}{thumbnail['url']}?{query}", thumbnail["content_type"])
        for window in (ada, grace):
            window.thumbnail()
        progress(f"an image was uploaded, and its thumbnail fetched ({size} bytes)")
        ada.screenshot(SCREENSHOTS / "ada.png")
        grace.screenshot(SCREENSHOTS / "grace.png")


@contextmanager
def painted_image() -> Iterator[Path]:
    """A photograph's size of colours, as a JPEG file."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sunset.jpg"
        bands = [Image.linear_gradient("L").resize((1600, 1000)) for _ in range(3)]
        red, green, blue = bands[0], bands[1].point(lambda value: value // 2), bands[2].rotate(180)
        Image.merge("RGB", (red, green, blue)).save(path, quality=90)
        yield path


def fetch_image(url: str, content_type: str) -> int:
    """Fetches an image and returns its size in bytes. Raises `LocalError` when it is something else."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310  # our own http URL
        kind, body = answer.headers["content-type"], answer.read()
    if kind != content_type or not body:
        raise LocalError(f"{url} is {kind} of {len(body)} bytes; {content_type} was announced.")
    return len(body)


def require_nothing_running(stack: LocalStack) -> None:
    """Raises `LocalError` while anything still listens where the stack did."""
    ports = stack.ports
    left = [port for port in (ports.emulator, ports.gateway, ports.page) if is_listening(port)]
    if left:
        raise LocalError(f"After the stop something still listens on {left}.")


if __name__ == "__main__":
    sys.exit(explain(main))
