"""Sign-In with Ethereum messages (EIP-4361), read strictly: what the grammar does not allow is none. Pure.

Says what a message states, not whether it is true: that is `chat.wallets`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

MAX_CHARS = 4_000

_URI_CHARS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_MESSAGE = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*)://)?"
    r"(?P<domain>[A-Za-z0-9\-._~\[\]:@%!$&'()*+,;=]+)"
    r" wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n"
    r"\n"
    r"(?:(?P<statement>[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+)\n)?"
    r"\n"
    rf"URI: (?P<uri>[A-Za-z][A-Za-z0-9+\-.]*:{_URI_CHARS}+)\n"
    r"Version: (?P<version>1)\n"
    r"Chain ID: (?P<chain>[0-9]{1,20})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,128})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expires_at>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    r"(?:\nRequest ID: (?P<request>[A-Za-z0-9\-._~!$&'()*+,;=:@%]*))?"
    rf"(?:\nResources:(?:\n- [A-Za-z][A-Za-z0-9+\-.]*:{_URI_CHARS}+)*)?",
    re.ASCII,
)


class SiweError(Exception):
    """A text that is no message of EIP-4361. The words are for whoever sent it."""


@dataclass(frozen=True)
class SiweMessage:
    """What a message states. Times are in ms since 1970, None where it has none."""

    scheme: str | None
    domain: str
    address: str
    """As it is written, with whatever capitals."""
    uri: str
    chain: int
    nonce: str
    issued_at_ms: int
    expires_at_ms: int | None
    not_before_ms: int | None


def parse(text: str) -> SiweMessage:
    """Raises `SiweError` for what is not one message of version 1, to the letter."""
    found = _MESSAGE.fullmatch(text) if len(text) <= MAX_CHARS else None
    if found is None:
        raise SiweError("This is not a message of EIP-4361, version 1.")
    issued_at_ms = _time(found["issued_at"])
    if issued_at_ms is None:
        raise SiweError("The message was issued at no time.")
    return SiweMessage(
        scheme=found["scheme"],
        domain=found["domain"],
        address=found["address"],
        uri=found["uri"],
        chain=int(found["chain"]),
        nonce=found["nonce"],
        issued_at_ms=issued_at_ms,
        expires_at_ms=_time(found["expires_at"]),
        not_before_ms=_time(found["not_before"]),
    )


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    # Wallets write up to nanoseconds; the calendar knows microseconds.
    plain = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        return int(datetime.fromisoformat(plain).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise SiweError(f"{text} is no time.") from error
