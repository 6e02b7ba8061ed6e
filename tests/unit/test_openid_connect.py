"""Tokens of an OpenID Connect issuer: whose are taken, and how often its keys are fetched, whatever is forged."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from chat import issuer_keys
from chat.errors import UnauthorizedError, UnavailableError
from chat.issuer_keys import IssuerKeys
from chat.ports import Principal
from chat.tokens import WALLET, OpenIdConnectVerifier, SeveralIssuers, WalletIssuer
from tests.unit.issuer import AUDIENCE, CURVE_KEY, KEYS, LATER_S, NOW_S, Issuer, published, serving, token


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving() as issuer:
        yield issuer


@dataclass
class Seconds:
    """Time that passes when it is told to."""

    at_s: float = 1_000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def verifier(issuer: Issuer, seconds: Seconds) -> OpenIdConnectVerifier:
    return OpenIdConnectVerifier(issuer.url, AUDIENCE, keys=IssuerKeys(issuer.url, now_s=seconds))


def test_a_token_is_verified_by_the_keys_that_its_issuer_says_are_its_own(
    verifier: OpenIdConnectVerifier, issuer: Issuer
) -> None:
    for _ in range(3):
        assert verifier.verify(token(issuer)) == Principal(user="u1", name="Ada")
    assert issuer.fetches == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iss": "https://else.example"}, id="another issuer"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"aud": "another"}, id="another audience"),
        pytest.param({"aud": ["another", "more"]}, id="other audiences"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"exp": NOW_S - 60}, id="expired"),
        pytest.param({"exp": None}, id="no expiry"),
        pytest.param({"nbf": LATER_S}, id="not valid yet"),
        pytest.param({"sub": None}, id="nobody"),
        pytest.param({"sub": ""}, id="an id with nothing in it"),
        pytest.param({"sub": "eth:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"}, id="a wallet's id"),
        pytest.param({"sub": "x" * 129}, id="an id that is too long"),
        pytest.param({"key": KEYS["stranger"]}, id="a stranger's key under a known name"),
        pytest.param({"kid": "unknown"}, id="an unknown key"),
        pytest.param({"kid": None}, id="no key"),
        pytest.param({"key": "x" * 32, "algorithm": "HS256"}, id="a shared secret"),
        pytest.param({"key": KEYS["k1"], "algorithm": "RS512"}, id="another algorithm of the same key"),
        pytest.param({"key": CURVE_KEY, "algorithm": "ES256"}, id="another kind of key"),
    ],
)
def test_a_token_for_somebody_else_is_refused(
    verifier: OpenIdConnectVerifier, issuer: Issuer, changes: dict[str, Any]
) -> None:
    with pytest.raises(UnauthorizedError):
        verifier.verify(token(issuer, **changes))


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"name": "  Ada\n\u202eLovelace "}, "Ada Lovelace"),
        ({"name": "x" * 5_000}, "x" * 40),
        ({"name": None, "preferred_username": "ada"}, "ada"),
        ({"name": {"first": "Ada"}, "preferred_username": "\x00"}, "u1"),
    ],
)
def test_a_name_is_one_line_that_can_stand_beside_every_message(
    verifier: OpenIdConnectVerifier, issuer: Issuer, claims: dict[str, Any], shown: str
) -> None:
    assert verifier.verify(token(issuer, **claims)) == Principal(user="u1", name=shown)


def test_a_published_key_is_never_taken_for_a_shared_secret(verifier: OpenIdConnectVerifier, issuer: Issuer) -> None:
    modulus = published("k1")["n"]
    with pytest.raises(UnauthorizedError):
        verifier.verify(token(issuer, key=modulus, algorithm="HS256"))
    unsigned = jwt.encode({"iss": issuer.url, "aud": AUDIENCE, "sub": "u1", "exp": LATER_S}, "", algorithm="none")
    for forged in (unsigned, "", "a.b.c", "rubbish"):
        with pytest.raises(UnauthorizedError):
            verifier.verify(forged)
    assert issuer.fetches == []


def test_one_of_several_audiences_is_enough(verifier: OpenIdConnectVerifier, issuer: Issuer) -> None:
    assert verifier.verify(token(issuer, aud=["another", AUDIENCE])).user == "u1"


def test_a_token_of_an_elliptic_curve_is_taken(verifier: OpenIdConnectVerifier, issuer: Issuer) -> None:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(CURVE_KEY.public_key()))
    issuer.keys = [{**public, "kid": "e1", "alg": "ES256"}]
    assert verifier.verify(token(issuer, key=CURVE_KEY, kid="e1", algorithm="ES256")).user == "u1"


def test_a_new_key_is_found_when_a_token_names_it(
    verifier: OpenIdConnectVerifier, issuer: Issuer, seconds: Seconds
) -> None:
    verifier.verify(token(issuer))
    issuer.keys = [published("k1"), published("k2")]
    seconds.at_s += issuer_keys.REFETCH_S
    assert verifier.verify(token(issuer, key=KEYS["k2"], kid="k2")).user == "u1"
    assert issuer.key_fetches == 2
    assert verifier.verify(token(issuer)).user == "u1"
    assert issuer.key_fetches == 2


def test_forged_key_names_do_not_hammer_the_issuer(
    verifier: OpenIdConnectVerifier, issuer: Issuer, seconds: Seconds
) -> None:
    verifier.verify(token(issuer))
    for name in range(300):
        seconds.at_s += 0.1
        with pytest.raises(UnauthorizedError):
            verifier.verify(token(issuer, kid=f"forged-{name}"))
        if name % 100 == 0:
            assert verifier.verify(token(issuer)).user == "u1"
    assert issuer.key_fetches <= 2


def test_a_withdrawn_key_is_refused_after_five_minutes(
    verifier: OpenIdConnectVerifier, issuer: Issuer, seconds: Seconds
) -> None:
    verifier.verify(token(issuer))
    issuer.keys = [published("k2")]
    seconds.at_s += issuer_keys.LIFETIME_S + 1
    with pytest.raises(UnauthorizedError):
        verifier.verify(token(issuer))


def test_known_keys_outlast_an_issuer_that_does_not_answer_but_not_for_ever(
    verifier: OpenIdConnectVerifier, issuer: Issuer, seconds: Seconds
) -> None:
    verifier.verify(token(issuer))
    issuer.down = True
    seconds.at_s += issuer_keys.LIFETIME_S + 1
    assert verifier.verify(token(issuer)).user == "u1"
    seconds.at_s += issuer_keys.STALE_S
    with pytest.raises(UnavailableError):
        verifier.verify(token(issuer))


def test_an_issuer_that_never_answered_is_said_to_be_unavailable_and_asked_once_a_second(
    verifier: OpenIdConnectVerifier, issuer: Issuer, seconds: Seconds
) -> None:
    issuer.down = True
    for _ in range(5):
        with pytest.raises(UnavailableError) as refused:
            verifier.verify(token(issuer))
        assert refused.value.retry_after_ms == 1_000
    assert len(issuer.fetches) == 1
    issuer.down = False
    seconds.at_s += issuer_keys.RETRY_S
    assert verifier.verify(token(issuer)).user == "u1"


@pytest.mark.parametrize(
    "document",
    [
        b"no JSON",
        b"[]",
        {"issuer": "https://else.example", "jwks_uri": "http://127.0.0.1:1/keys"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"issuer": "SELF"},
        {"issuer": "SELF", "jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_discovery_document_that_is_none_gives_no_keys(
    verifier: OpenIdConnectVerifier, issuer: Issuer, document: Any
) -> None:
    if isinstance(document, dict) and document.get("issuer") == "SELF":
        document = {**document, "issuer": issuer.url}
    issuer.documents["/.well-known/openid-configuration"] = document
    with pytest.raises(UnavailableError):
        verifier.verify(token(issuer))


def test_keys_for_other_uses_and_kinds_are_passed_over(verifier: OpenIdConnectVerifier, issuer: Issuer) -> None:
    odd = [published("k2", use="enc"), published("k2", kid=None), {"kty": "new", "kid": "k2"}]
    issuer.keys = [*odd, published("k1")]
    assert verifier.verify(token(issuer)).user == "u1"
    with pytest.raises(UnauthorizedError):
        verifier.verify(token(issuer, key=KEYS["k2"], kid="k2"))


def test_a_stage_takes_its_issuers_tokens_and_wallets_sessions_side_by_side(
    verifier: OpenIdConnectVerifier, issuer: Issuer
) -> None:
    secret = "a secret of at least thirty-two bytes"
    wallets = WalletIssuer(secret)
    both = SeveralIssuers({issuer.url: verifier, WALLET: wallets})
    owner = Principal("eth:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf", "0x7E5F…5Bdf")
    assert both.verify(token(issuer)).user == "u1"
    assert both.verify(wallets.sign_in(owner, NOW_S * 1000).token) == owner
    with pytest.raises(UnauthorizedError):
        both.verify(token(issuer, iss=WALLET))
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "u1", "exp": LATER_S}
    with pytest.raises(UnauthorizedError):
        both.verify(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "k1"}))
