"""What requests are signed with, renewed ahead of its end and whenever a service says that it is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

AHEAD_S = 300.0
"""How long before their end credentials are renewed, as AWS' SDKs insist on at the latest."""

PAUSE_S = 10.0
"""Between two attempts to renew credentials that still hold."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """A key pair. `session_token` is empty for long-term keys; `expires_at_s` (since 1970): None where none is said."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires_at_s: float | None = None


class CredentialsError(Exception):
    """There are no credentials to be had where they should come from."""


Source = Callable[[], Credentials]
"""Gives the credentials of the moment, or raises `CredentialsError`."""


@dataclass
class CredentialKeeper:
    """The credentials in force. `source` None: those at hand are all there will be."""

    credentials: Credentials
    source: Source | None = None
    _next_attempt_s: float = field(default=0.0, init=False, repr=False)

    def current(self) -> Credentials:
        """Those to sign with now, asked for anew where they are about to end. Never raises: old ones may still do."""
        ends_at_s = self.credentials.expires_at_s
        if ends_at_s is not None and ends_at_s - time.time() < AHEAD_S and time.monotonic() >= self._next_attempt_s:
            self._next_attempt_s = time.monotonic() + PAUSE_S
            self._renew()
        return self.credentials

    def replaced(self, refused: Credentials) -> bool:
        """Whether there are other ones than `refused`, which a service has called expired. Asks for them if need be."""
        if self.credentials == refused:
            self._renew()
        return self.credentials != refused

    def _renew(self) -> None:
        if self.source is None:
            return
        try:
            self.credentials = self.source()
        except CredentialsError:
            logger.exception("credentials not renewed")
