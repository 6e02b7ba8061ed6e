"""A Region is lost under talk, another one takes over, the first comes back: how long it takes, and what is missing.

Everything is the product's own: handlers, rules of several Regions, and the Python client with its list of addresses.
So there are fewer people here than light clients could be; what is missing of a Region depends on the lag of copies and
on how much is said, and how soon people are back on the rules of the client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chat.numbering import epoch_of
from chat.storage import keys
from simulation.cloud.cloud import Cloud
from simulation.cloud.scheduler import START_MS
from simulation.runs.case import REGIONS, SETTLED_MS, Case, Step
from simulation.runs.diary import Entry, Saw
from simulation.runs.faults import Lost, TakenOver
from simulation.runs.play import Run, play
from simulation.table import MemoryTable

LOST_MS = 20_000
TAKEN_OVER_MS = 50_000
"""A: three failed health checks, ten seconds apart, and nobody hesitates."""

BACK_MS = 110_000


@dataclass(frozen=True, kw_only=True)
class Loss:
    """People who talk in one stage, each in all of its rooms, until `talk_s` after they have entered them."""

    seed: int
    people: int
    rooms: int
    messages_per_s: float
    talk_s: int


@dataclass
class Recovery:
    """What became of the clients, and of what was acknowledged before the loss."""

    clients: int = 0
    back_s: list[float] = field(default_factory=list)
    """After how many seconds each had something of its rooms from the other Region."""
    acked: int = 0
    copied: int = 0
    """Acknowledged, and in the other Region when that took over."""
    restored: int = 0
    """Of the others, there before the lost Region was back: their senders have said them again."""
    returned: int = 0
    """Of the others, there after it."""
    lost: int = 0
    """Nowhere in the end."""
    sent_again: int = 0
    """Sent before the loss, not acknowledged, and acknowledged in the other Region."""


class _Looks:
    """Which commands the other Region has a message of, at two moments of a run."""

    def __init__(self) -> None:
        self.taken_over: set[str] = set()
        self.before_return: set[str] = set()

    def at_take_over(self, clouds: list[Cloud]) -> None:
        """The other Region is about to number."""
        self.taken_over = _stored(clouds[1].tables["messages"])

    def at_return(self, clouds: list[Cloud]) -> None:
        """The first one is about to return."""
        self.before_return = _stored(clouds[1].tables["messages"])


def run(loss: Loss) -> Recovery:
    """The loss and the way back, in virtual time."""
    looks = _Looks()
    case = _case(loss)
    played = play(case, looks=((TAKEN_OVER_MS - 1, looks.at_take_over), (BACK_MS - 1, looks.at_return)))
    return _recovery(played, looks)


def _case(loss: Loss) -> Case:
    users = tuple(f"u{number}" for number in range(loss.people))
    rooms = tuple(f"r{number}" for number in range(loss.rooms))
    between_ms = 1_000 / loss.messages_per_s
    said = int(loss.talk_s * loss.messages_per_s)
    steps = tuple(
        Step(SETTLED_MS + int(number * between_ms), users[number % len(users)], "say", rooms[number % len(rooms)])
        for number in range(said)
    )
    home, other = REGIONS
    faults = (Lost(LOST_MS, home, BACK_MS), TakenOver(TAKEN_OVER_MS, other))
    return Case(loss.seed, users, rooms, steps, faults, tier=True, regions=REGIONS)


def _recovery(played: Run, looks: _Looks) -> Recovery:
    lost_at_ms = START_MS + LOST_MS
    acked = {entry.command_id: entry for diary in played.diaries for entry in diary.of(Saw.ACKED)}
    before = {command for command, entry in acked.items() if entry.at_ms <= lost_at_ms}
    sent = {entry.command_id for diary in played.diaries for entry in diary.of(Saw.SENT) if entry.at_ms <= lost_at_ms}
    missing = before - looks.taken_over
    restored = missing & looks.before_return
    standing = _stored(played.tables["messages"])
    return Recovery(
        clients=len(played.diaries),
        back_s=[(at_ms - lost_at_ms) / 1_000 for at_ms in _back_at_ms(played)],
        acked=len(before),
        copied=len(before) - len(missing),
        restored=len(restored),
        returned=len((missing - restored) & standing),
        lost=len(before - standing),
        sent_again=len((sent - before) & acked.keys()),
    )


def _back_at_ms(played: Run) -> Iterator[int]:
    for diary in played.diaries:
        elsewhere = [entry.at_ms for entry in diary.of(Saw.HEARD, Saw.ACKED) if _is_elsewhere(entry)]
        if elsewhere:
            yield min(elsewhere)


def _is_elsewhere(entry: Entry) -> bool:
    return epoch_of(entry.seq) > 0


def _stored(table: MemoryTable) -> set[str]:
    """The commands whose messages stand in a table."""
    found = ((pk, item.get("command_id")) for (pk, _), item in table.items.items())
    return {str(command_id) for pk, command_id in found if command_id and pk.startswith(keys.MESSAGES)}
