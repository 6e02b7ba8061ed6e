"""Slow mode: one message of a member in the time that is set, whichever instance takes it."""

import pytest

from simulation.world import World
from tests.unit.guarded_room import another_instance, ask, guarded, outcome, say


@pytest.fixture
def world() -> World:
    return guarded()


def test_in_slow_mode_a_member_posts_once_in_the_time_that_is_set(world: World) -> None:
    assert outcome(ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)) == "ack"
    assert outcome(say(world, "bob")) == "ack"
    world.clock.pass_ms(12_345)
    refused = say(world, "bob")
    assert (refused["code"], refused["temporary"], refused["retry_after_ms"]) == ("slow_mode", True, 17_655)
    assert outcome(say(world, "bea")) == "ack"
    world.clock.pass_ms(17_654)
    assert outcome(say(world, "bob")) == "slow_mode"
    world.clock.pass_ms(1)
    assert outcome(say(world, "bob")) == "ack"


def test_slow_mode_holds_over_instances(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    elsewhere = another_instance(world)
    assert [outcome(say(each, "bob")) for each in (world, elsewhere, world)] == ["ack", "slow_mode", "slow_mode"]


def test_moderators_need_not_wait(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    assert [outcome(say(world, "ada")) for _ in range(3)] == ["ack"] * 3


def test_a_message_sent_again_in_slow_mode_keeps_its_number(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    first, again = say(world, "bob", id="k1"), say(world, "bob", id="k1")
    assert again["result"] == first["result"]
    assert outcome(say(world, "bob", id="k2")) == "slow_mode"


def test_a_message_that_is_stored_is_never_refused_though_another_took_the_next_turn(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    first = say(world, "bob", id="k1")
    world.clock.pass_ms(30_000)
    assert outcome(say(world, "bob", id="k2")) == "ack"
    assert say(world, "bob", id="k1")["result"] == first["result"]


def test_what_is_refused_for_something_else_costs_no_turn(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    assert outcome(say(world, "bob", reply_to=7)) == "message_not_found"
    assert outcome(say(world, "bob")) == "ack"


def test_a_refused_message_in_slow_mode_takes_no_number(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    for _ in range(3):
        say(world, "bob")
    assert world.services.messages.newest("lunch") == 1


def test_a_change_of_slow_mode_is_in_force_elsewhere_within_five_seconds(world: World) -> None:
    elsewhere = another_instance(world)
    assert outcome(say(elsewhere, "bob")) == "ack"
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=30)
    world.clock.pass_ms(5_001)
    assert [outcome(say(elsewhere, "bob")) for _ in range(2)] == ["ack", "slow_mode"]
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=0)
    world.clock.pass_ms(5_001)
    assert outcome(say(elsewhere, "bob")) == "ack"


def test_slow_mode_costs_one_call_and_its_absence_none(world: World) -> None:
    say(world, "bob")
    world.rooms_table.calls.clear()
    say(world, "bob")
    assert world.rooms_table.calls == []
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=1)
    world.rooms_table.calls.clear()
    say(world, "bob")
    assert world.rooms_table.calls == ["put"]


def test_a_sender_whom_nobody_remembers_costs_one_read_of_membership_and_rules(world: World) -> None:
    elsewhere = another_instance(world)
    world.rooms_table.calls.clear()
    say(elsewhere, "bob")
    assert world.rooms_table.calls == ["get_many", "query"]  # the query is for flags, along with the number


@pytest.mark.parametrize("seconds", [-1, 121, 1.5, "1"])
def test_slow_mode_is_up_to_two_minutes(world: World, seconds: object) -> None:
    assert outcome(ask(world, "ada", action="configure", room="lunch", slow_mode_s=seconds)) == "invalid_field"
