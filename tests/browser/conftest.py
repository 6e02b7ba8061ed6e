"""Windows of headless Chromium on the running stack's page."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, expect

from local.browser import PATIENCE_MS, ChatWindow, open_browser
from local.client import Client
from local.stack import LocalStack

Open = Callable[[str], ChatWindow]

expect.set_options(timeout=PATIENCE_MS)
"""Wherever a test names no time of its own: five seconds, Playwright's own, are short where all tests run at once."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a module. Playwright keeps an event loop running, beside which no other starts."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def open_window(stack: LocalStack, browser: Browser, evidence: Path, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a window of its own for a name; afterwards, nothing in it may have complained."""
    windows: dict[str, ChatWindow] = {}
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def open_window(name: str) -> ChatWindow:
        window = windows[name] = ChatWindow.open(browser, stack.page_url, name)
        window.page.on("console", listen)
        window.page.on("pageerror", lambda error: complaints.append(str(error)))
        return window

    yield open_window
    for name, window in windows.items():
        window.screenshot(evidence / f"{request.node.name}-{name}.png")
        window.page.context.close()
    assert complaints == []


_numbers = itertools.count(1)


@pytest.fixture
def room(stack: LocalStack) -> str:
    """A public room of the test's own."""
    number = next(_numbers)
    with Client(stack.page_url, "Host") as host:
        made = host.call("create", room=f"window-{number}", title=f"Window {number}", kind="public")
    return str(made["room"]["room"])


def open_panel(window: ChatWindow, name: str) -> Locator:
    """What the room's menu leads to."""
    window.page.get_by_test_id("room-menu").click()
    window.page.get_by_test_id(f"action-{name}").click()
    panel = window.page.get_by_test_id(f"{name}-panel")
    panel.wait_for()
    return panel


def numbers(window: ChatWindow) -> list[int]:
    """Of the messages that are in the page, in its order; 0 for one that has none yet."""
    shown = window.page.get_by_test_id("message").all()
    return [int(message.get_attribute("data-seq") or 0) for message in shown]
