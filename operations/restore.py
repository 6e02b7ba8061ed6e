"""`make restore`: rooms and messages of a backup come back into a stage's tables.

What stands there is never replaced: rows are added where nothing is, so it may be begun again, and what was written
since the backup stays. What was deleted or erased since stays so (`chat.erasures`). Numbers that rooms may have given
are not given again. Nobody is told of old messages anew. At the end every row is compared with what stands.

Exit status: 0 when every row of the backup stands, or something newer in its place; 1 when something is missing or
failed, 2 for what can't be asked so, 130 when it was stopped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chat.storage import keys
from chat.storage.changes import ChangeLog
from chat.storage.rooms import get_batches
from operations import rows
from operations.backups import afterwards
from operations.backups.chain import Chain
from operations.backups.erased import Ledger
from operations.backups.numbers import Counters, Numbers, see_all
from operations.backups.places import Bucket, place_at
from operations.backups.restoring import Fate, RestoredTable, Tally, expired
from operations.domain import Domain
from operations.ending import FAILED, ended
from operations.errors import UsageError
from operations.export import positive, table_names
from operations.pace import Pace
from operations.progress import RowsProgress
from operations.rows import Attributes
from operations.stage import Stage

ORDER = ("messages", "rooms")
"""Nobody can post into a room before they are its member again; by then its numbers and messages are there."""

MEANT: dict[Fate, str] = {
    "added": "added",
    "there": "there as they were",
    "other": "newer, and left so",
    "absent": "absent",
    "erased": "erased again already",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Restores one stage; returns the exit status."""
    options = parse(arguments)
    going_on = "What was added stays. Begin it again with --merge: what is there already is passed over."
    return ended(options.stage, lambda: restore(Stage.find(options.stage), options), if_stopped=going_on)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m operations.restore", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument(
        "--from", dest="place", required=True, metavar="PLACE", help="what `make export` wrote: s3://… or a directory"
    )
    parser.add_argument("--merge", action="store_true", help="into tables that have rows, beside what stands there")
    parser.add_argument("--dry-run", action="store_true", help="compare only: what is missing, and what is newer")
    parser.add_argument(
        "--part", type=_part, metavar="K/N", help="the Kth of N parts, which may be restored at once (needs --merge)"
    )
    parser.add_argument("--units", type=positive, help="write units a second at most (default: no limit)")
    options = parser.parse_args(arguments)
    if options.dry_run and options.merge:
        parser.error("--merge goes with restoring: --dry-run changes nothing anyway")
    if options.part and not (options.merge or options.dry_run):
        parser.error("--part goes with --merge: the other parts are there meanwhile")
    return options


def restore(stage: Stage, options: argparse.Namespace) -> int:
    """All steps, each with how long it took."""
    work = prepare(stage, options)
    if options.dry_run:
        return _judge(work.timed("comparing", work.compare))
    work.require_room(merge=options.merge)
    work.timed("numbers", work.carry_on_numbers)
    work.timed("rows", work.add)
    work.timed("what was erased since", work.take_away)
    return _judge(work.timed("comparing", work.compare))


@dataclass(frozen=True, kw_only=True)
class Restore:
    """One backup and one stage."""

    domain: Domain
    chains: dict[str, Chain]
    tables: dict[str, str]
    ledger: Ledger
    numbers: Numbers
    pace: Pace
    now_ms: int

    def require_room(self, *, merge: bool) -> None:
        """Raises `UsageError` for tables that have rows, unless they are to be merged with."""
        filled = [table for table in ORDER if not self._table(table, lambda _: None).is_empty()]
        if filled and not merge:
            raise UsageError(
                f"There are rows in {' and '.join(filled)}. With --merge they stay, and what is missing is added; "
                "--dry-run says what that is."
            )

    def carry_on_numbers(self) -> str:
        """Before anything else is there: whoever posts gets a number that nobody has had."""
        see_all(self.numbers, self.chains["messages"].whole().rows())
        for row in self.chains["rooms"].whole().rows():
            if (room := rows.previewed_room(rows.key_of(row))) is not None:
                self.numbers.see_preview(room, int(row["seq"]["N"]))
        wanted = [keys.latest(room) for room in self.numbers.rooms]
        for latest in get_batches(self.domain.rooms, wanted, consistent=True):
            self.numbers.see_preview(latest["room"], int(latest["seq"]))
        counters = Counters(self.domain.stage.client("dynamodb"), self.tables["messages"], self.pace)
        raised = counters.go_on(self.numbers)
        return f"{raised:,} of {len(self.numbers.rooms):,} rooms go on behind the newest number that is known"

    def add(self) -> dict[str, Tally]:
        """Every row that may come back."""
        return self._each_table(lambda restored, found: restored.add(found, self.now_ms))

    def compare(self) -> dict[str, Tally]:
        """Every row that may come back with what stands in its place."""
        return self._each_table(lambda restored, found: restored.compare(found, erased=self.ledger.takes))

    def take_away(self) -> str:
        """Deletions get numbers, and users who were erased since are erased again."""
        deletions = afterwards.Deletions(ChangeLog(self.domain.messages), self.domain.clock)
        revs = {room: known.rev for room, known in self.numbers.rooms.items()}
        numbered = deletions.number(self.ledger, revs)
        if self.ledger.users:
            afterwards.erase_again(self.domain.job_office, self.ledger)
        return (
            f"{numbered:,} messages stay deleted; {len(self.ledger.users):,} users are being erased again, which takes "
            f"some minutes; {len(self.ledger.back_again):,} have come back since, and got nothing of theirs"
        )

    def timed(self, step: str, carry_out: Callable[[], str | dict[str, Tally]]) -> dict[str, Tally]:
        """Carries out a step and prints what came of it, and after how many seconds."""
        began_s = time.monotonic()
        result = carry_out()
        lines = {"": result} if isinstance(result, str) else {f"{name}, ": _told(each) for name, each in result.items()}
        for name, line in lines.items():
            print(f"{name}{step}: {line}", flush=True)
        print(f"  {step}: {time.monotonic() - began_s:.1f} s", flush=True)
        return {} if isinstance(result, str) else result

    def _each_table(self, carry_out: Callable[[RestoredTable, Iterator[Attributes]], Tally]) -> dict[str, Tally]:
        tallies = {}
        for table in ORDER:
            progress = RowsProgress(sys.stderr, table, self.chains[table].size)
            try:
                tallies[table] = carry_out(self._table(table, progress), self._due(table))
            finally:
                progress.end()
        return tallies

    def _table(self, table: str, report: Callable[[int], None]) -> RestoredTable:
        return RestoredTable(self.domain.stage.client("dynamodb"), self.tables[table], self.pace, report=report)

    def _due(self, table: str) -> Iterator[Attributes]:
        """Rows that may come back, as they have to stand. Counters are none: they go on, and not back."""
        for row in self.chains[table].rows():
            if expired(row, self.now_ms) or rows.counted_room(rows.key_of(row)) is not None:
                continue
            if (left := self.ledger.left_of(row, self.now_ms)) is not None:
                yield left


def prepare(stage: Stage, options: argparse.Namespace) -> Restore:
    """Finds the backup, the tables, and what was erased since. Changes nothing."""
    place = place_at(options.place, stage)
    chains = {table: Chain.find(place, table, options.part or (1, 1)) for table in ORDER}
    domain, now_ms = Domain(stage), int(time.time() * 1_000)
    bucket = Bucket(stage.client("s3"), stage.output("data", "MediaBucketName"), "")
    ledger = Ledger.read(bucket, min(chain.begun_at_ms for chain in chains.values()), now_ms)
    ledger.set_apart(afterwards.lives(domain.rooms, ledger.users))
    return Restore(
        domain=domain,
        chains=chains,
        tables=table_names(stage),
        ledger=ledger,
        numbers=Numbers(chains["messages"].taken_at_ms, now_ms),
        pace=Pace(options.units),
        now_ms=now_ms,
    )


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is no part such as 2/8")
    return int(part), int(parts)


def _judge(tallies: dict[str, Tally]) -> int:
    """The exit status; names what is missing, and what stands in others' places."""
    for table, tally in tallies.items():
        for fate, named in tally.named.items():
            print(f"{table}: {fate}: {', '.join(named)}{' …' if tally.fates[fate] > len(named) else ''}")
    return FAILED if any(tally.fates["absent"] for tally in tallies.values()) else 0


def _told(tally: Tally) -> str:
    parts = [f"{tally.fates[fate]:,} {meant}" for fate, meant in MEANT.items() if tally.fates[fate]]
    return ", ".join(parts) or "no rows"


if __name__ == "__main__":
    sys.exit(main())
