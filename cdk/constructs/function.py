"""Every Lambda function of the service: one way of logging, tracing, packing, and of being told about its stage.

A function may write to its own log group and send its traces; what else it may do is said where it is made, action by
action.

Whatever calls a function calls its alias `live`: a deployment publishes a version and then moves the alias to it, all
at once or little by little, and moving it back undoes the deployment. In a stage that is not rolled out the alias
stands for whatever the function has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.logs import log_retention
from cdk.constructs.network import SUBNETS, Network
from cdk.constructs.packages import Packages, architecture_of
from cdk.constructs.permissions import Pattern, accept_pattern, acknowledge
from chat.aws.function_scaling import ALIAS
from chat.settings import Settings
from layers.build import CHAT

ALWAYS = (CHAT, "core")
"""Layers of every function."""

CONNECT = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does in a function's network (Lambda Developer Guide, execution role of functions in a VPC)."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What all functions of a stack share, and the stack that they are made in."""

    stack: cdk.Stack
    config: StageConfig
    packages: Packages
    functions: dict[str, ChatFunction] = field(default_factory=dict)
    """All that were made, by GROUP.MODULE."""

    def function(
        self,
        construct_id: str,
        handler: str,
        settings: Settings,
        *,
        timeout_s: int,
        memory_mb: int = 512,
        scratch_mb: int | None = None,
        layers: Sequence[str] = (),
        network: Network | None = None,
    ) -> ChatFunction:
        """A function in the stack's own scope. `handler` is GROUP.MODULE; `layers` come on top of `ALWAYS`.

        With `network` it runs there, and reaches nothing that can't be reached from there.

        `memory_mb` buys CPU: 1,769 are one core. `scratch_mb` is of `/tmp`; None is the 512 that cost nothing.
        """
        made = self.functions[handler] = ChatFunction(
            self.stack,
            construct_id,
            platform=self,
            handler=handler,
            settings=settings,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            scratch_mb=scratch_mb,
            layers=layers,
            network=network,
        )
        return made

    def settings(self, **values: str | None) -> Settings:
        """The settings of a function in this stage; raises `TypeError` for one that `Settings` doesn't have."""
        return Settings(stage=self.config.name, **values)


class ChatFunction(lambda_.Function):
    """One handler `functions.GROUP.MODULE.handle`, packed with the rest of its group and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        handler: str,
        settings: Settings,
        timeout_s: int,
        memory_mb: int,
        scratch_mb: int | None,
        layers: Sequence[str],
        network: Network | None,
    ) -> None:
        """See `Platform.function`."""
        # In a scope of its own, so that the log group exists before the function and both have readable names.
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            retention=log_retention(platform.config),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            scope,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"chat {platform.config.name}: {handler}",
        )
        log_group.grant_write(role)
        super().__init__(
            scope,
            construct_id,
            description=f"chat {platform.config.name}: {handler}",
            **platform.packages.of(handler, [*ALWAYS, *layers]),
            architecture=architecture_of(platform.config),
            environment=settings.to_env(),
            timeout=cdk.Duration.seconds(timeout_s),
            memory_size=memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(scratch_mb) if scratch_mb else None,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            role=role,
            vpc=network.vpc if network else None,
            vpc_subnets=SUBNETS if network else None,
            security_groups=[network.functions] if network else None,
            ipv6_allowed_for_dual_stack=True if network else None,
            # What an alias left stays: it is what the next one goes back to.
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
        )
        self.memory_mb = memory_mb
        self._rolled_out = platform.config.rollout is not None
        if platform.config.packaging == "zip":
            acknowledge(
                self, "L1", "The wheels and the bytecode of the layers are made for, and measured on, this Python."
            )
        acknowledge(role, "IAM5[Resource::*]", "Traces are sent to X-Ray, which has no resource to name.")

        if network:
            _let_lambda_connect(self, role)

    @cached_property
    def live(self) -> lambda_.Alias:
        """What callers call. Made with the first of them."""
        version = self.current_version if self._rolled_out else self.latest_version
        return lambda_.Alias(self, "Live", alias_name=ALIAS, version=version)

    def allow(
        self,
        resources: Sequence[str | Pattern],
        *actions: str,
        conditions: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        """Lets the function do `actions` on exactly `resources`: ARNs, or patterns that say why they are some."""
        for resource in resources:
            if isinstance(resource, Pattern):
                accept_pattern(self.role or self, resource)
        self.add_to_role_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=[resource.arn if isinstance(resource, Pattern) else resource for resource in resources],
                conditions={key: dict(value) for key, value in conditions.items()} if conditions else None,
            )
        )


def _let_lambda_connect(function: lambda_.Function, role: iam.Role) -> None:
    """Lambda connects a function to its network in the name of its role; its code may not do the same."""
    connect = iam.Policy(
        function,
        "Connect",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=list(CONNECT), resources=["*"]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=list(CONNECT),
                resources=["*"],
                conditions={"ArnLike": {"lambda:SourceFunctionArn": f"arn:{cdk.Aws.PARTITION}:lambda:*:*:function:*"}},
            ),
        ],
    )
    # The function can't be made, or be taken out of its network, without it.
    function.node.add_dependency(connect)
    acknowledge(connect, "IAM5[Resource::*]", "Network interfaces have no names before Lambda makes them.")
