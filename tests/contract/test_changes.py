"""Changes to messages, reactions and pins, in memory and on the emulator alike."""

import pytest

from chat.errors import MessageNotFoundError
from chat.ports import Absent, Delete, Item, Principal, Put, Table
from chat.storage import keys
from chat.storage.changes import Alteration, ChangeLog, RefusedError
from chat.storage.messages import SETTLE_MS, Draft, MessageLog
from chat.storage.reactions import Reactions, added, removed

NOW_MS = 1_790_000_000_000
BEA = Principal("bea", "Bea")


@pytest.fixture
def changes(numbered_table: Table) -> ChangeLog:
    draft = Draft(room="lunch", kind="text", user="ada", name="Ada", text="Hello", command_id="k", sent_at_ms=NOW_MS)
    MessageLog(numbered_table).append(draft)
    return ChangeLog(numbered_table)


def edited(text: str) -> Alteration:
    return Alteration("edited", "ada", "Ada", {"text": text})


def stands(table: Table, seq: int = 1) -> Item:
    entry = table.get(keys.message("lunch", seq), consistent=True)
    assert entry is not None
    return entry


def test_changes_of_a_message_happen_one_after_the_other(changes: ChangeLog, numbered_table: Table) -> None:
    """The second is planned on the message as it was, is refused, and goes by what the first one has left."""
    seen: list[tuple[str, int]] = []

    def plan(entry: Item) -> Alteration:
        seen.append((entry["text"], entry.get("rev", 0)))
        if len(seen) == 1:
            changes.alter("lunch", 1, lambda _: edited("from the phone"), NOW_MS)
        return edited("from the laptop")

    altered = changes.alter("lunch", 1, plan, NOW_MS)
    assert seen == [("Hello", 0), ("from the phone", 1)]
    assert (altered.done, altered.rev, altered.newest_seq) == (True, 2, 1)
    assert (stands(numbered_table)["text"], stands(numbered_table)["rev"]) == ("from the laptop", 2)
    missed = changes.since("lunch", 0, NOW_MS)
    assert (missed.seqs, missed.last_rev, missed.complete) == ([1], 2, True)


def test_a_rev_that_another_change_has_overtaken_is_closed(changes: ChangeLog, numbered_table: Table) -> None:
    table_transact, transactions = numbered_table.transact, [0]

    def transact(*args: object, **kwargs: object) -> None:
        transactions[0] += 1
        if transactions[0] == 1:
            changes.alter("lunch", 1, lambda _: edited("first"), NOW_MS)
        table_transact(*args, **kwargs)  # type: ignore[arg-type]

    numbered_table.transact = transact  # type: ignore[method-assign]
    altered = changes.alter("lunch", 1, lambda _: edited("second"), NOW_MS)
    assert (altered.rev, altered.entry["text"]) == (3, "second")
    row = numbered_table.get(keys.change("lunch", 1), consistent=True)
    assert row is not None
    assert row["what"] == "void"
    assert changes.since("lunch", 0, NOW_MS).last_rev == 3


def test_a_rev_that_a_reader_has_closed_is_not_used(changes: ChangeLog, numbered_table: Table) -> None:
    numbered_table.update(keys.counter("lunch"), add={"rev": 1}, assign={"changed_at_ms": NOW_MS})
    assert changes.since("lunch", 0, NOW_MS).last_rev == 0
    assert changes.since("lunch", 0, NOW_MS + SETTLE_MS + 1).last_rev == 1
    pk, sk = keys.change("lunch", 2)
    numbered_table.put({"pk": pk, "sk": sk, "room": "lunch", "what": "void", "changed_at_ms": NOW_MS})
    assert changes.alter("lunch", 1, lambda _: edited("late"), NOW_MS).rev == 3


def test_what_stands_beside_a_change_stands_or_falls_with_it(changes: ChangeLog, numbered_table: Table) -> None:
    row = {"pk": "beside", "sk": 0}
    changes.alter("lunch", 1, lambda _: Alteration("edited", "ada", "Ada", {}, [Put(row, Absent())]), NOW_MS)
    with pytest.raises(RefusedError) as refused:
        changes.alter(
            "lunch", 1, lambda _: Alteration("edited", "ada", "Ada", {"text": "x"}, [Put(row, Absent())]), NOW_MS
        )
    assert refused.value.standing == {0: row}
    assert stands(numbered_table)["text"] == "Hello"
    assert changes.since("lunch", 0, NOW_MS).last_rev == 2  # the refused one's number is closed
    with pytest.raises(MessageNotFoundError):
        changes.alter("lunch", 7, lambda _: edited("x"), NOW_MS)


def test_a_reaction_is_there_once_and_goes_once(changes: ChangeLog, numbered_table: Table) -> None:
    reactions = Reactions(numbered_table)

    def react(*, remove: bool = False) -> None:
        row = removed("lunch", 1, "👍", BEA) if remove else added("lunch", 1, "👍", BEA, NOW_MS)
        counts = {} if remove else {"👍": 1}
        changes.alter("lunch", 1, lambda _: Alteration("reactions", "bea", "Bea", {"reactions": counts}, [row]), NOW_MS)

    with pytest.raises(RefusedError):
        react(remove=True)
    react()
    with pytest.raises(RefusedError):
        react()
    assert reactions.has("lunch", 1, "👍", "bea")
    assert reactions.of_user("bea", [stands(numbered_table)]) == {1: ["👍"]}
    assert reactions.of_user("ada", [stands(numbered_table)]) == {}
    react(remove=True)
    assert not reactions.has("lunch", 1, "👍", "bea")


def test_who_reacted_is_paged_with_one_emoji_and_with_all(changes: ChangeLog, numbered_table: Table) -> None:
    del changes
    reactions = Reactions(numbered_table)
    for number in range(5):
        for sign in ("👍", "🎉"):
            numbered_table.put(added("lunch", 1, sign, Principal(f"u{number}", "U"), NOW_MS).item)
    for emoji, count in ((None, 10), ("👍", 5), ("👎", 0)):
        seen: list[str] = []
        after: str | None = None
        while True:
            rows, after = reactions.page("lunch", 1, emoji, after, 2)
            seen += [f"{row['user']}{row['emoji']}" for row in rows]
            if after is None:
                break
        assert len(set(seen)) == len(seen) == count


def test_who_made_a_change_and_who_reacted_can_be_forgotten(changes: ChangeLog, numbered_table: Table) -> None:
    changes.alter("lunch", 1, lambda _: edited("x"), NOW_MS)
    changes.forget_who("lunch", 1)
    row = changes.find("lunch", 1)
    assert row is not None
    assert (row["user"], row["name"], row["what"], row["seq"]) == (None, None, "edited", 1)
    assert changes.find("lunch", 2) is None
    reactions = Reactions(numbered_table)
    for seq in (1, 2):
        for number in range(3):
            numbered_table.put(added("lunch", seq, "👍", Principal(f"u{number}", "U"), NOW_MS).item)
    reactions.clear("lunch", 1)
    reactions.clear("lunch", 1)
    assert [len(reactions.page("lunch", seq, None, None, 10)[0]) for seq in (1, 2)] == [0, 3]


def test_pinned_messages_are_listed_by_number(changes: ChangeLog, numbered_table: Table) -> None:
    for seq in (12, 3, 7):
        pk, sk = keys.pin("lunch", seq)
        numbered_table.transact([Put({"pk": pk, "sk": sk})])
    numbered_table.transact([Delete(keys.pin("lunch", 7))])
    assert (changes.pinned("lunch", 100), changes.pinned("lunch", 100, after=3)) == ([3, 12], [12])
    assert [entry["sk"] for entry in changes.read("lunch", [1, 2])] == [1]
