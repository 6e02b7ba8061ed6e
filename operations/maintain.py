"""`make maintain`: goes through a table of a stage and mends what no event mends; without a job, how far each is.

sweep-sockets    rows of sockets that API Gateway does not know any more, and rows that a dead function left
compact-cursors  read cursors of people who have left
compact-words    words of the search index that their message has no more
reindex          the search index, and what each user has left where, from the messages themselves
collect-media    images that no message shows, uploads that nothing came of

Each may run beside live traffic and be repeated. Cut off, it goes on where it was when it is begun again.

Exit status: 0 when the table was gone through, 1 when something failed, 2 for what can't be asked so, 130 when it was
stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from chat.aws.bucket_pages import BucketPages, give_up_parts
from chat.aws.edge_cache import Distribution
from chat.aws.files import BucketFiles
from chat.orphans.collecting import COLLECTION, CollectMedia
from chat.passages import Job, OvertakenError, Passage, Source
from chat.purging import Purging
from chat.storage.maintenance import MaintenanceRuns, Run
from chat.storage.purge_budget import PurgeBudget
from operations.domain import Domain
from operations.ending import ended
from operations.errors import OperationError
from operations.export import positive
from operations.maintenance.cursors import CompactCursors
from operations.maintenance.sockets import SweepSockets, asked_of_gateway
from operations.maintenance.table_pages import Pages
from operations.maintenance.words import CompactWords, Reindex
from operations.pace import Pace
from operations.progress import RowsProgress
from operations.stage import Stage

OUTPUTS = {"rooms": "RoomsTableName", "messages": "MessagesTableName", "connections": "ConnectionsTableName"}

JOBS: dict[str, Callable[[Domain], Job]] = {
    SweepSockets.name: lambda domain: SweepSockets(
        domain.connections, asked_of_gateway(domain.client, domain.connections_url), domain.clock.now_ms
    ),
    CompactCursors.name: lambda domain: CompactCursors(domain.rooms),
    CompactWords.name: lambda domain: CompactWords(domain.messages),
    Reindex.name: lambda domain: Reindex(domain.messages, domain.job_office),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one job; returns the exit status."""
    options = parse(arguments)
    domain = Domain(Stage.find(options.stage))
    command = (lambda: maintain(domain, options)) if options.job else (lambda: show(domain))
    return ended(options.stage, command, if_stopped="Begin it again, and it goes on where it was.")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m operations.maintain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "job", nargs="?", choices=[*JOBS, COLLECTION], help="what is done; without it, how far each job is"
    )
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("--units", type=positive, help="read units a second that going through the table may take")
    parser.add_argument("--anew", action="store_true", help="from the beginning, whatever an earlier run has done")
    parser.add_argument("--dry-run", action="store_true", help="of collect-media: says what would go, removes nothing")
    parser.add_argument("--calls", type=positive, help="of collect-media: stops after about so many calls of AWS")
    options = parser.parse_args(arguments)
    if not options.job and (options.units or options.anew):
        parser.error("name the job that this is about")
    if options.job != COLLECTION and (options.dry_run or options.calls):
        parser.error(f"--dry-run and --calls are for {COLLECTION}")
    if options.job == COLLECTION and options.units:
        parser.error(f"{COLLECTION} goes through a bucket: --calls is its limit")
    return options


def maintain(domain: Domain, options: argparse.Namespace) -> int:
    """One job, from where it was or from the beginning."""
    if options.job == COLLECTION:
        return _collect(domain, options)
    job = JOBS[options.job](domain)
    name = domain.stage.output("data", OUTPUTS[job.table])
    return _go_through(domain, job, Pages(domain.stage.client("dynamodb"), name, Pace(options.units)), options)


def _collect(domain: Domain, options: argparse.Namespace) -> int:
    """The job that goes through the bucket, as far as its calls take it."""
    s3, bucket = domain.stage.client("s3"), domain.stage.output("data", "MediaBucketName")
    distribution = domain.stage.output("edge", "DistributionId")
    job = CollectMedia(
        rooms=domain.rooms,
        messages=domain.messages,
        files=BucketFiles(s3, bucket),
        purging=Purging(
            edge_cache=Distribution(domain.stage.client("cloudfront"), distribution),
            budget=PurgeBudget(domain.rooms, int(domain.stage.output("service", "PurgePathsPerDay"))),
            clock=domain.clock,
        ),
        give_up_parts=lambda key, upload: give_up_parts(s3, bucket, key, upload),
        now_ms=domain.clock.now_ms,
        dry_run=options.dry_run,
    )
    limit = options.calls
    return _go_through(
        domain, job, BucketPages(s3, bucket), options, is_enough=lambda: limit is not None and job.calls >= limit
    )


def _go_through(
    domain: Domain,
    job: Job,
    pages: Source,
    options: argparse.Namespace,
    *,
    is_enough: Callable[[], bool] = lambda: False,
) -> int:
    progress = RowsProgress(sys.stderr, job.name, pages.expected())
    passage = Passage(
        runs=MaintenanceRuns(domain.rooms),
        clock=domain.clock,
        ids=domain.ids,
        report=progress,
        is_enough=is_enough,
    )
    try:
        run = passage.carry_out(job, pages, anew=options.anew)
    except OvertakenError as error:
        raise OperationError(str(error)) from error
    finally:
        progress.end()
    print(told(run))
    return 0


def show(domain: Domain) -> int:
    """A line for each job that ever ran."""
    runs = MaintenanceRuns(domain.rooms).all()
    for run in runs:
        print(told(run))
    if not runs:
        print(f"No job of maintenance has run in stage {domain.stage.name}.")
    return 0


def told(run: Run) -> str:
    """How far it is, and what it has done."""
    at = datetime.fromtimestamp(run.updated_at_ms / 1_000, UTC).isoformat(" ", "seconds")
    of = f" of about {run.total:,}" if run.total is not None and run.state != "done" else ""
    mended = ", ".join(f"{count:,} {what}" for what, count in sorted(run.done.items())) or "nothing to mend"
    error = f"; {run.last_error}" if run.last_error else ""
    return f"{run.job}: {run.state} at {at}, {run.looked_at:,}{of} rows looked at: {mended}{error}"


if __name__ == "__main__":
    sys.exit(main())
