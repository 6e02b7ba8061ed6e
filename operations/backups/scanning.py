"""An export that reads the table itself, in segments at the same time: what works anywhere, the emulator included.

Each segment keeps how far it is beside its files, so an export that was cut off goes on from there. It costs half a
read unit for 4 KB, and takes what is written meanwhile or not: a room's counter may be older than its messages.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from operations.backups.manifest import (
    EXPORTS,
    FILES,
    SUMMARY,
    Attributes,
    DataFile,
    Summary,
    data_file,
    iso8601,
    pack,
)
from operations.backups.places import Place
from operations.pace import Pace, units_of

BEGUN = "export.json"
"""What an export that is not finished was begun with, at the top of its table's folder."""

SUMMARY_VERSION = "2020-06-30"
"""Of the form that DynamoDB gives full exports."""

ROWS_A_FILE = 20_000
"""A data file is some megabytes: what is read again after a break, and what a restore holds in memory."""


ROWS_A_PAGE = 2_000
"""Rows of one call, which ends at a megabyte as well: a slow pace is kept by small steps."""


class Begun(msgspec.Struct, frozen=True):
    """An export of one table under way."""

    id: str
    started_at_ms: int
    segments: int

    @property
    def folder(self) -> str:
        """Below the table's folder."""
        return f"{EXPORTS}{self.id}/"


class Segment(msgspec.Struct):
    """How far one segment is: `start` is the key to go on behind, None at the beginning and at the end."""

    files: list[DataFile] = []
    start: Attributes | None = None
    done: bool = False

    @property
    def rows(self) -> int:
        """What its files have."""
        return sum(file.item_count for file in self.files)


class TableScan:
    """Exports one table into its folder of a backup. `report` is called with rows that were read since the last."""

    def __init__(
        self,
        dynamodb: Any,  # noqa: ANN401  # one of boto3's many
        table_name: str,
        place: Place,
        pace: Pace,
        report: Callable[[int], None],
    ) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._place = place
        self._pace = pace
        self._report = report
        self._stopped = threading.Event()

    def carry_out(self, *, segments: int, now_ms: int) -> int:
        """How many rows the export has. One that was begun goes on as it was begun; a finished one stays.

        `now_ms` is the moment whose rows these are: from then on a restore asks what was erased.
        """
        begun = self._begin(segments, now_ms)
        with ThreadPoolExecutor(begun.segments) as threads:
            running = [threads.submit(self._scan, begun, number) for number in range(begun.segments)]
            try:
                scanned = [each.result() for each in running]
            except BaseException:
                self._stopped.set()
                raise
        self._finish(begun, [file for segment in scanned for file in segment.files], now_ms)
        return sum(segment.rows for segment in scanned)

    def _begin(self, segments: int, now_ms: int) -> Begun:
        known = self._place.read(BEGUN)
        if known is not None:
            return msgspec.json.decode(known, type=Begun)
        begun = Begun(f"{now_ms:014d}-{uuid.uuid4().hex[:8]}", now_ms, segments)
        self._place.write(BEGUN, msgspec.json.encode(begun))
        return begun

    def _scan(self, begun: Begun, number: int) -> Segment:
        name = f"{begun.folder}progress/{number}.json"
        known = self._place.read(name)
        segment = msgspec.json.decode(known, type=Segment) if known else Segment()
        self._report(segment.rows)
        while not segment.done and not self._stopped.is_set():
            rows, segment.start = self._read(begun, number, segment.start)
            if rows:
                segment.files = [*segment.files, self._write(begun, number, len(segment.files), rows)]
            segment.done = segment.start is None
            self._place.write(name, msgspec.json.encode(segment))
        return segment

    def _read(self, begun: Begun, number: int, start: Attributes | None) -> tuple[list[Attributes], Attributes | None]:
        """The rows of the next file, and where it ends."""
        rows: list[Attributes] = []
        while True:
            page = self._dynamodb.scan(
                TableName=self._table_name,
                Segment=number,
                TotalSegments=begun.segments,
                Limit=ROWS_A_PAGE,
                ReturnConsumedCapacity="TOTAL",
                **({"ExclusiveStartKey": start} if start else {}),
            )
            rows += page["Items"]
            start = page.get("LastEvaluatedKey")
            self._report(len(page["Items"]))
            self._pace.spend(units_of(page))
            if start is None or len(rows) >= ROWS_A_FILE or self._stopped.is_set():
                return rows, start

    def _write(self, begun: Begun, number: int, at: int, rows: list[Attributes]) -> DataFile:
        name = f"{begun.folder}data/{number:03d}-{at:06d}.json.gz"
        packed = pack(rows)
        self._place.write(name, packed)
        return data_file(name, packed, len(rows))

    def _finish(self, begun: Begun, files: list[DataFile], now_ms: int) -> None:
        """The summary comes last: an export that has one is whole."""
        lines = b"".join(msgspec.json.encode(file) + b"\n" for file in files)
        self._place.write(begun.folder + FILES, lines)
        began = iso8601(begun.started_at_ms)
        summary = Summary(
            version=SUMMARY_VERSION,
            table_arn=self._dynamodb.describe_table(TableName=self._table_name)["Table"]["TableArn"],
            export_time=began,
            start_time=began,
            end_time=iso8601(now_ms),
            manifest_files_s3_key=begun.folder + FILES,
            item_count=sum(file.item_count for file in files),
            output_format="DYNAMODB_JSON",
        )
        self._place.write(begun.folder + SUMMARY, msgspec.json.encode(summary))
