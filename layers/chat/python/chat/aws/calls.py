"""What is asked of AWS over HTTP, how far that has come, and what came back: values that know no libcurl."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from chat.aws.credentials import Credentials

TIMEOUT_MS = 5_000
"""What one try of a call may take unless its request says otherwise."""

_TRANSIENT = frozenset({0, 429, 500, 502, 503, 504})
_REFUSED = frozenset({400, 403})

_BUSY = (b"Throttl", b"TransactionConflictException")
"""Refusals with status 400 that end by themselves; the last one is of a write whose item a transaction is at."""

_EXPIRED = (b"ExpiredToken", b"token included in the request is expired")
"""How services say that a session is over: their error's code and, where it stands in a header, its message."""


@dataclass(frozen=True)
class Request:
    """One call. `service` is its name in the signature; `headers` are signed, too.

    libcurl hashes the body for the signature unless `headers` give its hash as `X-Amz-Content-Sha256`.
    """

    service: str
    url: str
    body: bytes | None = None
    method: str = "POST"
    headers: tuple[str, ...] = ()
    timeout_ms: int = TIMEOUT_MS


class Response(msgspec.Struct, frozen=True, gc=False):
    """`status` is 0 when there was no answer; `error` then says why, in words for the log."""

    status: int
    body: bytes = b""
    error: str = ""
    elapsed_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """The call was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own range

    @property
    def transient(self) -> bool:
        """The same call may succeed later."""
        return self.status in _TRANSIENT or (
            self.status == 400 and any(words in self.body for words in _BUSY)  # noqa: PLR2004 - AWS' own
        )

    @property
    def expired(self) -> bool:
        """The credentials were good once: new ones are needed, and the same call may succeed with them."""
        return self.status in _REFUSED and any(words in self.body for words in _EXPIRED)


@dataclass(slots=True, eq=False)
class Call:
    """A request for one of the places where it goes, and what has been tried so far."""

    at: int
    """Its place among the answers."""
    request: Request
    url: str
    credentials: Credentials | None = None
    """What the last try was signed with."""
    tries: int = 0
    renewed: bool = False
    """Whether it was tried again because of expired credentials: that is done once, and is none of its retries."""
    stale: bool = False
    """Whether the last try ended with a kept connection that turned out to be closed."""
    resent: bool = False
    """As `renewed`, because of such a connection."""
    fresh: bool = False
    """Whether the next try must not share a connection with anything before it."""

    @property
    def retries(self) -> int:
        """How many tries have failed for reasons that were not ours to mend, but for the first one's."""
        return self.tries - 1 - self.renewed - self.resent
