"""Protection: limits of users and rooms, slow mode, blocked words, the hook, reports; each refusal says when again."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chat import access, commands, words
from chat.aws.wiring import RandomIds
from chat.buckets import CAPACITY, TokenBuckets
from chat.errors import UnavailableError
from chat.ports import Sender, Verdict
from chat.storage.memberships import Memberships
from chat.storage.rates import SAMPLED, UserRates
from chat.storage.room_rules import RuleBook
from simulation.table import MemoryTable
from simulation.world import MemoryHook, World


@pytest.fixture
def world() -> World:
    """A room of Ada, its owner, and the members Bob and Bea, who listen."""
    world = World()
    enter(world)
    return world


def enter(world: World) -> None:
    for user in ("ada", "bob", "bea", "eve"):
        world.connect(user)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["bob", "bea"])
    ask(world, "bea", action="subscribe", room="lunch")


def speaker(user: str) -> Sender:
    return Sender(user=user, name=user.capitalize(), connection=f"{user}-1")


def ask(world: World, asker: str, /, **command: Any) -> dict[str, Any]:
    frame = json.dumps({"id": RandomIds().new(), **command})
    reply: dict[str, Any] = json.loads(commands.answer(world.services, speaker(asker), frame))
    return reply


def say(world: World, asker: str, text: str = "hello", **fields: Any) -> dict[str, Any]:
    return ask(world, asker, action="send", room="lunch", text=text, **fields)


def outcome(reply: dict[str, Any]) -> str:
    return str(reply.get("code", "ack"))


def protect(world: World, **changes: Any) -> None:
    protection = replace(world.services.protection, **changes)
    world.services = replace(world.services, protection=protection)


def another_instance(world: World) -> World:
    """The same tables behind memories of its own."""
    other = World()
    other.clock, other.rooms_table, other.messages_table = world.clock, world.rooms_table, world.messages_table
    rules = RuleBook(world.rooms_table, world.clock)
    protection = replace(world.services.protection, rules=rules, buckets=TokenBuckets(1_000, 100_000))
    members = Memberships(world.rooms_table, world.clock)
    other.services = replace(world.services, protection=protection, members=members)
    return other


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


# Slow mode.


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
    assert world.rooms_table.calls == ["get_many"]


@pytest.mark.parametrize("seconds", [-1, 121, 1.5, "1"])
def test_slow_mode_is_up_to_two_minutes(world: World, seconds: object) -> None:
    assert outcome(ask(world, "ada", action="configure", room="lunch", slow_mode_s=seconds)) == "invalid_field"


# Settings.


@pytest.mark.parametrize(("asker", "expected"), [("ada", "ack"), ("bob", "not_allowed"), ("eve", "not_a_member")])
def test_only_moderators_configure(world: World, asker: str, expected: str) -> None:
    assert outcome(ask(world, asker, action="configure", room="lunch", slow_mode_s=3)) == expected


def test_a_change_is_told_without_the_blocked_words(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=3, blocked_words=["spam"])
    (event,) = world.sockets.heard("bea-1", "room_changed")
    assert event == {
        "type": "room_changed",
        "room": "lunch",
        "slow_mode_s": 3,
        "by": {"id": "ada", "name": "Ada"},
    }


def test_what_is_left_out_stays_as_it_is(world: World) -> None:
    ask(world, "ada", action="configure", room="lunch", slow_mode_s=3)
    ask(world, "ada", action="configure", room="lunch", blocked_words=["Spam", "SPAM"])
    expected = {"room": "lunch", "slow_mode_s": 3, "blocked_words": ["spam"]}
    assert ask(world, "ada", action="configure", room="lunch")["result"] == expected
    assert ask(world, "ada", action="settings", room="lunch")["result"] == expected
    assert ask(world, "bob", action="settings", room="lunch")["result"] == {**expected, "blocked_words": []}
    assert outcome(ask(world, "eve", action="settings", room="lunch")) == "not_a_member"
    assert len(world.sockets.heard("bea-1", "room_changed")) == 2


# Blocked words.


@pytest.mark.parametrize(
    "text",
    [
        "spam",
        "SPAM",
        "buy spam!",
        "(Spam)",
        "no\nspam\nhere",
        "\uff53\uff50\uff41\uff4d",
        "sp\u00adam",
        "sp\u200bam",
        "_spam_",
        "𝕤𝕡𝕒𝕞",
    ],
)
def test_a_blocked_word_is_found_in_every_form(world: World, text: str) -> None:
    ask(world, "ada", action="configure", room="lunch", blocked_words=["spam"])
    refused = say(world, "bob", text)
    assert (refused["code"], refused["temporary"]) == ("blocked_word", False)
    assert world.services.messages.newest("lunch") == 0


@pytest.mark.parametrize("text", ["spammer", "antispam", "s p a m", "hello"])
def test_words_are_compared_whole(world: World, text: str) -> None:
    ask(world, "ada", action="configure", room="lunch", blocked_words=["spam"])
    assert outcome(say(world, "bob", text)) == "ack"


def test_words_of_any_script_are_compared_folded() -> None:
    assert words.words_of("Die STRASSE, die Straße") == {"die", "strasse"}
    assert words.words_of("Cafe\u0301 café") == {"café"}
    assert words.words_of("हिन्दी भाषा") == {"हिन्दी", "भाषा"}


@pytest.mark.parametrize("blocked", ["two words", "!", " ", "a-b", "x" * 41, "_"])
def test_what_is_not_one_word_can_not_be_blocked(world: World, blocked: str) -> None:
    assert outcome(ask(world, "ada", action="configure", room="lunch", blocked_words=[blocked])) == "invalid_field"


def test_the_stages_own_words_are_blocked_in_every_room(world: World) -> None:
    protect(world, blocked_words=frozenset({"spam"}))
    assert outcome(say(world, "ada", "Spam")) == "blocked_word"


# The hook.


def test_the_hook_is_asked_before_anything_is_stored_and_its_reason_is_shown(world: World) -> None:
    hook = MemoryHook(Verdict(allowed=False, reason="No advertisements."))
    protect(world, hook=hook)
    refused = say(world, "bob", "buy this", id="k1")
    assert (refused["code"], refused["message"], refused["temporary"]) == (
        "message_refused",
        "No advertisements.",
        False,
    )
    assert world.services.messages.newest("lunch") == 0
    (asked,) = hook.asked
    assert (asked.room, asked.user, asked.text, asked.command_id) == ("lunch", "bob", "buy this", "k1")


def test_what_the_hook_allows_is_stored(world: World) -> None:
    protect(world, hook=MemoryHook())
    assert outcome(say(world, "bob")) == "ack"


@pytest.mark.parametrize(("opens", "expected"), [(True, "ack"), (False, "unavailable")])
def test_without_a_verdict_the_stage_decides(world: World, opens: bool, expected: str) -> None:  # noqa: FBT001
    protect(world, hook=MemoryHook(verdict=None), hook_fails_open=opens)
    reply = say(world, "bob")
    assert outcome(reply) == expected
    if expected != "ack":
        assert (reply["temporary"], reply["retry_after_ms"]) == (True, 2_000)


def test_the_hook_is_not_asked_about_what_is_refused_anyway(world: World) -> None:
    hook = MemoryHook()
    protect(world, hook=hook, blocked_words=frozenset({"spam"}))
    say(world, "bob", "spam")
    say(world, "eve", "hello")
    assert hook.asked == []


# Reports.


def test_a_report_reaches_the_moderators_once(world: World) -> None:
    say(world, "bob", "rude")
    for reason in ("Rude.", "Still rude."):
        assert outcome(ask(world, "bea", action="report", room="lunch", seq=1, reason=reason)) == "ack"
    assert outcome(ask(world, "ada", action="report", room="lunch", seq=1, reason="Indeed.")) == "ack"
    listed = ask(world, "ada", action="reports", room="lunch")["result"]
    assert [(each["seq"], each["by"]["id"], each["reason"]) for each in listed["reports"]] == [
        (1, "ada", "Indeed."),
        (1, "bea", "Rude."),
    ]
    assert listed["after"] is None


def test_reports_are_listed_in_pages_for_moderators_only(world: World) -> None:
    for seq in range(1, 12):
        say(world, "bob", f"message {seq}")
        ask(world, "bea", action="report", room="lunch", seq=seq, reason="Rude.")
    first = ask(world, "ada", action="reports", room="lunch", limit=6)["result"]
    rest = ask(world, "ada", action="reports", room="lunch", limit=6, after=first["after"])["result"]
    assert [each["seq"] for each in first["reports"] + rest["reports"]] == list(range(1, 12))
    assert rest["after"] is None
    assert outcome(ask(world, "bea", action="reports", room="lunch")) == "not_allowed"


@pytest.mark.parametrize(
    ("asker", "fields", "expected"),
    [
        ("bea", {"seq": 2, "reason": "Rude."}, "message_not_found"),
        ("bea", {"seq": 1, "reason": "  "}, "invalid_field"),
        ("bea", {"seq": 1, "reason": ""}, "invalid_field"),
        ("bea", {"seq": 1, "reason": "x" * 501}, "invalid_field"),
        ("eve", {"seq": 1, "reason": "Rude."}, "not_a_member"),
    ],
)
def test_what_is_no_report_is_refused(world: World, asker: str, fields: dict[str, Any], expected: str) -> None:
    say(world, "bob", "rude")
    assert outcome(ask(world, asker, action="report", room="lunch", **fields)) == expected
    assert ask(world, "ada", action="reports", room="lunch")["result"]["reports"] == []


def test_a_member_put_out_meanwhile_is_not_made_a_member_by_a_limit(world: World) -> None:
    world.services.members.dismiss("lunch", "bob")
    world.services.members.limit("lunch", "bob", world.clock.now_ms() + 1_000)
    assert world.services.members.find("lunch", "bob") is None
    assert access.require_member(world.services, "bea", "lunch").inside
