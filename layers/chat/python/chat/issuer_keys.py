"""The public keys of an OpenID Connect issuer, fetched seldom: when they are old, or when a token names a new one.

A token says itself which key signed it, so whoever forges tokens can name keys without end. Therefore a key that is not
known is looked for once, and then not again for `REFETCH_S`, whatever names come meanwhile. An issuer that rotates its
keys publishes a new one before it signs with it, or its users wait that long.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import jwt

from chat.errors import UnavailableError

LIFETIME_S = 300
"""How long keys are taken as they were fetched: so long does a key live on that its issuer withdrew."""

STALE_S = 3_600
"""How long they are taken when the issuer does not answer."""

REFETCH_S = 30
RETRY_S = 1
"""Pause after a fetch, and after one that failed."""

TIMEOUT_S = 3
MAX_DOCUMENT_BYTES = 1_000_000

logger = logging.getLogger(__name__)


class IssuerKeys:
    """The keys of one issuer, as one function instance knows them."""

    def __init__(
        self, issuer: str, *, jwks_url: str | None = None, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`jwks_url` None: the issuer's own discovery document says where its keys are."""
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._now_s = now_s
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at_s = float("-inf")
        self._fetch_from_s = float("-inf")

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of that name, None where the issuer has none. A fetch at most once in `REFETCH_S`.

        Raises `UnavailableError` where there are no keys to look in, and none can be had.
        """
        age_s = self._now_s() - self._fetched_at_s
        if (age_s > LIFETIME_S or key_id not in self._keys) and self._now_s() >= self._fetch_from_s:
            self._fetch()
        if self._now_s() - self._fetched_at_s > STALE_S:
            raise UnavailableError("The sign-in service did not answer; try again.", retry_after_ms=RETRY_S * 1_000)
        return self._keys.get(key_id or "")

    def _fetch(self) -> None:
        try:
            published = _read_json(self._jwks_url or self._discover())["keys"]
            keys = dict(filter(None, map(_signing_key, published)))
        except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
            logger.warning("the issuer's keys could not be fetched", extra={"issuer": self._issuer}, exc_info=True)
            self._fetch_from_s = self._now_s() + RETRY_S
            return
        self._keys = keys
        self._fetched_at_s = self._now_s()
        self._fetch_from_s = self._now_s() + REFETCH_S

    def _discover(self) -> str:
        """Where the keys are, by OpenID Connect Discovery: asked once, and again only while it fails."""
        document = _read_json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._issuer:
            raise ValueError("the discovery document is another issuer's")
        self._jwks_url = str(document["jwks_uri"])
        return self._jwks_url


def _read_json(url: str) -> Any:  # noqa: ANN401 - JSON of somebody else's
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ValueError(f"not an address of keys: {url}")
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the scheme was looked at
        return json.loads(answer.read(MAX_DOCUMENT_BYTES))


def _signing_key(published: dict[str, Any]) -> tuple[str, jwt.PyJWK] | None:
    """A key with its name; None for one without, for another use, or of a kind that is not known."""
    if published.get("use", "sig") != "sig" or not published.get("kid"):
        return None
    try:
        return str(published["kid"]), jwt.PyJWK(published)
    except jwt.PyJWTError:
        return None
