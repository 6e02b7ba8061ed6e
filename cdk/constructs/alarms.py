"""Alarms, and the topic that all of a stage's alarms go to."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.config import StageConfig


class AlarmTopic(Construct):
    """Where alarms go. Not encrypted with a key: CloudWatch can't use SNS's own, and an alarm holds no user's data."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, topic: sns.ITopic | None = None
    ) -> None:
        """`topic` is that of another stack of the stage; None makes the stage's."""
        super().__init__(scope, construct_id)
        self.stage = config.name
        self.dead_letters: list[Mapping[str, str]] = []
        """What whoever is woken needs to know of each queue of dead letters: `cdk.service.addresses` publishes it."""
        self.queues: dict[str, sqs.IQueue] = {}
        """Queues that are worked off, by the names of their dead letters: `cdk.stacks.observability` watches them."""
        self.topic = topic or self._make_topic(config)

    def _make_topic(self, config: StageConfig) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name=f"Chat {config.name} alarms", enforce_ssl=True)
        # A topic with a policy of its own loses the one that let this account's alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        if config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        return topic

    def add(
        self, scope: Construct, construct_id: str, *, metric: cloudwatch.IMetric, means: str, runbook: str
    ) -> cloudwatch.Alarm:
        """An alarm as soon as `metric` reaches 1 in a minute; `means` tells whoever is woken what to do.

        `runbook` is one of those that `cdk.signals.alarms.BESIDE_THEIR_RESOURCES` lists.
        """
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"[ticket] {means} Runbook: docs/runbooks/{runbook}.md",
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm
