"""Sign-in with an Ethereum wallet: a nonce, the message that the wallet signed with it, a session (EIP-4361).

The wallet shows its owner for which site they sign. So the site's own origin is compared with what the message says,
never with what a request says: a page elsewhere that passes a message on has another domain in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chat import ethereum, siwe
from chat.errors import InvalidFieldError, SignInRefusedError
from chat.ports import Clock, Principal
from chat.siwe import SiweMessage
from chat.storage.nonces import LIFETIME_MS, NonceOffice
from chat.tokens import WALLET_USERS, Session, WalletIssuer

CLOCK_LEEWAY_MS = 60_000
"""A wallet's clock may be off by this much."""


@dataclass(frozen=True, kw_only=True)
class WalletDoor:
    """What a stage lets wallets in with."""

    origin: str
    """The page's: `https://chat.example.com`, without a path."""
    chains: frozenset[int]
    nonces: NonceOffice
    issuer: WalletIssuer
    clock: Clock

    def sign_in(self, text: str, signature: str) -> Session:
        """A session of the wallet's owner. Uses the nonce up, once everything else was found right.

        Raises `InvalidFieldError` for what is no EIP-4361 message, `SignInRefusedError` for one that is not for here or
        now, signed by another key, or used already. One write unit.
        """
        message = _parsed(text)
        self._require_here(message)
        self._require_now(message)
        try:
            signer = ethereum.recover_address(text, signature)
        except ethereum.SignatureError as error:
            raise SignInRefusedError("The signature is none.") from error
        if signer != message.address:
            raise SignInRefusedError("The signature is not that of the message's account.")
        now_ms = self.clock.now_ms()
        if not self.nonces.redeem(message.nonce, now_ms):
            raise SignInRefusedError("The nonce is unknown, used or expired: sign a new message.")
        return self.issuer.sign_in(principal_of(message.address), now_ms)

    def _require_here(self, message: SiweMessage) -> None:
        own = urlsplit(self.origin)
        if message.domain != own.netloc or message.scheme not in {None, own.scheme}:
            raise SignInRefusedError("The message is for another site.")
        try:
            named = urlsplit(message.uri)
        except ValueError as error:
            raise SignInRefusedError("The message is for another site.") from error
        if (named.scheme, named.netloc) != (own.scheme, own.netloc):
            raise SignInRefusedError("The message is for another site.")
        if message.chain not in self.chains:
            raise SignInRefusedError("The message is for another chain.")

    def _require_now(self, message: SiweMessage) -> None:
        now_ms = self.clock.now_ms()
        if not now_ms - LIFETIME_MS - CLOCK_LEEWAY_MS <= message.issued_at_ms <= now_ms + CLOCK_LEEWAY_MS:
            raise SignInRefusedError("The message was not issued within the last minutes.")
        if message.expires_at_ms is not None and message.expires_at_ms <= now_ms:
            raise SignInRefusedError("The message has expired.")
        if message.not_before_ms is not None and message.not_before_ms > now_ms:
            raise SignInRefusedError("The message is not valid yet.")


def principal_of(address: str) -> Principal:
    """The account's user: the same on every chain. Shown by the ends of its address."""
    return Principal(user=WALLET_USERS + address.lower(), name=f"{address[:6]}…{address[-4:]}")


def _parsed(text: str) -> SiweMessage:
    try:
        message = siwe.parse(text)
    except siwe.SiweError as error:
        raise InvalidFieldError(str(error)) from error
    if message.address != ethereum.checksummed(message.address):
        raise InvalidFieldError("The message's address lacks the capitals of EIP-55.")
    return message
