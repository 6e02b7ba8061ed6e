"""Where bearer tokens come from: a fixed one, a function that gets one, or sign-in by name."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from agent_chat.addresses import Addresses
from agent_chat.http import NamedSession

TokenProvider = Callable[[], str | Awaitable[str]]
"""Returns a token that is good now; called whenever one is needed, and again at once when the stage refused it."""

EARLY_S = 60
"""A session is renewed this long before its end."""


class TokenSource(Protocol):
    """What a client asks for its token."""

    async def token(self, *, renew: bool) -> str:
        """A token; `renew` says that the last one was refused."""


class ProvidedToken:
    """A token of the caller's."""

    def __init__(self, provider: str | TokenProvider) -> None:
        self._provider = provider

    async def token(self, *, renew: bool) -> str:
        """See `TokenSource`. A fixed token can't be renewed: the stage's refusal is then the last word."""
        del renew
        if isinstance(self._provider, str):
            return self._provider
        provided = self._provider()
        return await provided if inspect.isawaitable(provided) else provided


class NamedSignIn:
    """Sessions of the built-in issuer of local and dev stages, renewed before they end."""

    def __init__(self, addresses: Addresses, name: str) -> None:
        self._addresses = addresses
        self._name = name
        self._session: NamedSession | None = None

    async def token(self, *, renew: bool) -> str:
        """See `TokenSource`."""
        if renew or self._session is None or self._session.expires_at_ms / 1000 - EARLY_S < time.time():
            self._session = await self._addresses.api.sign_in(self._name)
        return self._session.token


def token_source(addresses: Addresses, token: str | TokenProvider | None, name: str | None) -> TokenSource:
    """The source of exactly one of both. Raises ValueError otherwise."""
    if token is not None and name is None:
        return ProvidedToken(token)
    if name is not None and token is None:
        return NamedSignIn(addresses, name)
    raise ValueError("Give either a token or a name to sign in with.")
