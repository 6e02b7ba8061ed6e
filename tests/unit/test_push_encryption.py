"""Push messages on the wire: the example of RFC 8291, and browsers that read what is for them and nothing else."""

import jwt
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.errors import InvalidFieldError
from chat.push.encryption import (
    MAX_BODY_BYTES,
    MAX_PAYLOAD_BYTES,
    RENEW_S,
    TOKEN_S,
    Vapid,
    check_keys,
    decode,
    encode,
    encrypt,
)
from tests.unit.browser_device import Browser

BROWSER = Browser()


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())


def test_the_example_of_the_standard_comes_out_to_the_byte() -> None:
    """RFC 8291, section 5."""
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        sender=private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru"
        "3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=MAX_PAYLOAD_BYTES))
@settings(deadline=None, max_examples=30)
def test_a_browser_reads_what_is_for_it(payload: bytes) -> None:
    body = encrypt(payload, BROWSER.keys["p256dh"], BROWSER.keys["auth"])
    assert BROWSER.read(body) == payload
    assert len(body) <= MAX_BODY_BYTES


def test_no_two_messages_look_alike_and_no_other_browser_reads_one() -> None:
    first, second = (encrypt(b"hello", BROWSER.keys["p256dh"], BROWSER.keys["auth"]) for _ in range(2))
    assert first[:86] != second[:86]
    with pytest.raises(InvalidTag):
        Browser().read(first)


def test_a_payload_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        encrypt(b"x" * (MAX_PAYLOAD_BYTES + 1), BROWSER.keys["p256dh"], BROWSER.keys["auth"])


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", BROWSER.keys["auth"]),
        ("AAAA", BROWSER.keys["auth"]),
        (BROWSER.keys["p256dh"], ""),
        (BROWSER.keys["p256dh"], "AAAA"),
        (BROWSER.keys["p256dh"], "not base64 !"),
        (encode(b"\4" + b"\1" * 64), BROWSER.keys["auth"]),
        ("ü", BROWSER.keys["auth"]),
    ],
    # Keys are random, and names must be the same in each process of a run.
    ids=["no key", "short key", "no secret", "short secret", "secret in no code", "no point", "key in no code"],
)
def test_keys_that_no_browser_gives_out_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidFieldError, match="keys"):
        check_keys(p256dh, auth)


def test_keys_of_a_browser_are_taken_with_padding_or_without() -> None:
    check_keys(BROWSER.keys["p256dh"] + "=", BROWSER.keys["auth"] + "==")
    check_keys(**BROWSER.keys)


def test_the_sender_proves_itself_to_each_push_service_with_the_key_that_browsers_subscribed_with() -> None:
    vapid = Vapid.made_from("a secret", "mailto:ops@example.com")
    scheme, _, rest = vapid.authorization("https://push.example:8443/abc?d=e", 1_000).partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", vapid.public_key)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(vapid.public_key))
    claims = jwt.decode(parts["t"], key, ["ES256"], audience="https://push.example:8443", options={"verify_exp": False})
    assert claims == {"aud": "https://push.example:8443", "exp": 1_000 + TOKEN_S, "sub": "mailto:ops@example.com"}


def test_the_senders_key_is_the_same_for_as_long_as_the_stages_secret() -> None:
    assert Vapid.made_from("a", None).public_key == Vapid.made_from("a", None).public_key
    assert Vapid.made_from("a", None).public_key != Vapid.made_from("b", None).public_key
    assert len(decode(Vapid.made_from("a", None).public_key)) == 65


def test_a_senders_token_is_used_again_until_it_is_about_to_end() -> None:
    vapid = Vapid.made_from("a", None)
    first = vapid.authorization("https://push.example/1", 0)
    assert vapid.authorization("https://push.example/2", TOKEN_S - RENEW_S) == first
    assert vapid.authorization("https://push.example/2", TOKEN_S - RENEW_S + 1) != first
    assert vapid.authorization("https://other.example/", 0) != first
