"""Feature flags: who gets which variant, what that changes, and what it is compared by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

import pytest

from chat import commands, deliveries, exposures, signals
from chat.errors import UnavailableError
from chat.flags import FLAGS, RECIPIENTS, Flag, Recipients, Rule, Subject, check, choose
from chat.ports import Outcome, Present, Sender
from chat.storage import keys
from chat.storage.flag_rules import REMEMBERED_MS, FlagRules
from simulation.world import START_MS, ManualClock, World

USERS = [f"user-{number}" for number in range(2_000)]


class Colour(StrEnum):
    GREY = "grey"
    RED = "red"
    BLUE = "blue"


COLOUR = Flag(name="colour", means="", variants=Colour, by="user")
BY_ROOM = Flag(name="rooms", means="", variants=Colour, by="room")


def dealt(flag: Flag[Colour], rule: Rule, *, now_ms: int = START_MS) -> dict[str, Colour]:
    return {user: choose(flag, rule, Subject(user), now_ms).variant for user in USERS}


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    signals.take()
    yield
    signals.take()


def test_shares_are_kept_and_everybody_else_gets_the_control() -> None:
    found = Counter(dealt(COLOUR, Rule(on=True, shares={"red": 20, "blue": 50})).values())
    assert found[Colour.RED] == pytest.approx(400, abs=80)
    assert found[Colour.BLUE] == pytest.approx(1_000, abs=100)
    assert found[Colour.GREY] == pytest.approx(600, abs=80)


def test_the_same_user_gets_the_same_and_keeps_it_when_a_share_grows() -> None:
    before = dealt(COLOUR, Rule(on=True, shares={"red": 20}))
    after = dealt(COLOUR, Rule(on=True, shares={"red": 60}))
    assert dealt(COLOUR, Rule(on=True, shares={"red": 20})) == before
    assert {user for user in USERS if before[user] == "red"} < {user for user in USERS if after[user] == "red"}


def test_two_flags_and_two_rounds_deal_apart_from_each_other() -> None:
    halves = Rule(on=True, shares={"red": 50})
    other = Flag(name="other", means="", variants=Colour, by="user")
    again = Rule(on=True, shares={"red": 50}, round=1)
    first = dealt(COLOUR, halves)
    for second in (dealt(other, halves), dealt(COLOUR, again)):
        both = sum(first[user] == second[user] == "red" for user in USERS)
        assert both == pytest.approx(500, abs=80)


def test_a_flag_by_room_gives_everybody_in_it_the_same() -> None:
    rule = Rule(on=True, shares={"red": 50})
    found = {choose(BY_ROOM, rule, Subject(user, "lunch"), START_MS).variant for user in USERS}
    assert len(found) == 1
    assert len({choose(BY_ROOM, rule, Subject("ada", user), START_MS).variant for user in USERS}) == 2


@pytest.mark.parametrize(
    "rule",
    [
        None,
        Rule(shares={"red": 100}, users={"ada": "blue"}),
        Rule(on=True, shares={"red": 100}, users={"ada": "blue"}, starts_at_ms=START_MS + 1),
        Rule(on=True, shares={"red": 100}, users={"ada": "blue"}, ends_at_ms=START_MS),
    ],
    ids=["no rule", "off", "not yet", "over"],
)
def test_without_a_rule_in_force_all_get_the_control_and_are_compared_with_nobody(rule: Rule | None) -> None:
    choice = choose(COLOUR, rule, Subject("ada"), START_MS)
    assert (choice.variant, choice.compared) == (Colour.GREY, False)


def test_who_is_named_gets_what_is_given_and_is_compared_with_nobody() -> None:
    rule = Rule(
        on=True, shares={"red": 100}, users={"ada": "grey"}, rooms={"lunch": "blue"}, roles={"moderator": "grey"}
    )
    found = [
        choose(COLOUR, rule, subject, START_MS)
        for subject in (
            Subject("ada", "lunch"),
            Subject("ben", "lunch", "moderator"),
            Subject("ben", "tea", "moderator"),
            Subject("ben", "tea", "member"),
        )
    ]
    assert [(each.variant.value, each.compared) for each in found] == [
        ("grey", False),
        ("blue", False),
        ("grey", False),
        ("red", True),
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(shares={"pink": 1}), "colour has no variant pink; there are: grey, red, blue"),
        (Rule(users={"ada": "pink"}), "no variant pink"),
        (Rule(shares={"grey": 10}), "grey is the control"),
        (Rule(shares={"red": 60, "blue": 41}), "more than 100 %"),
        (Rule(roles={"king": "red"}), "no role king"),
        (Rule(users={f"user-{number}": "red" for number in range(201)}), "at most 200"),
        (Rule(starts_at_ms=2, ends_at_ms=2), "starts_at_ms is before ends_at_ms"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_to_change(rule: Rule, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check(COLOUR, rule)


def test_flags_are_few_enough_to_be_dimensions() -> None:
    assert sum(len(flag.metrics) for flag in FLAGS.values()) <= 20


class Stage:
    """A room of four, whose messages are counted by where their recipients were read."""

    def __init__(self) -> None:
        self.world = World()
        self.services = self.world.services
        self.ada, *others = (self.world.connect(user) for user in ("ada", "ben", "cem", "dora"))
        self.command(self.ada, action="create", room="lunch", title="Lunch", kind="public")
        for other in others:
            self.command(other, action="join", room="lunch")
        for each in (self.ada, *others):
            self.command(each, action="subscribe", room="lunch")
        signals.take()

    def command(self, sender: Sender, **fields: object) -> dict[str, object]:
        frame = json.dumps({"id": f"{self.world.clock.now_ms()}-{fields}"[:60], **fields})
        reply: dict[str, object] = json.loads(commands.answer(self.services, sender, frame))
        assert reply["type"] == "ack", reply
        return reply

    def rule(self, rule: Rule) -> None:
        kept = self.services.flags.read(RECIPIENTS.name)
        assert self.services.flags.write(RECIPIENTS, rule, version=kept.version)

    def say(self, text: str) -> None:
        self.command(self.ada, action="send", room="lunch", text=text)

    def looks_ahead(self, text: str) -> bool:
        """Whether the sockets of the room were read while the message was stored, and not after."""
        begun: list[str] = []
        registry = self.services.fanout.connections
        before = registry.look_ahead

        def look_ahead(room: str, limit: int) -> object:
            begun.append(room)
            return before(room, limit)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "look_ahead", look_ahead)
            self.say(text)
        return bool(begun)


def readings() -> dict[tuple[str, str], int]:
    """By metric and variant, how many values there are; of a count, the count."""
    return {
        (each.name, each.of): int(sum(each.values)) if each.unit == "Count" else len(each.values)
        for each in signals.take()
        if each.dimension == "variant"
    }


def test_the_variant_decides_when_recipients_are_read_and_everybody_is_told_either_way() -> None:
    stage = Stage()
    assert stage.looks_ahead("no rule yet")
    stage.rule(Rule(on=True, shares={"after": 100}))
    posts = stage.world.sockets.posts
    assert not stage.looks_ahead("after")
    assert stage.world.sockets.posts - posts == 3
    stage.rule(Rule(on=False, shares={"after": 100}))
    assert stage.looks_ahead("switched off")


def test_a_switch_reaches_other_instances_in_seconds_and_costs_them_a_read_in_five_seconds() -> None:
    stage = Stage()
    other = FlagRules(stage.world.rooms_table, stage.world.clock)
    ada = Subject("ada", "lunch")
    other.recall()
    stage.rule(Rule(on=True, shares={"after": 100}))
    stage.world.rooms_table.calls.clear()
    for _ in range(10):
        other.read_along()
        assert other.choose(RECIPIENTS, ada).variant is Recipients.ALONG
    assert stage.world.rooms_table.calls == []
    stage.world.clock.pass_ms(REMEMBERED_MS)
    for _ in range(10):
        other.read_along()
        assert other.choose(RECIPIENTS, ada).variant is Recipients.AFTER
    assert stage.world.rooms_table.calls == ["query"]


def test_an_exposure_and_both_latencies_are_taken_by_variant() -> None:
    stage = Stage()
    stage.rule(Rule(on=True, shares={"after": 100}))
    stage.say("one")
    assert readings() == {
        ("Exposures", "recipients:after"): 1,
        ("VariantAckLatency", "recipients:after"): 1,
        ("VariantDeliveryLatency", "recipients:after"): 1,
    }
    stage.rule(Rule(on=True))
    stage.say("two")
    assert set(readings()) == {
        (name, "recipients:along") for name in ("Exposures", "VariantAckLatency", "VariantDeliveryLatency")
    }


def test_who_is_named_and_who_has_no_rule_is_measured_by_no_variant() -> None:
    stage = Stage()
    stage.say("no rule")
    stage.rule(Rule(on=True, shares={"after": 50}, users={"ada": "after"}))
    stage.say("named")
    stage.rule(Rule(shares={"after": 50}))
    stage.say("off")
    assert readings() == {}


def test_a_second_attempt_from_the_queue_is_measured_by_its_authors_variant() -> None:
    stage = Stage()
    stage.rule(Rule(on=True, shares={"after": 100}))
    stage.world.sockets.answers["ben-1"] = Outcome.FAILED
    stage.say("not heard")
    readings()
    stage.world.sockets.answers.clear()
    bodies, stage.world.queue.bodies = stage.world.queue.bodies, []
    assert all(deliveries.work_off(stage.world.desk, bodies))
    assert readings() == {("VariantDeliveryLatency", "recipients:after"): 1}
    assert exposures.current() == []


def test_who_signs_in_is_told_what_they_get() -> None:
    stage = Stage()
    stage.rule(Rule(on=True, users={"ada": "after"}))
    told = {
        user: stage.command(self, action="hello")["result"]
        for user, self in (("ada", stage.ada), ("ben", Sender("ben", "Ben", "ben-1")))
    }
    assert {user: result["variants"] for user, result in told.items()} == {  # type: ignore[index]
        "ada": {"recipients": "after"},
        "ben": {"recipients": "along"},
    }


def test_rules_that_can_not_be_read_leave_those_of_before_in_force() -> None:
    stage = Stage()
    stage.rule(Rule(on=True, shares={"after": 100}))
    assert not stage.looks_ahead("by the rule")

    def unavailable(*_: object) -> None:
        raise UnavailableError("down")

    stage.world.clock.pass_ms(REMEMBERED_MS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage.world.rooms_table, "read_ahead", lambda _query: unavailable)
        assert not stage.looks_ahead("still by the rule")


@pytest.mark.parametrize("rule", [{"on": True, "shares": {"never": 1}}, {"on": "yes"}], ids=["no sense", "no rule"])
def test_a_row_that_makes_no_sense_is_logged_and_gives_everybody_the_control(
    rule: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()
    stage.rule(Rule(on=True, shares={"after": 100}))
    stage.world.rooms_table.update(keys.flag(RECIPIENTS.name), assign={"rule": rule}, condition=Present())
    assert stage.looks_ahead("as without it")
    assert any(record.message == "a rule makes no sense" for record in caplog.records)


def test_a_row_of_a_flag_that_another_release_has_is_passed_over() -> None:
    stage = Stage()
    pk, sk = keys.flag("of-another-release")
    stage.world.rooms_table.put({"pk": pk, "sk": sk, "version": 1, "rule": {}, "changed_at_ms": 0})
    stage.rule(Rule(on=True, shares={"after": 100}))
    assert not stage.looks_ahead("by the rule")


def test_of_two_operators_who_change_a_rule_one_does() -> None:
    clock, world = ManualClock(), World()
    mine, other = (FlagRules(world.rooms_table, clock) for _ in range(2))
    first = mine.write(RECIPIENTS, Rule(on=True), version=0)
    assert first
    assert (first.version, first.changed_at_ms) == (1, clock.now_ms())
    assert other.write(RECIPIENTS, Rule(), version=0) is None
    assert other.read(RECIPIENTS.name) == first
    assert other.read("unknown").version == 0
