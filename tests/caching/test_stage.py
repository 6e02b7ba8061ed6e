"""A whole stage on a real server: whatever becomes of the server, every command is answered, and answered the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from chat import commands
from chat.aws.valkey import Valkey
from chat.aws.valkey_tier import ValkeyTier
from chat.caching.counts import Counts
from simulation.world import ManualClock, World
from tests.caching.server import Relay, Server

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("ada", {"action": "create", "title": "Lunch", "room": "lunch", "members": ["bob"]}),
    ("bob", {"action": "subscribe", "room": "lunch"}),
    ("ada", {"action": "send", "room": "lunch", "text": "one"}),
    ("bob", {"action": "send", "room": "lunch", "text": "two", "reply_to": 1}),
    ("bob", {"action": "history", "room": "lunch"}),
    ("eve", {"action": "join", "room": "nowhere"}),
    ("eve", {"action": "join", "room": "lunch"}),
    ("eve", {"action": "send", "room": "lunch", "text": "three"}),
    ("ada", {"action": "edit", "room": "lunch", "seq": 1, "text": "first"}),
    ("eve", {"action": "history", "room": "lunch"}),
    ("ada", {"action": "mute", "room": "lunch", "user": "eve", "for_s": 600}),
    ("eve", {"action": "send", "room": "lunch", "text": "four"}),
    ("ada", {"action": "configure", "room": "lunch", "slow_mode_s": 5}),
    ("bob", {"action": "settings", "room": "lunch"}),
    ("ada", {"action": "remove", "room": "lunch", "user": "bob"}),
    ("bob", {"action": "history", "room": "lunch"}),
    ("ada", {"action": "delete", "room": "lunch", "seq": 2}),
    ("ada", {"action": "history", "room": "lunch"}),
    ("eve", {"action": "leave", "room": "lunch"}),
    ("eve", {"action": "history", "room": "lunch"}),
]


def say(world: World, number: int, user: str, command: dict[str, Any]) -> dict[str, Any]:
    frame = json.dumps({"id": f"c{number}", **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, world.connect(user), frame))
    return reply


def said_without_a_cache() -> list[dict[str, Any]]:
    world = World()
    return [say(world, number, user, command) for number, (user, command) in enumerate(STEPS)]


def stage(url: str, *, call_ms: int = 2_000) -> tuple[World, Counts]:
    """A stage whose instance has its part of the server, and time for it on a machine that does other things beside."""
    counts = Counts()
    tier = ValkeyTier(Valkey(url, call_ms=call_ms, connect_ms=2_000), "chat:test", ManualClock(), counts)
    world = World(shared=tier)
    return world, counts


def test_with_a_cache_every_command_is_answered_as_without(server: Server) -> None:
    world, counts = stage(server.url)
    assert [say(world, n, user, command) for n, (user, command) in enumerate(STEPS)] == said_without_a_cache()
    assert "shared.failed" not in counts.take()
    assert world.tiers.counts.take()["membership.memory.hit"] > 0


@pytest.mark.parametrize("dies_at", range(0, len(STEPS), 3))
def test_a_server_that_is_killed_in_the_middle_changes_no_answer(server: Server, dies_at: int) -> None:
    world, counts = stage(server.url)
    said = []
    for number, (user, command) in enumerate(STEPS):
        if number == dies_at:
            server.stop()
        said.append(say(world, number, user, command))
    assert said == said_without_a_cache()
    assert counts.take()["shared.failed"] >= 1


def test_a_server_that_was_never_there_changes_no_answer(server: Server) -> None:
    server.stop()
    world, _ = stage(server.url)
    assert [say(world, n, user, command) for n, (user, command) in enumerate(STEPS)] == said_without_a_cache()


@pytest.mark.parametrize("hangs", [True, False], ids=["hanging", "slow"])
def test_a_server_that_hangs_or_is_slow_is_waited_for_three_times_and_changes_no_answer(
    server: Server, *, hangs: bool
) -> None:
    suffering: Callable[[], AbstractContextManager[object]] = server.hanging if hangs else nullcontext
    with Relay(server.port, late_ms=0 if hangs else 300).running() as relay, suffering():
        world, counts = stage(relay.url, call_ms=20)
        said = [say(world, n, user, command) for n, (user, command) in enumerate(STEPS)]
        assert said == said_without_a_cache()
    counted = counts.take()
    assert (counted["shared.failed"], counted["shared.opened"]) == (3, 1)
    assert counted["shared.skipped"] > len(STEPS)


def test_a_server_that_comes_back_empty_is_filled_again(server: Server) -> None:
    world, counts = stage(server.url)
    for number, (user, command) in enumerate(STEPS[:5]):
        say(world, number, user, command)
    server.stop()
    server.start()
    world.clock.pass_ms(60_000)
    for number in range(8):
        assert say(world, 100 + number, "ada", {"action": "history", "room": "lunch"})["type"] == "ack"
        world.clock.pass_ms(60_000)
    assert counts.take().get("shared.skipped", 0) == 0
    reply = Valkey(server.url, call_ms=500).run(("DBSIZE",))[0]
    assert isinstance(reply, int)
    assert reply > 0
