"""The stage's session secret, and the verifier of tokens that its settings ask for."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.aws.parameters import read_secret
from chat.tokens import (
    BUILT_IN,
    WALLET,
    BuiltInIssuer,
    OpenIdConnectVerifier,
    SeveralIssuers,
    TokenVerifier,
    WalletIssuer,
)


@cache
def session_secret() -> str:
    """What the stage signs its own sessions with."""
    return read_secret(wiring.client(), wiring.settings().need("session_secret_arn"))


@cache
def built_in_issuer() -> BuiltInIssuer | None:
    """The built-in issuer of this stage, None where it has none: where an OpenID Connect issuer signs people in."""
    settings = wiring.settings()
    return BuiltInIssuer(session_secret()) if settings.session_secret_arn and not settings.oidc_issuer else None


@cache
def wallet_issuer() -> WalletIssuer | None:
    """Who gives out the sessions of wallets, None where wallets may not sign in."""
    return WalletIssuer(session_secret()) if wiring.settings().wallet_chains else None


@cache
def verifier() -> TokenVerifier:
    """What this stage verifies bearer tokens with: the tokens of its issuer, and of wallets where they may sign in."""
    wallets = wallet_issuer()
    return SeveralIssuers(dict([_issuer()]) | ({WALLET: wallets} if wallets else {}))


def _issuer() -> tuple[str, TokenVerifier]:
    built_in = built_in_issuer()
    if built_in:
        return BUILT_IN, built_in
    settings = wiring.settings()
    issuer = settings.need("oidc_issuer")
    return issuer, OpenIdConnectVerifier(issuer, settings.need("oidc_audience"))
