"""Ethereum's way of signing text with an account's key: Keccak addresses (EIP-55), personal messages (EIP-191).

Accounts with a key of their own only: the signature of a contract's wallet (ERC-1271) can be checked by its chain
alone, which nothing here asks.
"""

from __future__ import annotations

import re

from coincurve import PublicKey
from Crypto.Hash import keccak

_SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1's group (SEC 2)."""

_RECOVERY_IDS = {0: 0, 1: 1, 27: 0, 28: 1}
"""The last byte of a signature: most wallets count from 27, some from 0."""


class SignatureError(Exception):
    """Bytes that are no signature of anything."""


def recover_address(text: str, signature: str) -> str:
    """The checksummed address of the account whose key signed `text` by `personal_sign`.

    `signature` is r, s and v as 65 bytes in hexadecimal behind `0x`. Every such signature that is one belongs to some
    address: comparing it is the check. Raises `SignatureError`, also for the second form (s above half the group's
    order) that anybody can make of a signature (EIP-2).
    """
    if not _SIGNATURE.fullmatch(signature):
        raise SignatureError("not 65 bytes in hexadecimal")
    raw = bytes.fromhex(signature[2:])
    recovery_id = _RECOVERY_IDS.get(raw[64])
    if recovery_id is None or int.from_bytes(raw[32:64], "big") > _ORDER // 2:
        raise SignatureError("not a signature that a wallet makes")
    try:
        key = PublicKey.from_signature_and_message(raw[:64] + bytes([recovery_id]), _digest(text), hasher=None)
    except ValueError as error:
        raise SignatureError(str(error)) from error
    return address_of(key.format(compressed=False))


def address_of(public_key: bytes) -> str:
    """The checksummed address of an uncompressed public key: 65 bytes that begin with 4."""
    return checksummed(_keccak(public_key[1:])[-20:].hex())


def checksummed(address: str) -> str:
    """An address, 40 hexadecimal digits with or without `0x`, in the capitals that EIP-55 gives it."""
    digits = address.removeprefix("0x").lower()
    capital = _keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit  # noqa: PLR2004 - EIP-55's own
        for digit, nibble in zip(digits, capital, strict=False)
    )


def _digest(text: str) -> bytes:
    body = text.encode()
    return _keccak(b"\x19Ethereum Signed Message:\n" + str(len(body)).encode() + body)


def _keccak(body: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=body).digest()
