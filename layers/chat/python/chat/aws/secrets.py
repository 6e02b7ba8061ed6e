"""Secrets Manager, and the verifier of tokens that a stage's settings ask for."""

from __future__ import annotations

from functools import cache

import orjson

from chat.aws import wiring
from chat.aws.client import AwsClient, Request
from chat.errors import UnavailableError
from chat.settings import Settings
from chat.tokens import BuiltInIssuer, OpenIdConnectVerifier, TokenVerifier


def read_secret(client: AwsClient, arn: str) -> str:
    """The secret's current string. Raises `UnavailableError`."""
    answer = client.call(
        Request(
            service="secretsmanager",
            url=client.url("secretsmanager"),
            body=orjson.dumps({"SecretId": arn}),
            headers=("Content-Type: application/x-amz-json-1.1", "X-Amz-Target: secretsmanager.GetSecretValue"),
        )
    )
    if not answer.ok:
        raise UnavailableError("Sign-in is not available right now; try again.", retry_after_ms=1_000)
    return str(orjson.loads(answer.body)["SecretString"])


@cache
def built_in_issuer() -> BuiltInIssuer | None:
    """The built-in issuer of this stage, None where it has none."""
    arn = wiring.settings().session_secret_arn
    return BuiltInIssuer(read_secret(wiring.client(), arn)) if arn else None


@cache
def verifier() -> TokenVerifier:
    """What this stage verifies bearer tokens with."""
    return built_in_issuer() or _openid_connect(wiring.settings())


def _openid_connect(settings: Settings) -> OpenIdConnectVerifier:
    return OpenIdConnectVerifier(settings.need("oidc_issuer"), settings.need("oidc_audience"))
