"""The page as its users meet it: two people in two windows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from local.client import Client
from local.stack import LocalStack
from tests.browser.conftest import Open, numbers, open_panel

WAIT_MS = 30_000


def test_two_people_read_the_same_conversation_in_the_same_order(open_window: Open, room: str) -> None:
    ada, grace = open_window("Ada"), open_window("Grace")
    for window in (ada, grace):
        window.enter(room)
    for speaker, text in ((ada, "Hello, Grace"), (grace, "Hello, Ada"), (ada, "How was the <b>soup</b>?")):
        speaker.send(text)
        for window in (ada, grace):
            window.message(text)
    assert numbers(ada) == numbers(grace) == [1, 2, 3]
    authors = [message.get_attribute("data-author") for message in grace.page.get_by_test_id("message").all()]
    assert authors == ["ada", "grace", "ada"]


def test_a_photo_appears_for_both_opens_in_full_and_is_among_the_rooms_files(
    open_window: Open, room: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    Image.linear_gradient("L").resize((900, 600)).save(photo)
    ada, grace = open_window("Ada"), open_window("Grace")
    for window in (ada, grace):
        window.enter(room)
    ada.upload(photo)
    for window in (ada, grace):
        window.thumbnail()
    grace.thumbnail().click()
    original = grace.page.get_by_test_id("original")
    expect(original).to_be_visible(timeout=WAIT_MS)
    grace.page.wait_for_function(
        "image => image.complete && image.currentSrc.includes('/900.')", arg=original.element_handle()
    )
    grace.page.keyboard.press("Escape")
    file = open_panel(grace, "files").get_by_test_id("file")
    expect(file).to_have_count(1, timeout=WAIT_MS)
    file.get_by_role("button", name="Open photo.png").click()
    expect(original).to_be_visible(timeout=WAIT_MS)


def test_a_file_that_is_no_image_is_refused_in_words(open_window: Open, room: str, tmp_path: Path) -> None:
    file = tmp_path / "fake.png"
    file.write_bytes(b"this is no picture")
    ada = open_window("Ada")
    ada.enter(room)
    ada.upload(file)
    expect(ada.page.get_by_text("not a JPEG, PNG, WebP, GIF or AVIF image")).to_be_visible(timeout=WAIT_MS)


def test_scrolling_back_reaches_the_first_message(stack: LocalStack, open_window: Open, room: str) -> None:
    with Client(stack.page_url, "Host") as host:
        for number in range(1, 121):
            host.call("send", room=room, text=f"message number {number}.")
    ada = open_window("Ada")
    ada.enter(room)
    ada.message("message number 120.")
    log = ada.page.get_by_test_id("log")
    first = ada.page.locator('[data-testid="message"][data-seq="1"]')
    for _ in range(40):
        if first.count():
            break
        log.evaluate("log => { log.scrollTop = 0 }")
        ada.page.wait_for_timeout(250)
    expect(first).to_contain_text("message number 1.")


def test_a_private_room_is_seen_by_those_invited_only(open_window: Open) -> None:
    ada, grace, eve = open_window("Ada"), open_window("Grace"), open_window("Eve")
    ada.page.get_by_test_id("create-room").click()
    ada.page.get_by_test_id("room-title-input").fill("Surprise party")
    ada.page.get_by_test_id("room-kind-private").check(force=True)
    ada.page.get_by_test_id("room-members-input").fill("grace")
    ada.page.get_by_test_id("create-room-submit").click()
    expect(ada.page.get_by_test_id("room-title")).to_have_text("Surprise party", timeout=WAIT_MS)
    for window in (grace, eve):
        window.page.reload()
    listed = '[data-testid="room"]:has-text("Surprise party")'
    expect(grace.page.locator(listed)).to_be_visible(timeout=WAIT_MS)
    expect(eve.page.locator('[data-testid="room"]').first).to_be_visible(timeout=WAIT_MS)
    expect(eve.page.locator(listed)).to_have_count(0)


def test_what_was_said_while_a_window_was_offline_is_there_when_it_is_back(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    ada = open_window("Ada")
    ada.enter(room)
    ada.send("before")
    ada.message("before")
    ada.page.reload()  # its socket goes, and its subscription with it
    with Client(stack.page_url, "Host") as host:
        host.call("send", room=room, text="meanwhile")
    ada.message("meanwhile")
    ada.send("after")
    ada.message("after")
    assert numbers(ada) == [1, 2, 3]
