"""What AWS takes for what a message needs, us-east-1, 2026-11: for estimates on dashboards, not for bills.

What messages cost stands in `operations.facts`; what watching them does, here.
"""

from __future__ import annotations

from operations.facts.prices import MILLION, prices_of

_PRICES = prices_of("us-east-1")


def _of_a_million(key: str) -> float:
    return round(_PRICES[key].usd * MILLION, 4)


PER_MILLION_FRAMES = _of_a_million("frames")
PER_MILLION_WRITES = _of_a_million("write_units")
PER_MILLION_READS = _of_a_million("read_units")
PER_MILLION_GB_S = _of_a_million("lambda_gb_s")
PER_MILLION_INVOCATIONS = _of_a_million("lambda_requests")

PER_METRIC_MONTH = 0.30
"""CloudWatch, each metric with each of its dimensions' values, up to 10,000 of them."""

PER_ALARM_METRIC_MONTH = 0.10
"""CloudWatch, each metric that an alarm looks at each minute."""

PER_ANOMALY_ALARM_MONTH = 0.30
"""CloudWatch: the metric and both of its bounds."""

PER_COMPOSITE_MONTH = 0.50
"""CloudWatch."""

PER_DASHBOARD_MONTH = 3.00
"""CloudWatch, beyond the first three of an account."""

PER_LOG_GB = 0.50
"""CloudWatch Logs, ingestion."""
