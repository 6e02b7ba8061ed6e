"""Access to the media of a room: a policy of CloudFront's that is signed for who is in the room, for five minutes.

One policy covers a room, with `https://SITE/media/ROOM/*`; so it is the same for all sizes and types of all images
there, and opens no other room. The site's own page has it as cookies below the room's path, and so keeps addresses that
its cache knows. Everybody else adds `query` to an address. CloudFront leaves both out of what it caches under.

Format: Amazon CloudFront Developer Guide, "Set signed cookies using a custom policy". Knows neither who asks nor AWS.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

LIFE_S = 300
"""How long access lasts, and so how long somebody who was put out of a room still sees its images."""

HASH = "SHA256"
"""What CloudFront is told of the signature: without a word it expects SHA-1."""

_URL_SAFE = bytes.maketrans(b"+=/", b"-_~")


class MediaAccess(msgspec.Struct, frozen=True):
    """What a member of a room is given. `query` belongs behind the `?` of any address below `path`."""

    room: str
    path: str
    query: str
    expires_at_ms: int


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Who signs for one site: the origin of its page, and a key pair that its distribution trusts."""

    site: str
    key_pair_id: str
    sign: Callable[[bytes], bytes]

    def grant(self, room: str, now_ms: int) -> MediaAccess:
        """Access to a room, for who is known to be in it."""
        path = f"/media/{room}/"
        expires_s = now_ms // 1000 + LIFE_S
        policy = policy_of(f"{self.site}{path}*", expires_s)
        fields = {
            "Policy": encode(policy),
            "Signature": encode(self.sign(policy)),
            "Key-Pair-Id": self.key_pair_id,
            "Hash-Algorithm": HASH,
        }
        return MediaAccess(room, path, urlencode(fields, safe="~"), expires_s * 1000)

    def cookies(self, access: MediaAccess) -> list[str]:
        """The same as `Set-Cookie` has it. Scripts can't read them, and no other site's page can have them sent."""
        secure = "; Secure" if self.site.startswith("https:") else ""
        attributes = f"Path={access.path}; Max-Age={LIFE_S}; HttpOnly; SameSite=Strict{secure}"
        fields = (field.partition("=") for field in access.query.split("&"))
        return [f"CloudFront-{name}={value}; {attributes}" for name, _, value in fields]


def policy_of(resource: str, expires_s: int) -> bytes:
    """The policy as it is signed and told: JSON without white space."""
    condition = {"DateLessThan": {"AWS:EpochTime": expires_s}}
    return msgspec.json.encode({"Statement": [{"Resource": resource, "Condition": condition}]})


def encode(data: bytes) -> str:
    """Base64 as CloudFront takes it in addresses and cookies."""
    return base64.b64encode(data).translate(_URL_SAFE).decode()
