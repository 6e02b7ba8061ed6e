"""Puts wallet sign-in together for one function instance. Apart from `wiring`, whose users lack its libraries."""

from __future__ import annotations

from functools import cache

from chat.aws import secrets, wiring
from chat.aws.parameters import read_parameter
from chat.errors import SignInUnavailableError
from chat.wallets import WalletDoor


@cache
def wallet_door() -> WalletDoor:
    """What this stage lets wallets in with. Raises `SignInUnavailableError` where it lets none in."""
    issuer = secrets.wallet_issuer()
    if issuer is None:
        raise SignInUnavailableError("This stage does not sign wallets in.")
    return WalletDoor(
        origin=read_parameter(wiring.client(), wiring.settings().need("site_url_parameter")).rstrip("/"),
        chains=frozenset(int(chain) for chain in wiring.settings().need("wallet_chains").split(",")),
        nonces=wiring.nonces(),
        issuer=issuer,
        clock=wiring.clock(),
    )
