"""The server dies under two people who talk, and comes back: what they write is neither lost nor repeated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, JSHandle, expect

from local.browser import PATIENCE_MS, ChatWindow
from local.client import Client
from local.stack import LocalStack

LONG_MS = 2 * PATIENCE_MS
"""The pauses between attempts grow while there is nobody to reach."""
WATCH = """() => {
  const seen = { lost: null, told: null };
  const look = () => {
    const { state } = document.querySelector('[data-testid="connection"]').dataset;
    if (state !== "online") seen.lost ??= performance.now();
    if (document.querySelector('[data-testid="connection-banner"]')) seen.told ??= performance.now();
  };
  new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
  return seen;
}"""
"""When the line went away, and when that was told: in milliseconds, None where it never was."""

Pair = tuple[ChatWindow, ChatWindow]


@pytest.fixture
def pair(stack: LocalStack, browser: Browser, room: str) -> Iterator[Pair]:
    """Ada's and Grace's windows on the same room. Requests that fail are in their consoles, and nothing else may be."""
    thrown: list[str] = []
    ada, grace = (ChatWindow.open(browser, stack.page_url, name) for name in ("Ada", "Grace"))
    for window in (ada, grace):
        window.page.on("pageerror", lambda error: thrown.append(str(error)))
        window.page.add_init_script("Math.random = () => 0")  # pauses between attempts are as short as they may be
        window.page.reload()
        window.enter(room)
    yield ada, grace
    for window in (ada, grace):
        window.page.context.close()
    assert thrown == []


def talk(pair: Pair, about: str) -> list[str]:
    """Both say three things, in turns; nobody waits for anything to arrive."""
    said = []
    for number in range(3):
        for name, window in zip(("Ada", "Grace"), pair, strict=True):
            said.append(f"{name}, {about}: {number}.")
            window.send(said[-1])
    return said


def heard(pair: Pair, stack: LocalStack, room: str, said: list[str]) -> None:
    """Everything that was said is in both windows, once, in the order that is stored; nobody's own order is changed.

    What is sent again while it is being stored may burn a number, whose entry nobody sees.
    """
    for window in pair:
        window.tall()
        for text in said:
            window.message(text)
    with Client(stack.page_url, "Host") as host:
        entries = host.call("history", room=room, limit=100)["messages"]
    stored = [entry["text"] for entry in entries if entry["kind"] == "text"]
    assert sorted(stored) == sorted(said)
    for name in ("Ada", "Grace"):
        assert [text for text in stored if text.startswith(name)] == [text for text in said if text.startswith(name)]
    for window in pair:
        shown = window.page.locator('[data-testid="message"]')
        expect(shown).to_have_count(len(said))
        assert [text.strip() for text in shown.locator(".message__text").all_inner_texts()] == stored


def watched(pair: Pair) -> list[JSHandle]:
    return [window.page.evaluate_handle(WATCH) for window in pair]


@pytest.mark.slow
def test_people_whose_sockets_die_talk_on_over_http_untold_and_have_sockets_again_once_there_are_any(
    stack: LocalStack, pair: Pair, room: str
) -> None:
    said = talk(pair, "before")
    seen = watched(pair)
    with stack.without("gateway"):
        said += talk(pair, "without sockets")
        for window in pair:
            expect(window.page.get_by_test_id("connection")).to_have_attribute("data-way", "http")
            window.message(said[-1])
    for window in pair:
        expect(window.page.get_by_test_id("connection")).to_have_attribute("data-way", "socket", timeout=LONG_MS)
    said += talk(pair, "on new sockets")
    heard(pair, stack, room, said)
    for each in seen:
        times = each.json_value()
        assert times["lost"] is not None
        assert times["told"] is None or times["told"] - times["lost"] > 4_000


@pytest.mark.slow
def test_what_two_people_write_while_the_server_is_gone_arrives_once_and_in_order_when_it_is_back(
    stack: LocalStack, pair: Pair, room: str
) -> None:
    said = talk(pair, "before")
    for window in pair:
        window.message(said[-1])
    seen = watched(pair)
    with stack.without("gateway", "front"):
        said += talk(pair, "in between")
        for window in pair:
            expect(window.page.locator('[data-state="pending"]')).to_have_count(3)
            expect(window.page.get_by_test_id("connection-banner")).to_be_visible()
    for window in pair:
        expect(window.page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=LONG_MS)
        expect(window.page.get_by_test_id("connection-banner")).to_have_count(0)
    said += talk(pair, "after it")
    heard(pair, stack, room, said)
    for each in seen:
        times = each.json_value()
        assert times["told"] - times["lost"] > 4_000  # five seconds, but for what lies between a state and its picture
