"""A stage in two Regions: one takes over, both number, and what one has stored alone comes to the other later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat import commands, returns
from chat.numbering import EPOCH_NUMBERS
from chat.ports import Item, Sender
from chat.storage import keys
from simulation.world import World

HOME, OTHER = "us-east-1", "eu-west-1"
NAMES = (HOME, OTHER)
ADA = Sender(user="ada", name="Ada", connection="ada-1")


class Two:
    """Two worlds; whoever copies what from one to the other is the test."""

    def __init__(self) -> None:
        self.home, self.other = (World(regions=NAMES, region=name) for name in NAMES)
        asked(self.home, action="create", room="lunch", title="Lunch")
        asked(self.home, action="send", room="lunch", text="hello")
        self.copy()

    def copy(self, *, messages: bool = True) -> None:
        """All that the home has, to the other one."""
        for name in ("rooms_table", "messages_table") if messages else ("rooms_table",):
            for key, item in getattr(self.home, name).items.items():
                getattr(self.other, name).items[key] = item

    def arrive(self, entry: Item) -> None:
        """One message of the home's comes to the other Region, and stands in its stream."""
        self.other.messages_table.items[entry["pk"], entry["sk"]] = entry
        assert self.other.homes is not None
        returns.receive(self.other.arrivals, self.other.homes.read(), entry)

    def take_over(self) -> None:
        assert self.other.homes is not None
        self.other.homes.take_over("ada", "the home is lost")


def asked(world: World, **fields: Any) -> dict[str, Any]:
    frame = {"id": fields.pop("id", world.ids.new()), **fields}
    reply = json.loads(commands.answer(world.services, ADA, json.dumps(frame)))
    return {"code": reply["code"]} if reply["type"] == "error" else dict(reply["result"])


def history(world: World, after: int = 0) -> list[tuple[int, str, int]]:
    page = asked(world, action="history", room="lunch", after=after)
    return [(entry["seq"], entry["text"] or entry["kind"], entry["until"]) for entry in page["messages"]]


@pytest.fixture
def two() -> Two:
    return Two()


def test_only_the_home_carries_commands_out(two: Two) -> None:
    assert asked(two.other, action="send", room="lunch", text="here?") == {"code": "elsewhere"}
    two.take_over()
    assert asked(two.other, action="hello")["epoch"] == 1


def test_who_takes_over_numbers_above_all_that_the_other_one_may_give(two: Two) -> None:
    two.take_over()
    assert asked(two.home, action="send", room="lunch", text="unheard of")["seq"] == 2
    assert asked(two.other, action="send", room="lunch", text="taken over")["seq"] == EPOCH_NUMBERS + 1
    assert history(two.other) == [(1, "hello", 0), (2, "void", EPOCH_NUMBERS), (EPOCH_NUMBERS + 1, "taken over", 0)]


def test_two_that_take_over_at_once_open_different_epochs_and_the_higher_is_in_force(two: Two) -> None:
    assert two.home.homes is not None
    two.take_over()
    two.home.homes.take_over("bob", "no, the other one is")
    two.copy(messages=False)
    assert two.other.homes is not None
    assert [epoch for epoch, _ in two.other.homes.read().epochs] == [0, 1, 4]
    assert two.other.homes.read().region == HOME


def test_what_comes_late_is_told_as_a_change_and_stands_in_its_place(two: Two) -> None:
    asked(two.home, action="send", room="lunch", text="late")
    two.take_over()
    before = asked(two.other, action="subscribe", room="lunch")["last_rev"]
    two.arrive(two.home.messages_table.items[keys.message("lunch", 2)])
    told = asked(two.other, action="subscribe", room="lunch", after=EPOCH_NUMBERS, after_rev=before)
    assert [(message["seq"], message["text"]) for message in told["changed"]] == [(2, "late")]
    assert history(two.other)[:2] == [(1, "hello", 0), (2, "late", 0)]


def test_what_is_missing_of_another_region_is_void_for_readers_and_not_in_the_table(two: Two) -> None:
    for text in ("burnt", "known"):
        asked(two.home, action="send", room="lunch", text=text)
    two.copy()
    del two.other.messages_table.items[keys.message("lunch", 2)]
    two.take_over()
    two.other.clock.pass_ms(3_600_000)
    assert history(two.other)[:3] == [(1, "hello", 0), (2, "void", 0), (3, "known", 0)]
    assert keys.message("lunch", 2) not in two.other.messages_table.items


def test_what_was_sent_again_meanwhile_stays_and_what_comes_late_becomes_void(two: Two) -> None:
    asked(two.home, id="c-1", action="send", room="lunch", text="who hears?")
    two.take_over()
    asked(two.other, id="c-1", action="send", room="lunch", text="who hears?")
    two.arrive(two.home.messages_table.items[keys.message("lunch", 2)])
    assert [text for _, text, _ in history(two.other)].count("who hears?") == 1
    assert two.other.messages_table.items[keys.message("lunch", 2)]["kind"] == "void"


def restored(world: World, sent: dict[str, Any], text: str) -> dict[str, Any]:
    kept = {name: sent[name] for name in ("seq", "sent_at_ms", "voucher")}
    return asked(world, id="c-1", action="restore", room="lunch", text=text, **kept)


def test_an_acknowledged_message_is_said_again_under_its_number_once(two: Two) -> None:
    sent = asked(two.home, id="c-1", action="send", room="lunch", text="acknowledged")
    two.other.messages_table.items[keys.VOUCHER_KEY] = two.home.messages_table.items[keys.VOUCHER_KEY]
    two.take_over()
    for _ in range(2):
        assert restored(two.other, sent, "acknowledged") == sent
    assert history(two.other)[:2] == [(1, "hello", 0), (2, "acknowledged", 0)]
    two.arrive(two.home.messages_table.items[keys.message("lunch", 2)])
    assert [text for _, text, _ in history(two.other)].count("acknowledged") == 1


def test_nobody_restores_what_was_not_acknowledged(two: Two) -> None:
    sent = asked(two.home, id="c-1", action="send", room="lunch", text="acknowledged")
    two.other.messages_table.items[keys.VOUCHER_KEY] = two.home.messages_table.items[keys.VOUCHER_KEY]
    two.take_over()
    assert restored(two.other, sent, "something else") == {"code": "invalid_field"}
    assert restored(two.other, sent | {"seq": 3}, "acknowledged") == {"code": "invalid_field"}


def test_a_command_whose_memory_has_come_alone_is_stored_under_its_number(two: Two) -> None:
    asked(two.home, id="c-1", action="send", room="lunch", text="half here")
    memory = keys.command("ada", "c-1")
    two.other.messages_table.items[memory] = two.home.messages_table.items[memory]
    two.take_over()
    assert asked(two.other, id="c-1", action="send", room="lunch", text="half here")["seq"] == 2
    assert history(two.other)[:2] == [(1, "hello", 0), (2, "half here", 0)]


def test_a_region_that_has_not_heard_of_an_epoch_sends_away_who_has_been_in_it(two: Two) -> None:
    assert asked(two.home, action="hello", epoch=1) == {"code": "elsewhere"}
    assert asked(two.home, action="subscribe", room="lunch", after=EPOCH_NUMBERS + 3) == {"code": "elsewhere"}
    assert asked(two.home, action="hello")["epoch"] == 0


def test_what_lies_between_two_epochs_is_not_unread(two: Two) -> None:
    two.take_over()
    asked(two.other, action="send", room="lunch", text="taken over")
    (room,) = asked(two.other, action="rooms")["rooms"]
    assert (room["last_seq"], room["unread"]) == (EPOCH_NUMBERS + 1, 2)


def test_each_region_tells_others_of_its_own_epochs_and_the_home_of_what_is_late(two: Two) -> None:
    asked(two.home, action="send", room="lunch", text="late")
    two.take_over()
    for key, row in two.other.rooms_table.items.items():
        two.home.rooms_table.items[key] = row
    entry = two.home.messages_table.items[keys.message("lunch", 2)]
    for world, item, expected in (
        (two.home, entry, True),
        (two.other, entry, True),
        (two.home, {**entry, "sk": EPOCH_NUMBERS + 1}, False),
        (two.other, {**entry, "sk": EPOCH_NUMBERS + 1}, True),
    ):
        assert world.homes is not None
        assert returns.is_told_here(world.arrivals, world.homes.read(), item) is expected
