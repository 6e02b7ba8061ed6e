"""What people set for themselves on the page, how they get about by keyboard, and what becomes of their account."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from playwright.sync_api import Browser, Page, expect

from local.browser import PATIENCE_MS
from local.client import Client, request
from local.stack import LocalStack
from tests.browser.conftest import Open

DARK = "rgb(19, 20, 23)"
SCHEME = "getComputedStyle(document.documentElement).colorScheme"

SUBSCRIBE = """
async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const text = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const keys = {
    p256dh: text(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
    auth: text(crypto.getRandomValues(new Uint8Array(16))),
  };
  const toJSON = () => ({ endpoint: "https://push.example.com/1", keys });
  PushManager.prototype.subscribe = async () => ({ toJSON, unsubscribe: async () => true });
  PushManager.prototype.getSubscription = async () => null;
}
"""
"""No browser without a screen has a push service: it gives what one would have given."""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  for (let tries = 0; tries < 30; tries++) {
    const shown = await worker.getNotifications();
    if (shown.length > 0) return shown.map(({ body }) => body);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}"""
"""What notifications say, as soon as there are any; nothing where there are none for three seconds."""


def test_colours_and_language_survive_a_reload_and_reach_the_other_window(stack: LocalStack, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light", locale="en-GB")
    page, other = context.new_page(), context.new_page()
    for window in (page, other):
        window.set_default_timeout(PATIENCE_MS)
        window.goto(stack.page_url)
    page.get_by_test_id("choose-colours").select_option("dark")
    page.get_by_test_id("choose-language").select_option("de")
    for window in (page, other):
        expect(window.locator("html")).to_have_attribute("lang", "de", timeout=PATIENCE_MS)
        assert window.evaluate(SCHEME) == "dark"
    expect(other.get_by_test_id("choose-colours")).to_have_value("dark")

    context.route("**/assets/*.js", lambda route: route.abort())  # so that nothing comes after the first paint
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == DARK
    context.unroute("**/assets/*.js")
    page.reload()
    expect(page.get_by_role("button", name="Anmelden")).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_rooms_are_reached_by_keyboard_alone(stack: LocalStack, open_window: Open, room: str) -> None:
    with Client(stack.page_url, "Host") as host:
        other = host.call("create", title="Quiet corner", kind="private", members=["kim"])["room"]["room"]
    kim = open_window("Kim")
    kim.enter(room)
    page = kim.page
    page.keyboard.press("Control+k")
    page.get_by_test_id("go-to-input").press_sequentially("corner")
    page.keyboard.press("Enter")
    screen = page.get_by_test_id("room-screen")
    expect(screen).to_have_attribute("data-room", other, timeout=PATIENCE_MS)
    expect(page.get_by_test_id("composer-input")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("Alt+ArrowUp")
    expect(screen).to_have_attribute("data-room", room, timeout=PATIENCE_MS)
    page.get_by_test_id("open-settings").focus()
    page.keyboard.press("?")
    expect(page.get_by_test_id("shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("shortcuts")).to_have_count(0)
    expect(page.get_by_test_id("open-settings")).to_be_focused()


def test_a_user_is_told_on_this_device_until_they_sign_out(stack: LocalStack, open_window: Open) -> None:
    page = open_window("Noor").page
    page.context.grant_permissions(["notifications"], origin=stack.page_url)
    page.evaluate(SUBSCRIBE)
    page.get_by_test_id("open-settings").click()
    page.get_by_test_id("push-switch").click()
    expect(page.get_by_test_id("push-settings")).to_have_attribute("data-state", "on", timeout=PATIENCE_MS)
    token = request(f"{stack.page_url}/api/sessions", {"name": "Noor"})["token"]
    assert len(request(f"{stack.page_url}/api/push/subscriptions", token=token)["subscriptions"]) == 1

    said = {"author": "Grace", "text": "Soup?", "seq": 7}
    alert = {"room": "lunch", "title": "Lunch", "unread": 1, "urgent": True, **said}
    assert pushed(page, stack.page_url, alert) == ["Grace: Soup?"]

    page.get_by_test_id("settings-sign-out").click()
    expect(page.get_by_test_id("sign-in-name")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("localStorage.getItem('agent-chat.device') === null")


def pushed(page: Page, origin: str, alert: dict[str, Any]) -> list[str]:
    """What is shown once the browser has woken the page's worker as for a push message.

    Now and then Chromium does not pass on what its developer tools deliver, so it is told again.
    """
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    message = {"origin": origin, "registrationId": found[-1], "data": json.dumps(alert)}
    shown: list[str] = []
    for _ in range(10):
        session.send("ServiceWorker.deliverPushMessage", message)
        if shown := page.evaluate(SHOWN):
            break
    return shown


def test_a_user_takes_their_data_along_and_has_the_account_erased(
    stack: LocalStack, open_window: Open, room: str
) -> None:
    uma = open_window("Uma")
    uma.enter(room)
    uma.send("My last words")
    uma.message("My last words")
    page = uma.page
    page.get_by_test_id("open-settings").click()
    page.get_by_test_id("ask-export").click()
    with page.expect_download() as download:
        page.get_by_test_id("archive").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert json.loads(archive.read("rooms.json"))["user"] == "uma"

    beside = page.context.new_page()
    beside.goto(stack.page_url)
    beside.get_by_test_id("sign-in-name").fill("Uma")
    beside.get_by_test_id("sign-in-button").click()
    beside.get_by_test_id("open-settings").wait_for(timeout=PATIENCE_MS)
    page.get_by_test_id("erase-account").click()
    page.get_by_test_id("erase-name").fill("Uma")
    page.get_by_test_id("confirm-erase").click()
    for window in (page, beside):
        expect(window.get_by_text("being erased")).to_be_visible(timeout=PATIENCE_MS)
    token = request(f"{stack.page_url}/api/sessions", {"name": "Uma"})["token"]
    assert request(f"{stack.page_url}/api/account/erasure", token=token)["state"] in {"running", "done"}
