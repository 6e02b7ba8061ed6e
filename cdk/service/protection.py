"""What limits users and checks texts: settings of whoever posts messages, and the operator's moderation hook."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk.config import StageConfig
from cdk.constructs.function import ChatFunction
from cdk.constructs.permissions import acknowledge


class Protection:
    """The stage's limits and its hook. An HTTP hook gets a secret that requests to it are signed with."""

    def __init__(self, stack: cdk.Stack, *, config: StageConfig) -> None:
        self._config = config
        hook = config.moderation
        self._secret = (
            signing_secret(stack, "ModerationSecret", "the moderation hook") if hook and not hook.function else None
        )

    @property
    def user_limit(self) -> dict[str, str | None]:
        """What limiting users needs."""
        limit = self._config.user_limit
        return {"user_rate_per_s": str(limit.rate), "user_burst": str(limit.burst)}

    @property
    def settings(self) -> dict[str, str | None]:
        """What applying both needs."""
        hook, secret = self._config.moderation, self._secret
        return {
            **self.user_limit,
            "blocked_words": " ".join(self._config.blocked_words) or None,
            "moderation_hook": hook.target if hook else None,
            "moderation_deadline_ms": str(hook.deadline_ms) if hook else None,
            "moderation_failure": hook.failure if hook else None,
            "moderation_secret_arn": secret.secret_arn if secret else None,
        }

    def allow_hook(self, function: ChatFunction) -> None:
        """Lets `function` ask the hook, whichever it is."""
        hook = self._config.moderation
        if hook and hook.function:
            function.allow([hook.target], "lambda:InvokeFunction")
        if self._secret:
            function.allow([self._secret.secret_arn], "secretsmanager:GetSecretValue")


def signing_secret(stack: cdk.Stack, construct_id: str, hook: str) -> secretsmanager.Secret:
    """For requests to an HTTP hook; whoever runs it is given it, by the stack's output."""
    secret = secretsmanager.Secret(
        stack,
        construct_id,
        description=f"Signs requests to {hook}",
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
    )
    acknowledge(secret, "SMG4", "The hook must be given a new key at the same moment, which only its owner can do.")
    cdk.CfnOutput(stack, f"{construct_id}Arn", value=secret.secret_arn)
    return secret
