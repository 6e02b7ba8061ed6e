"""From a name (built-in issuer only) or an issuer's token to a ticket for one socket."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.websocket import WebSocket
from cdk.service.identity import Identity
from cdk.service.partitions import COLOUR, TICKETS, only
from cdk.stacks.data import DataStack


def add_sign_in(
    platform: Platform, *, data: DataStack, websocket: WebSocket, http: HttpApi, identity: Identity
) -> None:
    """`/api/sessions` where the stage signs users in itself, and `/api/tickets`."""
    secret, connections = data.session_secret, data.connections
    if secret and not identity.issuer:
        sessions = platform.function(
            "Sessions",
            "connect.sessions",
            platform.settings(session_secret_arn=secret.secret_arn),
            timeout_s=10,
            layers=("identity",),
        )
        sessions.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
        http.add("POST", "/api/sessions", sessions)

    tickets = platform.function(
        "Tickets",
        "connect.tickets",
        platform.settings(connections_table=connections.table_name, websocket_url=websocket.url, **identity.settings),
        timeout_s=10,
        layers=("identity",),
    )
    tickets.allow([connections.table_arn], "dynamodb:PutItem", conditions=only(TICKETS))
    tickets.allow([connections.table_arn], "dynamodb:GetItem", conditions=only(COLOUR))
    identity.allow(tickets)
    http.add("POST", "/api/tickets", tickets)
