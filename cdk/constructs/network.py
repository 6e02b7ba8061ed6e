"""The network of functions that share a cache: what they reach from there, and by which way.

Posts to `@connections` are nearly all that leaves it. API Gateway serves no WebSocket API by an interface endpoint, and
one for `execute-api` would even keep public APIs from being found. So posts go over IPv6 by an egress-only gateway,
which costs nothing by the hour or the byte, where NAT would cost both. The arithmetic is in docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk.constructs.permissions import acknowledge

ZONES = 2
HTTPS = 443
VALKEY = ec2.Port.tcp(6379)

SUBNETS = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


class Network(Construct):
    """A VPC with functions and a cache in it, over two zones. Nothing outside can open a connection to anything inside.

    DynamoDB has a gateway endpoint; each of `services` an interface endpoint, at $7.30 a month and zone. `nat_port` is
    what is reached outside of AWS, over IPv4 and therefore NAT; None for nothing, and then there is no NAT.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        services: Sequence[ec2.InterfaceVpcEndpointAwsService],
        nat_port: int | None,
    ) -> None:
        super().__init__(scope, construct_id)
        private = ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20)
        public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=ZONES,
            ip_protocol=ec2.IpProtocol.DUAL_STACK,
            nat_gateways=ZONES if nat_port else 0,
            create_internet_gateway=nat_port is not None,
            subnet_configuration=[private, public] if nat_port else [private],
            gateway_endpoints={
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
            },
            # Nothing is ever in the default group; restricting it would take a function with rights over all groups.
            restrict_default_security_group=False,
        )
        acknowledge(
            self.vpc, "VPC7", "What functions do is in their logs and traces; nobody else is here to be watched."
        )
        self.functions = ec2.SecurityGroup(
            self, "Functions", vpc=self.vpc, allow_all_outbound=False, description="Functions that share the cache"
        )
        for port in sorted({HTTPS, nat_port or HTTPS}):
            self.functions.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "AWS, and the moderation hook")
        self.functions.add_egress_rule(ec2.Peer.any_ipv6(), ec2.Port.tcp(HTTPS), "Posts to connections")
        for service in services:
            self._reach(service)

    def _reach(self, service: ec2.InterfaceVpcEndpointAwsService) -> None:
        name = service.short_name.capitalize()
        group = ec2.SecurityGroup(
            self,
            f"{name}Group",
            vpc=self.vpc,
            allow_all_outbound=False,
            description=f"Endpoint of {service.short_name}",
        )
        group.add_ingress_rule(self.functions, ec2.Port.tcp(HTTPS), "Functions that share the cache")
        self.vpc.add_interface_endpoint(name, service=service, subnets=SUBNETS, security_groups=[group], open=False)
