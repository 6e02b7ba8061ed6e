"""Which address of a stage is asked when: the rules that the page has, too."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agent_chat.addresses import Addresses
from agent_chat.errors import (
    ChatError,
    ElsewhereError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from agent_chat.tokens import NamedSignIn
from agent_chat.ways import Ways

GOLDEN = json.loads((Path(__file__).parents[1] / "addresses.json").read_text())
URLS = ["https://zero.example", "https://one.example", "https://two.example"]
ERRORS: dict[str, type[ChatError]] = {
    "network": UnreachableError,
    "unavailable": UnavailableError,
    "elsewhere": ElsewhereError,
    "unauthorized": UnauthorizedError,
    "too_many_requests": TooManyRequestsError,
}


def ignore(*_event: object) -> None:
    """What comes over a connection."""


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["about"]))
async def test_addresses_are_gone_through_as_the_page_does(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = URLS[: len(case["answers"])]
    addresses = Addresses(urls)
    for _ in range(case.get("first", 0)):
        addresses.go_on()
    asked: list[int] = []

    def open_here(_ways: Ways, _on_event: object) -> Any:
        asked.append(urls.index(addresses.api.url))
        answer = case["answers"][asked[-1]]
        if answer != "ok":
            raise ERRORS[answer]("no")
        return asyncio.sleep(0, "ok")

    monkeypatch.setattr(Ways, "_open_here", open_here)
    ways = Ways(addresses, NamedSignIn(addresses, "Ada"), client="test")
    try:
        ended = str(await ways.open(ignore))
    except ChatError as error:
        ended = next(code for code, kind in ERRORS.items() if kind is type(error))
    assert (asked, ended, urls.index(addresses.api.url)) == (case["asked"], case["ends"], case["next"])
