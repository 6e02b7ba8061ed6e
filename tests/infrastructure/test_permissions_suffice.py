"""What a function does is what its role allows: the emulator enforces no roles, so the operations are compared here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chat import activity, commands, presence, receipts, search, streams, tails
from chat.accounts import jobs, noting
from chat.caching.tiers import Tiers
from chat.events import MessagePosted
from chat.places import Place
from chat.ports import Outcome, Principal, Sender
from chat.storage import keys
from chat.storage.memberships import Memberships
from chat.storage.messages import SETTLE_MS
from chat.streams import Archive, Following
from simulation.table import MemoryTable
from simulation.world import World
from tests.infrastructure.test_permissions import CONNECTIONS, MESSAGES, PERMISSIONS, ROOMS
from tests.unit import hot_rooms, tailed_room
from tests.unit.aftermath import work_off
from tests.unit.test_account_erasure import EVE, a_full_life

CONVERSATION: list[tuple[str, dict[str, Any]]] = [
    ("ada", {"action": "hello"}),
    ("ada", {"action": "create", "title": "Lunch", "room": "lunch", "members": ["bob"]}),
    ("ada", {"action": "create", "title": "Lunch", "room": "lunch"}),
    ("eve", {"action": "join", "room": "lunch"}),
    ("eve", {"action": "subscribe", "room": "lunch"}),
    ("ada", {"action": "invite", "room": "lunch", "user": "mia"}),
    ("ada", {"action": "set_role", "room": "lunch", "user": "mia", "role": "moderator"}),
    ("mia", {"action": "mute", "room": "lunch", "user": "eve", "for_s": 1}),
    ("ada", {"action": "send", "room": "lunch", "text": "hello", "id": "k1"}),
    ("ada", {"action": "send", "room": "lunch", "text": "and more"}),
    ("ada", {"action": "send", "room": "lunch", "text": "hello", "id": "k1"}),
    ("bob", {"action": "history", "room": "lunch"}),
    ("bob", {"action": "send", "room": "lunch", "text": "@ada yes", "reply_to": 1}),
    ("bob", {"action": "history", "room": "lunch", "thread": 1}),
    ("bob", {"action": "edit", "room": "lunch", "seq": 4, "text": "@mia no"}),
    ("bob", {"action": "react", "room": "lunch", "seq": 4, "emoji": "x"}),
    ("bob", {"action": "reactions", "room": "lunch", "seq": 4}),
    ("bob", {"action": "history", "room": "lunch"}),
    ("ada", {"action": "pin", "room": "lunch", "seq": 4}),
    ("bob", {"action": "pins", "room": "lunch"}),
    ("bob", {"action": "react", "room": "lunch", "seq": 4, "emoji": "x", "remove": True}),
    ("ada", {"action": "delete", "room": "lunch", "seq": 4}),
    ("bob", {"action": "subscribe", "room": "lunch", "after": 1, "after_rev": 0}),
    ("bob", {"action": "search", "room": "lunch", "query": "hello"}),
    ("bob", {"action": "read", "room": "lunch", "seq": 1}),
    ("bob", {"action": "typing", "room": "lunch"}),
    ("bob", {"action": "presence", "room": "lunch"}),
    ("bob", {"action": "receipts", "room": "lunch", "seq": 1}),
    ("bob", {"action": "sync", "rooms": {"lunch": 0}}),
    ("bob", {"action": "subscribe", "room": "lunch", "after": 0}),
    ("bob", {"action": "unsubscribe", "room": "lunch"}),
    ("bob", {"action": "members", "room": "lunch"}),
    ("bob", {"action": "rooms"}),
    ("bob", {"action": "direct", "user": "eve"}),
    ("mia", {"action": "remove", "room": "lunch", "user": "eve", "ban": True}),
    ("mia", {"action": "unban", "room": "lunch", "user": "eve"}),
    ("ada", {"action": "transfer", "room": "lunch", "user": "bob"}),
    ("ada", {"action": "leave", "room": "lunch"}),
    ("ada", {"action": "ping"}),
]


def used(table: MemoryTable) -> set[str]:
    return table.actions


def allowed(handler: str, table: str) -> set[str]:
    return set(PERMISSIONS[handler].get(table, "").split())


@pytest.fixture
def world() -> World:
    return World()


def test_every_command_is_carried_out_within_the_role_of_its_function(world: World) -> None:
    senders = {}
    for user in ("ada", "bob", "eve", "mia"):
        senders[user] = Sender(user=user, name=user, connection=f"{user}-1")
        world.services.fanout.connections.open(f"{user}-1", Principal(user, user), world.clock.now_ms())
    for table in (world.rooms_table, world.messages_table, world.connections_table):
        table.actions.clear()  # registering is another function's
    for number, (user, command) in enumerate(CONVERSATION):
        frame = json.dumps({"id": str(number), **command})
        reply = json.loads(commands.answer(world.services, senders[user], frame))
        assert reply.get("code") in {None, "room_exists"}, (command, reply)
    assert used(world.rooms_table) <= allowed("message.command", ROOMS)
    assert used(world.messages_table) <= allowed("message.command", MESSAGES)
    assert used(world.connections_table) <= allowed("message.command", CONNECTIONS)


def test_large_rooms_are_counted_within_the_role_of_the_commands_function(world: World) -> None:
    services, table = world.services, world.connections_table
    ada = world.connect("ada")
    commands.answer(services, ada, b'{"action":"create","id":"1","title":"Lunch","room":"lunch"}')
    for number in range(1_001):
        pk, sk = keys.member("lunch", f"u{number}")
        row = {"pk": pk, "sk": sk, "room": "lunch", "user": sk, "name": "", "role": "member"}
        world.rooms_table.items[pk, sk] = row
        pk, sk = keys.subscription("lunch", 0, f"c{number}")
        table.items[pk, sk] = {"pk": pk, "sk": sk, "connection": sk, "user": sk}
        pk, sk = keys.read_cursor("lunch", f"u{number}")
        world.rooms_table.items[pk, sk] = {"pk": pk, "sk": sk, "user": sk, "name": "", "seq": 1, "read_at_ms": 0}
    for each in (table, world.rooms_table):
        each.actions.clear()
    for _ in range(2):
        for command in ({"action": "presence"}, {"action": "receipts", "seq": 1}):
            reply = json.loads(commands.answer(services, ada, json.dumps({"id": "1", "room": "lunch", **command})))
            assert reply["type"] == "ack", reply
        world.clock.pass_ms(5_000)
    assert "dynamodb:UpdateItem" in used(table) & used(world.rooms_table)
    assert used(table) <= allowed("message.command", CONNECTIONS)
    assert used(world.rooms_table) <= allowed("message.command", ROOMS)


def test_notices_are_told_within_the_role_of_their_function(world: World) -> None:
    bundle = world.services.notices
    ada = world.connect("ada")
    for command in (
        {"action": "create", "title": "Lunch", "room": "lunch"},
        {"action": "subscribe", "room": "lunch"},
        {"action": "send", "room": "lunch", "text": "hello"},
        {"action": "read", "room": "lunch", "seq": 1},
    ):
        commands.answer(world.services, ada, json.dumps({"id": command["action"], **command}))
    for table in (world.rooms_table, world.connections_table):
        table.actions.clear()
    receipts.tell(bundle, "lunch")
    activity.tell(bundle, "lunch")
    bundle.activity_claims.hold("lunch", 1)  # as for a room that is too large
    presence.settle(bundle, "ada")
    bundle.cursors.hold_notice("lunch", 1)  # as for a room that is too large
    assert used(world.rooms_table) <= allowed("message.notices", ROOMS)
    assert used(world.connections_table) <= allowed("message.notices", CONNECTIONS)


def test_a_message_is_shown_in_lists_of_rooms_within_the_role_of_the_function_that_hears_of_it(world: World) -> None:
    ada = world.connect("ada")
    commands.answer(world.services, ada, b'{"action":"create","id":"1","title":"Lunch","room":"lunch"}')
    world.rooms_table.actions.clear()
    world.services.rooms.show_latest("lunch", {"seq": 1, "author": "Ada", "text": "hello", "sent_at_ms": 0})
    activity.announce(world.activity, "lunch")
    assert len(world.notices_queue.bodies) == 1
    assert used(world.rooms_table) <= allowed("message.activity", ROOMS)


def test_indexes_are_kept_within_the_role_of_their_function(world: World) -> None:
    posted = MessagePosted("lunch/1", "lunch", 1, "text", "ada", "Ada", "hello", 0)
    search.index(world.services.search_index, posted)
    jobs.ask(world.accounts.office, Principal("ada", "Ada"), "erasure")
    for _ in range(2):
        jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
    for table in (world.rooms_table, world.messages_table):
        table.actions.clear()
    noting.note(world.accounts.office, posted)  # comes late: the erasure is started again
    search.index(world.services.search_index, posted)
    assert len(world.jobs_queue.bodies) == 1
    assert used(world.rooms_table) <= allowed("message.index", ROOMS)
    assert used(world.messages_table) <= allowed("message.index", MESSAGES)


def test_what_stood_beside_a_deleted_message_is_removed_within_the_role_of_its_function(world: World) -> None:
    world.services.reactions.clear("lunch", 1)
    assert used(world.messages_table) <= allowed("media.purge", MESSAGES)


def test_accounts_are_exported_and_erased_within_the_role_of_their_function() -> None:
    world = a_full_life()
    tables = {ROOMS: world.rooms_table, MESSAGES: world.messages_table, CONNECTIONS: world.connections_table}
    for table in tables.values():
        table.actions.clear()
    world.clock.pass_ms(jobs.AGAIN_AFTER_MS)
    for kind in ("export", "erasure"):
        jobs.ask(world.accounts.office, EVE, kind)
        assert used(world.rooms_table) <= allowed("ops.account", ROOMS) | allowed("ops.account_jobs", ROOMS)
        work_off(world)
    for name, table in tables.items():
        assert used(table) <= allowed("ops.account_jobs", name)


def test_a_stream_of_events_is_made_within_the_role_of_its_function(world: World) -> None:
    services = world.services
    ada = world.connect("ada")
    for command in (
        {"action": "create", "title": "Lunch", "room": "lunch"},
        {"action": "send", "room": "lunch", "text": "hello"},
        {"action": "edit", "room": "lunch", "seq": 1, "text": "hello!"},
    ):
        commands.answer(services, ada, json.dumps({"id": command["action"], **command}))
    world.messages_table.update(keys.counter("lunch"), add={"seq": 1, "rev": 1})
    world.clock.pass_ms(SETTLE_MS + 1)
    for table in (world.rooms_table, world.messages_table):
        table.actions.clear()
    archive = Archive(
        rooms=services.rooms,
        members=Memberships(world.rooms_table, Tiers(world.clock)),
        messages=services.messages,
        changes=services.changes,
        clock=world.clock,
    )
    text = streams.follow(archive, Following(user="ada", rooms={"lunch": Place(0, 0)}), world.clock.pass_ms)
    assert (text.count(b"event: message\n"), text.count(b"event: message_changed\n")) == (2, 1)
    assert used(world.rooms_table) <= allowed("message.http_events", ROOMS)
    assert used(world.messages_table) <= allowed("message.http_events", MESSAGES)


def test_a_tail_is_served_within_the_role_of_its_function() -> None:
    world = hot_rooms.arena(0)
    hot_rooms.say(world, "hello")
    react = {"action": "react", "id": "r", "room": hot_rooms.ROOM, "seq": 1, "emoji": "x"}
    commands.answer(world.services, tailed_room.HOST, json.dumps(react))
    world.messages_table.update(keys.counter(hot_rooms.ROOM), add={"seq": 1, "rev": 1})
    world.clock.pass_ms(SETTLE_MS + 1)
    world.messages_table.actions.clear()
    access, archive = world.services.fanout.tails, tailed_room.archive(world)
    assert not access.accepts(hot_rooms.ROOM, "x")
    documents = [
        tails.live(archive, hot_rooms.ROOM),
        tails.segment(archive, hot_rooms.ROOM, 0),
        tails.changes(archive, hot_rooms.ROOM, 0),
    ]
    assert all("hello" in repr(document) for document in documents)
    assert used(world.messages_table) <= allowed("message.tail", MESSAGES)


def test_a_room_is_announced_to_be_followed_by_its_tail_within_the_role_of_deliveries() -> None:
    world = hot_rooms.arena(24, thresholds=tailed_room.LOW)
    hot_rooms.say(world, "hello")
    for table in (world.messages_table, world.connections_table):
        table.actions.clear()
    hot_rooms.Worker(world).run(rounds=2)
    assert tailed_room.pace_of(world, "s0003")
    assert used(world.messages_table) <= allowed("message.deliver", MESSAGES)
    assert used(world.connections_table) <= allowed("message.deliver", CONNECTIONS)


def test_working_off_the_delivery_queue_stays_within_its_role() -> None:
    busy = hot_rooms.arena(350, plan=hot_rooms.HOT)
    busy.services.messages._take_number(hot_rooms.ROOM, "nobody", busy.clock.now_ms())
    hot_rooms.say(busy, "behind a number that nobody takes")
    tables = {ROOMS: busy.rooms_table, MESSAGES: busy.messages_table, CONNECTIONS: busy.connections_table}
    for table in tables.values():
        table.actions.clear()
    busy.sockets.answers["s0001"] = Outcome.GONE
    hot_rooms.Worker(busy).run(rounds=60)
    assert len(busy.sockets.listeners()) == 349
    for name, table in tables.items():
        assert used(table) <= allowed("message.deliver", name), name


def test_opening_and_closing_a_socket_stay_within_their_roles(world: World) -> None:
    table, registry = world.connections_table, world.services.fanout.connections
    steps: dict[str, Callable[[], object]] = {
        "connect.tickets": lambda: world.tickets.issue("secret", Principal("ada", "Ada"), world.clock.now_ms() + 1),
        "connect.authorize": lambda: world.tickets.redeem("secret", world.clock.now_ms()),
        "connect.connect": lambda: registry.open("c1", Principal("ada", "Ada"), world.clock.now_ms()),
        "connect.disconnect": lambda: registry.close("c1"),
    }
    for handler, step in steps.items():
        table.actions.clear()
        step()
        assert used(table) <= allowed(handler, CONNECTIONS), handler
