"""Quotas of the account whose use is looked ahead, and what counts the use of each."""

from __future__ import annotations

from cdk.signals.alarms import TABLES
from cdk.signals.series import Series, of_account, of_http, of_table, of_websocket

WATCHED: dict[str, tuple[Series, ...]] = {
    "api_requests": (of_websocket("MessageCount"), of_http("Count")),
    "new_connections": (of_websocket("ConnectCount"),),
    "concurrency": (of_account("AWS/Lambda", "ConcurrentExecutions", "Maximum"),),
    "table_writes": tuple(of_table(table, "ConsumedWriteCapacityUnits") for table in TABLES),
    "table_reads": tuple(of_table(table, "ConsumedReadCapacityUnits") for table in TABLES),
}
"""By the key of `operations.facts.quotas`. Of several series the fullest counts."""
