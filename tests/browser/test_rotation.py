"""A window moves from one socket to the next while people talk.

The server plans that after an hour or so; here the plan is shortened on its way to the page.
"""

from __future__ import annotations

import json

from playwright.sync_api import WebSocketRoute, expect

from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open, numbers

ROTATE_AFTER_S = 2
LEAST, MOST = 60, 100
"""Messages: so many that two changes fall among them, however slow the machine is."""


def test_a_planned_change_of_sockets_loses_and_repeats_nothing(stack: LocalStack, open_window: Open, room: str) -> None:
    ada = open_window("Ada")
    opened: list[str] = []
    closed: list[str] = []

    def hurry(socket: WebSocketRoute) -> None:
        opened.append(socket.url)
        server = socket.connect_to_server()

        def forward(message: str | bytes) -> None:
            frame = json.loads(message)
            if isinstance(frame, dict) and frame.get("action") == "hello":
                frame["result"]["rotate_after_s"] = ROTATE_AFTER_S
            socket.send(json.dumps(frame))

        def finish(code: int | None, reason: str | None) -> None:
            closed.append(socket.url)
            server.close(code=code, reason=reason)

        server.on_message(forward)
        socket.on_close(finish)

    ada.page.route_web_socket(lambda url: "ticket=" in url, hurry)
    ada.page.reload()
    ada.enter(room)
    phases = ada.page.evaluate_handle(
        """() => {
          const dot = document.querySelector('[data-testid="connection"]');
          const seen = [];
          new MutationObserver(() => seen.push(dot.dataset.state)).observe(dot, { attributes: true });
          return seen;
        }"""
    )
    with Client(stack.page_url, "Host") as host:
        sent = 0
        while sent < LEAST or (len(opened) < 3 and sent < MOST):
            sent += 1
            host.call("send", room=room, text=f"message {sent}.")
            ada.page.wait_for_timeout(100)
        ada.message(f"message {sent}.")
    ada.tall()
    expect(ada.page.get_by_test_id("message")).to_have_count(sent)
    assert numbers(ada) == list(range(1, sent + 1))
    assert len(opened) >= 3
    assert len(opened) - len(closed) <= 2  # the one in use, and at most one that is being left
    assert set(phases.json_value()) <= {"online"}
