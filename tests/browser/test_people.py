"""Who is in a room, as everybody sees it, and what moderators and owners do about it on the page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from local.browser import PATIENCE_MS, ChatWindow
from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open


def person(window: ChatWindow, user: str) -> Locator:
    """Their line in the open panel."""
    return window.page.locator(f'[data-testid="person"][data-user="{user}"]')


def deal(window: ChatWindow, user: str, what: str) -> None:
    """Opens what may be done about somebody, if it is not open, and does it."""
    line = person(window, user)
    button = line.get_by_test_id("person-actions")
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    line.get_by_test_id(f"person-{what}").click()


def test_an_owner_brings_people_in_gives_them_roles_and_puts_them_out(stack: LocalStack, open_window: Open) -> None:
    with Client(stack.page_url, "Olga") as olga:
        room = olga.call("create", title="Backstage", kind="private")["room"]["room"]
    owner = open_window("Olga")
    owner.enter(room)
    owner.page.get_by_test_id("open-people").click()
    owner.page.get_by_test_id("invite-user").fill("paul")
    owner.page.get_by_test_id("invite-button").click()
    line = person(owner, "paul")
    expect(line).to_have_attribute("data-role", "member", timeout=PATIENCE_MS)

    paul = open_window("Paul")
    paul.enter(room)
    deal(owner, "paul", "reader")
    expect(line).to_have_attribute("data-role", "reader", timeout=PATIENCE_MS)
    expect(paul.page.get_by_test_id("composer-input")).to_have_count(0, timeout=PATIENCE_MS)
    deal(owner, "paul", "member")
    expect(paul.page.get_by_test_id("composer-input")).to_be_enabled(timeout=PATIENCE_MS)
    deal(owner, "paul", "mute")
    expect(line).to_contain_text("Muted", timeout=PATIENCE_MS)
    deal(owner, "paul", "mute")
    expect(line).not_to_contain_text("Muted", timeout=PATIENCE_MS)

    paul.page.get_by_test_id("open-people").click()
    person(paul, "olga").get_by_test_id("person-actions").click()
    expect(person(paul, "olga").get_by_test_id("person-remove")).to_have_count(0)
    deal(owner, "paul", "remove")
    owner.page.get_by_test_id("confirm-deed").click()
    expect(line).to_have_count(0, timeout=PATIENCE_MS)
    expect(paul.page.get_by_test_id("room-refused")).to_be_visible(timeout=PATIENCE_MS)


def test_two_people_write_to_each_other_and_one_leaves(open_window: Open, room: str) -> None:
    quinn, rosa = open_window("Quinn"), open_window("Rosa")
    for window in (quinn, rosa):
        window.enter(room)
    quinn.page.get_by_test_id("open-people").click()
    expect(person(quinn, "rosa")).to_be_visible(timeout=PATIENCE_MS)
    deal(quinn, "rosa", "message")
    expect(quinn.page.get_by_test_id("room-title")).to_have_text(re.compile("rosa", re.IGNORECASE), timeout=PATIENCE_MS)
    quinn.send("Just between us")
    quinn.message("Just between us")
    rosa.page.locator('[data-testid="room"]').filter(has_text="Just between us").click()
    rosa.message("Just between us")

    quinn.enter(room)
    quinn.page.get_by_test_id("open-people").click()
    quinn.page.get_by_test_id("leave-room").click()
    quinn.page.get_by_test_id("confirm-deed").click()
    expect(quinn.page.get_by_test_id("no-room")).to_be_visible(timeout=PATIENCE_MS)
