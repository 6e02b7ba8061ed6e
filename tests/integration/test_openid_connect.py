"""From an issuer's token to a socket: the stage with an OpenID Connect issuer, which is on the loopback here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from chat.settings import Settings
from local.stack import LocalStack
from tests.integration.deployed import given
from tests.integration.users import WAIT_S, User, post, session_token, ticket_url
from tests.unit.issuer import AUDIENCE, KEYS, NOW_S, Issuer, serving, token


@pytest.fixture
def issuer(aws: Callable[[str], Any]) -> Iterator[Issuer]:
    """The issuer whose tokens the stage takes, instead of its own, until the test ends."""
    with serving() as issuer:
        settings = Settings(stage="local", oidc_issuer=issuer.url, oidc_audience=AUDIENCE)
        with given(aws("lambda"), "connect.tickets", settings):
            yield issuer


async def test_a_token_opens_a_socket_for_its_subject(stack: LocalStack, issuer: Issuer) -> None:
    signed = token(issuer, sub="auth0|5f7c8ec7", name="Ada Lovelace")
    url = await asyncio.to_thread(ticket_url, stack, signed)
    async with connect(url, open_timeout=WAIT_S, proxy=None) as socket:
        ada = User("Ada", signed, socket)
        assert (await ada.call("hello"))["result"]["user"] == {"id": "auth0|5f7c8ec7", "name": "Ada Lovelace"}
    assert issuer.fetches[0] == "/.well-known/openid-configuration"


def test_tokens_for_elsewhere_or_by_others_get_no_ticket(stack: LocalStack, issuer: Issuer) -> None:
    forged: dict[str, dict[str, Any]] = {
        "another issuer": {"iss": "https://else.example"},
        "another audience": {"aud": "another"},
        "expired": {"exp": NOW_S - 60},
        "another key": {"key": KEYS["stranger"]},
        "an unknown key": {"kid": "unknown"},
        "a shared secret": {"key": "x" * 32, "algorithm": "HS256"},
    }
    for what, changes in forged.items():
        answer = post(f"{stack.api_url}/api/tickets", token=token(issuer, **changes))
        assert (answer.status, answer.body["code"]) == (401, "unauthorized"), what
    # Nor does a session by the built-in issuer, which this stage would have without an issuer.
    own = session_token(stack, "Ada")
    assert post(f"{stack.api_url}/api/tickets", token=own).status == 401
    assert post(f"{stack.api_url}/api/tickets", token=token(issuer)).status == 201
