"""`make screenshots`: the main views as the documentation shows them, photographed in a stack of their own.

The same conversation each time, so that a picture changes only when the page does; times of day apart.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from local.browser import PATIENCE_MS, ChatWindow, open_browser
from local.client import Client
from local.dev import Progress, stopping_by_signals
from local.errors import explain
from local.paths import ROOT
from local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Sequence

IMAGES = ROOT / "docs" / "images"
ROOM = "launch"
WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 780}
QUALITY = 82
"""Of WebP: what is lost is not seen in a page's plain areas, and a picture has some 40 KB."""

SAID = (
    ("Grace", "The numbers are in: every message of last night arrived, in order."),
    ("Linus", "Lost, repeated, out of order: none of the three?"),
    ("Grace", "None. The report is at https://chat.example.com/reports/42"),
    ("Linus", "Then we go on Thursday!"),
)


def main(_arguments: Sequence[str] | None = None) -> int:
    """Takes them all; returns 0."""
    progress = Progress()
    stack = LocalStack.temporary(page="built", report=progress)
    try:
        with stopping_by_signals(), stack, open_browser() as browser:
            talk(stack.page_url)
            for scheme in ("light", "dark"):
                photograph(browser, stack.page_url, scheme)
                progress(f"the views in {scheme} are in {IMAGES.relative_to(ROOT)}")
    finally:
        stack.discard()
    return 0


def talk(url: str) -> None:
    """What there is to see: three rooms, and a conversation in one of them."""
    with Client(url, "Grace") as grace, Client(url, "Linus") as linus:
        grace.call("create", room=ROOM, title="Launch", kind="public")
        grace.call("create", room="lunch", title="Lunch", kind="public")
        grace.call("create", title="Surprise for Margaret", kind="private", members=["ada", "linus"])
        linus.call("join", room=ROOM)
        people = {"Grace": grace, "Linus": linus}
        for author, text in SAID:
            people[author].call("send", room=ROOM, text=text)
        linus.call("join", room="lunch")
        linus.call("send", room="lunch", text="Soup at noon?")


def photograph(browser: Browser, url: str, scheme: Literal["light", "dark"]) -> None:
    """Every view in one colour scheme, wide and on a phone."""
    context = browser.new_context(viewport=WIDE, color_scheme=scheme, reduced_motion="reduce", device_scale_factor=2)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.get_by_test_id("sign-in-name").fill("Ada")
    save(page, f"sign-in-{scheme}")
    page.get_by_test_id("sign-in-button").click()
    ada = ChatWindow(page)
    ada.enter(ROOM)
    ada.message(SAID[-1][1])
    save(page, f"room-{scheme}")
    page.set_viewport_size(PHONE)
    save(page, f"phone-{scheme}")
    context.close()


def save(page: Page, name: str) -> None:
    """What is on screen, as a small WebP."""
    page.evaluate("() => document.fonts.ready")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        taken.convert("RGB").save(IMAGES / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(explain(main))
