"""Moderation: what is set for a room, words that it does not take, the operator's hook, reports."""

from typing import Any

import pytest

from chat import words
from chat.ports import Verdict
from simulation.world import MemoryHook, World
from tests.unit.guarded_room import ask, guarded, outcome, protect, say


@pytest.fixture
def world() -> World:
    return guarded()


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


def test_a_decision_ends_all_reports_of_a_message_and_of_no_other(world: World) -> None:
    for seq in (1, 2, 12):
        while seq > world.services.messages.newest("lunch"):
            say(world, "bob", "rude")
        for reporter in ("bea", "ada"):
            ask(world, reporter, action="report", room="lunch", seq=seq, reason="Rude.")
    assert outcome(ask(world, "bea", action="settle", room="lunch", seq=1)) == "not_allowed"
    for _ in range(2):
        assert outcome(ask(world, "ada", action="settle", room="lunch", seq=1)) == "ack"
    assert [each["seq"] for each in ask(world, "ada", action="reports", room="lunch")["result"]["reports"]] == [
        2,
        2,
        12,
        12,
    ]


def test_a_message_can_be_reported_again_after_a_decision(world: World) -> None:
    say(world, "bob", "rude")
    for reason in ("Rude.", "Now it is worse."):
        ask(world, "bea", action="report", room="lunch", seq=1, reason=reason)
        (listed,) = ask(world, "ada", action="reports", room="lunch")["result"]["reports"]
        assert listed["reason"] == reason
        ask(world, "ada", action="settle", room="lunch", seq=1)


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
