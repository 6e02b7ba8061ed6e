"""Signing in with a wallet in the browser: it announces itself by EIP-6963, is asked by EIP-1193, has a real key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coincurve import PrivateKey
from playwright.sync_api import Browser, Page, expect

from chat.ethereum import address_of
from local.browser import PATIENCE_MS, ChatWindow
from local.stack import LocalStack
from tests.integration.test_wallet import personal_sign

WALLET = """
(address) => {
  const listeners = new Set();
  const answers = {
    eth_requestAccounts: async () => [address],
    eth_chainId: async () => "0x1",
    personal_sign: ([message]) => {
      if (window.refuses) return Promise.reject({ code: 4001, message: "User rejected the request." });
      return window.signWithKey(message);
    },
  };
  const provider = {
    request: ({ method, params }) => answers[method](params),
    on: (event, listener) => event === "accountsChanged" && listeners.add(listener),
    removeListener: (_, listener) => listeners.delete(listener),
  };
  window.switchAccount = (accounts) => listeners.forEach((listener) => listener(accounts));
  const icon = "data:image/png;base64,";
  const info = { uuid: crypto.randomUUID(), name: "Test wallet", icon, rdns: "org.example.test" };
  const announce = () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
}
"""


@pytest.fixture
def key() -> PrivateKey:
    """A wallet's own."""
    return PrivateKey()


@pytest.fixture
def address(key: PrivateKey) -> str:
    """Its account."""
    return address_of(key.public_key.format(compressed=False))


@pytest.fixture
def page(stack: LocalStack, browser: Browser, key: PrivateKey, address: str) -> Iterator[Page]:
    """A window with that wallet in it, before anybody signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.expose_function("signWithKey", lambda message: personal_sign(bytes.fromhex(message[2:]).decode(), key))
    page.add_init_script(f"({WALLET})({address.lower()!r})")
    page.goto(stack.page_url)
    yield page
    context.close()


def test_a_wallets_owner_signs_in_talks_and_is_out_when_the_wallet_turns_to_another_account(
    page: Page, address: str, room: str
) -> None:
    page.get_by_test_id("sign-in-wallet").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)
    expect(page.get_by_test_id("me")).to_have_attribute("data-user", f"eth:{address.lower()}")
    window = ChatWindow(page)
    window.enter(room)
    window.send("Paid for nothing")
    window.message("Paid for nothing")
    page.reload()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)
    page.evaluate("window.switchAccount(['0x0000000000000000000000000000000000000001'])")
    expect(page.get_by_test_id("sign-in-wallet")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("status")).to_contain_text("wallet")


def test_who_refuses_to_sign_is_told_so_and_may_try_again(page: Page) -> None:
    page.evaluate("window.refuses = true")
    page.get_by_test_id("sign-in-wallet").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.evaluate("window.refuses = false")
    page.get_by_test_id("sign-in-wallet").click()
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=PATIENCE_MS)
