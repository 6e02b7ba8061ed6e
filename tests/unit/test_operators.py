"""Who runs a stage: whom its configuration names, or whose token says so. Nobody else."""

import time
from typing import Any

import jwt
import pytest

from chat.errors import NotAllowedError
from chat.operators import Operators, named
from chat.ports import Principal, Sender
from chat.tokens import BuiltInIssuer, OpenIdConnectVerifier
from tests.unit.issuer import Issuer, token
from tests.unit.test_openid_connect import issuer, seconds, verifier

__all__ = ["issuer", "seconds", "verifier"]


def claiming(issuer: Issuer, value: object) -> str:
    claims: dict[str, Any] = {"chat:operator": value}
    return token(issuer, **claims)


@pytest.mark.parametrize("setting", ["ada,bob", " ada , bob,", "ada"])
def test_whom_the_stage_names_is_an_operator(setting: str) -> None:
    named(setting).require(Principal("ada", "Ada"))


@pytest.mark.parametrize(("setting", "user"), [(None, "ada"), ("", ""), ("ada,bob", "eve"), ("ada", "Ada"), (",", "")])
def test_whom_the_stage_does_not_name_is_none(setting: str | None, user: str) -> None:
    with pytest.raises(NotAllowedError):
        named(setting).require(Principal(user, "Ada"))


def test_the_claim_of_an_issuers_token_makes_an_operator(verifier: OpenIdConnectVerifier, issuer: Issuer) -> None:
    Operators().require(verifier.verify(claiming(issuer, True)))


@pytest.mark.parametrize("claim", [False, 1, "true", None, ["true"]])
def test_a_claim_that_is_not_true_makes_none(verifier: OpenIdConnectVerifier, issuer: Issuer, claim: object) -> None:
    with pytest.raises(NotAllowedError):
        Operators().require(verifier.verify(claiming(issuer, claim)))


def test_sessions_of_the_stage_itself_carry_no_such_claim() -> None:
    secret = "a secret of at least thirty-two bytes"
    claims = {"iss": "chat:built-in", "sub": "ada", "name": "Ada", "exp": int(time.time()) + 600, "chat:operator": True}
    forged = jwt.encode(claims, secret, algorithm="HS256")
    assert BuiltInIssuer(secret).verify(forged).operator is False


def test_who_speaks_on_a_socket_is_no_operator_by_that() -> None:
    assert Sender("ada", "Ada", "c-1").operator is False
