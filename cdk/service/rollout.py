"""New versions of the functions that users wait for: rehearsed, given a part of the traffic first, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam

from cdk.config import Rollout
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.names import application_name
from cdk.constructs.permissions import acknowledge, pattern_in
from cdk.service.partitions import CANARY, TICKETS, only
from cdk.stacks.data import DataStack
from chat.aws.function_scaling import ALIAS
from chat.rehearsal import CALL_MS, CALLS, FUNCTIONS

REHEARSAL_TIMEOUT_S = CALLS * CALL_MS // 1_000 + 30
"""All calls at their slowest, and time to say so: CodeDeploy would wait an hour for a function that was cut off."""

ERRORS_BORNE = 3
"""Invocations of new versions a minute that may end with exceptions."""

STAGE_ALARMS = ("commands-failing", "gateway-failing", "delivery-failing")
"""Alarms of the whole stage (`cdk.signals`) that take a deployment back. They are made after this stack, so they are
known by their names."""


def add_rollout(platform: Platform, *, data: DataStack, alarms: AlarmTopic) -> None:
    """A deployment group for each of the functions, all with one rehearsal, in stages that are rolled out."""
    rollout = platform.config.rollout
    if rollout is None:
        return
    functions = {name: platform.functions[name] for name in FUNCTIONS}
    rehearsal = _add_rehearsal(platform, data, functions)
    application = codedeploy.LambdaApplication(
        platform.stack, "Application", application_name=application_name(platform.config.name)
    )
    role = _role(platform, rehearsal)
    watched = _alarms(platform, functions, alarms) if rollout.gradual else []
    for name, function in functions.items():
        codedeploy.LambdaDeploymentGroup(
            function,
            "Rollout",
            alias=function.live,
            application=application,
            deployment_group_name=name,
            deployment_config=_config(rollout),
            # What it may do is said once, below.
            role=role.without_policy_updates(),
            pre_hook=rehearsal,
            alarms=watched,
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=rollout.gradual
            ),
        )


def _add_rehearsal(platform: Platform, data: DataStack, functions: dict[str, ChatFunction]) -> ChatFunction:
    """CodeDeploy calls it by its name alone, so it has no alias; it is told the versions that are new with it."""
    versions = [f"{name}={function.current_version.function_arn}" for name, function in functions.items()]
    rehearsal = platform.function(
        "Rehearsal",
        "ops.rehearsal",
        platform.settings(
            connections_table=data.connections.table_name,
            messages_table=data.messages.table_name,
            rehearsed_versions=",".join(versions),
        ),
        timeout_s=REHEARSAL_TIMEOUT_S,
    )
    rehearsal.allow([data.connections.table_arn], "dynamodb:PutItem", conditions=only(TICKETS))
    rehearsal.allow([data.messages.table_arn], "dynamodb:DeleteItem", conditions=only(CANARY))
    # By pattern: what a role may do with a new version takes seconds to be known everywhere.
    reason = "The versions of this very function."
    rehearsal.allow(
        [pattern_in(platform.stack, f"{function.function_arn}:*", reason) for function in functions.values()],
        "lambda:InvokeFunction",
    )
    return rehearsal


def _role(platform: Platform, rehearsal: ChatFunction) -> iam.Role:
    managed = "service-role/AWSCodeDeployRoleForLambdaLimited"
    role = iam.Role(
        platform.stack,
        "RolloutRole",
        assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
        description=f"chat {platform.config.name}: moves aliases to new versions",
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(managed)],
    )
    role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[rehearsal.function_arn]))
    acknowledge(
        role, f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{managed}]", "AWS keeps what CodeDeploy needs."
    )
    return role


def _config(rollout: Rollout) -> codedeploy.ILambdaDeploymentConfig:
    """CodeDeploy's own configuration, by its name."""
    if not rollout.gradual:
        return codedeploy.LambdaDeploymentConfig.ALL_AT_ONCE
    name = f"{rollout.how}_10_PERCENT{'_EVERY' if rollout.how == 'linear' else ''}_{rollout.minutes}_MINUTE"
    config: codedeploy.ILambdaDeploymentConfig = getattr(
        codedeploy.LambdaDeploymentConfig, name.upper() + ("" if rollout.minutes == 1 else "S")
    )
    return config


def _alarms(platform: Platform, functions: dict[str, ChatFunction], alarms: AlarmTopic) -> Sequence[cloudwatch.IAlarm]:
    """Of the new versions alone, and of the whole stage. All at once needs none: nothing is left to be taken back."""
    own = alarms.add(
        platform.stack,
        "NewVersionsFailing",
        metric=_new_errors(functions),
        means="New versions of functions end with exceptions: CodeDeploy takes their deployment back.",
        runbook="deployment-rolled-back",
    )
    known = [
        cloudwatch.Alarm.from_alarm_name(platform.stack, f"Alarm-{name}", f"chat-{platform.config.name}-{name}")
        for name in STAGE_ALARMS
    ]
    return [own, *known]


def _new_errors(functions: dict[str, ChatFunction]) -> cloudwatch.MathExpression:
    """1 in a minute in which too many invocations failed. Lambda tells of a version so while an alias has two."""
    metrics: dict[str, cloudwatch.IMetric] = {
        f"m{at}": cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="Errors",
            statistic="Sum",
            period=cdk.Duration.minutes(1),
            dimensions_map={
                "FunctionName": function.function_name,
                "Resource": f"{function.function_name}:{ALIAS}",
                "ExecutedVersion": function.current_version.version,
            },
        )
        for at, function in enumerate(functions.values(), start=1)
    }
    added = " + ".join(f"FILL({name}, 0)" for name in metrics)
    return cloudwatch.MathExpression(
        expression=f"IF({added} > {ERRORS_BORNE}, 1, 0)",
        using_metrics=metrics,
        label="new versions failing",
        period=cdk.Duration.minutes(1),
    )
