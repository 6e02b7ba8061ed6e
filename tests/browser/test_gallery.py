"""Every component by itself, in light and in dark, and the page in a room of 10,000 messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.browser import PATIENCE_MS
from local.gallery import gallery
from local.paths import ROOT
from tests.browser.test_accessibility import AXE, RULES, SCHEMES

SOURCES = ROOT / "web" / "src"
SHOWN = {
    "index.html": ("components", "views/panels"),
    "console.html": ("console/panels", "console/parts"),
}
"""Which folders of components each page of the gallery shows."""

LOOK = """async ([address, rules]) => {
  const MOST_FRAMES = 600;
  const PICTURES = "img, svg, video, canvas, input, textarea, progress, .skeleton";
  const frame = () => new Promise(requestAnimationFrame);
  const shown = () => document.querySelector("main")?.dataset.sheet === address;
  const settled = () => [...document.images].every((it) => it.complete);
  const until = async (isSo) => {
    for (let frames = 0; !isSo(); frames++) {
      if (frames > MOST_FRAMES) throw new Error(`${address} does not come`);
      await frame();
    }
  };
  location.hash = encodeURI(address);
  await until(shown);
  // What is asked of the server in memory comes within a moment.
  await new Promise((done) => setTimeout(done, 30));
  await until(settled);
  await frame();

  const isBlank = (it) => it.innerText.trim() === "" && it.querySelector(PICTURES) === null;
  const over = [...document.querySelectorAll("body > .popover")];
  const boxes = [...document.querySelectorAll("[data-testid=specimen]")];
  const empty = boxes.filter((it) => isBlank(it) && over.every(isBlank)).map((it) => it.dataset.state);
  const broken = [...document.images].filter((it) => it.src !== "" && it.naturalWidth === 0).map((it) => it.src);

  const { violations, incomplete } = await axe.run(document, { runOnly: rules });
  // Text of exactly the colour behind it: axe leaves it open whether somebody wanted that.
  const isUnseen = ({ any }) => any.some(({ data }) => data?.messageKey === "equalRatio");
  const unseen = incomplete.map(({ id, nodes }) => ({ id, nodes: nodes.filter(isUnseen) }));
  const at = ({ html, failureSummary }) => [html, failureSummary];
  const against = [...violations, ...unseen].flatMap(({ id, nodes }) => nodes.map((node) => [id, ...at(node)]));
  return { states: boxes.length, empty, broken, against };
}"""
EVERYTHING = {"type": "tag", "values": RULES}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
"""What the second colour scheme can make a difference to."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The built gallery's."""
    with gallery() as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window with axe in it, about which the page may not complain."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(path=AXE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def sheets(page: Page, url: str) -> dict[str, str]:
    """Of a page's table of contents: by address, the component that is shown there."""
    page.goto(url)
    links = page.get_by_test_id("sheet")
    links.first.wait_for()
    return dict(links.evaluate_all("them => them.map((it) => [it.textContent, it.dataset.component])"))


def components(folder: str) -> set[str]:
    """The components in a folder, however deep, as the gallery calls them."""
    files = {path.relative_to(SOURCES).with_suffix("") for path in (SOURCES / folder).rglob("*.tsx")}
    return {path.as_posix() for path in files if path.suffix != ".test"}


@pytest.mark.parametrize("name", SHOWN)
def test_every_component_by_itself_is_seen_and_can_be_used_by_everybody(url: str, page: Page, name: str) -> None:
    shown = sheets(page, f"{url}/{name}")
    assert set(shown.values()) == set().union(*map(components, SHOWN[name]))
    faults: dict[str, Any] = {}
    for scheme, rules in zip(SCHEMES, (EVERYTHING, COLOURS), strict=True):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for address in shown:
            found = page.evaluate(LOOK, [address, rules])
            assert found.pop("states") > 0
            if any(found.values()):
                faults[f"{address} in {scheme}"] = found
    assert not faults, json.dumps(faults, indent=1)


MOST_ROWS = 60
"""Of a log in the page, however many messages there are: what a window of 900 px shows, and some above and below it."""

PAGE = 50
"""Messages that come at once."""
IS_LONGER = "before => document.querySelector('.log__list').clientHeight > before + 500"


@pytest.fixture
def long_room(url: str, page: Page) -> Page:
    """The chat page in a room of 10,000 messages, at its newest."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}/long-room.html?messages=10000")
    page.locator('[data-seq="10000"]').wait_for()
    page.mouse.move(640, 400)
    return page


def test_at_the_upper_edge_older_messages_come_above_and_what_is_read_stays(long_room: Page) -> None:
    height = long_room.locator(".log__list").evaluate("it => it.clientHeight")
    long_room.mouse.wheel(0, -10_000)
    long_room.wait_for_function(IS_LONGER, arg=height)
    long_room.wait_for_timeout(500)  # time for pages that nobody asked for
    topmost = long_room.locator(".message").first.get_attribute("data-seq")
    assert int(topmost or 0) > 10_000 - 3 * PAGE
    assert long_room.locator(".log__row").count() <= MOST_ROWS


def test_whoever_scrolls_a_focused_message_away_goes_on_by_keyboard(long_room: Page) -> None:
    log = long_room.get_by_test_id("log")
    log.focus()
    long_room.keyboard.press("ArrowUp")
    assert long_room.locator(".message:focus").count() == 1
    log.evaluate("it => it.scrollTo(0, 0)")
    expect(log).to_be_focused()


def test_nothing_that_is_shown_moves_while_hundreds_of_older_messages_come(long_room: Page) -> None:
    long_room.evaluate(
        """() => {
          window.shifts = [];
          const note = (list) => window.shifts.push(...list.getEntries().map(({ value }) => value));
          new PerformanceObserver(note).observe({ type: "layout-shift" });
        }"""
    )
    oldest = long_room.locator(".message").first
    for _ in range(200):
        long_room.mouse.wheel(0, -300)
        if int(oldest.get_attribute("data-seq") or 0) <= 9_400:
            break
    else:
        pytest.fail("the history does not come")
    assert long_room.evaluate("window.shifts") == []
