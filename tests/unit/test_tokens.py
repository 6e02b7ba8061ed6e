"""Session tokens: taken from whom they should be, refused in every other form."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chat.errors import InvalidFieldError, UnauthorizedError, UnavailableError
from chat.ports import Principal
from chat.tokens import BuiltInIssuer, OpenIdConnectVerifier

SECRET = "a secret of at least thirty-two bytes"
NOW_MS = int(time.time() * 1000)
ISSUER, AUDIENCE = "https://issuer.example", "chat"


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


@pytest.mark.parametrize("name", ["", "   ", "!!!", "x" * 41, "a\x00b", None, 7, ["Ada"]])
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


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def jwks_url(key: rsa.RSAPrivateKey) -> Iterator[str]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    document = json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks"
    server.shutdown()
    server.server_close()


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u1",
        "name": "Ada",
        "exp": NOW_MS // 1000 + 600,
        **changes,
    }


def test_an_openid_connect_token_is_verified_by_its_issuers_keys(key: rsa.RSAPrivateKey, jwks_url: str) -> None:
    verifier = OpenIdConnectVerifier(ISSUER, AUDIENCE, jwks_url=jwks_url)
    token = jwt.encode(claims(), key, algorithm="RS256", headers={"kid": "k1"})
    assert verifier.verify(token) == Principal(user="u1", name="Ada")


@pytest.mark.parametrize(
    ("changes", "kid"),
    [
        ({"iss": "https://else.example"}, "k1"),
        ({"aud": "another"}, "k1"),
        ({"exp": NOW_MS // 1000 - 600}, "k1"),
        ({}, "unknown"),
    ],
)
def test_an_openid_connect_token_for_somebody_else_is_refused(
    key: rsa.RSAPrivateKey, jwks_url: str, changes: dict[str, Any], kid: str
) -> None:
    verifier = OpenIdConnectVerifier(ISSUER, AUDIENCE, jwks_url=jwks_url)
    with pytest.raises(UnauthorizedError):
        verifier.verify(jwt.encode(claims(**changes), key, algorithm="RS256", headers={"kid": kid}))


def test_a_token_signed_with_a_shared_secret_is_refused_where_keys_are_public(jwks_url: str) -> None:
    verifier = OpenIdConnectVerifier(ISSUER, AUDIENCE, jwks_url=jwks_url)
    with pytest.raises(UnauthorizedError):
        verifier.verify(jwt.encode(claims(), "x" * 32, algorithm="HS256", headers={"kid": "k1"}))


def test_an_issuer_out_of_reach_is_said_to_be(key: rsa.RSAPrivateKey) -> None:
    verifier = OpenIdConnectVerifier(ISSUER, AUDIENCE, jwks_url="http://127.0.0.1:9/jwks")
    with pytest.raises(UnavailableError):
        verifier.verify(jwt.encode(claims(), key, algorithm="RS256", headers={"kid": "k1"}))
