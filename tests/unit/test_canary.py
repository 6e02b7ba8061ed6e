"""The canary in memory: what it says, what it makes of answers that are late, wrong or missing, and what it leaves."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

import pytest

from chat import canary, commands
from chat.aws import canary as wired
from chat.canary import KEPT, Canary, LineError, SilenceError
from chat.ports import Principal, Sender
from chat.storage import keys
from functions.ops import canary as function
from simulation.world import World
from tests.unit.test_handlers import CONTEXT


@dataclass
class WorldLines:
    """Sockets of a stage in memory. `lost` frames are those that never arrive, by their type."""

    world: World
    lost: frozenset[str] = frozenset()
    opens: bool = True
    senders: list[Sender] = field(default_factory=list)
    replies: deque[tuple[int, bytes]] = field(default_factory=deque)
    read: dict[str, int] = field(default_factory=dict)

    def open(self, url: str, within_ms: int) -> int:
        if not self.opens:
            raise LineError(f"{url} took more than {within_ms} ms")
        principal = self.world.tickets.redeem(url.partition("?ticket=")[2], self.world.clock.now_ms())
        assert isinstance(principal, Principal)
        self.senders.append(self.world.connect(principal.user, connection=f"line-{len(self.senders)}"))
        return len(self.senders) - 1

    def say(self, line: int, frame: bytes) -> None:
        self.replies.append((line, commands.answer(self.world.services, self.senders[line], frame)))
        for number, sender in enumerate(self.senders):
            heard = self.world.sockets.received[sender.connection]
            new = heard[self.read.get(sender.connection, 0) :]
            self.read[sender.connection] = len(heard)
            self.replies.extend((number, json.dumps(each).encode()) for each in new)

    def hear(self, within_ms: int) -> tuple[int, bytes] | None:
        assert within_ms > 0
        while self.replies:
            line, frame = self.replies.popleft()
            content = json.loads(frame)
            if content["type"] not in self.lost and content.get("action") not in self.lost:
                return line, frame
        return None

    def close(self) -> None:
        self.senders.clear()


def make(world: World, lines: WorldLines) -> Canary:
    return Canary(
        url="wss://chat.example/test",
        tickets=world.tickets,
        messages=world.messages_table,
        lines=lines,
        ids=world.ids,
        clock=world.clock,
    )


@pytest.fixture
def world() -> World:
    return World()


def test_it_hears_what_it_said_each_time_in_the_same_room(world: World) -> None:
    for _ in range(3):
        lines = WorldLines(world)
        times = canary.converse(make(world, lines))
        assert times.ack_ms >= 0
        assert times.delivery_ms >= 0
        assert lines.senders == []
    assert world.services.messages.newest(keys.CANARY_ROOM) == 3


@pytest.mark.parametrize(
    ("lost", "why"), [("send", "no ack"), ("message", "did not reach"), ("subscribe", "no reply to subscribe")]
)
def test_what_does_not_come_is_a_failure(world: World, lost: str, why: str) -> None:
    with pytest.raises(SilenceError, match=why):
        canary.converse(make(world, WorldLines(world, lost=frozenset({lost}))))


def test_what_is_refused_is_a_failure(world: World) -> None:
    ada = world.connect("ada")
    made = {"action": "create", "id": "1", "title": "Mine", "room": keys.CANARY_ROOM}
    commands.answer(world.services, ada, json.dumps(made))
    with pytest.raises(SilenceError, match="refused: room_exists"):
        canary.converse(make(world, WorldLines(world)))


def test_only_the_newest_messages_stay(world: World) -> None:
    for _ in range(3):
        canary.converse(make(world, WorldLines(world)))
    world.messages_table.items[keys.counter(keys.CANARY_ROOM)]["seq"] = KEPT
    canary.converse(make(world, WorldLines(world)))
    left = [key for key in world.messages_table.items if str(key[0]).startswith(f"m#{keys.CANARY_ROOM}#")]
    assert sorted(int(seq) for _, seq in left) == [2, 3, KEPT + 1]


def test_the_function_says_how_it_went_and_never_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = WorldLines(world)
    monkeypatch.setattr(wired, "canary", lambda: make(world, lines))
    assert function.handle({}, CONTEXT)["ok"]
    lines.opens = False
    failed = function.handle({}, CONTEXT)
    assert not failed["ok"]
    assert "5000 ms" in failed["why"]
