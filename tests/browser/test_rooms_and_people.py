"""What the page shows of rooms that nobody looks at, and of the people in the one on screen."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from local.browser import ChatWindow
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open

WAIT_MS = 30_000


def listed(window: ChatWindow, room: str) -> Locator:
    return window.page.locator(f'[data-testid="room"][data-room="{room}"]')


def test_unread_messages_are_counted_until_the_room_is_read(stack: LocalStack, open_window: Open, room: str) -> None:
    ada = open_window("Ada")
    ada.enter(room)
    with Client(stack.page_url, "Host") as host:
        elsewhere = host.call("create", title="Elsewhere", kind="private", members=["ada"])["room"]["room"]
        for number in range(3):
            host.call("send", room=room, text=f"seen {number}")
        ada.message("seen 2")
        for number in range(3):
            host.call("send", room=elsewhere, text=f"unseen {number}")
    count = listed(ada, elsewhere).get_by_test_id("unread")
    expect(count).to_contain_text("3", timeout=WAIT_MS)
    expect(listed(ada, room).get_by_test_id("unread")).to_have_count(0)
    ada.enter(elsewhere)
    ada.message("unseen 2")
    expect(count).to_have_count(0)
    with Client(stack.page_url, "Ada") as phone:

        def cursor() -> int:
            rooms = phone.call("rooms")["rooms"]
            return int(next(it["read_seq"] for it in rooms if it["room"] == elsewhere))

        # The page tells of what it showed a moment later.
        for _ in range(120):
            if cursor() == 3:
                break
            ada.page.wait_for_timeout(250)
        assert cursor() == 3


def test_what_is_read_on_the_phone_is_read_in_the_window(stack: LocalStack, open_window: Open, room: str) -> None:
    ada = open_window("Ada")
    ada.enter(room)
    with Client(stack.page_url, "Host") as host, Client(stack.page_url, "Ada") as phone:
        elsewhere = host.call("create", title="Pocket", kind="private", members=["ada"])["room"]["room"]
        host.call("send", room=elsewhere, text="look at your phone")
        count = listed(ada, elsewhere).get_by_test_id("unread")
        expect(count).to_contain_text("1", timeout=WAIT_MS)
        phone.call("read", room=elsewhere, seq=1)
        expect(count).to_have_count(0, timeout=WAIT_MS)


def test_people_come_and_go_in_quiet_lines_and_who_is_put_out_sees_nothing_more(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    ada, eve = open_window("Ada"), open_window("Eve")
    ada.enter(room)
    ada.send("hello")
    ada.message("hello")
    eve.enter(room)
    notices = ada.page.get_by_test_id("notice")
    expect(notices.filter(has_text="Eve joined.")).to_have_count(1, timeout=WAIT_MS)
    eve.message("hello")
    with Client(stack.page_url, "Host") as host:
        host.call("mute", room=room, user="eve", for_s=600)
        expect(notices.filter(has_text="Eve was muted by Host.")).to_have_count(1, timeout=WAIT_MS)
        expect(eve.page.get_by_test_id("notice").filter(has_text="You were muted")).to_have_count(1, timeout=WAIT_MS)
        host.call("remove", room=room, user="eve", ban=True)
    expect(notices.filter(has_text="Eve was banned by Host.")).to_have_count(1, timeout=WAIT_MS)
    refused = eve.page.get_by_test_id("room-refused")
    expect(refused).to_contain_text(re.compile("banned"), timeout=WAIT_MS)
    expect(eve.page.get_by_test_id("message")).to_have_count(0)
    ada.message("hello")
