"""Webhooks and users' devices, in memory and on the emulator alike."""

import pytest

from chat.ports import ConditionError, Table
from chat.storage import keys
from chat.storage.push_subscriptions import Device, PushBook, Reader
from chat.storage.webhooks import Webhook, WebhookBook
from simulation.world import START_MS

WEBHOOK = Webhook(
    id="w1",
    url="https://one.example/",
    description="archive",
    events=["MessagePosted"],
    rooms=["lunch"],
    batch=False,
    made_by="ops",
    made_at_ms=START_MS,
)


def device(name: str, user: str) -> Device:
    return Device(id=name, user=user, kind="web", endpoint=f"https://push.example/{name}", made_at_ms=START_MS)


def test_a_webhook_comes_back_as_it_was_stored(table: Table) -> None:
    book = WebhookBook(table)
    everywhere = Webhook(**{**vars(WEBHOOK), "id": "w2", "rooms": None})
    for webhook in (WEBHOOK, everywhere):
        book.add(webhook)
    assert (book.all(), book.find("w2"), book.find("w3")) == ([WEBHOOK, everywhere], everywhere, None)
    with pytest.raises(ConditionError):
        book.add(WEBHOOK)


def test_how_a_webhook_fares_is_counted_and_forgiven(table: Table) -> None:
    book = WebhookBook(table)
    book.add(WEBHOOK)
    first = book.fail(WEBHOOK, START_MS + 1, "x" * 500)
    assert first
    second = book.fail(first, START_MS + 2, "status 500")
    assert second
    assert (second.failing_since_ms, second.failures, second.last_error) == (START_MS + 1, 2, "status 500")
    assert len(first.last_error or "") == 200
    book.give_up("w1", 3)
    book.disable("w1", "failing")
    found = book.find("w1")
    assert found
    assert (found.given_up, found.disabled, found.wants("MessagePosted", "lunch")) == (3, "failing", False)
    enabled = book.enable("w1")
    assert enabled
    assert (enabled.disabled, enabled.failures, enabled.failing_since_ms, enabled.given_up) == (None, 0, 0, 3)
    rotated = book.rotate(enabled, START_MS + 9)
    assert rotated
    assert (rotated.generation, rotated.old_secret_until_ms) == (2, START_MS + 9)


def test_a_webhook_that_was_removed_stays_so_whatever_comes_late(table: Table) -> None:
    book = WebhookBook(table)
    book.add(WEBHOOK)
    assert (book.remove("w1"), book.remove("w1")) == (True, False)
    assert book.fail(WEBHOOK, START_MS, "late") is None
    assert (book.enable("w1"), book.rotate(WEBHOOK, START_MS)) == (None, None)
    book.recover("w1")
    book.disable("w1", "late")
    book.give_up("w1", 1)
    assert book.all() == []


def test_a_device_belongs_to_who_registered_it_last(table: Table) -> None:
    book = PushBook(table)
    for each in (device("d1", "ada"), device("d2", "ada"), device("d1", "ada"), device("d3", "bob")):
        book.add(each)
    assert [each.id for each in book.of(["ada", "bob", "eve"])] == ["d1", "d2", "d3"]
    book.add(device("d1", "bob"))
    assert [(each.user, each.id) for each in book.of(["ada", "bob"])] == [("ada", "d2"), ("bob", "d1"), ("bob", "d3")]
    assert book.remove("ada", "d1") is None
    assert [each.id for each in book.of(["bob"])] == ["d1", "d3"]
    assert book.remove("bob", "d1") == device("d1", "bob")
    assert table.get(keys.push_owner("d1"), consistent=True) is None


def test_turns_are_a_minute_apart_and_one_waits_for_the_next(table: Table) -> None:
    book = PushBook(table)
    assert [book.take_turn("ada", "lunch", START_MS + at, 60_000) for at in (0, 1_000, 2_000)] == [0, 59_000, -1]
    assert book.take_turn("ada", "dinner", START_MS + 2_000, 60_000) == 0
    assert book.take_turn("ada", "lunch", START_MS + 60_000, 60_000) == 0
    assert book.take_turn("ada", "lunch", START_MS + 61_000, 60_000) == 59_000
    book.add(device("d1", "ada"))
    book.forget_turns("ada")
    assert book.take_turn("ada", "lunch", START_MS + 61_000, 60_000) == 0
    assert len(book.of(["ada"])) == 1


def test_what_members_want_to_hear_stands_in_their_memberships(table: Table) -> None:
    book = PushBook(table)
    for user, role in (("ada", "owner"), ("bob", "member"), ("eve", "banned")):
        pk, sk = keys.member("lunch", user)
        table.put({"pk": pk, "sk": sk, "room": "lunch", "user": user, "name": user, "role": role})
    assert book.set_level("lunch", "bob", "all")
    assert not book.set_level("lunch", "zoe", "all")
    assert book.readers("lunch", 3) == [Reader("ada", "owner", None), Reader("bob", "member", "all")]
    assert book.readers("lunch", 2) is None
    assert book.readers_among("lunch", ["bob", "eve", "zoe"]) == [Reader("bob", "member", "all")]
