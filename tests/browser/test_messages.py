"""What two people do with each other's messages: each sees at once what the other did."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from local.browser import ChatWindow
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open

WAIT_MS = 30_000


@pytest.fixture
def pair(open_window: Open, room: str) -> tuple[ChatWindow, ChatWindow]:
    """Ada's and Grace's windows on the same room."""
    ada, grace = open_window("Ada"), open_window("Grace")
    for window in (ada, grace):
        window.enter(room)
    return ada, grace


def act(window: ChatWindow, message: Locator, action: str) -> None:
    """Picks something in the message's menu, as with a mouse."""
    message.hover()
    message.get_by_test_id("more").click()
    window.page.get_by_test_id(f"action-{action}").click()


def log(page: Page) -> Locator:
    return page.get_by_test_id("log")


def test_messages_are_answered_changed_reacted_to_and_deleted(pair: tuple[ChatWindow, ChatWindow]) -> None:
    ada, grace = pair
    ada.send("Shal we eat soup?")
    ada.message("Shal we eat soup?")

    ada.page.keyboard.press("ArrowUp")
    ada.page.get_by_test_id("edit-input").fill("Shall we eat *soup*?")
    ada.page.keyboard.press("Enter")
    question = grace.message("Shall we eat soup?")
    expect(question.get_by_test_id("edited")).to_be_visible()
    expect(question.locator("strong")).to_have_text("soup")

    act(grace, question, "reply")
    grace.send("Gladly")
    answer = ada.message("Gladly")
    expect(answer.get_by_test_id("quote")).to_contain_text("Shall we eat *soup*?")

    answer.hover()
    answer.get_by_test_id("react").click()
    ada.page.get_by_test_id("emoji").first.click()
    reaction = grace.message("Gladly").get_by_test_id("reaction")
    expect(reaction).to_have_attribute("aria-pressed", "false", timeout=WAIT_MS)
    reaction.click()
    for window in (ada, grace):
        shown = window.message("Gladly").get_by_test_id("reaction")
        expect(shown).to_contain_text("2", timeout=WAIT_MS)
        expect(shown).to_have_attribute("aria-pressed", "true")

    act(grace, grace.message("Gladly"), "delete")
    grace.page.get_by_test_id("confirm-delete").click()
    for window in (ada, grace):
        expect(log(window.page).get_by_test_id("tombstone")).to_be_visible(timeout=WAIT_MS)
        expect(log(window.page).get_by_text("Gladly")).to_have_count(0)


def test_a_thread_is_read_and_written_beside_the_room(pair: tuple[ChatWindow, ChatWindow]) -> None:
    ada, grace = pair
    ada.send("Who brings bread?")
    act(grace, grace.message("Who brings bread?"), "thread")
    thread = grace.page.get_by_test_id("thread-panel")
    thread.get_by_test_id("composer-input").fill("I do")
    thread.get_by_test_id("send-button").click()
    ada.message("I do")
    question = log(ada.page).locator('[data-seq="1"]')  # whose text the answers quote
    question.get_by_test_id("open-thread").click()
    beside = ada.page.get_by_test_id("thread-panel")
    expect(beside.get_by_test_id("message").filter(has_text="I do")).to_be_visible(timeout=WAIT_MS)
    beside.get_by_test_id("composer-input").fill("Thank you")
    ada.page.keyboard.press("Enter")
    expect(thread.get_by_test_id("message").filter(has_text="Thank you")).to_be_visible(timeout=WAIT_MS)
    ada.page.keyboard.press("Escape")
    expect(beside).to_have_count(0)
    expect(question.get_by_test_id("open-thread")).to_have_text("2 replies", timeout=WAIT_MS)


def test_whoever_types_is_named_and_can_name_others(pair: tuple[ChatWindow, ChatWindow]) -> None:
    ada, grace = pair
    grace.send("Hello")
    ada.message("Hello")  # both follow the room
    field = ada.page.get_by_test_id("composer-input")
    told = grace.page.get_by_test_id("typing")
    for _ in range(WAIT_MS // 1_000):
        # Nothing depends on who types, so where that is lost it is told with a later letter only.
        field.press_sequentially("L")
        if told.inner_text():
            break
        ada.page.wait_for_timeout(1_000)
    expect(told).to_contain_text("Ada is typing")
    field.fill("")
    field.press_sequentially("Look, @gra")
    expect(ada.page.get_by_test_id("mention-option")).to_have_count(1, timeout=WAIT_MS)
    field.press("Enter")
    expect(field).to_have_value("Look, @grace ")
    field.press_sequentially("here")
    field.press("Enter")
    named = grace.message("Look, @grace here")
    expect(named).to_have_attribute("data-mentions-me", "true")
    expect(grace.page.get_by_test_id("typing")).to_have_text("")
    read = log(ada.page).get_by_test_id("read-by")
    expect(read).to_have_attribute("title", "Read by Grace", timeout=WAIT_MS)


def test_what_a_moderator_pins_is_found_by_everybody(stack: LocalStack, open_window: Open) -> None:
    with Client(stack.page_url, "Ada") as phone:
        made = phone.call("create", title="Notices", kind="private", members=["grace"])["room"]["room"]
        phone.call("send", room=made, text="The door code is 1234")
    ada, grace = open_window("Ada"), open_window("Grace")
    for window in (ada, grace):
        window.enter(made)
        window.message("The door code")
    grace.page.get_by_test_id("open-pins").click()
    act(ada, ada.message("The door code"), "pin")
    pins = grace.page.get_by_test_id("pins-panel").get_by_test_id("pin")
    expect(pins).to_contain_text("The door code is 1234", timeout=WAIT_MS)
    expect(grace.message("The door code").get_by_test_id("pinned")).to_be_visible()
    act(ada, ada.message("The door code"), "pin")
    expect(pins).to_have_count(0, timeout=WAIT_MS)


def test_old_messages_are_found_and_gone_to(stack: LocalStack, open_window: Open, room: str) -> None:
    with Client(stack.page_url, "Host") as host:
        host.call("send", room=room, text="Where is the needle?")
        for number in range(160):
            host.call("send", room=room, text=f"hay number {number}.")
    ada = open_window("Ada")
    ada.enter(room)
    ada.message("hay number 159.")
    ada.page.get_by_test_id("open-search").click()
    ada.page.get_by_test_id("search-input").fill("needle")
    result = ada.page.get_by_test_id("search-result")
    for _ in range(60):
        ada.page.get_by_test_id("search-input").press("Enter")
        ada.page.wait_for_timeout(500)
        if result.count():
            break
    result.click()
    needle = log(ada.page).locator('[data-seq="1"]')
    expect(needle).to_be_in_viewport(timeout=WAIT_MS)
    ada.page.get_by_test_id("jump-to-end").click()
    expect(ada.message("hay number 159.")).to_be_in_viewport(timeout=WAIT_MS)
    ada.page.goto(f"{stack.page_url}/#/room/{room}/80")
    expect(log(ada.page).locator('[data-seq="80"]')).to_be_in_viewport(timeout=WAIT_MS)
    expect(ada.page).to_have_url(re.compile(rf"#/room/{room}$"))


def test_a_long_history_keeps_its_place_and_few_messages_in_the_page(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    with Client(stack.page_url, "Host") as host:
        for number in range(200):
            host.call("send", room=room, text=f"line {number}.")
        ada = open_window("Ada")
        ada.enter(room)
        ada.message("line 199.")
        for _ in range(3):
            log(ada.page).evaluate("log => { log.scrollTop = 300 }")
            ada.page.wait_for_timeout(300)
        anchor = log(ada.page).locator("[data-seq]").nth(12)
        seq = anchor.get_attribute("data-seq")
        place = anchor.bounding_box()
        host.call("send", room=room, text="meanwhile")
        expect(ada.page.get_by_test_id("jump-to-end")).to_contain_text("1 new", timeout=WAIT_MS)
        now = log(ada.page).locator(f'[data-seq="{seq}"]').bounding_box()
    assert place is not None
    assert now is not None
    assert abs(now["y"] - place["y"]) <= 1
    assert log(ada.page).get_by_test_id("message").count() < 60
