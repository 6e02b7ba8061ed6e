"""A browser's side of Web Push, written from the RFCs: it has the private key, and reads what only it can."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chat.push.encryption import encode


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


@dataclass
class Browser:
    """One browser's subscription."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def keys(self) -> dict[str, str]:
        """As `toJSON()` of its subscription has them."""
        return {"p256dh": encode(point(self.key.public_key())), "auth": encode(self.auth)}

    def read(self, body: bytes) -> bytes:
        """Decrypts one message (RFC 8188, RFC 8291). Raises for one that is not for this browser."""
        salt, record_bytes, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender_point, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= record_bytes
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender_point)
        info = b"WebPush: info\0" + point(self.key.public_key()) + sender_point
        shared = derive(self.key.exchange(ec.ECDH(), sender), self.auth, info, 32)
        key = derive(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derive(shared, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        text, mark, _ = padded.rpartition(b"\2")
        assert mark
        return text
