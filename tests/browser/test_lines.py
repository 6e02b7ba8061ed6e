"""One user's tabs and their line: what is written, read and shared while networks, servers and tabs come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from local.browser import PATIENCE_MS, ChatWindow
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open, numbers

MESSAGES = 10
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Bytes a second and milliseconds, as Chromium's developer tools call it."""


class Tabs:
    """Several tabs in one browser profile, and the sockets that each of them has opened."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self._url = url
        self.sockets: list[tuple[Page, WebSocket]] = []

    def open(self, name: str) -> ChatWindow:
        """A tab of somebody who signs in, connected."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("websocket", lambda socket: self.sockets.append((page, socket)))
        page.goto(self._url)
        page.get_by_test_id("sign-in-name").fill(name)
        page.get_by_test_id("sign-in-button").click()
        window = ChatWindow(page)
        online(window)
        return window

    def open_sockets(self) -> int:
        """Of the stage's: those that are not closed."""
        return sum(
            "ticket=" in socket.url and not socket.is_closed() and not page.is_closed() for page, socket in self.sockets
        )


@pytest.fixture
def tabs(stack: LocalStack, browser: Browser) -> Iterator[Tabs]:
    context = browser.new_context()
    yield Tabs(context, stack.page_url)
    context.close()


ARE_KEPT = """count => new Promise((answer) => {
  indexedDB.open("agent-chat").onsuccess = ({ target: { result: database } }) => {
    database.transaction("outgoing").objectStore("outgoing").count().onsuccess = ({ target: { result } }) => {
      database.close();
      answer(result === count);
    };
  };
})"""
"""Whether so many messages are in the browser's database."""


def online(window: ChatWindow) -> None:
    expect(window.page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)


def test_two_tabs_have_one_socket_and_the_other_takes_over_when_its_tab_is_closed(
    stack: LocalStack, tabs: Tabs, room: str
) -> None:
    left, right = tabs.open("Ada"), tabs.open("Ada")
    for window in (left, right):
        window.enter(room)
    left.send("from the left")
    right.message("from the left")
    right.send("from the right")
    left.message("from the right")
    assert tabs.open_sockets() == 1
    left.page.close()
    right.send("while nobody has a socket")
    with Client(stack.page_url, "Host") as host:
        host.call("send", room=room, text="somebody else")
    for text in ("while nobody has a socket", "somebody else"):
        right.message(text)
    assert numbers(right) == [1, 2, 3, 4]
    assert tabs.open_sockets() == 1


def test_tabs_of_two_people_have_a_socket_each(tabs: Tabs) -> None:
    tabs.open("Ada")
    tabs.open("Grace")
    assert tabs.open_sockets() == 2


def test_what_is_written_offline_survives_the_tab_and_is_sent_once(stack: LocalStack, tabs: Tabs, room: str) -> None:
    ada = tabs.open("Ada")
    ada.enter(room)
    ada.page.get_by_test_id("composer-input").wait_for()
    tabs.context.set_offline(offline=True)
    for number in range(1, 4):
        ada.send(f"offline {number}.")
    expect(ada.page.locator('[data-state="pending"]')).to_have_count(3)
    ada.page.get_by_test_id("composer-input").fill("half a sentence")
    ada.page.wait_for_function(ARE_KEPT, arg=3)  # after they are seen: until then a crash would take them along
    ada.page.close()  # as a crash: nobody signs out
    tabs.context.set_offline(offline=False)
    again = tabs.open("Ada")
    again.enter(room)
    again.message("offline 3.")
    shown = again.page.locator('[data-testid="message"]')
    expect(shown).to_have_count(3)
    assert [text.strip() for text in shown.locator(".message__text").all_inner_texts()] == [
        f"offline {number}." for number in range(1, 4)
    ]
    expect(again.page.get_by_test_id("composer-input")).to_have_value("half a sentence")
    with Client(stack.page_url, "Host") as host:
        assert [entry["text"] for entry in host.call("history", room=room)["messages"]] == [
            f"offline {number}." for number in range(1, 4)
        ]


@pytest.mark.slow
def test_whoever_was_offline_catches_up_and_is_told_only_after_a_while(
    stack: LocalStack, tabs: Tabs, room: str
) -> None:
    ada = tabs.open("Ada")
    ada.enter(room)
    banner = ada.page.get_by_test_id("connection-banner")
    tabs.context.set_offline(offline=True)
    with Client(stack.page_url, "Host") as host:
        for number in range(1, MESSAGES + 1):
            host.call("send", room=room, text=f"meanwhile {number}.")
    expect(banner).to_be_visible(timeout=PATIENCE_MS)
    tabs.context.set_offline(offline=False)
    ada.message(f"meanwhile {MESSAGES}.")
    expect(banner).to_have_count(0)
    assert numbers(ada) == list(range(1, MESSAGES + 1))


@pytest.mark.slow
def test_a_slow_network_loses_repeats_and_reorders_nothing(stack: LocalStack, open_window: Open, room: str) -> None:
    ada = open_window("Ada")
    ada.tall()
    devtools = ada.page.context.new_cdp_session(ada.page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_3G)
    ada.enter(room)
    with Client(stack.page_url, "Host") as host:
        for number in range(MESSAGES):
            ada.send(f"Ada's {number}.")
            host.call("send", room=room, text=f"Host's {number}.")
        for text in (f"Ada's {MESSAGES - 1}.", f"Host's {MESSAGES - 1}."):
            ada.message(text)
        stored = [entry["text"] for entry in host.call("history", room=room)["messages"]]
    assert numbers(ada) == list(range(1, 2 * MESSAGES + 1))
    assert [text for text in stored if text.startswith("Ada")] == [f"Ada's {number}." for number in range(MESSAGES)]


def test_a_page_tells_how_it_fares_when_nobody_looks_any_more(open_window: Open, room: str) -> None:
    ada = open_window("Ada")
    ada.enter(room)
    ada.send("hello")
    ada.message("hello")
    ada.page.evaluate(LISTEN)
    with ada.page.expect_response("**/api/measurements") as response:
        ada.page.evaluate(HIDE)
    assert response.value.status == 202
    told = ada.page.evaluate("() => window.told")
    report = json.loads(told)
    assert report["ack_ms"]
    assert report["sent_bytes"] > 0
    assert report["vitals"]["FCP"] > 0
    assert "hello" not in told


LISTEN = """() => {
  const send = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    body.text().then((text) => { window.told = text });
    return send(url, body);
  };
}"""
HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { value: "hidden" });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
