"""CloudWatch's alarms behind `chat.alerts.Alarms`. Uses boto3: far from the hot path."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chat.alerts import Alarm, Turn
from chat.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

HISTORY = timedelta(days=7)
MAX_TURNS = 100
"""One call's most. The history is of the account: those of other stages are left out afterwards."""


class CloudWatchAlarms:
    """The alarms whose names begin with `prefix`."""

    def __init__(self, client: CloudWatchClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def all(self) -> list[Alarm]:
        """As they are: a call for each 100. Raises `UnavailableError`."""
        try:
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=self._prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            return [
                _alarm(found) for page in pages for found in (*page["MetricAlarms"], *page.get("CompositeAlarms", []))
            ]
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error

    def history(self) -> list[Turn]:
        """What changed in the last week, at most `MAX_TURNS` of the account. One call. Raises `UnavailableError`."""
        try:
            answer = self._client.describe_alarm_history(
                HistoryItemType="StateUpdate",
                StartDate=datetime.now(UTC) - HISTORY,
                EndDate=datetime.now(UTC),
                MaxRecords=MAX_TURNS,
                ScanBy="TimestampDescending",
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        return [
            Turn(name=item["AlarmName"], at_ms=_ms(item["Timestamp"]), summary=item["HistorySummary"])
            for item in answer["AlarmHistoryItems"]
            if item["AlarmName"].startswith(self._prefix)
        ]


def _alarm(found: Mapping[str, Any]) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        state=found["StateValue"],
        since_ms=_ms(found["StateUpdatedTimestamp"]),
        reason=found.get("StateReason", ""),
        means=found.get("AlarmDescription", ""),
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1_000)


def _unavailable() -> UnavailableError:
    return UnavailableError("CloudWatch does not answer right now; try again.", retry_after_ms=1_000)
