"""Limits of users: what one instance takes of them, and what all instances take together."""

import json

import pytest

from chat import access, commands
from chat.buckets import CAPACITY, TokenBuckets
from chat.errors import UnavailableError
from chat.storage.rates import SAMPLED, UserRates
from simulation.table import MemoryTable
from simulation.world import World
from tests.unit.guarded_room import another_instance, ask, enter, guarded, outcome, protect, say, speaker


@pytest.fixture
def world() -> World:
    return guarded()


# A user's commands.


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    buckets = TokenBuckets(rate_per_s=10, burst=3)
    assert [buckets.take("ada", 1, 0) for _ in range(4)] == [0, 0, 0, 100]
    assert buckets.take("ada", 1, 99) == 1
    assert buckets.take("ada", 1, 100) == 0
    assert [buckets.take("ada", 1, 10_000) for _ in range(4)] == [0, 0, 0, 100]


def test_buckets_of_two_users_are_apart() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=1)
    assert (buckets.take("ada", 1, 0), buckets.take("bob", 1, 0), buckets.take("ada", 1, 0)) == (0, 0, 1_000)


def test_what_costs_more_than_a_bucket_holds_waits_for_a_full_one() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=2)
    assert buckets.take("ada", 50, 0) == 0
    assert buckets.take("ada", 50, 0) == 2_000


def test_a_clock_that_goes_back_takes_no_tokens_away() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=2)
    buckets.take("ada", 1, 5_000)
    assert buckets.take("ada", 1, 4_000) == 0


def test_buckets_do_not_pile_up() -> None:
    buckets = TokenBuckets(rate_per_s=1, burst=1)
    for number in range(CAPACITY + 10):
        buckets.take(f"user-{number}", 1, 0)
    assert len(buckets._buckets) == CAPACITY


def test_too_many_commands_are_refused_with_when_to_come_back() -> None:
    world = World(user_rate_per_s=20, user_burst=5)
    sent = [ask(world, "ada", action="ping") for _ in range(6)]
    assert [outcome(reply) for reply in sent] == ["ack"] * 5 + ["too_many_requests"]
    assert (sent[-1]["temporary"], sent[-1]["retry_after_ms"]) == (True, 50)
    assert outcome(ask(world, "bob", action="ping")) == "ack"
    world.clock.pass_ms(50)
    assert outcome(ask(world, "ada", action="ping")) == "ack"


def test_each_command_of_a_list_counts() -> None:
    world = World(user_rate_per_s=20, user_burst=5)
    frame = json.dumps([{"action": "ping", "id": str(number)} for number in range(7)])
    replies = json.loads(commands.answer(world.services, speaker("ada"), frame))
    assert [outcome(reply) for reply in replies] == ["ack"] * 5 + ["too_many_requests"] * 2


def test_a_refused_command_touches_no_table() -> None:
    world = World(user_rate_per_s=20, user_burst=1)
    ask(world, "ada", action="ping")
    assert outcome(ask(world, "ada", action="create", title="Lunch", members=["bob"])) == "too_many_requests"
    assert world.rooms_table.calls == []


def test_a_room_with_many_members_costs_more_than_a_ping() -> None:
    world = World(user_rate_per_s=1, user_burst=100)
    members = [f"user-{number}" for number in range(60)]
    assert outcome(ask(world, "ada", action="create", title="Lunch", members=members)) == "ack"
    assert ask(world, "ada", action="create", title="Lunch", members=members)["retry_after_ms"] == 40_000


# A user's posts, as all instances see them.


def test_whoever_posts_too_much_is_refused_by_every_instance_within_five_seconds() -> None:
    world = World(user_rate_per_s=1, user_burst=100)  # 160 posts a minute
    enter(world)
    elsewhere = another_instance(world)
    protect(world, buckets=Lenient(rate_per_s=1, burst=100))
    protect(elsewhere, buckets=Lenient(rate_per_s=1, burst=100))
    assert outcome(say(elsewhere, "bob")) == "ack"
    taken = 0
    while outcome(refused := say(world, "bob")) == "ack":
        taken += 1
    assert 160 <= taken + 1 <= 160 + 2 * SAMPLED
    assert (refused["code"], refused["temporary"]) == ("too_many_requests", True)
    world.clock.pass_ms(5_001)
    again = say(elsewhere, "bob")
    assert (again["code"], 0 < again["retry_after_ms"] <= 60_000) == ("too_many_requests", True)
    assert outcome(say(elsewhere, "bea")) == "ack"
    world.clock.pass_ms(again["retry_after_ms"])
    assert outcome(say(elsewhere, "bob")) == "ack"


class Lenient(TokenBuckets):
    """Says what its limits are, and keeps none: what another instance's bucket has seen is not known here."""

    def take(self, name: str, cost: int, now_ms: int) -> int:
        del name, cost, now_ms
        return 0


def test_only_one_post_in_ten_is_counted(world: World) -> None:
    say(world, "bob")
    world.rooms_table.calls.clear()
    for _ in range(20):
        assert outcome(say(world, "bob")) == "ack"
    assert world.rooms_table.calls == ["update"] * 2


def test_the_count_is_of_one_minute_and_expires() -> None:
    table = MemoryTable()
    rates = UserRates(table, lambda: True)
    assert [rates.count("ada", now_ms) for now_ms in (0, 59_999, 60_000)] == [SAMPLED, 2 * SAMPLED, SAMPLED]
    assert {item["expires_at_s"] for item in table.items.values()} == {120, 180}


def test_a_message_that_could_not_be_counted_is_acknowledged_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> int:
        raise UnavailableError("no")

    monkeypatch.setattr(world.services.protection.rates, "count", unavailable)
    assert outcome(say(world, "bob")) == "ack"


def test_a_member_put_out_meanwhile_is_not_made_a_member_by_a_limit(world: World) -> None:
    world.services.members.dismiss("lunch", "bob")
    world.services.members.limit("lunch", "bob", world.clock.now_ms() + 1_000)
    assert world.services.members.find("lunch", "bob") is None
    assert access.require_member(world.services, "bea", "lunch").inside
