"""Alarms of `cdk.signals`, and the groups that they come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.constructs.metrics import Places
from cdk.signals.alarms import Alarm, Group

_MISSING = {
    "breaching": cloudwatch.TreatMissingData.BREACHING,
    "notBreaching": cloudwatch.TreatMissingData.NOT_BREACHING,
}


class SignalAlarms(Construct):
    """All of a stage, by name. Whatever tells somebody tells `topic`, when it begins and when it is over."""

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
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._places = places
        self._action = actions.SnsAction(topic)
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
        self.by_name[alarm.name] = made

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
