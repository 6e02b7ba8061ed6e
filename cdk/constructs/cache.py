"""The cache that function instances share: ElastiCache Serverless for Valkey. TLS is always on there."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from constructs import Construct

from cdk.config import CacheConfig
from cdk.constructs.network import SUBNETS, VALKEY, Network

MAJOR_VERSION = "8"


class ServerlessCache(Construct):
    """The cache, and `url`, by which functions in `network` find it. Nobody else reaches it.

    What is in it is a copy of what is in the tables: nothing is saved, and losing all of it loses nothing.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: str, config: CacheConfig, network: Network
    ) -> None:
        super().__init__(scope, construct_id)
        group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, allow_all_outbound=False, description="The cache that functions share"
        )
        group.add_ingress_rule(network.functions, VALKEY, "Functions that share the cache")
        network.functions.add_egress_rule(group, VALKEY, "The cache")
        limits = elasticache.CfnServerlessCache
        self.cache = elasticache.CfnServerlessCache(
            self,
            "Cache",
            engine="valkey",
            major_engine_version=MAJOR_VERSION,
            serverless_cache_name=f"chat-{stage}",
            description=f"chat {stage}: what functions share",
            subnet_ids=network.vpc.select_subnets(subnet_type=SUBNETS.subnet_type).subnet_ids,
            security_group_ids=[group.security_group_id],
            snapshot_retention_limit=0,
            # A fault of ours must not become a bill: above these it slows down, and functions go on without it.
            cache_usage_limits=limits.CacheUsageLimitsProperty(
                data_storage=limits.DataStorageProperty(unit="GB", maximum=config.max_gb),
                ecpu_per_second=limits.ECPUPerSecondProperty(maximum=config.max_ecpu_per_s),
            ),
        )
        endpoint, port = self.cache.attr_endpoint_address, self.cache.attr_endpoint_port
        self.url = cdk.Fn.join("", ["rediss://", endpoint, ":", port])
