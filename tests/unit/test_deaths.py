"""A function may die between any two of its calls: what is sent again then ends as if it had been carried out once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from chat.storage.messages import SETTLE_MS
from simulation.world import World
from tests.unit.moderated_room import ask, furnished, result

Command = dict[str, Any]

BEFORE: dict[str, list[tuple[str, Command]]] = {
    "react away": [("bea", {"action": "react", "room": "lunch", "seq": 1, "emoji": "👍"})],
    "unpin": [("mia", {"action": "pin", "room": "lunch", "seq": 1})],
    "unban": [("mia", {"action": "remove", "room": "lunch", "user": "bea", "ban": True})],
    "come back": [
        ("mia", {"action": "mute", "room": "lunch", "user": "bea", "for_s": 600}),
        ("bea", {"action": "leave", "room": "lunch"}),
    ],
}
"""What happened before some of the commands."""

COMMANDS: dict[str, tuple[str, Command]] = {
    "send": ("bob", {"action": "send", "room": "lunch", "text": "again"}),
    "mention": ("bob", {"action": "send", "room": "lunch", "text": "@bea and @room"}),
    "reply": ("bob", {"action": "send", "room": "lunch", "text": "again", "reply_to": 1}),
    "edit": ("bob", {"action": "edit", "room": "lunch", "seq": 1, "text": "other words"}),
    "delete": ("mia", {"action": "delete", "room": "lunch", "seq": 1}),
    "react": ("bea", {"action": "react", "room": "lunch", "seq": 1, "emoji": "👍"}),
    "react away": ("bea", {"action": "react", "room": "lunch", "seq": 1, "emoji": "👍", "remove": True}),
    "pin": ("mia", {"action": "pin", "room": "lunch", "seq": 1}),
    "unpin": ("mia", {"action": "pin", "room": "lunch", "seq": 1, "remove": True}),
    "create": (
        "bea",
        {"action": "create", "title": "Tea", "room": "tea", "kind": "private", "members": ["eve", "bob"]},
    ),
    "direct": ("bea", {"action": "direct", "user": "bob"}),
    "join": ("eve", {"action": "join", "room": "lunch"}),
    "come back": ("bea", {"action": "join", "room": "lunch"}),
    "leave": ("bea", {"action": "leave", "room": "lunch"}),
    "invite": ("mia", {"action": "invite", "room": "lunch", "user": "eve"}),
    "remove": ("mia", {"action": "remove", "room": "lunch", "user": "bea"}),
    "ban": ("mia", {"action": "remove", "room": "lunch", "user": "bea", "ban": True}),
    "unban": ("mia", {"action": "unban", "room": "lunch", "user": "bea"}),
    "mute": ("mia", {"action": "mute", "room": "lunch", "user": "bea", "for_s": 600}),
    "set_role": ("ada", {"action": "set_role", "room": "lunch", "user": "bea", "role": "reader"}),
    "transfer": ("ada", {"action": "transfer", "room": "lunch", "user": "bea"}),
    "configure": ("mia", {"action": "configure", "room": "lunch", "slow_mode_s": 30, "blocked_words": ["spam"]}),
    "report": ("bea", {"action": "report", "room": "lunch", "seq": 1, "reason": "spam"}),
    "subscribe": ("bea", {"action": "subscribe", "room": "lunch", "connection": "bea-2"}),
    "unsubscribe": ("bea", {"action": "unsubscribe", "room": "lunch"}),
    "read": ("bea", {"action": "read", "room": "lunch", "seq": 1}),
}


class Death(BaseException):
    """What no code of a function gets to handle."""


class Mortal:
    """Counts the calls that a world's services make, and ends all of them at one: before it took effect or after."""

    def __init__(self, world: World, dies_at: int | None = None, *, late: bool = False) -> None:
        self.calls = 0
        self._dies_at = dies_at
        self._late = late
        self._watched: list[tuple[object, str]] = []
        for table in (world.rooms_table, world.messages_table, world.connections_table):
            for name in ("get", "get_many", "put", "put_many", "update", "delete", "delete_many", "query", "transact"):
                self._watch(table, name)
        for queue in (world.queue, world.notices_queue):
            self._watch(queue, "send")
        self._watch(world.sockets, "post")

    def end(self) -> None:
        """Another function does the next calls."""
        for owner, name in self._watched:
            delattr(owner, name)

    def _watch(self, owner: object, name: str) -> None:
        setattr(owner, name, functools.partial(self._call, getattr(owner, name)))
        self._watched.append((owner, name))

    def _call(self, call: Callable[..., object], *args: object, **kwargs: object) -> object:
        at, self.calls = self.calls, self.calls + 1
        dead = self._dies_at is not None and at > self._dies_at
        if dead or (at == self._dies_at and not self._late):
            raise Death
        answer = call(*args, **kwargs)
        if at == self._dies_at:
            raise Death
        return answer


def prepared(name: str) -> World:
    world = furnished()
    world.connect("bea", connection="bea-2")
    for asker, command in BEFORE.get(name, ()):
        result(world, asker, **command)
    return world


def carry_out(world: World, name: str) -> None:
    asker, command = COMMANDS[name]
    ask(world, asker, id="the-command", **command)


def picture(world: World) -> dict[str, Any]:
    """What everybody sees, but for numbers, of which a death may burn some."""
    world.clock.pass_ms(SETTLE_MS + 1)
    log = result(world, "mia", action="history", room="lunch")["messages"]
    assert [message["seq"] for message in log] == list(range(1, len(log) + 1))
    rooms = {
        user: [
            {field: room[field] for field in ("room", "title", "kind", "member", "role", "read_seq")}
            for room in result(world, user, action="rooms")["rooms"]
        ]
        for user in ("ada", "mia", "bob", "bea", "eve")
    }
    members = {
        room["room"]: result(world, user, action="members", room=room["room"])["members"]
        for user, listed in rooms.items()
        for room in listed
        if room["member"]
    }
    kept = ("text", "kind", "from", "reply_to", "thread", "replies", "version", "mentions", "reactions", "pinned")
    return {
        "log": [{field: message[field] for field in kept} for message in log if message["kind"] != "void"],
        "thread": [each["text"] for each in result(world, "mia", action="history", room="lunch", thread=1)["messages"]],
        "pins": [each["text"] for each in result(world, "mia", action="pins", room="lunch")["messages"]],
        "rooms": rooms,
        "members": members,
        "settings": result(world, "mia", action="settings", room="lunch"),
        "reports": [each["reason"] for each in result(world, "mia", action="reports", room="lunch")["reports"]],
        "subscribed": [
            name for part in world.services.fanout.connections.look("lunch", 100, 0)[1] for name in part.connections
        ],
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_whose_function_died_anywhere_is_completed_by_its_repeat(name: str) -> None:
    world = prepared(name)
    mortal = Mortal(world)
    carry_out(world, name)
    mortal.end()
    expected = picture(world)
    assert mortal.calls > 0
    for dies_at in range(mortal.calls):
        for late in (False, True):
            world = prepared(name)
            dying = Mortal(world, dies_at, late=late)
            with pytest.raises(Death):
                carry_out(world, name)
            dying.end()
            carry_out(world, name)
            assert picture(world) == expected, f"{name} died {'after' if late else 'before'} call {dies_at}"
