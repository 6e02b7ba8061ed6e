"""From a wallet with a key of its own to a message: nonce, signed message, session, ticket, socket."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from coincurve import PrivateKey
from Crypto.Hash import keccak
from websockets.asyncio.client import connect

from chat.ethereum import address_of
from local.stack import LocalStack
from tests.integration.users import WAIT_S, HttpAnswer, User, post, request, ticket_url


def personal_sign(text: str, key: PrivateKey) -> str:
    """As a wallet signs what it has shown (EIP-191), written down apart from the code that checks it."""
    body = text.encode()
    digest = keccak.new(digest_bits=256, data=b"\x19Ethereum Signed Message:\n%d%b" % (len(body), body)).digest()
    raw = key.sign_recoverable(digest, hasher=None)
    return "0x" + raw[:64].hex() + f"{raw[64] + 27:02x}"


def message(stack: LocalStack, address: str, nonce: str, *, domain: str | None = None) -> str:
    """What the page asks the wallet to sign."""
    own = urlsplit(stack.page_url).netloc
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "\n".join(
        [
            f"{domain or own} wants you to sign in with your Ethereum account:",
            address,
            "",
            "Sign in to the chat.",
            "",
            f"URI: {stack.page_url}",
            "Version: 1",
            "Chain ID: 1",
            f"Nonce: {nonce}",
            f"Issued At: {at}",
        ]
    )


def sign_in(stack: LocalStack, text: str, signature: str) -> HttpAnswer:
    """The answer to a signed message."""
    return post(f"{stack.api_url}/api/wallet/sessions", {"message": text, "signature": signature})


@pytest.fixture
def key() -> PrivateKey:
    """A wallet that was made for this test."""
    return PrivateKey()


@pytest.fixture
def address(key: PrivateKey) -> str:
    """Its account."""
    return address_of(key.public_key.format(compressed=False))


@pytest.fixture
def nonce(stack: LocalStack) -> str:
    """A nonce of the stage's."""
    answer = post(f"{stack.api_url}/api/wallet/nonces")
    assert answer.status == 201, answer
    return str(answer.body["nonce"])


async def test_a_wallets_owner_posts_to_a_room(
    stack: LocalStack, room: str, key: PrivateKey, address: str, nonce: str
) -> None:
    text = message(stack, address, nonce)
    session = await asyncio.to_thread(sign_in, stack, text, personal_sign(text, key))
    assert session.status == 201, session
    assert session.body["user"]["id"] == f"eth:{address.lower()}"
    url = await asyncio.to_thread(ticket_url, stack, session.body["token"])
    async with connect(url, open_timeout=WAIT_S, proxy=None) as socket:
        owner = User(address, session.body["token"], socket)
        assert (await owner.call("hello"))["result"]["user"] == session.body["user"]
        await owner.call("create", title="Wallets", room=room)
        assert (await owner.call("send", room=room, text="signed, sealed, delivered"))["type"] == "ack"


def test_a_signed_message_signs_in_once(stack: LocalStack, key: PrivateKey, address: str, nonce: str) -> None:
    text = message(stack, address, nonce)
    signature = personal_sign(text, key)
    answers = [sign_in(stack, text, signature) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 401]
    assert answers[1].body["code"] == "sign_in_refused"


def test_a_message_for_another_site_signs_nobody_in(
    stack: LocalStack, key: PrivateKey, address: str, nonce: str
) -> None:
    text = message(stack, address, nonce, domain="evil.example")
    answer = sign_in(stack, text, personal_sign(text, key))
    assert (answer.status, answer.body["code"]) == (401, "sign_in_refused")


def test_another_wallets_signature_signs_nobody_in(stack: LocalStack, address: str, nonce: str) -> None:
    text = message(stack, address, nonce)
    answer = sign_in(stack, text, personal_sign(text, PrivateKey()))
    assert (answer.status, answer.body["code"]) == (401, "sign_in_refused")


def test_a_nonce_that_nobody_gave_out_signs_nobody_in(stack: LocalStack, key: PrivateKey, address: str) -> None:
    text = message(stack, address, "abcdefgh12345678")
    assert sign_in(stack, text, personal_sign(text, key)).status == 401


def test_the_page_is_told_that_wallets_may_sign_in(stack: LocalStack) -> None:
    assert request(f"{stack.api_url}/api/config").body["wallet_chains"] == [1, 11155111, 31337]
