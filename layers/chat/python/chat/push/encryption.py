"""Web Push on the wire: what only the subscriber's browser can read (RFC 8291), and who sends it (RFC 8292, VAPID).

Each message has a key pair and a salt of its own. One record of `aes128gcm` (RFC 8188) holds it whole: push services
take 4,096 bytes. The sender's key pair is made from the stage's secret, so there is nothing to keep, and it is the same
for as long as that is: subscriptions are bound to it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chat.errors import InvalidFieldError

MAX_BODY_BYTES = 4_096
RECORD_BYTES = 4_096
MAX_PAYLOAD_BYTES = MAX_BODY_BYTES - 86 - 16 - 1
"""What is left for the payload behind the header, before the tag and the mark of its end."""

AUTH_BYTES = 16
TOKEN_S = 12 * 3_600
"""How long a sender's token is good; push services take 24 h at most."""
RENEW_S = 3_600

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encode(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The other way. Raises ValueError."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def check_keys(p256dh: str, auth: str) -> None:
    """Raises `InvalidFieldError` for what no browser gives out."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decode(p256dh))
        if len(decode(auth)) != AUTH_BYTES:
            raise ValueError("16 bytes")  # noqa: TRY301  # told like what the decoder finds
    except ValueError as error:
        raise InvalidFieldError("`keys` has `p256dh` and `auth` as the browser's subscription has them.") from error


def encrypt(
    payload: bytes,
    p256dh: str,
    auth: str,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push message for the browser with these keys.

    `sender` and `salt` are this message's own, None for new ones. Raises ValueError for a payload above
    `MAX_PAYLOAD_BYTES`, and for keys that are none.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a push message has at most {MAX_PAYLOAD_BYTES} bytes")
    sender, salt = sender or ec.generate_private_key(_CURVE), salt or os.urandom(16)
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decode(p256dh))
    receiver_point, sender_point = _point(receiver), _point(sender.public_key())
    shared = _hkdf(
        decode(auth), sender.exchange(ec.ECDH(), receiver), b"WebPush: info\0" + receiver_point + sender_point, 32
    )
    key = _hkdf(salt, shared, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, shared, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4) + bytes([len(sender_point)]) + sender_point
    return header + AESGCM(key).encrypt(nonce, payload + b"\2", None)


@dataclass
class Vapid:
    """The stage as a sender of push messages."""

    key: ec.EllipticCurvePrivateKey
    contact: str | None = None
    """`mailto:` or `https:` of whoever push services may turn to; None for nobody."""
    _tokens: dict[str, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def made_from(cls, master: str, contact: str | None) -> Vapid:
        """The sender of the stage whose secret this is."""
        number = int.from_bytes(hmac.digest(master.encode(), b"push/vapid", hashlib.sha512))
        return cls(ec.derive_private_key(number % (_ORDER - 1) + 1, _CURVE), contact)

    @property
    def public_key(self) -> str:
        """What browsers subscribe with (`applicationServerKey`)."""
        return encode(_point(self.key.public_key()))

    def authorization(self, endpoint: str, now_s: int) -> str:
        """The header that says who sends this."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        renewed_s, token = self._tokens.get(audience, (now_s, ""))
        if not token or now_s > renewed_s:
            claims: dict[str, object] = {"aud": audience, "exp": now_s + TOKEN_S}
            token = jwt.encode(claims | ({"sub": self.contact} if self.contact else {}), self.key, algorithm="ES256")
            self._tokens[audience] = (now_s + TOKEN_S - RENEW_S, token)
        return f"vapid t={token}, k={self.public_key}"


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, up to one block."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\1", hashlib.sha256)[:length]
