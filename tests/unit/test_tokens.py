"""Session tokens: taken from whom they should be, refused in every other form."""

import time

import jwt
import pytest

from chat.errors import InvalidFieldError, UnauthorizedError
from chat.ports import Principal
from chat.tokens import BUILT_IN, WALLET, BuiltInIssuer, SeveralIssuers, WalletIssuer

SECRET = "a secret of at least thirty-two bytes"
NOW_MS = int(time.time() * 1000)


@pytest.fixture
def issuer() -> BuiltInIssuer:
    return BuiltInIssuer(SECRET)


def test_a_session_is_verified_as_its_user(issuer: BuiltInIssuer) -> None:
    session = issuer.sign_in("Ada Lovelace", NOW_MS)
    assert session.principal == Principal(user="ada-lovelace", name="Ada Lovelace")
    assert issuer.verify(session.token) == session.principal


@pytest.mark.parametrize(("name", "user"), [("  Ada ", "ada"), ("ADA", "ada"), ("Grüße!", "grüsse"), ("李雷", "李雷")])
def test_the_same_name_is_the_same_user(issuer: BuiltInIssuer, name: str, user: str) -> None:
    assert issuer.sign_in(name, NOW_MS).principal.user == user


@pytest.mark.parametrize("name", ["", "   ", "!!!", "x" * 41, "\ufdfa" * 40, "a\x00b", None, 7, ["Ada"]])
def test_a_name_that_is_none_is_refused(issuer: BuiltInIssuer, name: object) -> None:
    with pytest.raises(InvalidFieldError):
        issuer.sign_in(name, NOW_MS)


def test_an_expired_session_is_refused(issuer: BuiltInIssuer) -> None:
    with pytest.raises(UnauthorizedError):
        issuer.verify(issuer.sign_in("Ada", NOW_MS - 13 * 3_600_000).token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rubbish",
        "a.b.c",
        BuiltInIssuer("another secret of thirty-two bytes!!").sign_in("Ada", NOW_MS).token,
        jwt.encode({"iss": "chat:built-in", "sub": "ada", "exp": NOW_MS // 1000 + 60}, "", algorithm="none"),
        jwt.encode({"iss": "elsewhere", "sub": "ada", "exp": NOW_MS // 1000 + 60}, SECRET, algorithm="HS256"),
        jwt.encode({"iss": "chat:built-in", "exp": NOW_MS // 1000 + 60}, SECRET, algorithm="HS256"),
        jwt.encode({"iss": "chat:built-in", "sub": "ada"}, SECRET, algorithm="HS256"),
    ],
)
def test_a_token_of_nobody_is_refused(issuer: BuiltInIssuer, token: str) -> None:
    with pytest.raises(UnauthorizedError):
        issuer.verify(token)


WALLET_USER = Principal(user="eth:0x7e5f4552091a69125d5dfcb7b8c2659029395bdf", name="0x7E5F…5Bdf")


def test_sessions_of_both_kinds_are_taken_where_both_are_given_out(issuer: BuiltInIssuer) -> None:
    wallets = WalletIssuer(SECRET)
    verifier = SeveralIssuers({BUILT_IN: issuer, WALLET: wallets})
    assert verifier.verify(wallets.sign_in(WALLET_USER, NOW_MS).token) == WALLET_USER
    assert verifier.verify(issuer.sign_in("Ada", NOW_MS).token) == Principal("ada", "Ada")


def test_a_session_of_an_issuer_that_the_stage_lacks_is_refused_though_its_key_is_the_same(
    issuer: BuiltInIssuer,
) -> None:
    only_wallets = SeveralIssuers({WALLET: WalletIssuer(SECRET)})
    with pytest.raises(UnauthorizedError):
        only_wallets.verify(issuer.sign_in("Ada", NOW_MS).token)


@pytest.mark.parametrize("token", ["", "rubbish", "a.b.c", jwt.encode({}, SECRET)])
def test_a_token_of_no_known_issuer_is_refused(issuer: BuiltInIssuer, token: str) -> None:
    with pytest.raises(UnauthorizedError):
        SeveralIssuers({BUILT_IN: issuer}).verify(token)


def test_a_wallets_session_never_speaks_for_another_kind_of_user() -> None:
    wallets = WalletIssuer(SECRET)
    with pytest.raises(UnauthorizedError):
        wallets.verify(wallets.sign_in(Principal("ada", "Ada"), NOW_MS).token)


def test_an_expired_session_of_a_wallet_is_refused() -> None:
    wallets = WalletIssuer(SECRET)
    with pytest.raises(UnauthorizedError):
        wallets.verify(wallets.sign_in(WALLET_USER, NOW_MS - 13 * 3_600_000).token)
