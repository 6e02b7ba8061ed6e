"""`make plan`: what a stage needs for a crowd. Quotas, increases, units, cells, dollars, and what binds first.

    make plan ARGS="--users 100000 --messages-per-minute 1000000 --recipients 10"
    make plan ARGS="--users 20000 --messages-per-minute 60000 --rooms 10000 --zipf 1.1 --largest 5000"

Prints the plan, and writes it to `build/plan.json` and `build/plan.html`. Exit status: 0; 1 where AWS does not answer
(`--live`); 2 for what can't be planned; 3 where something is needed that can't be had, which the plan names.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from chat.planning import Thresholds
from local.paths import BUILD
from operations.capacity import measured, plan_page, plan_text, stage_plan, workload
from operations.capacity.live import Account
from operations.capacity.stage_plan import StagePlan
from operations.capacity.workload import RoomClass, Workload
from operations.errors import OperationError, UsageError
from operations.facts import FactError
from operations.stage import Stage

FAILED, BLOCKED = 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Plans; returns the exit status."""
    options = parse(arguments)
    try:
        planned = make(options)
    except (OperationError, FactError) as error:
        sys.stderr.write(f"{error}\n")
        return error.status if isinstance(error, OperationError) else UsageError.status
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"AWS does not say what its quotas are: {error}\n")
        return FAILED
    write(planned, options.output)
    print(plan_text.shown(planned))
    print(f"Written to {options.output / 'plan.json'} and {options.output / 'plan.html'}.")
    return BLOCKED if planned.blocked else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that says no workload."""
    parser = argparse.ArgumentParser(
        prog="python -m operations.plan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, required=True, help="everybody, online or not")
    parser.add_argument("--messages-per-minute", type=float, required=True, help="in the busiest minute, of all users")
    parser.add_argument("--online", type=float, default=1.0, help="part of the users with an open socket then (1)")
    parser.add_argument("--rooms", type=int, default=1, help="how many rooms there are (1)")
    sizes = parser.add_mutually_exclusive_group(required=True)
    sizes.add_argument("--recipients", type=int, help="sockets that get a message, in every room (F)")
    sizes.add_argument("--zipf", type=float, help="sizes of rooms fall with their rank by this exponent")
    parser.add_argument("--largest", type=int, help="recipients in the largest room, with --zipf")
    parser.add_argument("--size", type=int, default=Workload.size_bytes, help="bytes of a frame (300)")
    parser.add_argument("--words", type=int, default=Workload.words, help="different words of a message (10)")
    parser.add_argument("--elsewhere", type=float, default=0.0, help="sockets of a room's members in other rooms (0)")
    parser.add_argument("--churn", type=float, default=0.0, help="how often an hour a socket is lost and opened (0)")
    parser.add_argument("--average", type=float, default=1.0, help="a month's mean minute as part of the busiest (1)")
    parser.add_argument("--reconnect-window", type=float, help="seconds that everybody's reconnecting is spread over")
    parser.add_argument("--fanout", default="", help="thresholds that are not the defaults: direct=1000,coalesce=4000")
    parser.add_argument("--region", default="us-east-1", help="whose prices count (us-east-1)")
    parser.add_argument("--cells", type=int, help="accounts or Regions that rooms are spread over (as many as needed)")
    parser.add_argument(
        "--bench", type=Path, default=measured.BENCH, help="a result of `make bench` (build/bench.json)"
    )
    parser.add_argument("--output", type=Path, default=BUILD, help="where files are written (build)")
    parser.add_argument("--live", metavar="STAGE", help="the quotas and use of the account that the stage is in")
    return parser.parse_args(arguments)


def make(options: argparse.Namespace) -> StagePlan:
    """Raises `UsageError` and `FactError` with what to change."""
    if options.cells is not None and options.cells < 1:
        raise UsageError("--cells is 1 or more.")
    account = Account.of(Stage.find(options.live)) if options.live else None
    return stage_plan.make(
        _workload(options),
        region=options.region,
        thresholds=_thresholds(options.fanout),
        figures=measured.read(options.bench),
        cells=options.cells,
        limits=account.limits() if account else None,
        in_use=account.in_use() if account else None,
    )


def write(planned: StagePlan, folder: Path) -> None:
    """`plan.json` and `plan.html`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_bytes(stage_plan.as_json(planned))
    (folder / "plan.html").write_text(plan_page.page(planned), encoding="utf-8")


def _workload(options: argparse.Namespace) -> Workload:
    return Workload(
        users=options.users,
        online=options.online,
        messages_per_minute=options.messages_per_minute,
        rooms=_rooms(options),
        size_bytes=options.size,
        words=options.words,
        elsewhere=options.elsewhere,
        churn_per_hour=options.churn,
        average=options.average,
        reconnect_window_s=options.reconnect_window,
    )


def _rooms(options: argparse.Namespace) -> tuple[RoomClass, ...]:
    if options.zipf is None:
        if options.largest is not None:
            raise UsageError("--largest goes with --zipf.")
        return workload.alike(options.rooms, options.recipients)
    if options.largest is None:
        raise UsageError("--zipf needs --largest: how many recipients the largest room has.")
    return workload.zipf(options.rooms, options.largest, options.zipf)


def _thresholds(text: str) -> Thresholds:
    try:
        return Thresholds.parse(text)
    except ValueError as error:
        raise UsageError(f"--fanout: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
