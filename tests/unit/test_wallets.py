"""Sign-in with a wallet: EIP-4361 to the letter, signatures by real keys, a nonce that works once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chat import ethereum, siwe
from chat.errors import InvalidFieldError, SignInRefusedError
from chat.storage.nonces import LIFETIME_MS, NonceOffice, make_nonce
from chat.tokens import WalletIssuer
from chat.wallets import WalletDoor
from simulation.table import MemoryTable
from simulation.world import ManualClock

KEY = PrivateKey(bytes(31) + b"\x01")
"""The key 1, whose address every Ethereum library's tests know."""
ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
ORIGIN = "https://chat.example.com"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def sign(text: str, key: PrivateKey = KEY) -> str:
    """As a wallet's `personal_sign` does."""
    raw = key.sign_recoverable(ethereum._digest(text), hasher=None)
    return "0x" + (raw[:64] + bytes([raw[64] + 27])).hex()


@dataclass(frozen=True)
class Text:
    """The parts of a message; None leaves one out."""

    opening: str = "chat.example.com wants you to sign in with your Ethereum account:"
    address: str = ADDRESS
    statement: str | None = "Sign in to the chat."
    uri: str = "https://chat.example.com/login"
    version: str = "1"
    chain: str = "1"
    nonce: str = "0123456789abcdef"
    issued_at: str = ""
    expires_at: str | None = None
    not_before: str | None = None
    request: str | None = None
    resources: tuple[str, ...] | None = None

    def __str__(self) -> str:
        lines = [self.opening, self.address, ""]
        lines += [self.statement] if self.statement is not None else []
        lines += ["", f"URI: {self.uri}", f"Version: {self.version}", f"Chain ID: {self.chain}"]
        lines += [f"Nonce: {self.nonce}", f"Issued At: {self.issued_at}"]
        lines += [f"Expiration Time: {self.expires_at}"] if self.expires_at is not None else []
        lines += [f"Not Before: {self.not_before}"] if self.not_before is not None else []
        lines += [f"Request ID: {self.request}"] if self.request is not None else []
        lines += ["Resources:", *(f"- {each}" for each in self.resources)] if self.resources is not None else []
        return "\n".join(lines)


class Stage:
    """A door, its time, and messages made for it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.table = MemoryTable()
        self.nonces = NonceOffice(self.table)
        self.door = WalletDoor(
            origin=ORIGIN,
            chains=frozenset({1, 10}),
            nonces=self.nonces,
            issuer=WalletIssuer("a secret of at least thirty-two bytes"),
            clock=self.clock,
        )

    def time(self, offset_s: float = 0) -> str:
        at = datetime.fromtimestamp(self.clock.now_ms() / 1000 + offset_s, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def text(self, **changes: Any) -> str:
        nonce = make_nonce(f"nonce {len(self.table.calls)}")
        self.nonces.issue(nonce, self.clock.now_ms())
        return str(replace(Text(nonce=nonce, issued_at=self.time()), **changes))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_owner_of_a_wallet_signs_in(stage: Stage) -> None:
    text = stage.text()
    session = stage.door.sign_in(text, sign(text))
    assert session.principal.user == f"eth:{ADDRESS.lower()}"
    assert session.principal.name == "0x7E5F…5Bdf"


def test_a_recorded_signature_of_a_known_wallet_is_recovered() -> None:
    """The example of web3.js' documentation of `accounts.sign`."""
    signature = (
        "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
        "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c"
    )
    assert ethereum.recover_address("Some data", signature) == "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_addresses_have_the_capitals_of_eip_55(address: str) -> None:
    assert ethereum.checksummed(address.lower()) == address
    assert ethereum.checksummed("0x" + address[2:].upper()) == address


def test_a_nonce_works_once(stage: Stage) -> None:
    text = stage.text()
    stage.door.sign_in(text, sign(text))
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, sign(text))


def test_a_nonce_lasts_five_minutes(stage: Stage) -> None:
    text = stage.text()
    stage.clock.pass_ms(LIFETIME_MS + 1)
    with pytest.raises(SignInRefusedError, match="nonce"):
        stage.door.sign_in(text, sign(text))


def test_a_nonce_that_nobody_gave_out_is_refused(stage: Stage) -> None:
    text = stage.text(nonce="abcdefgh12345678")
    with pytest.raises(SignInRefusedError, match="nonce"):
        stage.door.sign_in(text, sign(text))


def test_a_nonce_is_stored_by_its_hash(stage: Stage) -> None:
    stage.nonces.issue("0123456789abcdef", stage.clock.now_ms())
    assert "0123456789abcdef" not in repr(stage.table.items)


def test_a_message_that_is_refused_leaves_its_nonce(stage: Stage) -> None:
    text = stage.text()
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, sign(text, PrivateKey()))
    assert stage.door.sign_in(text, sign(text)).principal.user == f"eth:{ADDRESS.lower()}"


REFUSED: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "another domain": lambda _: {"opening": "evil.example wants you to sign in with your Ethereum account:"},
    "a domain that only begins like ours": lambda _: {
        "opening": "chat.example.com.evil.example wants you to sign in with your Ethereum account:"
    },
    "another port": lambda _: {"opening": "chat.example.com:8443 wants you to sign in with your Ethereum account:"},
    "a user in the domain": lambda _: {
        "opening": "chat.example.com@evil.example wants you to sign in with your Ethereum account:"
    },
    "another scheme": lambda _: {"opening": "http://chat.example.com wants you to sign in with your Ethereum account:"},
    "a URI elsewhere": lambda _: {"uri": "https://evil.example/login"},
    "a URI without TLS": lambda _: {"uri": "http://chat.example.com/login"},
    "a URI that is none": lambda _: {"uri": "https://[chat.example.com"},
    "another chain": lambda _: {"chain": "56"},
    "issued long ago": lambda stage: {"issued_at": stage.time(-600)},
    "issued in the future": lambda stage: {"issued_at": stage.time(120)},
    "expired": lambda stage: {"expires_at": stage.time(-1)},
    "expiring now": lambda stage: {"expires_at": stage.time()},
    "not valid yet": lambda stage: {"not_before": stage.time(60)},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_message_that_is_not_for_here_and_now_is_refused(stage: Stage, reason: str) -> None:
    text = stage.text(**REFUSED[reason](stage))
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, sign(text))


TAKEN: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "no statement": lambda _: {"statement": None},
    "the scheme before the domain": lambda _: {
        "opening": "https://chat.example.com wants you to sign in with your Ethereum account:"
    },
    "the other chain": lambda _: {"chain": "10"},
    "all that is optional": lambda stage: {
        "expires_at": stage.time(60),
        "not_before": stage.time(-1),
        "request": "r-1",
        "resources": ("https://example.com/terms", "ipfs://bafy"),
    },
    "an empty list of resources": lambda _: {"resources": ()},
    "a clock a little ahead": lambda stage: {"issued_at": stage.time(30)},
    "a time with an offset and nanoseconds": lambda stage: {"issued_at": stage.time().replace("Z", "123456+00:00")},
}


@pytest.mark.parametrize("variant", TAKEN)
def test_every_form_that_the_standard_allows_is_taken(stage: Stage, variant: str) -> None:
    text = stage.text(**TAKEN[variant](stage))
    assert stage.door.sign_in(text, sign(text)).principal.user == f"eth:{ADDRESS.lower()}"


MALFORMED: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "a word": lambda _: "hello",
    "another version": lambda text: text.replace("Version: 1", "Version: 2"),
    "no version": lambda text: text.replace("Version: 1\n", ""),
    "another order": lambda text: text.replace("Version: 1\nChain ID: 1", "Chain ID: 1\nVersion: 1"),
    "a short nonce": lambda text: text.replace(text.partition("Nonce: ")[2].partition("\n")[0], "1234567"),
    "a nonce with signs": lambda text: text.replace("Nonce: ", "Nonce: -"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "a line at the end": lambda text: text + "\n",
    "a line before": lambda text: "\n" + text,
    "an unknown line": lambda text: text + "\nColour: red",
    "a statement of two lines": lambda text: text.replace("Sign in to the chat.", "Sign in\nto the chat."),
    "no empty line before the statement": lambda text: text.replace("\n\nSign in", "\nSign in"),
    "a day that is none": lambda text: text.replace("Issued At: 2026-", "Issued At: 2026-13-"),
    "a month that is none": lambda text: text.partition("Issued At: ")[0] + "Issued At: 2026-13-01T00:00:00Z",
    "no time": lambda text: text.partition("\nIssued At: ")[0],
    "an address in small letters": lambda text: text.replace(ADDRESS, ADDRESS.lower()),
    "an address with one capital wrong": lambda text: text.replace(ADDRESS, ADDRESS[:-1] + "F"),
    "too long": lambda text: text.replace("Sign in to the chat.", "x" * 4_000),
    "digits of another script": lambda text: text.replace("Chain ID: 1", "Chain ID: \u0661"),
}


@pytest.mark.parametrize("form", MALFORMED)
def test_what_is_no_message_of_the_standard_is_refused(stage: Stage, form: str) -> None:
    text = MALFORMED[form](stage.text())
    with pytest.raises(InvalidFieldError):
        stage.door.sign_in(text, sign(text))


def test_another_accounts_signature_is_refused(stage: Stage) -> None:
    text = stage.text()
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, sign(text, PrivateKey()))


def test_a_signature_of_another_text_is_refused(stage: Stage) -> None:
    text = stage.text()
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, sign(text + " "))


def test_both_ways_of_counting_the_last_byte_are_taken(stage: Stage) -> None:
    text = stage.text()
    signed = bytes.fromhex(sign(text)[2:])
    from_zero = signed[:64] + bytes([signed[64] - 27])
    assert stage.door.sign_in(text, "0x" + from_zero.hex()).principal.user == f"eth:{ADDRESS.lower()}"


def test_the_second_form_of_a_signature_is_refused(stage: Stage) -> None:
    text = stage.text()
    signed = bytes.fromhex(sign(text)[2:])
    mirrored = (ORDER - int.from_bytes(signed[32:64], "big")).to_bytes(32, "big")
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, "0x" + (signed[:32] + mirrored + bytes([55 - signed[64]])).hex())


@pytest.mark.parametrize(
    "signature",
    ["", "0x", "0x00", "rubbish", "0x" + "0" * 130, "0x" + "f" * 130, "0x" + "0" * 128 + "1b", "0x" + "g" * 130],
)
def test_what_is_no_signature_is_refused(stage: Stage, signature: str) -> None:
    text = stage.text()
    with pytest.raises(SignInRefusedError):
        stage.door.sign_in(text, signature)


@given(st.binary(min_size=65, max_size=65))
def test_no_bytes_make_the_check_of_a_signature_fail_otherwise(raw: bytes) -> None:
    try:
        recovered = ethereum.recover_address("text", "0x" + raw.hex())
    except ethereum.SignatureError:
        return
    assert recovered == ethereum.checksummed(recovered)


@given(st.text(max_size=300))
def test_no_text_makes_the_reading_of_a_message_fail_otherwise(text: str) -> None:
    with pytest.raises(siwe.SiweError):
        siwe.parse(text)
