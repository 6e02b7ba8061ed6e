"""A user's data as they are handed it: everything of theirs, nothing of others', within a bounded slice."""

import io
import json
import zipfile
from typing import Any

import msgspec
import pytest

from chat.accounts import export, jobs
from chat.accounts.archives import Archive, folder_of
from chat.errors import AccountErasingError, JobNotFoundError
from chat.media import Upload, announce
from chat.ports import Principal
from chat.protocol import Media, Picture
from chat.storage.account_jobs import Job
from simulation.world import World
from tests.unit.aftermath import ask, hear, work_off

EVE = Principal("eve", "Eve")


@pytest.fixture
def world() -> World:
    world = World()
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["eve", "bob"])
    return world


def archives(world: World, job: Job) -> list[zipfile.ZipFile]:
    return [zipfile.ZipFile(io.BytesIO(world.files.objects[archive["key"]])) for archive in job.archives]


def lines(world: World, job: Job, name: str) -> list[dict[str, Any]]:
    found = [archive.read(name) for archive in archives(world, job) if name in archive.namelist()]
    return [json.loads(line) for body in found for line in body.splitlines() if line]


def exported(world: World) -> Job:
    hear(world)
    jobs.ask(world.accounts.office, EVE, "export")
    work_off(world)
    return jobs.look(world.accounts.office, "eve", "export")


def test_an_export_has_everything_of_the_user_and_nothing_of_others(world: World) -> None:
    ask(world, "eve", action="send", room="lunch", text="mine")
    ask(world, "ada", action="send", room="lunch", text="not mine")
    ask(world, "eve", action="edit", room="lunch", seq=1, text="mine, edited")
    ask(world, "eve", action="react", room="lunch", seq=2, emoji="👍")
    ask(world, "ada", action="react", room="lunch", seq=1, emoji="👎")
    ask(world, "eve", action="report", room="lunch", seq=2, reason="not nice")
    ask(world, "eve", action="read", room="lunch", seq=2)
    job = exported(world)
    assert (job.state, job.total, dict(job.done)) == ("done", 4, {"messages": 1, "changes": 2, "reports": 1})
    (message,) = lines(world, job, "messages.ndjson")
    assert (message["seq"], message["text"], message["from"]["id"]) == (1, "mine, edited", "eve")
    changes = lines(world, job, "changes.ndjson")
    assert [(change["what"], change["seq"], change.get("emoji")) for change in changes] == [
        ("edited", 1, None),
        ("reactions", 2, "👍"),
    ]
    assert [report["reason"] for report in lines(world, job, "reports.ndjson")] == ["not nice"]
    about = json.loads(archives(world, job)[0].read("rooms.json"))
    assert (about["user"], about["rooms"]) == (
        "eve",
        [{"room": "lunch", "title": "Lunch", "kind": "public", "role": "member", "read_seq": 2}],
    )
    everything = b"".join(archive.read(name) for archive in archives(world, job) for name in archive.namelist())
    assert b"not mine" not in everything


def test_images_are_handed_over_in_their_largest_form(world: World) -> None:
    picture = Picture("/media/lunch/m1/original.png", "image/png", 1, 1)
    shown = Media("m1", "cat.png", picture, Picture("/media/lunch/m1/thumbnail.webp", "image/webp", 1, 1))
    world.files.put("media/lunch/m1/original.png", b"the bytes", "image/png")
    announce(world.services, Upload("m1", "lunch", "eve", "Eve", "cat.png", "image/png", 9), shown)
    job = exported(world)
    assert archives(world, job)[0].read("media/m1/original.png") == b"the bytes"
    assert job.done["images"] == 1


def test_a_room_that_keeps_somebody_out_stands_in_their_export(world: World) -> None:
    ask(world, "ada", action="remove", room="lunch", user="eve", ban=True)
    assert lines(world, exported(world), "bans.ndjson") == [{"room": "lunch"}]
    ask(world, "ada", action="unban", room="lunch", user="eve")
    world.clock.pass_ms(jobs.AGAIN_AFTER_MS)
    assert lines(world, exported(world), "bans.ndjson") == []


def test_a_large_export_comes_in_several_archives_that_are_everything_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    monkeypatch.setattr(export, "ARCHIVE_BYTES", 1_500)
    texts = [f"message {number} {'x' * 80}" for number in range(20)]
    for text in texts:
        ask(world, "eve", action="send", room="lunch", text=text)
    job = exported(world)
    assert len(job.archives) > 2
    assert [message["text"] for message in lines(world, job, "messages.ndjson")] == texts
    assert job.done == {"messages": 20}
    assert len({archive["key"] for archive in job.archives}) == len(job.archives)


def test_an_export_without_anything_is_an_archive_that_says_so(world: World) -> None:
    job = exported(world)
    assert archives(world, job)[0].namelist()[0] == "README.txt"
    assert lines(world, job, "messages.ndjson") == []


def test_asking_twice_is_one_job_and_asking_again_within_an_hour_gives_the_same(world: World) -> None:
    first = jobs.ask(world.accounts.office, EVE, "export")
    assert jobs.ask(world.accounts.office, EVE, "export").id == first.id
    assert len(world.jobs_queue.bodies) == 1
    work_off(world)
    assert jobs.ask(world.accounts.office, EVE, "export").id == first.id
    world.clock.pass_ms(jobs.AGAIN_AFTER_MS)
    assert jobs.ask(world.accounts.office, EVE, "export").id != first.id


def test_a_job_whose_worker_died_goes_on_when_it_is_asked_for_again(world: World) -> None:
    first = jobs.ask(world.accounts.office, EVE, "export")
    world.jobs_queue.bodies.clear()
    world.clock.pass_ms(jobs.UNBEGUN_MS)
    assert jobs.ask(world.accounts.office, EVE, "export").id == first.id
    work_off(world)
    assert jobs.look(world.accounts.office, "eve", "export").state == "done"


def test_a_slice_that_is_received_again_makes_no_second_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 1)
    monkeypatch.setattr(export, "ARCHIVE_BYTES", 1)
    for text in ("one", "two", "three"):
        ask(world, "eve", action="send", room="lunch", text=text)
    hear(world)
    jobs.ask(world.accounts.office, EVE, "export")
    first = list(world.jobs_queue.bodies)
    jobs.work_off(world.accounts, world.jobs_queue.bodies.pop(0))
    world.jobs_queue.bodies += first * 3
    work_off(world)
    job = jobs.look(world.accounts.office, "eve", "export")
    assert sorted(message["text"] for message in lines(world, job, "messages.ndjson")) == ["one", "three", "two"]


def test_what_is_no_slice_raises_and_one_of_a_forgotten_job_is_dropped(world: World) -> None:
    with pytest.raises(msgspec.MsgspecError):
        jobs.work_off(world.accounts, b"rubbish")
    jobs.ask(world.accounts.office, EVE, "export")
    world.accounts.office.jobs.remove("eve", "export")
    assert work_off(world) == 1
    with pytest.raises(JobNotFoundError):
        jobs.look(world.accounts.office, "eve", "export")


def test_nobody_is_exported_while_they_are_erased(world: World) -> None:
    jobs.ask(world.accounts.office, EVE, "erasure")
    with pytest.raises(AccountErasingError):
        jobs.ask(world.accounts.office, EVE, "export")


def test_an_archives_place_does_not_say_whose_it_is() -> None:
    assert "eve" not in folder_of("eve").removeprefix("exports/")
    assert folder_of("eve") != folder_of("ada")


def test_an_archive_knows_its_size_before_it_is_closed() -> None:
    archive = Archive()
    empty = archive.size_bytes
    archive.add_lines("rows.ndjson", [{"number": number} for number in range(100)])
    assert archive.size_bytes >= empty + 100 * len('{"number":1}')
