"""How long logs are kept, and what the access logs of an API say."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.permissions import acknowledge

_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}

HTTP_FIELDS = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "responseBytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}
WEBSOCKET_FIELDS = {
    "requestId": "$context.requestId",
    "connectionId": "$context.connectionId",
    "ip": "$context.identity.sourceIp",
    "time": "$context.requestTime",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "status": "$context.status",
    "error": "$context.error.message",
    "authorizerError": "$context.authorizer.error",
    "integrationStatus": "$context.integration.status",
    "integrationLatencyMs": "$context.integration.latency",
    "integrationError": "$context.integration.error",
}
"""No query string among them: it carries the ticket."""


def log_retention(config: StageConfig) -> logs.RetentionDays:
    """The stage's retention as CDK names it."""
    return _RETENTION[config.log_retention_days]


def allow_websocket_logs(scope: Construct, construct_id: str) -> apigateway.CfnAccount:
    """Lets API Gateway write logs of WebSocket APIs: one role for the account and Region, which no deletion takes away.

    Whatever role was set there before did the same, so that replacing it changes nothing for other APIs.
    """
    role = iam.Role(
        scope,
        f"{construct_id}Role",
        assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
        ],
    )
    role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    acknowledge(role, f"IAM4[Policy::{policy}]", "The role is the whole account's, and this is the policy made for it.")
    account = apigateway.CfnAccount(scope, f"{construct_id}Account", cloud_watch_role_arn=role.role_arn)
    account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    return account


@jsii.implements(apigatewayv2.IAccessLogSettings)
class AccessLog:
    """Access log of an API's stage in a log group of its own, one JSON object a request."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, fields: dict[str, str]) -> None:
        self._group = logs.LogGroup(
            scope, construct_id, retention=log_retention(config), removal_policy=cdk.RemovalPolicy.DESTROY
        )
        self._fields = fields

    @property
    def destination(self) -> Any:  # noqa: ANN401  # jsii declares none
        """The log group."""
        return apigatewayv2.LogGroupLogDestination(self._group)

    @property
    def format(self) -> apigateway.AccessLogFormat:
        """One line of JSON."""
        return apigateway.AccessLogFormat.custom(json.dumps(self._fields))
