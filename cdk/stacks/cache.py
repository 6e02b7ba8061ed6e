"""The cache that function instances share, and the network that it is reached in: neither holds what could be lost.

A stack of its own, since the service's is near the 500 resources that CloudFormation takes in one.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk.config import CacheConfig, ModerationHook, StageConfig
from cdk.constructs.cache import ServerlessCache
from cdk.constructs.network import HTTPS, ZONES, Network


class CacheStack(cdk.Stack):
    """`network`, where functions run that use the cache, and `url`, by which they find it there."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, cache: CacheConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            description=f"Chat {config.name}: the cache that functions share",
        )
        services, nat_port = _reached(config.moderation)
        self.network = Network(self, "Network", services=services, nat_port=nat_port)
        self.url = ServerlessCache(self, "Cache", stage=config.name, config=cache, network=self.network).url

    @property
    def availability_zones(self) -> list[str]:
        """The Region's first ones, chosen by CloudFormation: where the account is known, CDK would ask it for them."""
        return [cdk.Fn.select(at, cdk.Fn.get_azs()) for at in range(ZONES)]


def _reached(hook: ModerationHook | None) -> tuple[list[ec2.InterfaceVpcEndpointAwsService], int | None]:
    """The services with an endpoint in the network, and the port of what is reached by NAT.

    A hook that is a function has an endpoint like a queue; one that is a URL, and its secret, are reached by NAT.
    """
    services = [ec2.InterfaceVpcEndpointAwsService.SQS]
    if hook and hook.function:
        return [*services, ec2.InterfaceVpcEndpointAwsService.LAMBDA_], None
    return services, (urlsplit(hook.target).port or HTTPS) if hook else None
