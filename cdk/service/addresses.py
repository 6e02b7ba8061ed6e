"""Where others find the service: outputs for people and tools, parameters for other stacks' code."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from cdk.config import StageConfig
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_bucket import DISCARDED
from cdk.constructs.media_pipeline import MediaPipeline
from cdk.constructs.websocket import WebSocket


def publish_addresses(
    stack: cdk.Stack,
    *,
    config: StageConfig,
    websocket: WebSocket,
    http: HttpApi,
    media_pipeline: MediaPipeline,
    bucket: s3.IBucket,
) -> None:
    """Of the APIs, of the state machine, and of where operators' discarded letters are kept.

    Queues of dead letters tell theirs themselves: `cdk.constructs.dead_letters`.
    """
    http_url = http.api.api_endpoint
    cdk.CfnOutput(stack, "WebSocketApiId", value=websocket.api.api_id)
    cdk.CfnOutput(stack, "WebSocketUrl", value=websocket.url)
    cdk.CfnOutput(stack, "HttpApiId", value=http.api.api_id)
    cdk.CfnOutput(stack, "HttpApiUrl", value=http_url)
    cdk.CfnOutput(stack, "MediaStateMachineArn", value=media_pipeline.machine.state_machine_arn)
    addresses = {
        "websocket-url": websocket.url,
        "http-api-url": http_url,
        "discarded-letters": f"s3://{bucket.bucket_name}/{DISCARDED}",
    }
    for name, url in addresses.items():
        ssm.StringParameter(stack, f"{name}-parameter", parameter_name=f"/chat/{config.name}/{name}", string_value=url)


def site_url_parameter(config: StageConfig) -> str:
    """Where the address of the page is kept: a function reads it, because the page is deployed last."""
    return f"/chat/{config.name}/site-url"


def distribution_parameter(config: StageConfig) -> str:
    """As `site_url_parameter`, of the id of the distribution: whoever deletes an image asks it to forget it."""
    return f"/chat/{config.name}/distribution-id"


def parameter_arn(stack: cdk.Stack, name: str) -> str:
    """The parameter `name`, for a function's permissions."""
    return stack.format_arn(service="ssm", resource="parameter", resource_name=name.removeprefix("/"))
