"""`make export`: a stage's rooms and messages as files, in the form of DynamoDB's own exports.

On AWS DynamoDB makes them, both tables at the same second of the last 35 days, or what was changed since an earlier
one. Anywhere else (`--method scan`) the tables are read in segments at the same time; an export that was cut off goes
on when it is begun again with the same `--to`. Open sockets are not exported: they don't outlive what they talk to.

Exit status: 0 when everything is there, 1 when something failed, 2 for what can't be asked so, 130 when it was stopped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from local.endpoints import STAGE
from local.paths import StateDirectory
from operations.backups.places import S3, Bucket, Directory, place_at
from operations.backups.scanning import TableScan
from operations.backups.service_export import ASKED, LONGEST_SPAN, SHORTEST_SPAN, Moment, ServiceExport
from operations.ending import ended
from operations.errors import UsageError
from operations.pace import Pace
from operations.progress import RowsProgress
from operations.stage import Stage

TABLES = {"rooms": "RoomsTableName", "messages": "MessagesTableName"}
"""What is exported, by the folder that it goes into: outputs of the stage's data stack."""

MAX_SEGMENTS = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Exports one stage; returns the exit status."""
    options = parse(arguments)
    going_on = "Begin it again with the same --to, and it goes on."
    return ended(options.stage, lambda: export(Stage.find(options.stage), options), if_stopped=going_on)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m operations.export", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("--to", metavar="PLACE", help="s3://BUCKET/FOLDER or a directory; default: the stage's own")
    parser.add_argument("--method", choices=("service", "scan"), help="who reads: DynamoDB itself, or this command")
    parser.add_argument("--at", metavar="TIME", type=moment, help="as it was then: 2026-11-26T12:00:00Z (service)")
    parser.add_argument("--since", metavar="TIME", type=moment, help="only what was changed since then (service)")
    parser.add_argument(
        "--tables",
        nargs=2,
        metavar=("ROOMS", "MESSAGES"),
        help="others than the stage's own, as AWS Backup has restored them; --at says when they were backed up (scan)",
    )
    parser.add_argument("--segments", type=_segments, help="parts read at the same time (scan; default 8)")
    parser.add_argument("--units", type=positive, help="read units a second at most (scan; default: no limit)")
    options = parser.parse_args(arguments)
    options.method = options.method or ("scan" if options.stage == STAGE else "service")
    if complaint := _complaint_about(options):
        parser.error(complaint)
    return options


def export(stage: Stage, options: argparse.Namespace) -> int:
    """Both tables into one folder, which is printed: it is what `make restore` takes."""
    place = place_at(options.to or _default_place(stage), stage)
    print(f"To {place}")
    if options.method == "scan":
        _scan(stage, place, options)
        return 0
    if not isinstance(place, Bucket):
        raise UsageError(f"DynamoDB exports into buckets ({S3}…); into a directory goes --method scan.")
    asked = Moment(at=options.at, since=options.since) if options.at else Moment.under_way(place, options.since)
    _ask_the_service(stage, place, asked or Moment(at=datetime.now(UTC), since=options.since))
    return 0


def moment(text: str) -> datetime:
    """A time with its zone, for argparse."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-26T12:00:00Z") from error
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} does not say in which zone: put a Z behind it for UTC")
    return found


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def table_names(stage: Stage) -> dict[str, str]:
    """What the tables of `TABLES` are called in the stage."""
    return {table: stage.output("data", output) for table, output in TABLES.items()}


def _scan(stage: Stage, place: Bucket | Directory, options: argparse.Namespace) -> None:
    dynamodb, pace = stage.client("dynamodb"), Pace(options.units)
    names = dict(zip(TABLES, options.tables, strict=True)) if options.tables else table_names(stage)
    taken_at_ms = int(options.at.timestamp() * 1_000) if options.at else int(time.time() * 1_000)
    for table, name in names.items():
        expected = dynamodb.describe_table(TableName=name)["Table"].get("ItemCount")
        progress = RowsProgress(sys.stderr, table, expected)
        scan = TableScan(dynamodb, name, place.below(table), pace, progress)
        try:
            rows = scan.carry_out(segments=options.segments or 8, now_ms=taken_at_ms)
        finally:
            progress.end()
        print(f"{table}: {rows:,} rows")


def _ask_the_service(stage: Stage, place: Bucket, asked: Moment) -> None:
    dynamodb = stage.client("dynamodb")
    place.write(ASKED, msgspec.json.encode(asked))
    exports = {
        table: ServiceExport(dynamodb, name, place.below(table), asked) for table, name in table_names(stage).items()
    }
    begun = {table: export.begin() for table, export in exports.items()}
    for table, arn in begun.items():
        print(f"{table}: {arn}", flush=True)
    for table, arn in begun.items():
        print(f"{table}: {exports[table].wait(arn):,} rows", flush=True)
    place.write(ASKED, b"null")


def _default_place(stage: Stage) -> str:
    """A new folder, by the time of now."""
    folder = f"exports/{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    if stage.name == STAGE:
        return str(StateDirectory.default().root / folder)
    return f"{S3}{stage.output('backups', 'ExportsBucketName')}/{folder}"


def _complaint_about(options: argparse.Namespace) -> str | None:
    """No option is taken that would do nothing."""
    if options.method == "scan":
        return _complaint_about_scan(options)
    if options.stage == STAGE:
        return "the emulator of stage local writes no exports of its own: --method scan"
    if options.segments or options.units:
        return "--segments and --units go with --method scan: DynamoDB's own exports take no units"
    if options.tables:
        return "--tables goes with --method scan: they have no past of their own"
    if options.since and not SHORTEST_SPAN <= (options.at or datetime.now(UTC)) - options.since <= LONGEST_SPAN:
        return "from --since to --at (default: now) are 15 minutes to 24 hours"
    return None


def _complaint_about_scan(options: argparse.Namespace) -> str | None:
    if options.since:
        return "--since goes with --method service: a table does not tell what was changed"
    if bool(options.at) != bool(options.tables):
        return "of a scan --at says when --tables were backed up: the stage's own are as they are now"
    return None


def _segments(text: str) -> int:
    found = positive(text)
    if found > MAX_SEGMENTS:
        raise argparse.ArgumentTypeError(f"at most {MAX_SEGMENTS} segments")
    return found


if __name__ == "__main__":
    sys.exit(main())
