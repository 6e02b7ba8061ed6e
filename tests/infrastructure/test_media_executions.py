"""Executions of the media state machine in which something goes wrong, at each of its states and for each kind.

However an execution goes, its upload ends in one of two ways: it is one message of its room, with everything that the
message shows in the bucket; or there is no message, its uploader was told so once, and nothing of it is in the bucket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import msgspec
import pytest
from PIL import Image

from chat import changes, events, shown_media
from chat.aws import edge_cache
from chat.aws.files import BucketFiles
from chat.aws.models import CANCELLED, DONE, REJECTED, UploadRecord
from chat.media import MediaError, upload_key
from chat.orphans.collecting import AGE_MS, CollectMedia
from chat.protocol import DeleteMessage
from functions.media import announce, document, inspect, purge, reject, sound, transcode, variants, video, video_job
from simulation.world import World
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.media_machine import Execution, Fault, Machine, interpreted
from tests.infrastructure.test_hops import machine_definition
from tests.infrastructure.video_jobs import VideoJobs
from tests.unit import recorded_files
from tests.unit.pictures import animation, encoded
from tests.unit.uploading_room import BUCKET, CONTEXT, ROOM, furnished, key_state, keys_in, open_bucket, uploaded

FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "image": ("image/png", lambda: encoded(Image.new("RGB", (48, 32), "teal"), "PNG")),
    "animation": ("image/gif", lambda: animation(frames=2, width=48, height=48)),
    "sound": ("audio/wav", lambda: recorded_files.sound("wav", seconds=0.2)),
    "document": ("application/pdf", lambda: recorded_files.document(1)),
    "text": ("text/markdown", lambda: b"# Lunch\n\n- soup\n"),
    "video": ("video/mp4", lambda: recorded_files.video(width=64, height=64, seconds=0.2)),
    "MediaConvert": ("video/mp4", lambda: recorded_files.video(width=64, height=64, seconds=0.2)),
}
"""A small file of each kind, and its type. Videos are converted by the stage itself, or by MediaConvert."""

STATES = {
    "image": ("Inspect", "Variants", "Announce"),
    "animation": ("Inspect", "Variants", "Announce"),
    "sound": ("Inspect", "Sound", "Announce"),
    "document": ("Inspect", "Document", "Announce"),
    "text": ("Inspect", "Document", "Announce"),
    "video": ("Inspect", "Convert", "Video", "Announce"),
    "MediaConvert": ("Inspect", "Plan", "Convert", "Video", "Announce"),
}
"""The tasks that a file of a kind goes through, in order."""

HANDLERS = {
    "Inspect": inspect.handle,
    "Variants": variants.handle,
    "Sound": sound.handle,
    "Document": document.handle,
    "Transcode": transcode.handle,
    "VideoJob": video_job.handle,
    "Video": video.handle,
    "Announce": announce.handle,
    "Reject": reject.handle,
}
"""The function of each construct."""

CONVERT = "arn:{AWS::Partition}:states:::mediaconvert:createJob.sync"

Around = Callable[[str, Callable[[], Any]], Any]


def _kinds() -> list[Any]:
    return [pytest.param(kind, marks=_marks(kind)) for kind in FILES]


def _positions() -> list[Any]:
    """Not of animations and texts, which go the way of an image and a document."""
    ways = {kind: states for kind, states in STATES.items() if kind not in {"animation", "text"}}
    return [pytest.param(kind, at, marks=_marks(kind)) for kind, states in ways.items() for at in states]


def _marks(kind: str) -> tuple[pytest.MarkDecorator, ...]:
    """`make test` tries the shortest way alone, and texts."""
    return () if kind in {"image", "text"} else (pytest.mark.slow,)


each_kind = pytest.mark.parametrize("kind", _kinds())
each_position = pytest.mark.parametrize(("kind", "at"), _positions())
each_side = pytest.mark.parametrize("worked", [False, True], ids=["before", "after"])
"""Whether a step fails before it has done anything, or when all is done and only its answer is lost."""


@cache
def file_of(kind: str) -> tuple[str, bytes]:
    """Its type, and its bytes."""
    content_type, make = FILES[kind]
    return content_type, make()


@dataclass
class Stage:
    """A room, its bucket, the machine that works for it, and one upload of Ada's."""

    world: World
    bucket: Any
    machine: Machine
    jobs: VideoJobs
    upload: str

    def run(self, name: str = "one") -> Execution:
        return self.machine.run(key_state(self.upload), name)

    @property
    def record(self) -> UploadRecord | None:
        return UploadRecord.find(self.upload)

    def told(self) -> list[str]:
        """The reasons that the uploader was given."""
        return [frame["reason"] for frame in self.world.sockets.heard("ada-1", "media_rejected")]

    def message(self) -> dict[str, Any] | None:
        """The one message of the room, None where nothing was posted or it is deleted; a second one is an error."""
        assert self.world.services.messages.find(ROOM, 2) is None
        row = self.world.services.messages.find(ROOM, 1)
        return row if row and row["media"] else None

    def heard(self) -> set[int]:
        """The numbers of the messages that Grace was shown with a file."""
        return {frame["message"]["seq"] for frame in self.world.sockets.heard("grace-1")}

    def delete(self) -> events.MessageDeleted:
        """The message goes, as its author asks; the event of it."""
        row = self.world.services.messages.find(ROOM, 1)
        assert row
        shown = shown_media.objects_of(shown_media.from_row(row["media"], ROOM))
        changes.delete(self.world.services, self.world.connect("ada"), DeleteMessage(id="d", room=ROOM, seq=1))
        return events.MessageDeleted(
            id="e",
            room=ROOM,
            seq=1,
            rev=1,
            what="deleted",
            user="ada",
            changed_at_ms=self.world.clock.now_ms(),
            media=self.upload,
            objects=shown,
        )

    def announced(self) -> None:
        """Asserts the good end."""
        row = self.message()
        assert row
        shown = shown_media.from_row(row["media"], ROOM)
        assert shown.id == self.upload
        assert {*shown_media.objects_of(shown)} <= {*keys_in(self.bucket)}
        assert (self.heard(), self.told()) == ({1}, [])
        record = self.record
        assert record
        assert (record.status, record.seq) == (DONE, 1)

    def came_to_nothing(self, reason: str = reject.FAILED) -> None:
        """Asserts the other one."""
        assert (self.message(), self.heard(), keys_in(self.bucket)) == (None, set(), [])
        assert self.told() == [reason]
        record = self.record
        assert record
        assert (record.status, record.reason) == (REJECTED, reason)


def purged(deleted: events.MessageDeleted) -> None:
    """What the event of a deletion does."""
    body = msgspec.json.encode(deleted).decode()
    assert purge.handle({"Records": [{"messageId": "1", "body": body}]}, CONTEXT) == {"batchItemFailures": []}


@pytest.fixture
def stage(kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """With an upload of that kind, which has arrived."""
    assembly: Assembly = request.getfixturevalue("dev" if kind == "MediaConvert" else "local")
    monkeypatch.setenv("CHAT_STAGE", "test")
    jobs = VideoJobs()
    tasks = {f"{{media/{construct}/Live}}": partial(_call, handle) for construct, handle in HANDLERS.items()}
    content_type, body = file_of(kind)
    with open_bucket(monkeypatch) as bucket:
        world = furnished(monkeypatch)
        monkeypatch.setattr(edge_cache, "purging", lambda: world.purging)
        upload = uploaded(bucket, body, content_type)
        with interpreted(machine_definition(assembly), {**tasks, CONVERT: jobs.run}) as machine:
            yield Stage(world, bucket, machine, jobs, upload)


def _call(handle: Callable[[Any, Any], Any], given: Any) -> Any:
    return handle(given, CONTEXT)


def failing(at: str, error: Exception, *, worked: bool, times: int) -> Around:
    """The task of that state fails so often, before it does its work or after it."""
    left = [error] * times

    def around(state: str, work: Callable[[], Any]) -> Any:
        if state != at or not left:
            return work()
        if worked:
            work()
        raise left.pop()

    return around


def once_at(at: str, happens: Callable[[], object], *, worked: bool) -> Around:
    """Something else happens just before that state's work, or just after it."""
    left = [happens]

    def around(state: str, work: Callable[[], Any]) -> Any:
        if state != at or not left:
            return work()
        moment = left.pop()
        if worked:
            answer = work()
            moment()
            return answer
        moment()
        return work()

    return around


def passing_fault(kind: str, at: str) -> Fault:
    """What may well be gone at the next try."""
    is_job = (kind, at) == ("MediaConvert", "Convert")
    return Fault("MediaConvert.InternalServerErrorException" if is_job else "Lambda.TooManyRequestsException")


@each_side
@each_position
def test_a_fault_that_passes_is_tried_again_and_the_file_is_announced_once(
    stage: Stage, kind: str, at: str, *, worked: bool
) -> None:
    stage.machine.around = failing(at, passing_fault(kind, at), worked=worked, times=1)
    ended = stage.run()
    assert (ended.status, ended.entered[0], ended.entered[-1]) == ("SUCCEEDED", "Inspect", "Announce")
    assert stage.machine.tried == Counter(STATES[kind]) + Counter([at])
    stage.announced()


@each_side
@each_position
def test_a_fault_that_stays_leaves_nothing_but_what_was_announced(stage: Stage, at: str, *, worked: bool) -> None:
    stage.machine.around = failing(at, Fault("States.Timeout"), worked=worked, times=99)
    ended = stage.run()
    assert (ended.status, ended.entered[-1]) == ("SUCCEEDED", "Reject")
    if worked and at == "Announce":
        stage.announced()
    else:
        stage.came_to_nothing()


@pytest.mark.parametrize("kind", ["image"])
def test_what_its_uploader_gave_up_goes_as_soon_as_it_arrives(stage: Stage) -> None:
    record = stage.record
    assert record
    record.cancel(AssertionError("it has arrived"))
    assert stage.run().entered == ("Inspect", "Reject")
    assert (stage.message(), keys_in(stage.bucket), stage.told()) == (None, [], [])
    record = stage.record
    assert record
    assert record.status == CANCELLED


@each_position
def test_what_a_step_refuses_is_told_in_its_words_and_not_tried_again(stage: Stage, at: str) -> None:
    stage.machine.around = failing(at, MediaError("Not this one."), worked=True, times=99)
    assert stage.run().entered[-1] == "Reject"
    assert stage.machine.tried[at] == 1
    if at == "Announce":
        stage.announced()
    else:
        stage.came_to_nothing("Not this one.")


@each_side
@each_position
def test_of_two_executions_at_once_one_announces_and_the_other_ends_without_a_word(
    stage: Stage, at: str, *, worked: bool
) -> None:
    others: list[Execution] = []
    stage.machine.around = once_at(at, lambda: others.append(stage.run("two")), worked=worked)
    first = stage.run()
    (second,) = others
    ends = {first.entered[-1], second.entered[-1]}
    assert (first.status, second.status, ends) == ("SUCCEEDED", "SUCCEEDED", {"Announce", "Repeated"})
    stage.announced()


@each_kind
def test_an_event_that_comes_again_later_finds_the_upload_done_with(stage: Stage) -> None:
    stage.run()
    before = keys_in(stage.bucket)
    assert stage.run("two").entered == ("Inspect", "Repeated")
    assert keys_in(stage.bucket) == before
    stage.announced()
    purged(stage.delete())
    assert stage.run("three").status == "SUCCEEDED"
    assert (stage.message(), keys_in(stage.bucket), stage.told()) == (None, [], [])


@each_kind
def test_a_step_that_runs_late_brings_nothing_back(stage: Stage, kind: str) -> None:
    stage.run()
    before = keys_in(stage.bucket)
    late(stage, kind)
    assert keys_in(stage.bucket) == before
    stage.announced()
    deleted = stage.delete()
    late(stage, kind)
    purged(deleted)
    refused = late(stage, kind)
    assert set(refused) >= {*STATES[kind]} - {"Convert", "Inspect"}
    assert (stage.message(), keys_in(stage.bucket), stage.record) == (None, [], None)


@each_kind
def test_nothing_is_made_of_what_was_rejected_however_late_a_step_runs(stage: Stage, kind: str) -> None:
    stage.machine.around = failing("Announce", Fault("States.Timeout"), worked=False, times=99)
    stage.run()
    refused = late(stage, kind)
    assert set(refused) >= {*STATES[kind]} - {"Convert", "Inspect", "Announce"}
    stage.came_to_nothing()


def late(stage: Stage, kind: str) -> dict[str, str]:
    """Each step once more, the last one first, with what it was given; the states that raised, and what.

    Not the job of MediaConvert, which no function starts.
    """
    refused = {}
    for state in reversed(STATES[kind]):
        if (kind, state) == ("MediaConvert", "Convert"):
            continue
        resource = stage.machine.definition["States"][state]["Resource"]
        try:
            stage.machine.tasks[resource](stage.machine.inputs[state])
        except Exception as error:  # noqa: BLE001 - whichever it is
            refused[state] = type(error).__name__
    return refused


@each_side
@each_position
def test_who_leaves_while_the_file_is_made_has_it_posted_no_more(stage: Stage, at: str, *, worked: bool) -> None:
    if worked and at == "Announce":
        pytest.skip("it is in the room by then")
    stage.machine.around = once_at(at, lambda: stage.world.services.members.dismiss(ROOM, "ada"), worked=worked)
    assert stage.run().entered[-1] == "Reject"
    stage.came_to_nothing("You are not a member of this room.")


@each_side
@each_position
def test_an_upload_whose_record_goes_while_it_is_made_leaves_nothing(stage: Stage, at: str, *, worked: bool) -> None:
    """As when its message was deleted between two tries of the last step."""
    if worked and at == "Announce":
        pytest.skip("nothing is to come by then")
    stage.machine.around = once_at(at, lambda: UploadRecord.forget(stage.upload), worked=worked)
    assert stage.run().status == "SUCCEEDED"
    assert (stage.message(), stage.record, keys_in(stage.bucket), stage.told()) == (None, None, [], [])


@pytest.mark.parametrize("purged_first", [True, False], ids=["purged", "not purged yet"])
@each_kind
def test_a_message_that_is_deleted_while_its_announcement_is_tried_again_stays_deleted(
    stage: Stage, *, purged_first: bool
) -> None:
    deletions: list[events.MessageDeleted] = []

    def around(state: str, work: Callable[[], Any]) -> Any:
        answer = work()
        if state == "Announce" and not deletions:
            deletions.append(stage.delete())
            if purged_first:
                purged(deletions[0])
            raise Fault("States.Timeout")
        return answer

    stage.machine.around = around
    assert stage.run().status == "SUCCEEDED"
    purged(deletions[0])
    assert (stage.message(), stage.record, keys_in(stage.bucket), stage.told()) == (None, None, [], [])


@each_kind
def test_bytes_that_are_sent_again_after_they_were_inspected_are_not_taken(stage: Stage, kind: str) -> None:
    """Not even where they would be refused for nothing: nobody has looked at them."""
    again = file_of(kind)[1] + b"\n"
    put = partial(stage.bucket.put_object, Bucket=BUCKET, Key=upload_key(stage.upload), Body=again)
    stage.machine.around = once_at("Inspect", put, worked=True)
    assert stage.run().entered[-1] == "Reject"
    stage.came_to_nothing("The file was sent again while it was worked on; send it once.")


@pytest.mark.parametrize("kind", ["text"])
def test_a_text_is_served_to_be_saved_and_not_to_be_opened(stage: Stage) -> None:
    stage.run()
    stage.announced()
    stored = stage.bucket.get_object(Bucket=BUCKET, Key=f"{shown_media.folder_of(ROOM, stage.upload)}document.txt")
    assert stored["Body"].read() == file_of("text")[1]
    assert (stored["ContentType"], stored["ContentDisposition"]) == ("text/plain; charset=utf-8", "attachment")
    (frame,) = stage.world.sockets.heard("grace-1")
    assert (frame["message"]["kind"], frame["message"]["media"].get("pages")) == ("document", None)


@each_kind
def test_what_could_not_be_rejected_fails_loudly_and_is_collected_later(stage: Stage) -> None:
    stage.machine.around = failing("Reject", Fault("Lambda.Unknown"), worked=False, times=99)
    stage.machine.tasks = {**stage.machine.tasks, "{media/Announce/Live}": _unable}
    ended = stage.run()
    assert (ended.status, ended.error) == ("FAILED", "Lambda.Unknown")
    left = keys_in(stage.bucket)
    assert len(left) > 1
    at_ms = stage.world.clock.now_ms() - AGE_MS - 1
    collector(stage.world, stage.bucket).work([{"key": key, "at_ms": at_ms} for key in left])
    assert keys_in(stage.bucket) == []


def _unable(_given: Any) -> Any:
    raise Fault("Lambda.Unknown")


def collector(world: World, bucket: Any) -> CollectMedia:
    """The job that removes what nothing refers to."""
    return CollectMedia(
        rooms=world.rooms_table,
        messages=world.messages_table,
        files=BucketFiles(bucket, BUCKET),
        purging=world.purging,
        give_up_parts=lambda key, _upload: pytest.fail(key),
        now_ms=world.clock.now_ms,
        pause=lambda _s: None,
    )


by_mediaconvert = pytest.mark.parametrize("kind", ["MediaConvert"])


@by_mediaconvert
@pytest.mark.parametrize("stored", [0, 3])
@pytest.mark.parametrize("end", ["ERROR", "CANCELED"])
def test_a_job_that_does_not_complete_rejects_its_video_with_what_it_had_stored(
    stage: Stage, end: str, stored: int
) -> None:
    stage.jobs.ends, stage.jobs.stored_first = [end], stored
    assert stage.run().entered == ("Inspect", "Kind", "Plan", "Convert", "Reject")
    assert stage.machine.tried["Convert"] == 1
    stage.came_to_nothing()


@by_mediaconvert
def test_a_job_that_is_asked_for_again_is_the_same_job(stage: Stage) -> None:
    stage.machine.around = failing("Convert", Fault("MediaConvert.InternalServerErrorException"), worked=True, times=2)
    stage.run()
    assert list(stage.jobs.jobs) == [stage.upload]
    stage.announced()


@by_mediaconvert
def test_a_job_that_says_it_is_complete_and_left_no_files_rejects_its_video(stage: Stage) -> None:
    def without_files(state: str, work: Callable[[], Any]) -> Any:
        answer = work()
        if state == "Convert":
            BucketFiles(stage.bucket, BUCKET).remove_below(shown_media.folder_of(ROOM, stage.upload))
        return answer

    stage.machine.around = without_files
    assert stage.run().entered[-1] == "Reject"
    assert stage.machine.tried["Video"] == 4
    stage.came_to_nothing()
