"""A user's data as they are handed it: everything of theirs, nothing of others', within a bounded slice."""

import io
import json
import zipfile
from typing import Any

import msgspec
import pytest

from chat import shown_media
from chat.accounts import export, jobs
from chat.accounts.archives import Archive, folder_of
from chat.errors import AccountErasingError, JobNotFoundError
from chat.media import Upload, announce
from chat.ports import Principal
from chat.protocol import Media, Picture, Variant
from chat.shown_media import VIDEO_HLS, VIDEO_MP4, Beside, file_of, variant_key
from chat.storage.account_jobs import Job
from chat.storage.traces import TracePage, Traces
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


def send_file(world: World, name: str, *, size_bytes: int = 9, parts: bytes | None = b"the video") -> None:
    """A video of the user's, of which the message says that it has so many bytes, and the bucket has `parts`."""
    kinds = ("image/avif", "image/webp", "image/jpeg")
    pictures = [Variant(f"/{variant_key('lunch', name, 480, kind)}", kind, 480, 270, 5) for kind in kinds]
    files = [file_of("lunch", name, form, size_bytes, width=640, height=360) for form in (VIDEO_HLS, VIDEO_MP4)]
    shown = shown_media.media_of(name, "cat.mp4", "", pictures, Beside(kind="video", files=files, duration_ms=1_000))
    world.files.put(variant_key("lunch", name, 480, "image/jpeg"), b"its picture", "image/jpeg")
    if parts is not None:
        world.files.put(f"media/lunch/{name}/video.mp4", parts, "video/mp4")
    announce(world.services, Upload(name, "lunch", "eve", "Eve", "cat.mp4", "video/mp4", 9), shown)


def test_videos_sounds_and_documents_are_handed_over_themselves_beside_their_picture(world: World) -> None:
    send_file(world, "m1")
    job = exported(world)
    (archive,) = archives(world, job)
    assert archive.read("media/m1/video.mp4") == b"the video"
    assert archive.read("media/m1/480.jpg") == b"its picture"
    assert archive.testzip() is None
    assert (job.done["images"], job.done["files"], "skipped.ndjson" in archive.namelist()) == (1, 1, False)


@pytest.mark.parametrize(
    ("size_bytes", "parts", "why"),
    [(export.MOST_FILE_BYTES + 1, b"the video", "too large for an archive"), (9, None, "gone")],
)
def test_a_file_that_is_left_out_is_listed_with_the_reason(
    world: World, size_bytes: int, parts: bytes | None, why: str
) -> None:
    send_file(world, "m1", size_bytes=size_bytes, parts=parts)
    job = exported(world)
    (left_out,) = lines(world, job, "skipped.ndjson")
    assert (left_out["room"], left_out["seq"], left_out["why"]) == ("lunch", 1, why)
    assert left_out["file"]["url"] == "/media/lunch/m1/video.mp4"
    assert job.done["skipped"] == 1
    assert "media/m1/video.mp4" not in archives(world, job)[0].namelist()


def test_of_large_files_few_are_read_between_two_looks_at_the_clock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        send_file(world, f"m{number}", size_bytes=export.PAGE_BYTES)
    hear(world)
    limits: list[int] = []
    page = Traces.page

    def noted(self: Traces, user: str, after: str | None, limit: int) -> TracePage:
        found = page(self, user, after, limit)
        limits.append(len(found.traces))
        return found

    monkeypatch.setattr(Traces, "page", noted)
    jobs.ask(world.accounts.office, EVE, "export")
    work_off(world)
    job = jobs.look(world.accounts.office, "eve", "export")
    assert job.done == {"messages": 4, "images": 4, "files": 4}
    assert limits.count(1) >= 4


def test_what_an_export_has_made_goes_with_the_account(world: World) -> None:
    send_file(world, "m1")
    exported(world)
    assert any(key.startswith(folder_of("eve")) for key in world.files.objects)
    jobs.ask(world.accounts.office, EVE, "erasure")
    work_off(world)
    assert not any(key.startswith(folder_of("eve")) for key in world.files.objects)


def test_a_slice_that_fails_leaves_no_archive(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send_file(world, "m1")

    def breaks(_key: str) -> Any:
        raise OSError("S3 is away")

    monkeypatch.setattr(world.files, "parts", breaks)
    hear(world)
    jobs.ask(world.accounts.office, EVE, "export")
    with pytest.raises(OSError, match="away"):
        work_off(world)
    assert not any(key.startswith("exports/") for key in world.files.objects)


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
    archive = Archive(io.BytesIO())
    empty = archive.size_bytes
    archive.add_lines("rows.ndjson", [{"number": number} for number in range(100)])
    assert archive.size_bytes >= empty + 100 * len('{"number":1}')
