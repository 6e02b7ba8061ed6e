"""Every view against WCAG 2.2 AA, as far as a machine can tell (axe), in light and in dark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from local.browser import PATIENCE_MS, ChatWindow
from local.client import Client
from local.paths import ROOT
from local.stack import LocalStack

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  const at = ({ html, failureSummary }) => [html, failureSummary];
  return found.violations.map(({ id, nodes }) => ({ id, at: nodes.map(at) }));
}"""


def violations(page: Page) -> dict[str, list[Any]]:
    """What axe has against the view that is on screen, by colour scheme; nothing where it is well."""
    found: dict[str, list[Any]] = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if found_here := page.evaluate(RUN, RULES):
            found[scheme] = found_here
    return found


@pytest.fixture
def page(stack: LocalStack, browser: Browser) -> Iterator[Page]:
    """A window before anybody signed in, with axe in it."""
    # What fades in has its colours only at the end.
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(path=AXE)
    page.goto(stack.page_url)
    yield page
    context.close()


def over_the_page(page: Page) -> dict[str, dict[str, list[Any]]]:
    """The same of what is opened over whatever is on screen, by view; all of it is closed again."""
    views = {}
    page.get_by_test_id("open-settings").click()
    page.get_by_test_id("identity").wait_for()
    views["settings"] = violations(page)
    page.get_by_test_id("erase-account").click()
    views["an account's end"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("open-shortcuts").click()
    page.get_by_test_id("shortcuts").wait_for()
    views["shortcuts"] = violations(page)
    page.keyboard.press("Escape")
    page.get_by_test_id("open-go-to").click()
    page.get_by_test_id("destination").first.wait_for()
    views["going somewhere"] = violations(page)
    page.keyboard.press("Escape")
    return views


def test_every_view_can_be_used_by_everybody(stack: LocalStack, page: Page, room: str) -> None:
    with Client(stack.page_url, "Host") as host:
        host.call("send", room=room, text="Have a look at https://example.com")
        typo = host.call("send", room=room, text="Helo")["seq"]
        host.call("edit", room=room, seq=typo, text="Hello")
        host.call("delete", room=room, seq=host.call("send", room=room, text="Oops")["seq"])
    page.get_by_test_id("sign-in-name").fill("Ada")
    views = {"sign-in": violations(page)}
    page.get_by_test_id("sign-in-button").click()
    page.get_by_test_id("no-room").wait_for()
    page.locator(f'[data-testid="room"][data-room="{room}"]').wait_for()
    views["rooms"] = violations(page)
    page.get_by_test_id("create-room").click()
    page.get_by_test_id("room-title-input").wait_for()
    views["a new room"] = violations(page)
    page.keyboard.press("Escape")
    views |= over_the_page(page)
    ada = ChatWindow(page)
    ada.enter(room)
    ada.message("Hello")
    ada.send("My own")
    ada.message("My own")
    views["a room"] = violations(page)
    with Client(stack.page_url, "Host") as host:
        host.call("set_role", room=room, user="ada", role="moderator")
        host.call("report", room=room, seq=typo, reason="It has a letter less")
    for panel in ("reports", "settings", "files"):
        page.get_by_test_id("room-menu").click()
        page.get_by_test_id(f"action-{panel}").click()
        page.get_by_test_id(f"{panel}-panel").wait_for()
        views[f"a room's {panel}"] = violations(page)
    page.get_by_test_id("open-people").click()
    page.get_by_test_id("person").first.wait_for()
    views["people"] = violations(page)
    page.get_by_test_id("close-panel").click()
    page.context.set_offline(offline=True)
    ada.send("Not on its way yet")
    expect(page.get_by_test_id("connection-banner")).to_be_visible(timeout=PATIENCE_MS)
    views["offline"] = violations(page)
    page.set_viewport_size({"width": 390, "height": 780})
    views["on a phone"] = violations(page)
    against = {view: found for view, found in views.items() if found}
    assert not against, json.dumps(against, indent=1)
