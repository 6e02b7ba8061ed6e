"""Who is calling: sessions that the stage gave out itself, and tokens of an OpenID Connect issuer.

The built-in issuer takes a name at its word, so it exists in local and dev stages only: elsewhere its secret is not
deployed. Knows nothing of HTTP or sockets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import jwt

from chat.errors import InvalidFieldError, UnauthorizedError
from chat.issuer_keys import IssuerKeys
from chat.ports import Principal

SESSION_S = 12 * 3600
"""How long a session that the stage gave out itself lasts."""

MAX_NAME_CHARS = 40
ALGORITHMS = ["RS256", "ES256"]
"""What issuers sign with: public keys only, so that no published key can be taken for a shared secret."""

LEEWAY_S = 30
"""Clocks of issuer and verifier may differ by this much."""

BUILT_IN = "chat:built-in"
WALLET = "chat:wallet"
"""Issuers' names in the sessions that the stage signs itself. No OpenID Connect issuer has one: those are URLs."""

WALLET_USERS = "eth:"
"""How ids of users with a wallet begin. Names make no such id, and an issuer's token with one is refused."""

MAX_USER_CHARS = 128

OPERATOR = "chat:operator"
"""Claim of an issuer's token, `true` for who runs the stage."""


@dataclass(frozen=True)
class Session:
    """A signed-in user's token, good until `expires_at_ms`."""

    token: str
    principal: Principal
    expires_at_ms: int


class TokenVerifier(Protocol):
    """Says whose a bearer token is."""

    def verify(self, token: str) -> Principal:
        """Raises `UnauthorizedError` for one that is forged, expired or meant for somebody else."""


@dataclass(frozen=True)
class BuiltInIssuer:
    """Signs people in by name (HS256). The same name is the same user."""

    secret: str

    def sign_in(self, name: object, now_ms: int) -> Session:
        """Raises `InvalidFieldError` for a name that is empty, too long or has nothing to make an id from."""
        return _session(_named(name), self.secret, BUILT_IN, now_ms)

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        return _principal(_decode(token, self.secret, ["HS256"], issuer=BUILT_IN, audience=None))


@dataclass(frozen=True)
class WalletIssuer:
    """Sessions of users who proved that a wallet is theirs (HS256). Trusts whoever calls `sign_in` to have checked."""

    secret: str

    def sign_in(self, principal: Principal, now_ms: int) -> Session:
        """A session of a user whose id begins with `WALLET_USERS`."""
        return _session(principal, self.secret, WALLET, now_ms)

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        principal = _principal(_decode(token, self.secret, ["HS256"], issuer=WALLET, audience=None))
        if not principal.user.startswith(WALLET_USERS):
            raise _unauthorized()
        return principal


@dataclass(frozen=True)
class SeveralIssuers:
    """Verifies the tokens of several issuers, each by its own verifier and no other.

    A token says whose it is. That is only believed so far as to choose the verifier, which checks it with everything
    else: so no key and no algorithm of one issuer is ever tried on a token that names another.
    """

    verifiers: Mapping[str, TokenVerifier]

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        try:
            named = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except jwt.PyJWTError as error:
            raise _unauthorized() from error
        verifier = self.verifiers.get(named) if isinstance(named, str) else None
        if verifier is None:
            raise _unauthorized()
        return verifier.verify(token)


class OpenIdConnectVerifier:
    """Verifies tokens of one issuer for one audience by the issuer's published keys."""

    def __init__(self, issuer: str, audience: str, *, keys: IssuerKeys | None = None) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys or IssuerKeys(issuer)

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`. Raises `UnavailableError` when the issuer's keys can't be fetched."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise _unauthorized() from error
        # What is refused anyway must not make anybody fetch keys.
        key = self._keys.find(header.get("kid")) if header.get("alg") in ALGORITHMS else None
        if key is None:
            raise _unauthorized()
        claims = _decode(token, key, ALGORITHMS, issuer=self._issuer, audience=self._audience)
        principal = replace(_principal(claims), operator=claims.get(OPERATOR) is True)
        if principal.user.startswith(WALLET_USERS) or not 1 <= len(principal.user) <= MAX_USER_CHARS:
            raise _unauthorized()
        return principal


def _session(principal: Principal, secret: str, issuer: str, now_ms: int) -> Session:
    expires_at_s = now_ms // 1000 + SESSION_S
    claims = {"iss": issuer, "sub": principal.user, "name": principal.name, "exp": expires_at_s}
    token = jwt.encode(claims, secret, algorithm="HS256")
    return Session(token=token, principal=principal, expires_at_ms=expires_at_s * 1000)


def _decode(
    token: str, key: str | jwt.PyJWK, algorithms: list[str], *, issuer: str, audience: str | None
) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "sub"]},
        )
    except jwt.PyJWTError as refused:
        raise _unauthorized() from refused
    return claims


def _principal(claims: dict[str, Any]) -> Principal:
    user = str(claims["sub"])
    return Principal(user=user, name=_shown(claims.get("name")) or _shown(claims.get("preferred_username")) or user)


def _shown(name: object) -> str:
    """A name that an issuer gives, as it can stand beside every message: one line, and no longer than others'."""
    text = name if isinstance(name, str) else ""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:MAX_NAME_CHARS]


def _unauthorized() -> UnauthorizedError:
    return UnauthorizedError("Sign in first: the token is missing, expired or not for this service.")


def _named(name: object) -> Principal:
    shown = " ".join(name.split()) if isinstance(name, str) else ""
    if not shown or len(shown) > MAX_NAME_CHARS or not shown.isprintable():
        raise InvalidFieldError(f"`name` is 1 to {MAX_NAME_CHARS} printable characters.")
    folded = unicodedata.normalize("NFKC", shown).casefold()
    user = re.sub(r"[^\w]+", "-", folded).strip("-_")
    if not 1 <= len(user) <= MAX_USER_CHARS:  # one sign may stand for a whole phrase
        raise InvalidFieldError("`name` needs at least one letter or digit, and fewer that stand for several.")
    return Principal(user=user, name=shown)
