"""A window behind a network that lets no WebSocket through, then one that does."""

from __future__ import annotations

from playwright.sync_api import Request, expect

from local.browser import ChatWindow
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open, numbers

WAIT_MS = 30_000
MESSAGES = 40

SOCKETS_FAIL = """
{
  window.socketsFail = true;
  window.WebSocket = new Proxy(WebSocket, {
    construct(target, [url]) {
      if (!window.socketsFail) return new target(url);
      const refused = { send() {}, close() {} };
      setTimeout(() => refused.onclose(new CloseEvent("close", { code: 1006 })));
      return refused;
    },
  });
  // Pauses between attempts are as short as they may be.
  Math.random = () => 0;
}
"""


def test_a_window_without_sockets_chats_and_changes_to_one_when_it_can(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    ada, grace = open_window("Ada"), open_window("Grace")
    streams = count_streams(ada)
    ada.page.add_init_script(SOCKETS_FAIL)
    ada.page.reload()
    connection = ada.page.get_by_test_id("connection")
    expect(connection).to_have_text("Online, slower", timeout=WAIT_MS)
    for window in (ada, grace):
        window.enter(room)
    for speaker, text in ((ada, "Hello, Grace"), (grace, "Hello, Ada"), (ada, "No socket here")):
        speaker.send(text)
        for window in (ada, grace):
            window.message(text)
    with Client(stack.page_url, "Host") as host:
        typo = host.call("send", room=room, text="Helo, both")["seq"]
        ada.message("Helo, both")
        host.call("edit", room=room, seq=typo, text="Hello, both")
        for window in (ada, grace):
            expect(window.message("Hello, both").get_by_test_id("edited")).to_be_visible(timeout=WAIT_MS)
        ada.page.evaluate("() => { window.socketsFail = false }")
        for number in range(MESSAGES):
            host.call("send", room=room, text=f"message {number}.")
            ada.page.wait_for_timeout(100)
        for window in (ada, grace):
            window.message(f"message {MESSAGES - 1}.")
    expect(connection).to_have_attribute("data-way", "socket", timeout=WAIT_MS)
    expect(connection).to_have_text("Online")
    streamed = len(streams)
    assert streamed > 0
    grace.send("Now you have one")
    ada.message("Now you have one")
    assert len(streams) == streamed
    wanted = list(range(1, typo + MESSAGES + 2))
    for window in (ada, grace):
        window.tall()
        expect(window.page.locator('[data-testid="message"]')).to_have_count(len(wanted))
        assert numbers(window) == wanted


def count_streams(window: ChatWindow) -> list[str]:
    """The window's requests for events, as they are made."""
    made: list[str] = []

    def listen(request: Request) -> None:
        if "/api/events?" in request.url:
            made.append(request.url)

    window.page.on("request", listen)
    return made
