"""From a signed message (EIP-4361) to a session."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.addresses import parameter_arn, site_url_parameter
from cdk.service.identity import Identity
from cdk.service.partitions import NONCES, only
from cdk.stacks.data import DataStack


def add_wallets(platform: Platform, *, data: DataStack, http: HttpApi, identity: Identity) -> None:
    """`/api/wallet/nonces` and `/api/wallet/sessions`, where wallets may sign in."""
    secret, connections = data.session_secret, data.connections
    if not (secret and identity.wallet_chains):
        return
    nonces = platform.function(
        "WalletNonces",
        "connect.wallet_nonces",
        platform.settings(connections_table=connections.table_name),
        timeout_s=5,
    )
    nonces.allow([connections.table_arn], "dynamodb:PutItem", conditions=only(NONCES))
    http.add("POST", "/api/wallet/nonces", nonces)

    parameter = site_url_parameter(platform.config)
    sessions = platform.function(
        "WalletSessions",
        "connect.wallet_sessions",
        platform.settings(
            connections_table=connections.table_name,
            session_secret_arn=secret.secret_arn,
            wallet_chains=identity.wallet_chains,
            site_url_parameter=parameter,
        ),
        timeout_s=10,
        layers=("identity", "wallet"),
    )
    sessions.allow([connections.table_arn], "dynamodb:DeleteItem", conditions=only(NONCES))
    sessions.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
    sessions.allow([parameter_arn(platform.stack, parameter)], "ssm:GetParameter")
    http.add("POST", "/api/wallet/sessions", sessions)
