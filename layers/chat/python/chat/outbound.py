"""Requests to addresses that somebody else has given: webhooks' endpoints and push services. A port and its values."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from chat.errors import InvalidFieldError

MAX_URL_CHARS = 2_000

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses with an IPv4 one in them (RFC 6052)."""


@dataclass(frozen=True)
class OutboundRequest:
    """A POST of `body`; `headers` beside those that HTTP needs."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class OutboundAnswer:
    """`status` is 0 where there was none; `error` then says why, in words for operators."""

    status: int
    error: str = ""

    @property
    def ok(self) -> bool:
        """It was taken."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own range

    @property
    def words(self) -> str:
        """What happened, for people."""
        return self.error or f"status {self.status}"


class Outbound(Protocol):
    """The world outside of AWS."""

    def post(self, requests: Sequence[OutboundRequest]) -> list[OutboundAnswer]:
        """Sends all of them at the same time, each once; the answers in their order. Never raises.

        Follows no redirect, and reaches no address of a private network unless the stage allows it.
        """


def check_url(field: str, url: str, *, private: bool) -> None:
    """Refuses what can't be an address outside: `https://`, a host that may be public, no user in it.

    `private` allows this machine's own, and HTTP, in stage local. What a name stands for is looked at when it is sent
    to, since that can change. Raises `InvalidFieldError`.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidFieldError(f"`{field}` is a URL.") from error
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise InvalidFieldError(f"`{field}` begins with https://.")
    if not host or parts.username is not None or parts.fragment or len(url) > MAX_URL_CHARS or not _printable(url):
        raise InvalidFieldError(f"`{field}` is a host and a path without a user, at most {MAX_URL_CHARS:,} signs.")
    if not private and (host == "localhost" or host.endswith((".localhost", ".internal", ".local")) or _literal(host)):
        raise InvalidFieldError(f"`{field}` names a host that can be reached from anywhere.")


def is_public(address: str) -> bool:
    """Whether an IP address can be reached from anywhere: not this machine's, a private network's or AWS's own."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    # What a NAT64 gateway would translate to an address that may be anybody's is refused altogether.
    translated = found.version == TRANSLATED.version and found in TRANSLATED
    return bool(inner.is_global and found.is_global and not inner.is_multicast and not translated)


def _literal(host: str) -> bool:
    """Whether the host is an address, not a name, and none that is public."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_public(host)


def _printable(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url
