"""Erasure: nothing of a user is left anywhere, whatever was under way, and whoever dies in between."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chat import commands
from chat.accounts import erasure, export, jobs
from chat.caching.tiers import Tiers
from chat.erasures import LEDGER
from chat.media import Upload, announce
from chat.ports import Principal, Sender
from chat.protocol import Media, Picture
from chat.storage import keys
from chat.storage.memberships import Memberships
from simulation.world import World
from tests.unit.aftermath import ask, hear, work_off

EVE = Principal("eve", "Eve")
KEPT = {keys.account_job("eve", "erasure"), keys.member("closed", "eve"), keys.user_rate("eve", 1_790_000_000 // 60)}
"""That it was done, a ban, and how much was posted in this minute, which its own TTL removes in two."""


class DiedError(Exception):
    """The function's end."""


class Counted(list[str]):
    """The calls of all tables; the one of this number is not survived."""

    def __init__(self, fatal: int | None = None) -> None:
        super().__init__()
        self.fatal = fatal

    def append(self, name: str) -> None:
        super().append(name)
        if self.fatal is not None and len(self) == self.fatal:
            raise DiedError


@pytest.fixture
def world() -> World:
    return a_full_life()


def a_full_life() -> World:
    """Eve has done everything that can be done."""
    world = World()
    for user in ("ada", "bob", "eve"):
        world.connect(user)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["eve", "bob"])
    ask(world, "eve", action="create", title="Mine", room="mine", kind="private", members=["ada", "bob"])
    ask(world, "eve", action="set_role", room="mine", user="bob", role="moderator")
    ask(world, "eve", action="create", title="Alone", room="alone", kind="private")
    ask(world, "eve", action="direct", user="ada")
    ask(world, "ada", action="create", title="Closed", room="closed", members=["eve"])
    ask(world, "eve", action="send", room="closed", text="secret of the closed room")
    ask(world, "ada", action="remove", room="closed", user="eve", ban=True)
    for user in ("ada", "eve"):
        ask(world, user, action="subscribe", room="lunch")
    ask(world, "eve", action="send", room="lunch", text="secret word")
    ask(world, "ada", action="send", room="lunch", text="an answer", reply_to=1)
    ask(world, "eve", action="edit", room="lunch", seq=1, text="secret edited")
    ask(world, "ada", action="react", room="lunch", seq=1, emoji="x")
    ask(world, "eve", action="react", room="lunch", seq=2, emoji="👍")
    ask(world, "ada", action="react", room="lunch", seq=2, emoji="👍")
    ask(world, "ada", action="pin", room="lunch", seq=1)
    ask(world, "ada", action="send", room="mine", text="out of line")
    ask(world, "eve", action="delete", room="mine", seq=1)
    ask(world, "ada", action="send", room="mine", text="fine")
    ask(world, "eve", action="pin", room="mine", seq=2)
    ask(world, "eve", action="report", room="lunch", seq=2, reason="a secret reason")
    ask(world, "eve", action="read", room="lunch", seq=2)
    ask(world, "eve", action="send", room="lunch", text="secret again")
    world.files.put("media/lunch/m1/original.png", b"secret bytes", "image/png")
    picture = Picture("/media/lunch/m1/original.png", "image/png", 1, 1)
    shown = Media("m1", "secret.png", picture, Picture("/media/lunch/m1/thumbnail.webp", "image/webp", 1, 1))
    announce(world.services, Upload("m1", "lunch", "eve", "Eve", "secret.png", "image/png", 12), shown)
    hear(world)
    jobs.ask(world.accounts.office, EVE, "export")
    work_off(world)
    return world


def remains(world: World) -> Iterator[tuple[Any, str]]:
    """Items and files that still know Eve, her words or her name."""
    for table in (world.rooms_table, world.messages_table, world.connections_table):
        for key, item in table.items.items():
            text = json.dumps(item, ensure_ascii=False).lower()
            if key not in KEPT and ('"eve"' in text or "eve#" in text or "#eve" in text or "secret" in text):
                yield key, text
    for name, body in world.files.objects.items():
        if not name.startswith(LEDGER):  # that it was done stays, under the bare id
            yield name, repr(body)


def erase(world: World) -> int:
    jobs.ask(world.accounts.office, EVE, "erasure")
    return work_off(world)


def forget_what_expires(world: World) -> None:
    """Commands are remembered for 48 h and then removed by TTL; those of edits have no message to go with."""
    for key in [key for key in world.messages_table.items if key[0].startswith(keys.command("eve", "")[0])]:
        del world.messages_table.items[key]


def test_a_full_life_leaves_traces_everywhere_before(world: World) -> None:
    tables = {key[0].partition("#")[0] for key, _ in remains(world) if isinstance(key, tuple)}
    assert {"room", "user", "traces", "m", "e", "x", "w", "reports", "connection"} <= tables


def test_nothing_of_an_erased_user_is_left(world: World) -> None:
    assert erase(world) == 2  # a pass that finds everything, and one that finds nothing
    hear(world)
    forget_what_expires(world)
    assert list(remains(world)) == []
    job = jobs.look(world.accounts.office, "eve", "erasure")
    assert (job.state, job.name) == ("done", "")
    assert dict(job.done) == {"rooms": 4, "bans": 1, "changes": 4, "messages": 4, "reports": 1}


def test_the_second_pass_waits_until_nothing_can_be_under_way(world: World) -> None:
    erase(world)
    assert world.jobs_queue.delays_s[-2:] == [0, erasure.SETTLE_S]


def test_what_others_wrote_stays_with_numbers_counts_and_threads_intact(world: World) -> None:
    erase(world)
    history = ask(world, "ada", action="history", room="lunch")["result"]["messages"]
    assert [(message["seq"], message["kind"], message["text"], message["from"]) for message in history] == [
        (1, "deleted", "", None),
        (2, "text", "an answer", {"id": "ada", "name": "Ada"}),
        (3, "deleted", "", None),
        (4, "deleted", "", None),
    ]
    assert (history[0]["replies"], history[0]["reactions"], history[1]["reactions"]) == (
        1,
        [],
        [{"emoji": "👍", "count": 1}],
    )
    mine = ask(world, "bob", action="history", room="mine")["result"]["messages"]
    assert [(message["kind"], message["pinned"], message["changed_by"]) for message in mine] == [
        ("deleted", False, None),
        ("text", True, None),
    ]


def test_a_room_of_theirs_goes_to_a_moderator(world: World) -> None:
    erase(world)
    members = ask(world, "ada", action="members", room="mine")["result"]["members"]
    assert {member["user"]["id"]: member["role"] for member in members} == {"ada": "member", "bob": "owner"}


def test_a_ban_outlives_erasure_under_the_bare_id(world: World) -> None:
    erase(world)
    ban = world.rooms_table.items[keys.member("closed", "eve")]
    assert (ban["role"], ban["name"]) == ("banned", "eve")
    assert ask(world, "eve", action="join", room="closed")["code"] == "banned"


def test_the_other_one_of_a_direct_room_keeps_it_without_the_name(world: World) -> None:
    erase(world)
    (direct,) = [room for room in ask(world, "ada", action="rooms")["result"]["rooms"] if room["kind"] == "direct"]
    assert direct["title"] == ""


def test_open_pages_are_told_and_those_that_were_away_learn_it_by_the_changes(world: World) -> None:
    before = ask(world, "ada", action="subscribe", room="lunch")["result"]
    erase(world)
    assert {"type": "author_erased", "room": "lunch", "user": "eve"} in world.sockets.heard("ada-1", "author_erased")
    after = ask(world, "ada", action="subscribe", room="lunch", after=before["last_seq"], after_rev=before["last_rev"])[
        "result"
    ]
    assert {message["seq"] for message in after["changed"]} >= {1, 3, 4}
    assert "eve" not in json.dumps(after)


def test_every_open_page_of_theirs_is_told_to_sign_out_and_nobody_elses(world: World) -> None:
    world.connect("eve", connection="eve-2")
    erase(world)
    told = {"type": "account_erasing"}
    assert [world.sockets.heard(name, "account_erasing") for name in ("eve-1", "eve-2")] == [[told], [told]]
    assert world.sockets.listeners("account_erasing") == {"eve-1", "eve-2"}


def test_a_page_that_comes_back_between_two_passes_is_told_by_the_second(world: World) -> None:
    jobs.ask(world.accounts.office, EVE, "erasure")
    jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
    world.connect("eve", connection="eve-2")
    work_off(world)
    assert world.sockets.heard("eve-2", "account_erasing") == [{"type": "account_erasing"}]


def test_the_list_of_rooms_shows_none_of_their_words(world: World) -> None:
    erase(world)
    rooms = ask(world, "ada", action="rooms")["result"]["rooms"]
    assert "secret" not in json.dumps(rooms)
    (lunch,) = [room for room in rooms if room["room"] == "lunch"]
    assert lunch["latest"]["text"] == "deleted a message"


def test_search_finds_none_of_their_words(world: World) -> None:
    erase(world)
    assert ask(world, "ada", action="search", room="lunch", query="secret")["result"]["messages"] == []


def test_their_images_are_removed_from_the_bucket_and_from_caches(world: World) -> None:
    erase(world)
    hear(world)
    assert not [name for name in world.files.objects if not name.startswith(LEDGER)]
    assert set(world.edge_cache.forgotten) == {"media/lunch/m1/*"}


def test_archives_of_their_data_are_gone_and_so_is_their_job(world: World) -> None:
    erase(world)
    assert not [name for name in world.files.objects if name.startswith("exports/")]
    assert world.services.account_jobs.find("eve", "export") is None


def test_nobody_enters_a_room_while_they_are_erased_and_may_come_back_afterwards(world: World) -> None:
    jobs.ask(world.accounts.office, EVE, "erasure")
    for command in (
        {"action": "create", "title": "New"},
        {"action": "direct", "user": "bob"},
        {"action": "join", "room": "lunch"},
    ):
        jobs.work_off(world.accounts, world.jobs_queue.bodies[0])
        reply = ask(world, "eve", **command)
        assert (reply["code"], reply["temporary"]) == ("account_erasing", True)
    assert ask(world, "ada", action="invite", room="lunch", user="eve")["code"] == "account_erasing"
    work_off(world)
    assert ask(world, "eve", action="join", room="lunch")["type"] == "ack"


def test_a_message_that_was_under_way_is_taken_by_the_next_pass(world: World) -> None:
    elsewhere = replace(world.services, members=Memberships(world.rooms_table, Tiers(world.clock)))
    elsewhere.members.recall("lunch", "eve")  # a function instance that takes her for a member for another 5 s
    jobs.ask(world.accounts.office, EVE, "erasure")
    jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
    frame = b'{"action":"send","id":"late","room":"lunch","text":"a late secret"}'
    assert json.loads(commands.answer(elsewhere, Sender("eve", "Eve", "eve-1"), frame))["type"] == "ack"
    hear(world)
    work_off(world)
    hear(world)
    forget_what_expires(world)
    assert list(remains(world)) == []


def test_an_event_that_comes_after_everything_starts_it_again() -> None:
    late = World()
    ask(late, "ada", action="create", title="Lunch", room="lunch", members=["eve"])
    ask(late, "eve", action="send", room="lunch", text="a secret nobody has heard of yet")
    erase(late)
    assert list(remains(late))  # its event is in a dead-letter queue
    late.clock.pass_ms(3 * 24 * 3_600_000)
    hear(late)
    assert work_off(late) == 2
    hear(late)
    forget_what_expires(late)
    assert list(remains(late)) == []


def test_a_new_life_after_erasure_is_not_erased(world: World) -> None:
    erase(world)
    world.clock.pass_ms(1)
    ask(world, "eve", action="join", room="lunch")
    seq = ask(world, "eve", action="send", room="lunch", text="hello again")["result"]["seq"]
    hear(world)
    assert work_off(world) == 0
    assert ask(world, "ada", action="history", room="lunch")["result"]["messages"][-1]["seq"] == seq


def test_a_slice_ends_when_its_time_is_over_and_the_next_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "PAGE", 2)
    monkeypatch.setattr(erasure, "SLICE_MS", 0)
    assert erase(world) > 4
    hear(world)
    forget_what_expires(world)
    assert list(remains(world)) == []


def calls_of_an_erasure() -> int:
    world = a_full_life()
    calls = watch(world, None)
    erase(world)
    return len(calls)


def watch(world: World, fatal: int | None) -> Counted:
    calls = Counted(fatal)
    for table in (world.rooms_table, world.messages_table, world.connections_table):
        table.calls = calls
    return calls


def test_whoever_dies_at_any_call_the_next_worker_leaves_nothing() -> None:
    for fatal in range(1, calls_of_an_erasure() + 1):
        world = a_full_life()
        watch(world, fatal)
        died = False
        jobs_done = False
        while not jobs_done:
            try:
                if not world.jobs_queue.bodies:
                    world.clock.pass_ms(jobs.STALLED_MS)
                    jobs.ask(world.accounts.office, EVE, "erasure")
                body = world.jobs_queue.bodies[0]
                jobs.work_off(world.accounts, body)
                world.jobs_queue.bodies.remove(body)
                found = world.services.account_jobs.find("eve", "erasure")
                jobs_done = found is not None and found.state == "done"
            except DiedError:
                died = True
        watch(world, None)
        hear(world)
        work_off(world)
        hear(world)
        forget_what_expires(world)
        assert (died, list(remains(world))) == (True, []), f"died at call {fatal}"


def test_an_export_that_is_under_way_leaves_no_archive_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.clock.pass_ms(jobs.AGAIN_AFTER_MS)
    monkeypatch.setattr(export, "ARCHIVE_BYTES", 1)
    monkeypatch.setattr(export, "PAGE", 1)
    jobs.ask(world.accounts.office, EVE, "export")
    jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
    jobs.ask(world.accounts.office, EVE, "erasure")
    work_off(world)
    assert not [name for name in world.files.objects if name.startswith("exports/")]
