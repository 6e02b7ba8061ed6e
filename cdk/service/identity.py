"""Checking a caller's token: what a function must be told for it, and may do."""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secretsmanager

from cdk.config import StageConfig
from cdk.constructs.function import ChatFunction


class Identity:
    """Who signs the stage's users in: the stage itself by `session_secret`, an issuer, or both."""

    def __init__(self, *, config: StageConfig, session_secret: secretsmanager.ISecret | None) -> None:
        self._session_secret = session_secret
        self._operators = ",".join(config.operators) or None
        self.issuer = config.issuer
        self.wallet_chains = ",".join(map(str, config.wallet.chains)) if config.wallet else None
        """As functions are told of them; None where wallets may not sign in."""

    @property
    def settings(self) -> dict[str, str | None]:
        """What checking a token needs."""
        issuer, secret = self.issuer, self._session_secret
        return {
            "oidc_issuer": issuer.issuer if issuer else None,
            "oidc_audience": issuer.audience if issuer else None,
            "session_secret_arn": secret.secret_arn if secret else None,
            "wallet_chains": self.wallet_chains,
        }

    @property
    def operators(self) -> dict[str, str | None]:
        """What knowing operators needs, on top of checking their tokens."""
        return {"operators": self._operators}

    def allow(self, function: ChatFunction) -> None:
        """Lets `function` check tokens. An issuer's keys are public, the stage's own is not."""
        if self._session_secret:
            function.allow([self._session_secret.secret_arn], "secretsmanager:GetSecretValue")
