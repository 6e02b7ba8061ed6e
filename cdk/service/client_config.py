"""What the page asks first."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.websocket import WebSocket
from cdk.service.identity import Identity
from cdk.service.partitions import COLOUR, only
from cdk.stacks.data import DataStack


def add_client_config(
    platform: Platform, *, data: DataStack, websocket: WebSocket, http: HttpApi, identity: Identity
) -> None:
    """`/api/config`: where sockets are opened, where else the stage may be asked, and how users sign in."""
    others = platform.config.addresses
    config = platform.function(
        "Config",
        "ops.config",
        platform.settings(
            connections_table=data.connections.table_name,
            websocket_url=websocket.url,
            oidc_issuer=identity.issuer.issuer if identity.issuer else None,
            oidc_audience=identity.issuer.audience if identity.issuer else None,
            wallet_chains=identity.wallet_chains,
            addresses=",".join(others.asked) if others else None,
            measured_percent=str(platform.config.measured_percent),
        ),
        timeout_s=5,
    )
    config.allow([data.connections.table_arn], "dynamodb:GetItem", conditions=only(COLOUR))
    http.add("GET", "/api/config", config)
