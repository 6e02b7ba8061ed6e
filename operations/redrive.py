"""`make redrive`: a stage's dead letters, listed, inspected, redriven, or discarded with a record of it.

Exit status: 0 when everything that was asked for is done, 1 when something failed and its letters are still there, 2
for what can't be asked so, 130 when it was stopped. However it ends, no letter is lost.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from chat.aws.dead_letters.discarding import AuditDestination, Discarding
from chat.aws.dead_letters.hops import Hop
from chat.aws.dead_letters.queue import DeadLetterQueue
from chat.aws.dead_letters.redriving import destination_of
from chat.aws.dead_letters.selection import Selection, read_age_s, read_condition
from chat.aws.dead_letters.treatment import Destination, Tally, Treatment
from operations.ending import FAILED, STOPPED, explained
from operations.progress import Progress
from operations.showing import Row, Showing, table
from operations.stage import Stage

LOOKED_AT = 1_000
"""Letters that listing looks at in each queue to find the oldest: a hundred calls."""

DONE = {"inspect": "shown", "redrive": "redriven", "discard": "discarded"}
BACK = {
    "queue": "its queue",
    "stream": "its function, from the stream",
    "state-machine": "its state machine",
    "function": "its function",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out one command; returns the exit status."""
    options = parse(arguments)
    try:
        return explained(options.stage, lambda: command(Stage.find(options.stage), options))
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return STOPPED


def command(stage: Stage, options: argparse.Namespace) -> int:
    """Of one queue, or a list of all."""
    return carry_out(stage, options) if options.queue else list_queues(stage)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that asks for nothing that there is."""
    parser = argparse.ArgumentParser(prog="python -m operations.redrive", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("--queue", metavar="NAME", help="one queue of dead letters; without it, all are listed")
    parser.add_argument("action", nargs="?", choices=DONE, help="what is done with its letters (default: inspect)")
    parser.add_argument(
        "--match",
        action="append",
        default=[],
        type=_checked(read_condition),
        metavar="TEXT|FIELD=VALUE",
        help="only letters whose body has the text, or the field of that value; given again, all must hold",
    )
    parser.add_argument(
        "--older-than", type=_checked(read_age_s), metavar="AGE", help="only letters sent before: 90s, 10m, 2h, 3d"
    )
    parser.add_argument("--limit", type=_checked(_positive), metavar="N", help="no more letters than that")
    parser.add_argument("--bodies", action="store_true", help="show whole bodies, with what users wrote")
    parser.add_argument("--dry-run", action="store_true", help="show the letters that are meant, and do nothing")
    parser.add_argument("--reason", metavar="TEXT", help="why letters are discarded; kept with them")
    options = parser.parse_args(arguments)
    if complaint := _complaint_about(options):
        parser.error(complaint)
    options.action = options.action or "inspect"
    return options


def list_queues(stage: Stage) -> int:
    """Prints every queue of the stage with its depth and the age of its oldest letter."""
    sqs = stage.client("sqs")
    print(table(_row(hop, DeadLetterQueue(sqs, hop.queue)) for hop in stage.hops()))
    return 0


def carry_out(stage: Stage, options: argparse.Namespace) -> int:
    """One action on one queue's letters."""
    hop = stage.hop(options.queue)
    queue = DeadLetterQueue(stage.client("sqs"), hop.queue)
    expected = queue.depth().waiting
    shows = options.action == "inspect" or options.dry_run
    progress = Progress(sys.stderr, hop.name, min(expected, options.limit or expected))
    treatment = Treatment(
        queue=queue,
        selection=Selection(conditions=options.match, older_than_s=options.older_than, limit=options.limit),
        destination=Showing(print, _now_ms(), bodies=options.bodies) if shows else _destination(stage, hop, options),
        remove=not shows,
        report=(lambda _: None) if shows else progress,
    )
    tally = Tally()
    try:
        treatment.carry_out(tally)
    finally:
        progress.end()
        print(_summary(hop.name, options, tally), flush=True)
    return FAILED if tally.failed else 0


def _destination(stage: Stage, hop: Hop, options: argparse.Namespace) -> Destination:
    if options.action == "redrive":
        return destination_of(hop, stage.client)
    caller: str = stage.client("sts").get_caller_identity()["Arn"]
    discarding = Discarding(stage=stage.name, hop=hop, who=caller, reason=options.reason.strip())
    return AuditDestination(stage.client("s3"), stage.place_of_discarded(), discarding)


def _row(hop: Hop, queue: DeadLetterQueue) -> Row:
    depth = queue.depth()
    looked_at: list[int] = []
    if depth.waiting:
        with queue.round() as letters:
            for received in letters:
                looked_at += [letter.sent_at_ms for letter in received]
                if len(looked_at) >= LOOKED_AT:
                    break
    oldest_ms = _now_ms() - min(looked_at) if looked_at else None
    return Row(hop.name, depth, oldest_ms, len(looked_at) >= LOOKED_AT, BACK[hop.redrive])


def _summary(name: str, options: argparse.Namespace, tally: Tally) -> str:
    """Which letters failed and why, then how many of each there were."""
    lines = [f"{letter.id}: {reason}" for letter, reason in tally.failed]
    done = f"would be {DONE[options.action]}" if options.dry_run else DONE[options.action]
    lines.append(
        f"{name}: {tally.looked_at} letters looked at, {tally.chosen} meant, {tally.done} {done}, "
        f"{len(tally.failed)} failed"
    )
    return "\n".join(lines)


def _complaint_about(options: argparse.Namespace) -> str | None:
    """What makes no sense together: no option is taken that would do nothing."""
    if not options.queue:
        given = (options.action, options.older_than, options.limit, options.reason)
        asks = any(each is not None for each in given) or options.match or options.bodies or options.dry_run
        return "name the --queue that this is about" if asks else None
    if options.action == "discard" and not (options.reason or "").strip():
        return "discard needs --reason: it is kept with the letters"
    if options.reason is not None and options.action != "discard":
        return "--reason goes with discard"
    shows = options.action in {None, "inspect"}
    if options.dry_run and shows:
        return "--dry-run goes with redrive and discard: inspect does nothing anyway"
    if options.bodies and not (shows or options.dry_run):
        return "--bodies goes with inspect and --dry-run"
    return None


def _positive(text: str) -> int:
    """Raises ValueError for what is no whole number from 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"{text} is no number of letters")
    return int(text)


def _checked(read: Callable[[str], object]) -> Callable[[str], object]:
    """`read` as a type of argparse's, which tells the words of this error and of no other."""

    def checked(text: str) -> object:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return checked


def _now_ms() -> int:
    return int(time.time() * 1_000)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Being ended is as Ctrl-C: letters are let go first."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
