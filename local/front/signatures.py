"""Signed cookies and signed addresses, as CloudFront looks at them before anything else. Pure.

Format: Amazon CloudFront Developer Guide, "Serve private content with signed URLs and signed cookies". An address that
is signed counts alone, whatever cookies come with it.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "CloudFront-"
FIELDS = ("Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
HASHES: dict[str, type[hashes.HashAlgorithm]] = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_STANDARD = str.maketrans("-_~", "+=/")


class DeniedError(Exception):
    """Why a request is answered with 403: CloudFront's code, and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Viewer:
    """Who asks, for what, and when."""

    url: str
    """As the viewer has it, with all that is in its query."""
    cookies: Mapping[str, str]
    address: str
    now_s: int


def check(viewer: Viewer, keys: Mapping[str, str]) -> None:
    """Raises `DeniedError` unless one of `keys` (public keys as PEM, by id) has signed for this address, for now."""
    url, fields = _split(viewer.url)
    if not fields:
        fields = {name: viewer.cookies[COOKIE + name] for name in FIELDS if COOKIE + name in viewer.cookies}
    if "Key-Pair-Id" not in fields:
        raise DeniedError("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")
    if fields["Key-Pair-Id"] not in keys:
        raise DeniedError("InvalidKey", "Unknown Key")
    policy = _policy(url, fields)
    if not _is_signed(policy, fields, keys[fields["Key-Pair-Id"]]) or not _covers(policy, url, viewer):
        raise DeniedError("AccessDenied", "Access denied")


def _split(url: str) -> tuple[str, dict[str, str]]:
    """The address without what is CloudFront's in its query, and that."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in pairs if name not in FIELDS])
    return urlunsplit(parts._replace(query=rest)), {name: value for name, value in pairs if name in FIELDS}


def _policy(url: str, fields: Mapping[str, str]) -> bytes:
    """What was signed: a policy that came along, or the one that an end alone stands for."""
    if "Policy" in fields:
        return _decode(fields["Policy"])
    if not fields.get("Expires", "").isdecimal():
        raise DeniedError("MissingPolicy", "Missing Policy query parameter or cookie value")
    condition = {"DateLessThan": {"AWS:EpochTime": int(fields["Expires"])}}
    return json.dumps({"Statement": [{"Resource": url, "Condition": condition}]}, separators=(",", ":")).encode()


def _is_signed(policy: bytes, fields: Mapping[str, str], pem: str) -> bool:
    signature = _decode(fields.get("Signature", ""))
    chosen = HASHES.get(fields.get("Hash-Algorithm", "SHA1"))
    if chosen is None:
        return False
    key = load_pem_public_key(pem.encode())
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, policy, ec.ECDSA(chosen()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, policy, padding.PKCS1v15(), chosen())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _covers(policy: bytes, url: str, viewer: Viewer) -> bool:
    try:
        (statement,) = json.loads(policy)["Statement"]
        condition: dict[str, dict[str, Any]] = statement["Condition"]
        ends_s = condition["DateLessThan"]["AWS:EpochTime"]
        begins_s = condition.get("DateGreaterThan", {}).get("AWS:EpochTime", viewer.now_s - 1)
        network = ipaddress.ip_network(condition.get("IpAddress", {}).get("AWS:SourceIp", "0.0.0.0/0"), strict=False)
        resource = _pattern(statement.get("Resource", "*"))
        return (
            begins_s < viewer.now_s < ends_s
            and (network.prefixlen == 0 or ipaddress.ip_address(viewer.address) in network)
            and resource.fullmatch(url) is not None
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _pattern(resource: str) -> re.Pattern[str]:
    """`*` is any number of characters, `?` is one."""
    return re.compile(re.escape(resource).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DeniedError("AccessDenied", "Access denied") from error
