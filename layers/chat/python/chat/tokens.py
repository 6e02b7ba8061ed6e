"""Who is calling: session tokens of the built-in issuer, and tokens of an OpenID Connect issuer.

The built-in issuer takes a name at its word, so it exists in local and dev stages only: elsewhere its secret is not
deployed. Knows nothing of HTTP or sockets.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from chat.errors import InvalidFieldError, UnauthorizedError, UnavailableError
from chat.ports import Principal

SESSION_S = 12 * 3600
"""How long a session of the built-in issuer lasts."""

MAX_NAME_CHARS = 40
LEEWAY_S = 30
"""Clocks of issuer and verifier may differ by this much."""

_BUILT_IN = "chat:built-in"


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
        principal = _named(name)
        expires_at_s = now_ms // 1000 + SESSION_S
        claims = {"iss": _BUILT_IN, "sub": principal.user, "name": principal.name, "exp": expires_at_s}
        token = jwt.encode(claims, self.secret, algorithm="HS256")
        return Session(token=token, principal=principal, expires_at_ms=expires_at_s * 1000)

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        return _principal(_decode(token, self.secret, ["HS256"], issuer=_BUILT_IN, audience=None))


class OpenIdConnectVerifier:
    """Verifies tokens of one issuer for one audience by the issuer's published keys, which are kept for 5 minutes."""

    def __init__(self, issuer: str, audience: str, *, jwks_url: str | None = None) -> None:
        self._issuer = issuer
        self._audience = audience
        url = jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json"
        self._keys = jwt.PyJWKClient(url, cache_keys=True, lifespan=300, timeout=3)

    def verify(self, token: str) -> Principal:
        """See `TokenVerifier`. Raises `UnavailableError` when the issuer's keys can't be fetched."""
        try:
            key = self._keys.get_signing_key_from_jwt(token)
        except jwt.PyJWKClientConnectionError as unreachable:
            raise UnavailableError("The sign-in service did not answer; try again.") from unreachable
        except jwt.PyJWTError as forged:
            raise _unauthorized() from forged
        return _principal(_decode(token, key, ["RS256", "ES256"], issuer=self._issuer, audience=self._audience))


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
    return Principal(user=user, name=str(claims.get("name") or claims.get("preferred_username") or user))


def _unauthorized() -> UnauthorizedError:
    return UnauthorizedError("Sign in first: the token is missing, expired or not for this service.")


def _named(name: object) -> Principal:
    shown = " ".join(name.split()) if isinstance(name, str) else ""
    if not shown or len(shown) > MAX_NAME_CHARS or not shown.isprintable():
        raise InvalidFieldError(f"`name` is 1 to {MAX_NAME_CHARS} printable characters.")
    folded = unicodedata.normalize("NFKC", shown).casefold()
    user = re.sub(r"[^\w]+", "-", folded).strip("-_")
    if not user:
        raise InvalidFieldError("`name` needs at least one letter or digit.")
    return Principal(user=user, name=shown)
