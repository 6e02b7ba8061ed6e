"""Metrics of `cdk.signals` as CloudWatch takes them: places of the stage become what AWS calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.signals.series import Expression, Measure, Series


@dataclass(frozen=True)
class Places:
    """What each place of the stage is called: `table.rooms`, `function.message.command`."""

    names: Mapping[str, str]

    def metric(self, measure: Measure, *, period_s: int) -> cloudwatch.IMetric:
        """The metric, or the metric math, in periods of so many seconds. Raises `KeyError` for a place there is not."""
        if isinstance(measure, Series):
            return self._metric(measure, period_s)
        return self._expression(measure, period_s)

    def _expression(self, measure: Expression, period_s: int) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=measure.formula,
            using_metrics={name: self._metric(series, period_s) for name, series in measure.inputs},
            label=measure.label or measure.formula,
            period=cdk.Duration.seconds(period_s),
        )

    def _metric(self, series: Series, period_s: int) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=series.namespace,
            metric_name=series.name,
            statistic=series.statistic,
            dimensions_map={name: self._named(value) for name, value in series.dimensions} or None,
            label=series.label or None,
            period=cdk.Duration.seconds(period_s),
        )

    def _named(self, value: str) -> str:
        return self.names[value[1:-1]] if value.startswith("{") else value
