"""Headless Chromium, and the page as somebody at the screen uses it. Knows the page by its `data-testid`s only."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from local.programs import find_browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOW = (1120, 760)
TALL_PX = 8_000
PATIENCE_MS = 30_000.0
"""The first use of each function waits until its process has started."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a screen, from this machine's own packages; closed at the end."""
    with sync_playwright() as playwright:
        # No sandbox: it needs rights that a container's root does not have, and only our own page is opened.
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]
        browser = playwright.chromium.launch(executable_path=find_browser(), args=options)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class ChatWindow:
    """One person's window: a browser profile of its own, signed in under one name."""

    page: Page

    @classmethod
    def open(cls, browser: Browser, url: str, name: str) -> ChatWindow:
        """Opens the page and signs in; returns once the window is connected."""
        width, height = WINDOW
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        window = cls(page)
        page.goto(url)
        page.get_by_test_id("sign-in-name").fill(name)
        page.get_by_test_id("sign-in-button").click()
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)
        return window

    def enter(self, room: str) -> None:
        """Opens a room of the list, of which one becomes a member that way."""
        self.page.locator(f'[data-testid="room"][data-room="{room}"]').click()
        expect(self.page.get_by_test_id("composer-input")).to_be_enabled(timeout=PATIENCE_MS)

    def send(self, text: str) -> None:
        """Says something in the open room."""
        self.page.get_by_test_id("composer-input").fill(text)
        self.page.get_by_test_id("send-button").click()

    def upload(self, image: Path) -> None:
        """Puts an image into the open room."""
        self.page.get_by_test_id("upload-input").set_input_files(image)

    def message(self, text: str) -> Locator:
        """The stored message with this text; raises AssertionError when it doesn't appear."""
        found = self.page.locator('[data-testid="message"][data-state="sent"]').filter(has_text=text).last
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found

    def tall(self) -> None:
        """Makes the window so high that some 100 messages are in the page: of a log only those near the window are."""
        width, _ = WINDOW
        self.page.set_viewport_size({"width": width, "height": TALL_PX})

    def thumbnail(self) -> Locator:
        """The newest image in the open room, loaded; raises AssertionError when none appears."""
        found = self.page.get_by_test_id("thumbnail").last
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        self.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=found.element_handle())
        return found

    def screenshot(self, path: Path) -> None:
        """Writes what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
