"""Exports that DynamoDB makes by itself, of one moment of the last 35 days, without a read of the table."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from operations.backups.places import Bucket, Place
from operations.errors import OperationError

LOOK_S = 15.0
"""Between two looks at an export. It takes some minutes at least, whatever the table's size."""

LONGEST_S = 24 * 3600
"""After which nobody waits any more; the export goes on."""

SHORTEST_SPAN, LONGEST_SPAN = timedelta(minutes=15), timedelta(hours=24)
"""What an incremental export takes (DynamoDB quota)."""

ASKED = "asked.json"
"""What a folder's last export was asked for, until it is done: begun again, it is the same one."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported: the tables as they were at `at`, or what was changed between `since` and then."""

    at: datetime
    since: datetime | None = None

    @classmethod
    def under_way(cls, place: Place, since: datetime | None) -> Moment | None:
        """What the folder's export that was cut off was asked for; None where there is none, or of something else."""
        known = place.read(ASKED)
        asked = msgspec.json.decode(known, type=Moment | None) if known else None
        return asked if asked and asked.since == since else None

    def options(self) -> dict[str, Any]:
        """As DynamoDB is asked for it."""
        if self.since is None:
            return {"ExportType": "FULL_EXPORT", "ExportTime": self.at}
        span = {"ExportFromTime": self.since, "ExportToTime": self.at, "ExportViewType": "NEW_IMAGE"}
        return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": span}


class ServiceExport:
    """One table's export into its folder of a backup. Begun again within 8 hours, it is the same one."""

    def __init__(self, dynamodb: Any, table_name: str, place: Bucket, moment: Moment) -> None:  # noqa: ANN401  # boto3's
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._place = place
        self._moment = moment

    def begin(self) -> str:
        """The export's ARN. Two calls."""
        table = self._dynamodb.describe_table(TableName=self._table_name)["Table"]
        name = f"{self._place}{self._table_name}{self._moment}"
        answer = self._dynamodb.export_table_to_point_in_time(
            TableArn=table["TableArn"],
            S3Bucket=self._place.bucket,
            S3Prefix=self._place.prefix.rstrip("/"),
            ExportFormat="DYNAMODB_JSON",
            ClientToken=hashlib.sha256(name.encode()).hexdigest()[:32],
            **self._moment.options(),
        )
        arn: str = answer["ExportDescription"]["ExportArn"]
        return arn

    def wait(self, arn: str, *, sleep: Callable[[float], None] = time.sleep) -> int:
        """How many rows it has, once it is done. Raises `OperationError` where it failed."""
        for _ in range(int(LONGEST_S / LOOK_S)):
            found = self._dynamodb.describe_export(ExportArn=arn)["ExportDescription"]
            if found["ExportStatus"] == "COMPLETED":
                return int(found.get("ItemCount", 0))
            if found["ExportStatus"] == "FAILED":
                raise OperationError(f"The export failed: {found.get('FailureMessage', found.get('FailureCode'))}.")
            sleep(LOOK_S)
        raise OperationError(f"The export is not done after a day: {arn}. Ask DynamoDB what became of it.")
