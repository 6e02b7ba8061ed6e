"""A stage's tables as files: in DynamoDB's own form, whole, and going on where an export was cut off."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chat.aws.dynamodb import from_attributes
from operations import export
from operations.backups import scanning
from operations.backups.manifest import Row, find_exports, pack
from operations.backups.places import Bucket, Directory, Place, place_at
from operations.backups.scanning import TableScan
from operations.backups.service_export import LOOK_S, Moment, ServiceExport
from operations.errors import OperationError, UsageError
from operations.pace import Pace
from operations.stage import Stage
from tests.unit.backup_stage import BackupStage, backup_stage, in_a_room

NOON_MS = 1_790_000_000_000


@pytest.fixture
def stage() -> Iterator[BackupStage]:
    with backup_stage() as made:
        made.fill(in_a_room(*(f"message {number}" for number in range(100))))
        yield made


def scan(stage: BackupStage, place: Place, table: str = "messages", segments: int = 4) -> int:
    made = TableScan(stage.client("dynamodb"), table, place, Pace(None), lambda _: None)
    return made.carry_out(segments=segments, now_ms=NOON_MS)


def rows_of(place: Place, table: str) -> list[Row]:
    (found,) = find_exports(place, table)
    return [row for file in found.files() for row in found.rows(file)]


@pytest.mark.parametrize("address", ["s3://backups/nightly/1", "directory"])
def test_an_export_has_every_row_as_it_stands(stage: BackupStage, tmp_path: Path, address: str) -> None:
    place = place_at(address if "://" in address else str(tmp_path), stage.stage)
    rows = scan(stage, place.below("messages"))
    exported = [from_attributes(row.attributes or {}) for row in rows_of(place, "messages")]
    assert {(item["pk"], item["sk"]): item for item in exported} == stage.rows("messages")
    assert rows == len(exported) == len(stage.rows("messages"))


def test_its_files_are_those_that_dynamodb_itself_would_write(stage: BackupStage, tmp_path: Path) -> None:
    scan(stage, Directory(tmp_path).below("rooms"), "rooms", segments=1)
    (summary_file,) = tmp_path.glob("rooms/AWSDynamoDB/*/manifest-summary.json")
    summary = json.loads(summary_file.read_text())
    assert summary["outputFormat"] == "DYNAMODB_JSON"
    assert summary["itemCount"] == len(stage.rows("rooms"))
    assert summary["exportTime"] == "2026-09-21T14:13:20.000Z"
    files = [json.loads(line) for line in (tmp_path / "rooms" / summary["manifestFilesS3Key"]).read_text().splitlines()]
    data = [gzip.decompress((tmp_path / "rooms" / file["dataFileS3Key"]).read_bytes()) for file in files]
    lines = [json.loads(line) for body in data for line in body.splitlines()]
    assert all(set(line) == {"Item"} and line["Item"]["pk"]["S"] for line in lines)
    assert sum(file["itemCount"] for file in files) == len(lines)


class Breaking(Directory):
    """A disk that is full after so many data files."""

    room_for = 3

    def write(self, name: str, body: bytes) -> None:
        written = len(list(self.root.glob("AWSDynamoDB/*/data/*")))
        if "/data/" in name and written >= self.room_for:
            raise OSError("no space left on device")
        super().write(name, body)


def test_an_export_that_was_cut_off_goes_on_where_it_was(
    stage: BackupStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "ROWS_A_FILE", 20)
    monkeypatch.setattr(scanning, "ROWS_A_PAGE", 10)
    with pytest.raises(OSError, match="no space left"):
        scan(stage, Breaking(tmp_path / "messages"), segments=2)
    assert find_exports(Directory(tmp_path), "messages") == []
    pages_for_all = len(stage.rows("messages")) // 10
    stage.calls.clear()
    scan(stage, Directory(tmp_path / "messages"))  # as many segments as it was begun with
    assert stage.calls.count("Scan") < pages_for_all - 3
    exported = [from_attributes(row.attributes or {}) for row in rows_of(Directory(tmp_path), "messages")]
    assert {(item["pk"], item["sk"]): item for item in exported} == stage.rows("messages")
    assert len(exported) == len(stage.rows("messages"))


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_data_file_that_is_not_what_was_written_is_refused(stage: BackupStage, tmp_path: Path, damage: str) -> None:
    scan(stage, Directory(tmp_path).below("messages"), segments=1)
    (file,) = tmp_path.glob("messages/AWSDynamoDB/*/data/*")
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(pack([{"pk": {"S": "m#lunch#0"}, "sk": {"N": "1"}}]))
    with pytest.raises(OperationError, match="its checksum is another" if damage == "changed" else "is not complete"):
        rows_of(Directory(tmp_path), "messages")


def test_units_are_waited_for_however_many_threads_spend_them() -> None:
    now_s, slept = [100.0], list[float]()
    pace = Pace(50, now_s=lambda: now_s[0], sleep=slept.append)
    for units in (50, 25, 25):
        pace.spend(units)
    assert slept == [1.0, 1.5, 2.0]
    now_s[0] = 200.0
    pace.spend(5)
    assert slept[-1] == pytest.approx(0.1)


class Exporter:
    """DynamoDB as it exports by itself: done at the third look."""

    def __init__(self, statuses: list[str]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._statuses = statuses

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Table": {"TableArn": f"arn:aws:dynamodb:us-east-1:123456789012:table/{TableName}"}}

    def export_table_to_point_in_time(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"ExportDescription": {"ExportArn": f"{asked['TableArn']}/export/1"}}

    def describe_export(self, ExportArn: str) -> dict[str, Any]:  # noqa: N803 - as above
        status = self._statuses.pop(0)
        return {"ExportDescription": {"ExportArn": ExportArn, "ExportStatus": status, "ItemCount": 7}}


def service_export(exporter: Exporter, since: datetime | None = None) -> ServiceExport:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    return ServiceExport(exporter, "rooms", Bucket(None, "backups", "nightly/rooms/"), Moment(at=at, since=since))


def test_dynamodb_exports_a_moment_and_is_asked_for_it_once() -> None:
    exporter, slept = Exporter(["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]), list[float]()
    arns = {service_export(exporter).begin(), service_export(exporter).begin()}
    assert service_export(exporter).wait(arns.pop(), sleep=slept.append) == 7
    assert slept == [LOOK_S] * 2
    first, again = exporter.asked
    assert first == again  # the same token: the same export
    assert (first["S3Bucket"], first["S3Prefix"], first["ExportType"]) == ("backups", "nightly/rooms", "FULL_EXPORT")
    assert first["ExportTime"] == datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_only_what_was_changed_since_is_asked_for_as_a_span() -> None:
    exporter = Exporter([])
    service_export(exporter, since=datetime(2026, 11, 25, 12, tzinfo=UTC)).begin()
    (asked,) = exporter.asked
    span = asked["IncrementalExportSpecification"]
    assert (span["ExportFromTime"].day, span["ExportToTime"].day, span["ExportViewType"]) == (25, 26, "NEW_IMAGE")
    service_export(exporter, since=datetime(2026, 11, 24, 12, tzinfo=UTC)).begin()
    assert asked["ClientToken"] != exporter.asked[1]["ClientToken"]


def test_an_export_that_was_cut_off_is_asked_for_again_until_it_is_done(
    stage: BackupStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = Exporter(["COMPLETED"] * 4)
    asking = Stage("test", lambda service: exporter if service == "dynamodb" else stage.client(service))
    monkeypatch.setattr(export, "table_names", lambda _: {"rooms": "rooms", "messages": "messages"})
    options = export.parse(["--stage", "test", "--to", "s3://backups/nightly"])
    with monkeypatch.context() as cut_off:
        cut_off.setattr(ServiceExport, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export.export(asking, options)
    assert export.export(asking, options) == 0
    assert export.export(asking, options) == 0
    tokens = [asked["ClientToken"] for asked in exporter.asked if asked["TableArn"].endswith("rooms")]
    assert tokens[0] == tokens[1] != tokens[2]


def interrupted(_export: ServiceExport, _arn: str) -> int:
    raise KeyboardInterrupt


def test_an_export_that_failed_says_so() -> None:
    with pytest.raises(OperationError, match="The export failed"):
        service_export(Exporter(["FAILED"])).wait("arn", sleep=lambda _: None)


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--stage",
        "--stage dev --at yesterday",
        "--stage dev --at 2026-11-26T12:00:00",
        "--stage dev --method scan --at 2026-11-26T12:00:00Z",
        "--stage dev --method scan --tables one two",
        "--stage dev --method scan --tables one --at 2026-11-26T12:00:00Z",
        "--stage dev --tables one two --at 2026-11-26T12:00:00Z",
        "--stage local --since 2026-11-26T12:00:00Z",
        "--stage local --method service",
        "--stage dev --segments 4",
        "--stage dev --units 10",
        "--stage local --segments 0",
        "--stage local --segments 65",
        "--stage local --units fast",
        "--stage dev --since 2026-11-26T12:00:00Z --at 2026-11-26T12:00:00Z",
        "--stage dev --since 2026-11-26T12:00:00Z --at 2026-11-27T12:00:01Z",
    ],
)
def test_what_makes_no_sense_is_refused_with_status_2_before_anybody_is_asked(
    options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "find", pytest.fail)
    with pytest.raises(SystemExit) as ended:
        export.main(options.split())
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_tables_that_aws_backup_restored_are_exported_as_of_when_they_were_backed_up(
    stage: BackupStage, tmp_path: Path
) -> None:
    stage.make("-restored")
    world = in_a_room("from the backup")
    stage.fill(world, suffix="-restored")
    options = export.parse(
        f"--stage test --to {tmp_path} --method scan --at 2026-11-26T03:00:00Z "
        "--tables rooms-restored messages-restored".split()
    )
    assert export.export(stage.stage, options) == 0
    for table in ("rooms", "messages"):
        (found,) = find_exports(Directory(tmp_path), table)
        assert found.summary.export_time == "2026-11-26T03:00:00.000Z"
        assert found.summary.item_count == len(stage.rows(f"{table}-restored"))


def test_a_place_is_a_bucket_or_a_directory() -> None:
    for address in ("s3://", "https://example.com/backup"):
        with pytest.raises(UsageError):
            place_at(address, Stage("test", pytest.fail))
