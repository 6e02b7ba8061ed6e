"""Signing in at an issuer: the browser goes there and comes back, and what it brings is good for this page alone."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from chat.settings import Settings
from local.browser import ChatWindow
from local.client import Client
from local.endpoints import STAGE
from local.stack import LocalStack
from tests.browser.openid_provider import CLIENT, Provider, providing, subject
from tests.integration.deployed import given

SHORT_S = 6
"""Of a session that is renewed while a test waits."""


SPOIL = """() => {
  const session = JSON.parse(sessionStorage.getItem("agent-chat.session"));
  session.token = `${session.token.slice(0, -8)}AAAAAAAA`;
  sessionStorage.setItem("agent-chat.session", JSON.stringify(session));
}"""
"""Makes the token one that the stage no longer takes, as it does half a minute after its end."""


@pytest.fixture(scope="module")
def lobby(stack: LocalStack) -> str:
    """A public room, made while a name was enough to sign in."""
    with Client(stack.page_url, "Host") as host:
        return str(host.call("create", title="Lobby", kind="public")["room"]["room"])


@pytest.fixture(scope="module")
def running(stack: LocalStack, aws: Callable[[str], Any], lobby: str) -> Iterator[Provider]:  # noqa: ARG001 - first
    """The stage's issuer for the tests here, in place of the built-in one."""
    with providing(stack.page_url) as provider:
        settings = Settings(stage=STAGE, oidc_issuer=provider.url, oidc_audience=CLIENT)
        functions = aws("lambda")
        with given(functions, "ops.config", settings), given(functions, "connect.tickets", settings):
            yield provider


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    """The issuer; the next test finds it as it was."""
    yield running
    running.token_life_s, running.server.renews = 3_600, True


@pytest.fixture
def page(stack: LocalStack, browser: Browser) -> Iterator[Page]:
    """A window before anybody signed in."""
    context = browser.new_context()
    yield opened(context.new_page(), stack.page_url)
    context.close()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    return page


def answer(page: Page, provider: Provider, name: str, button: str = "Allow") -> None:
    """Goes to the issuer and answers what is asked there."""
    page.get_by_test_id("sign-in-open-id").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(provider.url)}/authorize\?"))
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name=button).click()


def in_the_chat(page: Page, name: str) -> ChatWindow:
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online")
    expect(page.get_by_test_id("me")).to_have_attribute("data-user", subject(name))
    return ChatWindow(page)


def token(page: Page) -> str:
    """The bearer token that the window has now."""
    stored: str = page.evaluate("() => JSON.parse(sessionStorage.getItem('agent-chat.session')).token")
    return stored


def asked_for_tokens(provider: Provider, **form: str) -> tuple[int, str]:
    """Status and error of a request to the token endpoint by somebody else."""
    body = urllib.parse.urlencode({"grant_type": "authorization_code", "client_id": CLIENT, **form}).encode()
    try:
        with urllib.request.urlopen(f"{provider.url}/token", body, timeout=30) as answered:  # noqa: S310 - http of ours
            return answered.status, ""
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())["error"]


def test_who_comes_back_from_the_issuer_is_where_they_were_and_no_address_ever_had_their_token(
    stack: LocalStack, provider: Provider, page: Page, lobby: str
) -> None:
    addresses: list[str] = []

    def listen(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", listen)
    page.on("websocket", lambda socket: addresses.append(socket.url))
    page.goto(f"{stack.page_url}/#/room/{lobby}")
    answer(page, provider, "Ada Lovelace")
    window = in_the_chat(page, "Ada Lovelace")
    assert page.url == f"{stack.page_url}/#/room/{lobby}"
    window.enter(lobby)
    window.send("Here I am")
    expect(window.message("Here I am")).to_have_attribute("data-author", subject("Ada Lovelace"))
    page.reload()
    in_the_chat(page, "Ada Lovelace")
    (asked,) = {url for url in addresses if url.startswith(f"{provider.url}/authorize")}
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(asked).query))
    assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
    signed = token(page)
    assert any("ticket=" in url for url in addresses)
    assert not [url for url in addresses if signed in url or "code_verifier" in url]

    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in-open-id")).to_be_enabled()
    assert page.evaluate("() => sessionStorage.getItem('agent-chat.session')") is None
    expect(page).to_have_url(f"{stack.page_url}/")


def test_who_denies_is_not_signed_in_and_may_try_again(stack: LocalStack, provider: Provider, page: Page) -> None:
    answer(page, provider, "Ada", "Deny")
    expect(page.get_by_role("alert")).to_have_text("You have not signed in.")
    expect(page).to_have_url(f"{stack.page_url}/")
    answer(page, provider, "Ada")
    in_the_chat(page, "Ada")


def test_what_somebody_else_brought_back_from_the_issuer_is_not_taken(
    stack: LocalStack, provider: Provider, page: Page, browser: Browser
) -> None:
    eve = browser.new_context()
    her_page = opened(eve.new_page(), stack.page_url)
    her_page.get_by_test_id("sign-in-open-id").click()
    her_page.get_by_label("Your name").wait_for()
    answered = eve.request.post(her_page.url, form={"name": "Eve", "answer": "allow"}, max_redirects=0)
    eve.close()
    address = answered.headers["location"]
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))["code"]

    page.get_by_test_id("sign-in-open-id").click()
    page.get_by_label("Your name").wait_for()
    issued = provider.server.issued
    for said in ("answer was not accepted", "begun elsewhere"):
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(page).to_have_url(f"{stack.page_url}/")
    assert provider.server.issued == issued
    redirect_uri = f"{stack.page_url}/"
    assert asked_for_tokens(provider, code=code, redirect_uri=redirect_uri) == (400, "invalid_request")
    verifier = "x" * 43
    guessed = asked_for_tokens(provider, code=code, redirect_uri=redirect_uri, code_verifier=verifier)
    assert guessed == (400, "invalid_grant")


@pytest.mark.slow
def test_a_session_goes_on_by_itself_until_the_issuer_says_no(
    stack: LocalStack, provider: Provider, page: Page, lobby: str
) -> None:
    provider.token_life_s = SHORT_S
    answer(page, provider, "Grace")
    window = in_the_chat(page, "Grace")
    window.enter(lobby)
    first, issued = token(page), provider.server.issued
    page.wait_for_function(
        "(first) => JSON.parse(sessionStorage.getItem('agent-chat.session')).token !== first", arg=first
    )
    assert provider.server.issued > issued
    page.reload()  # a new socket, for which the new token is good
    in_the_chat(page, "Grace")
    provider.server.renews = False
    page.evaluate(SPOIL)
    page.reload()
    expect(page.get_by_role("status").filter(has_text="Your session has ended.")).to_be_visible()
    provider.token_life_s, provider.server.renews = 3_600, True
    answer(page, provider, "Grace")
    in_the_chat(page, "Grace")
    expect(page).to_have_url(f"{stack.page_url}/#/room/{lobby}")
