"""`make swap STAGE=…`: on which of the WebSocket API's two stages new sockets open, and how the other one is emptied.

    python -m operations.swap --stage prod
    python -m operations.swap --stage prod green --reason "new throttles"
    python -m operations.swap --stage prod --drain
    python -m operations.swap --stage prod --drain --close-a-second 50

Without a colour it says which is in force, and how many sockets each has. Sockets of the other stage stay open and get
everything meanwhile. Clients open theirs anew every 60 to 110 minutes, on the stage in force, so `--drain` may just
wait; with `--close-a-second` it closes them, and clients come back at once, spread over the 20 s that they were told,
with all that they missed.

Exit status: 0 when done, 1 when sockets are left or AWS refuses, 2 for a stage that is not there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chat.colours import BLUE, COLOURS, GREEN
from chat.storage import keys
from operations.deeds import enter
from operations.ending import explained
from operations.errors import OperationError, UsageError
from operations.facts.quotas import QUOTAS
from operations.open_sockets import OpenSockets
from operations.stage import Stage

DEED = "sockets.swap"

LOOK_S = 10
"""Between two looks at who is left."""

LIMIT_S = 7_800
"""As long as a row of a socket lives at most: afterwards nobody is left."""

MOST_A_SECOND = int(QUOTAS["new_connections"].value) // 2
"""Half of the sockets that an account opens a second: others want in, too."""


@dataclass(frozen=True)
class Draining:
    """How a colour is emptied. `close_a_second` 0 waits only."""

    close_a_second: int
    limit_s: int
    pause: Callable[[float], None] = time.sleep
    elapsed_s: Callable[[], float] = time.monotonic


def main(arguments: Sequence[str] | None = None) -> int:
    """Looks, swaps or drains; returns the exit status."""
    options = parse(arguments)
    return explained(options.stage, lambda: carry_out(options))


def carry_out(options: argparse.Namespace) -> int:
    """What is asked for, and how it is then."""
    sockets = OpenSockets.of(Stage.find(options.stage))
    if options.colour:
        swap(sockets, options.colour, options.reason)
    if options.drain:
        drain(sockets, Draining(options.close_a_second, options.limit_s))
    show(sockets)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that asks for nothing that there is."""
    parser = argparse.ArgumentParser(prog="python -m operations.swap", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("colour", nargs="?", choices=COLOURS, help="where new sockets are to open")
    parser.add_argument("--reason", default="", help="with a colour: for the audit")
    parser.add_argument("--drain", action="store_true", help="wait until the other colour has no sockets")
    parser.add_argument("--close-a-second", type=int, default=0, help=f"close them: up to {MOST_A_SECOND} a second")
    parser.add_argument("--limit-s", type=int, default=LIMIT_S, help="seconds after which it gives up (%(default)s)")
    options = parser.parse_args(arguments)
    if options.colour and not options.reason.strip():
        parser.error("say why with --reason")
    if options.close_a_second and not options.drain:
        parser.error("--close-a-second goes with --drain")
    if not 0 <= options.close_a_second <= MOST_A_SECOND:
        parser.error(f"--close-a-second is 0 to {MOST_A_SECOND}: each comes back as a new socket")
    return options


def in_force(sockets: OpenSockets) -> str:
    """The colour that new sockets open on."""
    pk, sk = keys.COLOUR
    row = sockets.stage.client("dynamodb").get_item(
        TableName=sockets.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
    )
    colour: str = row.get("Item", {}).get("colour", {}).get("S", BLUE)
    return colour


def swap(sockets: OpenSockets, colour: str, reason: str) -> None:
    """New sockets open on `colour` within seconds. Safe to repeat. Raises `UsageError` where they do already."""
    before = in_force(sockets)
    if before == colour:
        raise UsageError(f"New sockets open on {colour} already.")
    enter(sockets.stage, DEED, [f"{before}:{colour}"], reason)
    pk, sk = keys.COLOUR
    item = {"pk": {"S": pk}, "sk": {"S": sk}, "colour": {"S": colour}}
    sockets.stage.client("dynamodb").put_item(TableName=sockets.table, Item=item)
    print(f"New sockets open on {colour} within 5 s. Those of {before} leave within 110 minutes: --drain waits for it.")


def drain(sockets: OpenSockets, draining: Draining) -> None:
    """Returns when the colour that is not in force has no sockets. Raises `OperationError` when time is up."""
    colour = BLUE if in_force(sockets) == GREEN else GREEN
    ends_at_s = draining.elapsed_s() + draining.limit_s
    gone: set[str] = set()
    while left := [each for each in sockets.ids(colour) if each not in gone]:
        if draining.elapsed_s() >= ends_at_s:
            raise OperationError(f"{len(left):,} sockets are left on {colour} after {draining.limit_s:,} s.")
        print(f"{colour}: {len(left):,} sockets", flush=True)
        gone |= _close(sockets, left, draining)
        draining.pause(0 if gone.issuperset(left) else LOOK_S)


def _close(sockets: OpenSockets, left: Sequence[str], draining: Draining) -> set[str]:
    """As many as there is time for until the next look; those that are gone. Their rows may stay for a while."""
    closed = set(left[: draining.close_a_second * LOOK_S])
    for connection in closed:
        sockets.close(connection)
        draining.pause(1 / draining.close_a_second)
    return closed


def show(sockets: OpenSockets) -> None:
    """A line for each colour."""
    now = in_force(sockets)
    for colour in COLOURS:
        print(f"{colour}: {len(sockets.ids(colour)):,} sockets{', new ones open here' if colour == now else ''}")


if __name__ == "__main__":
    sys.exit(main())
