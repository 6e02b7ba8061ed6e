"""What AWS takes for what a message needs, us-east-1, 2026-11: for estimates on dashboards, not for bills."""

from __future__ import annotations

PER_MILLION_FRAMES = 1.00
"""API Gateway, frames in and out of up to 32 KB; $0.80 above a billion a month."""

PER_MILLION_WRITES = 0.625
"""DynamoDB on demand."""

PER_MILLION_READS = 0.125
"""As `PER_MILLION_WRITES`."""

PER_MILLION_GB_S = 13.33
"""Lambda on arm64."""

PER_MILLION_INVOCATIONS = 0.20
"""Lambda."""

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
