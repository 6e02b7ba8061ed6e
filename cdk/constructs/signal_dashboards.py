"""Dashboards and saved queries of `cdk.signals`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.constructs.metrics import Places
from cdk.signals.dashboards import Dashboard, Panel
from cdk.signals.queries import SavedQuery

HEIGHT, NUMBER_HEIGHT = 6, 4
"""Of a panel, in rows of a dashboard."""


class SignalDashboards(Construct):
    """`chat-STAGE-NAME` for each; the first panel of each says what it is for and which alarms are on."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        places: Places,
        dashboards: Iterable[Dashboard],
        alarms: list[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._places = places
        for dashboard in dashboards:
            cloudwatch.Dashboard(
                self,
                dashboard.name,
                dashboard_name=f"chat-{stage}-{dashboard.name}",
                default_interval=cdk.Duration.hours(3),
                widgets=[
                    [cloudwatch.TextWidget(markdown=dashboard.about, width=24, height=2)],
                    *([[self._state(alarms)]] if dashboard.name == "service" else []),
                    [self._widget(panel) for panel in dashboard.panels],
                ],
            )

    def _state(self, alarms: list[cloudwatch.IAlarm]) -> cloudwatch.AlarmStatusWidget:
        return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=24, height=4)

    def _widget(self, panel: Panel) -> cloudwatch.ConcreteWidget:
        metrics = [self._places.metric(line, period_s=panel.period_s) for line in panel.lines]
        if panel.shows == "number":
            return cloudwatch.SingleValueWidget(
                title=panel.title, metrics=metrics, width=panel.width, height=NUMBER_HEIGHT
            )
        return cloudwatch.GraphWidget(
            title=panel.title,
            left=metrics,
            left_y_axis=cloudwatch.YAxisProps(min=0, label=panel.unit or None, show_units=False),
            stacked=panel.shows == "areas",
            width=panel.width,
            height=HEIGHT,
        )


def add_queries(
    scope: Construct, *, stage: str, queries: Iterable[SavedQuery], groups: Mapping[str, logs.ILogGroup]
) -> None:
    """Saves each query; `groups` are log groups by GROUP.MODULE of their functions."""
    for query in queries:
        logs.CfnQueryDefinition(
            scope,
            f"Query-{query.name}",
            name=f"chat-{stage}/{query.name}",
            query_string=query.query,
            log_group_names=[groups[name].log_group_name for name in query.functions],
        )
