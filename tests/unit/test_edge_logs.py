"""CloudFront's logs: what their lines come to, and that each file is counted once, whatever is wrong with it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chat import signals
from chat.aws import edge_logs, wiring
from chat.edge_log import DamagedLogError, part_of, read, type_of
from chat.storage.read_logs import ReadLogs
from functions.ops import edge_logs as counting
from local.front.access_log import AccessLog
from simulation.world import World

HEAD = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id time-to-first-byte\n"
)
BUCKET = "edge-logs"
NOW_MS = 1_790_000_000_000
"""2026-09-21T14:13:20Z."""


def line(path: str, *, status: int = 200, result: str = "Hit", size: str = "1000", first_byte_s: str = "0.020") -> str:
    columns = ["2026-09-21", "14:00:00", "FRA56", size, "192.0.2.1", "GET", "d1.cloudfront.net", path, str(status)]
    return "\t".join([*columns, "-", "curl", "-", "-", result, "id==", first_byte_s]) + "\n"


def test_lines_come_to_views_bytes_hits_and_failures_of_their_part() -> None:
    image = "/media/lunch/x/480.avif"
    lines = [line(image), line(image, result="Miss", size="500"), line("/api/health", status=503, result="Error")]
    views = read([*HEAD.splitlines(keepends=True), *lines])
    assert dict(views.views) == {"image-480": 2, "api": 1}
    assert dict(views.bytes) == {"image-480": 1_500, "api": 1_000}
    assert views.hits["image-480"] == 1
    assert views.failed["api"] == 1
    assert dict(views.types) == {"avif": 2}
    assert views.first_byte_ms["api"].values == [20.0]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/", "page"),
        ("/assets/index-4f2a9c.js", "page"),
        ("/api/commands", "api"),
        ("/api/tail/lunch/c/live", "tail"),
        ("/media/lunch/x/480.webp", "image-480"),
        ("/media/lunch/x/900.png", "image-960"),
        ("/media/lunch/x/2048.jpg", "image-2048"),
        ("/media/lunch/x/original.jpg", "media-other"),
        ("/media/lunch/x/video/1.m4s", "media-other"),
    ],
)
def test_a_path_is_of_one_part(path: str, part: str) -> None:
    assert part_of(path) == part


def test_what_is_no_known_type_is_another() -> None:
    assert [type_of(each) for each in ("/media/a/b/480.avif", "/media/a/b/x.m4s", "/media/a/b/x")] == [
        "avif",
        "other",
        "other",
    ]


@pytest.mark.parametrize("damaged", ["short\tline\n", line("/", size="-"), line("/", first_byte_s="soon"), "\n"])
def test_a_damaged_line_is_left_out_and_said_so(damaged: str) -> None:
    views = read([*HEAD.splitlines(keepends=True), damaged, line("/")])
    assert (views.damaged, views.views["page"]) == (1, 1)


def test_a_file_without_columns_is_no_log() -> None:
    with pytest.raises(DamagedLogError):
        read([line("/")])


def test_memory_does_not_grow_with_the_lines() -> None:
    lines = (line(f"/media/lunch/{number}/480.webp") for number in range(5_000))
    views = read([*HEAD.splitlines(keepends=True), *lines])
    assert (len(views.views), len(views.first_byte_ms["image-480"].values)) == (1, signals.MOST_SAMPLES)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket of logs, and a table that remembers what was counted."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    world = World()
    world.clock.at_ms = NOW_MS
    monkeypatch.setattr(wiring, "clock", lambda: world.clock)
    monkeypatch.setattr(wiring, "read_logs", lambda: ReadLogs(world.rooms_table))
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        monkeypatch.setattr(edge_logs, "bucket", lambda: edge_logs.LogBucket(s3, BUCKET, "E1"))
        signals.take()
        yield s3


def leave(bucket: Any, name: str, body: bytes) -> None:
    bucket.put_object(Bucket=BUCKET, Key=f"distribution/E1.{name}.gz", Body=body)


def packed(*lines: str) -> bytes:
    return gzip.compress((HEAD + "".join(lines)).encode())


def run(left_ms: int = 60_000) -> dict[str, int]:
    context = SimpleNamespace(
        function_name="edge_logs",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:edge-logs",
        aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        get_remaining_time_in_millis=lambda: left_ms,
    )
    return counting.handle({}, context)


def test_a_file_is_counted_once_however_often_it_is_found(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    leave(bucket, "2026-09-21-13.a1b2", packed(line("/"), line("/")))
    assert [run()["read"] for _ in range(3)] == [1, 0, 0]
    assert capsys.readouterr().out.count('"EdgeViews":[2]') == 1


def test_a_late_file_is_counted_as_long_as_it_is_of_yesterday(bucket: Any) -> None:
    leave(bucket, "2026-09-21-13.a1b2", packed(line("/")))
    run()
    leave(bucket, "2026-09-20-23.late", packed(line("/")))
    leave(bucket, "2026-09-19-23.gone", packed(line("/")))
    assert run()["read"] == 1


@pytest.mark.parametrize(
    "body",
    [b"no gzip", packed(line("/"))[:40], gzip.compress(b"no log\n")],
    ids=["no archive", "broken off", "no log"],
)
def test_a_damaged_file_is_told_once_and_holds_nothing_up(bucket: Any, body: bytes) -> None:
    leave(bucket, "2026-09-21-12.bad", body)
    leave(bucket, "2026-09-21-13.good", packed(line("/")))
    assert run() == {"read": 1, "damaged": 1}
    assert run() == {"read": 0, "damaged": 0}


def test_another_distributions_files_are_left_alone(bucket: Any) -> None:
    bucket.put_object(Bucket=BUCKET, Key="distribution/E2.2026-09-21-13.a.gz", Body=packed(line("/")))
    assert run()["read"] == 0


def test_a_run_without_time_leaves_files_to_the_next(bucket: Any) -> None:
    leave(bucket, "2026-09-21-13.a1b2", packed(line("/")))
    assert [run(1_000)["read"], run()["read"]] == [0, 1]


def test_the_log_of_the_local_front_is_read_as_cloudfronts_is(bucket: Any) -> None:
    log = AccessLog(bucket, BUCKET, "distribution/E1")
    log.add(method="GET", path="/media/lunch/x/480.webp", status=200, size_bytes=10, result="Hit", took_s=0.02)
    log.flush()
    log.flush()
    (found,) = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
    views = edge_logs.bucket().read(found["Key"].removeprefix(edge_logs.PREFIX))
    assert (views.views["image-480"], views.hits["image-480"], views.damaged) == (1, 1, 0)
