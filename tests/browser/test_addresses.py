"""The page's own origin answers no more: the page finds the stage at another address, and its people talk on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, expect

from cdk.constructs.http_api import CROSS_ORIGIN_EXPOSED, CROSS_ORIGIN_HEADERS, CROSS_ORIGIN_METHODS
from chat.settings import Settings
from local.browser import PATIENCE_MS, ChatWindow
from local.client import Client
from local.endpoints import STAGE
from local.stack import LocalStack
from tests.integration.deployed import given


@pytest.fixture
def told(stack: LocalStack, aws: Callable[[str], Any]) -> Iterator[None]:
    """The stage tells of its HTTP API as a second address, which lets the page in as the template says."""
    apis, api = aws("apigatewayv2"), stack.outputs["HttpApiId"]
    cors = {
        "AllowOrigins": [stack.page_url],
        "AllowMethods": CROSS_ORIGIN_METHODS,
        "AllowHeaders": CROSS_ORIGIN_HEADERS,
        "ExposeHeaders": CROSS_ORIGIN_EXPOSED,
    }
    apis.update_api(ApiId=api, CorsConfiguration=cors)
    try:
        with given(aws("lambda"), "ops.config", Settings(stage=STAGE, addresses=stack.api_url)):
            yield
    finally:
        apis.delete_cors_configuration(ApiId=api)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    "sockets", [pytest.param(True, id="with sockets"), pytest.param(False, id="over HTTP", marks=pytest.mark.slow)]
)
def test_a_page_whose_own_origin_is_gone_goes_on_at_another_address(
    stack: LocalStack, browser: Browser, room: str, *, sockets: bool
) -> None:
    ada = ChatWindow.open(browser, stack.page_url, "Ada")
    elsewhere: list[str] = []

    def listen(request: Request) -> None:
        if request.url.startswith(stack.api_url):
            elsewhere.append(request.url.removeprefix(stack.api_url).partition("?")[0])

    ada.page.on("request", listen)
    connection = ada.page.get_by_test_id("connection")
    ada.enter(room)
    ada.send("here")
    ada.message("here")
    assert elsewhere == []
    with stack.without("front"):
        with stack.without("gateway"):  # and every socket is gone
            ada.send("nowhere")
            if not sockets:
                expect(connection).to_have_attribute("data-way", "http", timeout=2 * PATIENCE_MS)
                ada.message("nowhere")
                assert {"/api/commands", "/api/events"} <= set(elsewhere)
        expect(connection).to_have_attribute("data-state", "online", timeout=2 * PATIENCE_MS)
        ada.message("nowhere")
        ada.send("elsewhere")
        ada.message("elsewhere")
    assert "/api/tickets" in elsewhere
    ada.page.reload()
    ada.message("elsewhere")
    ada.page.context.close()
    with Client(stack.page_url, "Host") as host:
        entries = host.call("history", room=room)["messages"]
    assert [entry["text"] for entry in entries if entry["kind"] == "text"] == ["here", "nowhere", "elsewhere"]
