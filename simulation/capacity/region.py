"""A Region is lost, and its clients go to another one: what that would take, and what of it would be missing there.

The product has no code for several Regions: this is a stated model around what it has. Its tables are global tables,
copied to a second Region with a lag; a stage is deployed there and idle; a health check and DNS send clients over.
What was acknowledged in the lost Region and not copied yet is in its table, and comes back with it, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from chat.ports import Item, Key
from chat.sessions import RECONNECT
from simulation.capacity.crowd import Crowd
from simulation.capacity.frontdoor import FrontDoor
from simulation.capacity.furnishing import furnish, quiet
from simulation.capacity.load import Stretch, Talk
from simulation.capacity.population import RoomPlan
from simulation.capacity.storm import Returner
from simulation.capacity.watch import stored
from simulation.cloud.cloud import Cloud
from simulation.cloud.figures import Figures, Latency

LAG = Latency(800, 2_000)
"""A: of a global table, from a write until it stands in the other Region (AWS: usually within a second)."""

NOTICED_MS = 30_000
"""A: three failed health checks, ten seconds apart."""

NAME_LIFE_MS = 60_000
"""A: how long a client goes by an address that it was told: clients notice anywhere within that."""

COPIED = ("rooms", "messages")
"""Tables that are copied. Sockets are a Region's own."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One cell that is lost after `talk_s` seconds of that much talk. `most_s`: how long its return is looked at."""

    seed: str
    rooms: Sequence[RoomPlan]
    figures: Figures
    talk_s: float
    messages_per_socket: float
    most_s: int


@dataclass
class Recovery:
    """What became of the clients, and of what was acknowledged before the loss."""

    sockets: int = 0
    back_s: list[float] = field(default_factory=list)
    """After how many seconds each heard its room again."""
    acked: int = 0
    copied: int = 0
    """Acknowledged, and in the other Region when the first was lost."""
    heard_again: int = 0
    """Of those, what every client of the room has heard in the end, from either Region."""
    left_behind: int = 0
    """Acknowledged, and only in the lost Region's table: back with it."""
    sent_again: int = 0
    """Not acknowledged before the loss, and acknowledged in the other Region."""
    unanswered: int = 0


class _Copies:
    """Writes under way to the other Region, in the order of each partition."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._due_us: dict[tuple[str, str], int] = {}
        self.items: dict[str, dict[Key, Item | None]] = {name: {} for name in COPIED}
        for name in COPIED:
            cloud.tables[name].listeners.append(partial(self._write, name))

    def _write(self, name: str, key: Key, _before: Item | None, after: Item | None) -> None:
        scheduler = self._cloud.scheduler
        place = name, key[0]
        due_us = max(self._due_us.get(place, 0), scheduler.now_us + LAG.draw_us(scheduler.chance))
        self._due_us[place] = due_us
        scheduler.at(due_us, self.items[name].__setitem__, key, after)


def run(loss: Loss) -> Recovery:
    """The loss and the way back, in virtual time."""
    lost = Cloud(loss.seed, figures=loss.figures, tier=True)
    lost.gateway = FrontDoor(lost)
    crowd = Crowd(lost)
    furnish(lost, crowd, loss.rooms, rate_per_socket=loss.messages_per_socket, kind=Returner)
    before = {name: dict(lost.tables[name].items) for name in COPIED}
    copies = _Copies(lost)
    Talk(lost, crowd, [Stretch(loss.talk_s, loss.messages_per_socket)]).begin()
    lost.scheduler.run_for_ms(int(loss.talk_s * 1_000))
    lost.close()
    other = _other_region(loss, lost, before, copies)
    try:
        return _return(loss, crowd, other)
    finally:
        other.close()


def _other_region(loss: Loss, lost: Cloud, before: dict[str, dict[Key, Item]], copies: _Copies) -> Cloud:
    """An idle stage at the same moment, with what was copied by now."""
    other = Cloud(f"{loss.seed} elsewhere", figures=loss.figures, tier=True)
    other.scheduler.now_us = lost.scheduler.now_us
    other.gateway = FrontDoor(other)
    with quiet(other):
        for name in COPIED:
            items = {**before[name], **copies.items[name]}
            other.tables[name].put_many(item for item in items.values() if item is not None)
    return other


def _return(loss: Loss, crowd: Crowd, other: Cloud) -> Recovery:
    chance, scheduler = other.scheduler.chance, other.scheduler
    acked = dict(crowd.acked)
    copied = {room: bits & stored(other, room, bits) for room, bits in acked.items()}
    pending = set(crowd.pending)
    crowd.move(other)
    began_us = scheduler.now_us
    recovery = Recovery(sockets=len(crowd.clients))

    def back(client: Returner) -> None:
        recovery.back_s.append((scheduler.now_us - began_us) / 1e6)
        crowd.send_pending(client)

    for client in crowd.clients:
        if isinstance(client, Returner):
            known = _known(client)
            client.socket = None
            noticed_us = NOTICED_MS * 1_000 + int(chance.random() * NAME_LIFE_MS * 1_000)
            scheduler.after(
                noticed_us, lambda client=client, known=known: client.set_out(RECONNECT, known=known, back=back)
            )
    for _ in range(loss.most_s):
        scheduler.run_for_ms(1_000)
        if len(recovery.back_s) == len(crowd.clients) and not crowd.pending:
            break
    scheduler.run_for_ms(5_000)
    recovery.acked = sum(bits.bit_count() for bits in acked.values())
    recovery.copied = sum(bits.bit_count() for bits in copied.values())
    recovery.left_behind = recovery.acked - recovery.copied
    everywhere = dict(copied)
    for client in crowd.clients:
        everywhere[client.room] = everywhere.get(client.room, 0) & (client.heard_bits | client.own_bits)
    recovery.heard_again = sum(bits.bit_count() for bits in everywhere.values())
    recovery.unanswered = len(crowd.pending)
    recovery.sent_again = len(pending) - len(pending & crowd.pending.keys())
    return recovery


def _known(client: Returner) -> int:
    """Up to where it has heard everything, its own messages included: it asks for what follows."""
    have = client.heard_bits | client.own_bits | 1
    return (~have & (have + 1)).bit_length() - 2 if have & 2 else 0
