"""Where others find the service: outputs for people and tools, parameters for other stacks' code."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_bucket import DISCARDED
from cdk.constructs.websocket import WebSocket

HOPS_A_PARAMETER = 8
"""Of the queues of dead letters. A parameter takes 4 KB, and a queue needs up to 400 bytes."""


def publish_addresses(
    stack: cdk.Stack,
    *,
    config: StageConfig,
    websocket: WebSocket,
    http: HttpApi,
    bucket: s3.IBucket,
    alarms: AlarmTopic,
) -> None:
    """Of the APIs, of all queues of dead letters made so far, and of where discarded ones go."""
    http_url = http.api.api_endpoint
    cdk.CfnOutput(stack, "WebSocketApiId", value=websocket.api.api_id)
    cdk.CfnOutput(stack, "WebSocketUrl", value=websocket.url)
    cdk.CfnOutput(stack, "HttpApiId", value=http.api.api_id)
    cdk.CfnOutput(stack, "HttpApiUrl", value=http_url)
    addresses = {
        "websocket-url": websocket.url,
        "http-api-url": http_url,
        "discarded-letters": f"s3://{bucket.bucket_name}/{DISCARDED}",
    }
    for name, url in addresses.items():
        ssm.StringParameter(stack, f"{name}-parameter", parameter_name=f"/chat/{config.name}/{name}", string_value=url)
    publish_dead_letters(stack, alarms=alarms)


def publish_dead_letters(stack: cdk.Stack, *, alarms: AlarmTopic, part: str = "") -> None:
    """Where the queues of dead letters are that the stack has made so far; `part` tells it from the stage's others."""
    hops = alarms.dead_letters
    for number, at in enumerate(range(0, len(hops), HOPS_A_PARAMETER), start=1):
        ssm.StringParameter(
            stack,
            f"dead-letters-{number}-parameter",
            parameter_name=f"/chat/{alarms.stage}/dead-letters/{part}{number}",
            string_value=stack.to_json_string(hops[at : at + HOPS_A_PARAMETER]),
        )


def site_url_parameter(config: StageConfig) -> str:
    """Where the address of the page is kept: a function reads it, because the page is deployed last."""
    return f"/chat/{config.name}/site-url"


def distribution_parameter(config: StageConfig) -> str:
    """As `site_url_parameter`, of the id of the distribution: whoever deletes an image asks it to forget it."""
    return f"/chat/{config.name}/distribution-id"


def parameter_arn(stack: cdk.Stack, name: str) -> str:
    """The parameter `name`, for a function's permissions."""
    return stack.format_arn(service="ssm", resource="parameter", resource_name=name.removeprefix("/"))
