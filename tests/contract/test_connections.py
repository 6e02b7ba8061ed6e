"""Sockets, subscriptions, tickets, nonces and presence, in memory and on the emulator alike."""

from dataclasses import replace

import pytest

from chat.ports import ConditionError, Principal, Table
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry, TicketOffice
from chat.storage.followers import Follower, Followers
from chat.storage.nonces import LIFETIME_MS, NonceOffice
from chat.storage.presence import PresenceBook, Standing
from chat.storage.summaries import CLAIM_MS, KEPT_ABOVE, Summaries
from simulation.world import START_MS, ManualClock

ADA = Principal("ada", "Ada")


@pytest.fixture
def registry(table: Table) -> ConnectionRegistry:
    registry = ConnectionRegistry(table)
    for connection, user in (("phone", "ada"), ("laptop", "ada"), ("desk", "bob")):
        registry.open(connection, Principal(user, user.capitalize()), START_MS)
        for room in ("lunch", "dinner"):
            registry.subscribe(connection, room, user, START_MS)
    return registry


def subscribers(registry: ConnectionRegistry, room: str = "lunch") -> list[str]:
    return [name for part in registry.look(room, 10, START_MS)[1] for name in part.connections]


def test_a_socket_that_closes_takes_all_of_its_rows_with_it(registry: ConnectionRegistry, table: Table) -> None:
    assert registry.close("phone") == "ada"
    assert registry.close("phone") is None
    assert (subscribers(registry), subscribers(registry, "dinner")) == (["desk", "laptop"], ["desk", "laptop"])
    assert (registry.of_user("ada"), registry.of_users(["ada", "bob"])) == (["laptop"], ["laptop", "desk"])
    assert table.get(keys.connection("phone"), consistent=True) is None
    assert table.get(keys.connection_room("phone", "lunch"), consistent=True) is None


def test_subscriptions_come_and_go_once(registry: ConnectionRegistry) -> None:
    for _ in range(2):
        registry.subscribe("phone", "lunch", "ada", START_MS)
    assert subscribers(registry) == ["desk", "laptop", "phone"]
    for _ in range(2):
        registry.unsubscribe("phone", "lunch")
    assert subscribers(registry) == ["desk", "laptop"]
    assert registry.unsubscribe_user("ada", "lunch") == ["laptop", "phone"]
    assert (subscribers(registry), len(subscribers(registry, "dinner"))) == (["desk"], 3)


def test_dead_subscriptions_are_dropped_and_no_other_with_them(registry: ConnectionRegistry) -> None:
    for _ in range(2):
        registry.drop("lunch", {"phone": 0, "nobody": 0})
    assert (subscribers(registry), len(subscribers(registry, "dinner"))) == (["desk", "laptop"], 3)


def test_a_room_is_read_in_slices(registry: ConnectionRegistry) -> None:
    assert [part.connections for part in registry.slices("lunch", 0, 2, 9)] == [["desk", "laptop"], ["phone"]]
    assert [part.connections for part in registry.slices("lunch", 0, 2, 9, after="laptop")] == [["phone"]]
    _, (part,) = registry.look("lunch", 2, START_MS)
    assert (part.connections, part.end) == (["desk", "laptop"], "laptop")


def test_sockets_past_their_end_do_not_count(registry: ConnectionRegistry) -> None:
    (socket, _) = registry.sockets_of("ada", START_MS)
    assert (socket.connection, socket.name) == ("laptop", "Ada")
    assert registry.sockets_of("ada", socket.expires_at_s * 1000) == []


def test_a_ticket_opens_one_socket_in_time(table: Table) -> None:
    office = TicketOffice(table)
    office.issue("secret", ADA, START_MS + 60_000)
    with pytest.raises(ConditionError):
        office.issue("secret", Principal("eve", "Eve"), START_MS + 60_000)
    assert office.redeem("another", START_MS) is None
    assert office.redeem("secret", START_MS + 60_000) == ADA
    assert office.redeem("secret", START_MS) is None
    office.issue("late", ADA, START_MS)
    assert office.redeem("late", START_MS + 1) is None


def test_a_nonce_is_used_once_in_time(table: Table) -> None:
    office = NonceOffice(table)
    assert office.issue("nonce", START_MS) == START_MS + LIFETIME_MS
    with pytest.raises(ConditionError):
        office.issue("nonce", START_MS)
    assert office.redeem("nonce", START_MS + LIFETIME_MS)
    assert not office.redeem("nonce", START_MS)
    office.issue("late", START_MS)
    assert not office.redeem("late", START_MS + LIFETIME_MS + 1)


def test_of_two_who_tell_of_a_user_one_does(table: Table) -> None:
    book = PresenceBook(table)
    came = Standing("ada", "Ada", online=True, changed_at_ms=START_MS, expires_at_s=START_MS // 1000 + 60)
    went = replace(came, online=False, changed_at_ms=START_MS + 1)
    assert book.find("ada") is None
    assert [book.change(None, came), book.change(None, came)] == [True, False]
    assert book.find("ada") == came
    assert book.online_among(["bob", "ada", "ada"], START_MS) == [came]
    assert [book.change(came, went), book.change(came, went)] == [True, False]
    assert book.online_among(["ada"], START_MS) == []


def test_followers_are_counted_by_user_and_named_up_to_a_limit(registry: ConnectionRegistry, table: Table) -> None:
    followers = Followers(table, ManualClock())
    registry.unsubscribe("phone", "dinner")
    named = followers.of_rooms(["lunch", "dinner", "none"], 2, "presence")
    assert named == {"lunch": None, "dinner": [Follower("desk", "bob"), Follower("laptop", "ada")], "none": []}
    assert followers.count_users("lunch").value == 2


def test_of_several_who_find_an_answer_old_one_counts_anew(table: Table) -> None:
    clock = ManualClock()
    summaries = Summaries(table, clock)
    key, rows, counted = ("room", "count"), KEPT_ABOVE + 1, [0]

    def count() -> tuple[int, int]:
        counted[0] += 1
        if counted[0] == 2:  # while it counts, somebody else asks, and is given the old answer
            assert summaries.recall(key, count).value == 1
        return counted[0], rows

    assert [summaries.recall(key, count).value for _ in range(2)] == [1, 1]
    clock.pass_ms(rows + 1)
    assert [summaries.recall(key, count).value for _ in range(2)] == [2, 2]
    assert counted == [2]
    clock.pass_ms(rows + 1)
    kept = table.get(key)
    assert kept is not None
    table.update(key, assign={"fresh_until_ms": clock.now_ms() + CLAIM_MS})  # claimed by somebody who died
    assert summaries.recall(key, count).value == 2
    clock.pass_ms(CLAIM_MS + 1)
    assert summaries.recall(key, count).value == 3
