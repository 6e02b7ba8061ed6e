"""Alarms of `cdk.signals`, and the groups that they come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.constructs.metrics import Places
from cdk.signals.alarms import Alarm, Group

_MISSING = {
    "breaching": cloudwatch.TreatMissingData.BREACHING,
    "notBreaching": cloudwatch.TreatMissingData.NOT_BREACHING,
}


@jsii.implements(cloudwatch.IAlarmAction)
class _Call:
    """An alarm calls a function when its state changes. CDK's own action makes its permission beside the function."""

    def __init__(self, function: lambda_.IFunction) -> None:
        self._arn = function.function_arn

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        """As every action of an alarm."""
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._arn)


class SignalAlarms(Construct):
    """All of a stage, by name. Whatever tells somebody tells `topic`, when it begins and when it is over.

    Alarms of capacity call `review`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        places: Places,
        topic: sns.ITopic,
        alarms: Iterable[Alarm],
        groups: Iterable[Group],
        review: lambda_.IFunction | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._places = places
        self._action = actions.SnsAction(topic)
        self._review = _Call(review) if review else None
        if review:
            self._let_call(review)
        self.by_name: dict[str, cloudwatch.IAlarm] = {}
        for alarm in alarms:
            self._add(alarm)
        for group in groups:
            self._add_group(group)

    def _add(self, alarm: Alarm) -> None:
        made = self._around_the_usual(alarm) if alarm.band else self._at_a_threshold(alarm)
        if alarm.tells:
            made.add_alarm_action(self._action)
            made.add_ok_action(self._action)
        if alarm.raises and self._review:
            made.add_alarm_action(self._review)
            made.add_ok_action(self._review)
        self.by_name[alarm.name] = made

    def _let_call(self, function: lambda_.IFunction) -> None:
        """Here and not beside the function, which would then need the alarms to be made before it."""
        alarms = cdk.Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"chat-{self._stage}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        lambda_.CfnPermission(
            self,
            "Review",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="lambda.alarms.cloudwatch.amazonaws.com",
            source_account=cdk.Aws.ACCOUNT_ID,
            source_arn=alarms,
        )

    def _at_a_threshold(self, alarm: Alarm) -> cloudwatch.Alarm:
        compare = cloudwatch.ComparisonOperator
        above = alarm.above is not None
        return cloudwatch.Alarm(
            self,
            alarm.name,
            **self._shared(alarm),
            threshold=alarm.above if alarm.above is not None else alarm.below or 0,
            comparison_operator=compare.GREATER_THAN_THRESHOLD if above else compare.LESS_THAN_THRESHOLD,
        )

    def _around_the_usual(self, alarm: Alarm) -> cloudwatch.AnomalyDetectionAlarm:
        compare = cloudwatch.ComparisonOperator
        above = alarm.above is not None
        return cloudwatch.AnomalyDetectionAlarm(
            self,
            alarm.name,
            **self._shared(alarm),
            std_devs=alarm.band,
            comparison_operator=compare.GREATER_THAN_UPPER_THRESHOLD if above else compare.LESS_THAN_LOWER_THRESHOLD,
        )

    def _shared(self, alarm: Alarm) -> dict[str, Any]:
        """What both kinds are told."""
        return {
            "alarm_name": f"chat-{self._stage}-{alarm.name}",
            "alarm_description": alarm.description,
            "metric": self._places.metric(alarm.measure, period_s=alarm.period_s),
            "evaluation_periods": alarm.periods,
            "datapoints_to_alarm": alarm.breaches,
            "treat_missing_data": _MISSING[alarm.missing],
        }

    def _add_group(self, group: Group) -> None:
        rule = cloudwatch.AlarmRule.any_of if group.when == "any" else cloudwatch.AlarmRule.all_of
        members = [
            cloudwatch.AlarmRule.from_alarm(self.by_name[name], cloudwatch.AlarmState.ALARM) for name in group.members
        ]
        made = cloudwatch.CompositeAlarm(
            self,
            group.name,
            composite_alarm_name=f"chat-{self._stage}-{group.name}",
            alarm_description=group.description,
            alarm_rule=rule(*members),
        )
        made.add_alarm_action(self._action)
        made.add_ok_action(self._action)
        self.by_name[group.name] = made
