"""The ledger of what was taken away for good: it says what, when and nothing else, and outlives the tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import erasures
from chat.accounts import jobs
from chat.erasures import LEDGER, Entry, ErasedMessage, ErasedUser
from chat.ports import Principal
from simulation.world import MemoryFiles, World
from tests.unit.aftermath import work_off

NOON_MS = 1_790_000_000_000

messages = st.builds(
    ErasedMessage,
    room=st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,63}\Z"),
    seq=st.integers(1, 10**15 - 1),
    what=st.sampled_from(["deleted", "erased"]),
)
users = st.builds(
    ErasedUser, user=st.text(st.characters(codec="utf-8"), min_size=1, max_size=128), at_ms=st.integers(0, 10**13)
)


@given(st.one_of(messages, users))
def test_an_entry_is_read_from_its_name_alone(entry: Entry) -> None:
    files = MemoryFiles()
    erasures.note(files, entry, NOON_MS)
    erasures.note(files, entry, NOON_MS + 1_000)
    ((name, body),) = files.objects.items()
    assert name.startswith(erasures.folder_of_day(NOON_MS))
    assert len(name.encode()) <= 1_024  # what S3 takes
    assert (erasures.read(name), body) == (entry, b"")


def test_days_are_those_of_utc_and_sort() -> None:
    assert erasures.folder_of_day(0) == "audit/erasures/1970-01-01/"
    assert erasures.folder_of_day(NOON_MS) < erasures.folder_of_day(NOON_MS + 86_400_000)


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-26/",
        "2026-11-26/rooms/lunch",
        "2026-11-26/messages/lunch/7.deleted",
        "2026-11-26/users/ZXZl",
        "users/1",
    ],
)
def test_other_objects_are_no_entries(name: str) -> None:
    assert erasures.read(LEDGER + name) is None


def test_who_is_erased_stands_in_the_ledger_before_anything_of_theirs_is_touched() -> None:
    world = World()
    world.connect("eve")
    jobs.ask(world.accounts.office, Principal("eve", "Eve"), "erasure")
    world.connections_table.calls.clear()
    files = world.accounts.files
    assert isinstance(files, MemoryFiles)
    began_ms = world.clock.now_ms()
    work_off(world)
    assert [erasures.read(name) for name in files.objects] == [ErasedUser("eve", began_ms)]
