"""The functions of the media pipeline on moto's bucket and table, with a room in memory behind them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from chat import commands, media
from chat.aws import media_store, wiring
from chat.aws.models import DONE, REJECTED, TAKEN_MS, UploadRecord
from chat.aws.ranged_object import require_stamp, stamp_of
from chat.buckets import TokenBuckets
from chat.media import MAX_UPLOAD_BYTES, MediaError, TakenError, UploadRequest, upload_key
from chat.ports import Verdict
from chat.settings import Settings
from chat.storage.upload_quotas import UploadQuotas
from functions.media import announce, inspect, reject, scan, variants
from simulation.world import World
from tests.unit import nearly_right
from tests.unit.uploading_room import BUCKET, CONTEXT, ask, furnished, key_state, keys_in, open_bucket


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 client and its empty bucket; the table of upload records beside it."""
    with open_bucket(monkeypatch) as s3:
        yield s3


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, bucket: Any) -> World:
    """Ada and Grace in a room; Grace listens."""
    del bucket
    return furnished(monkeypatch)


WANTED_BYTES = 20_000
WANTED = {"room": "lunch", "name": "photo.png", "content_type": "image/png", "size_bytes": WANTED_BYTES}


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (960, 640), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def upload(world: World, bucket: Any) -> str:
    """The id of an upload of Ada's whose bytes have arrived."""
    del world
    upload_id = str(ask(WANTED)["media"])
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload_id), Body=photo())
    return upload_id


@pytest.mark.usefixtures("world")
def test_a_permission_is_for_one_key_one_type_and_the_size_that_was_said() -> None:
    answer = ask(WANTED)
    assert answer["status"] == 201
    policy = json.loads(base64.b64decode(answer["upload"]["fields"]["policy"]))
    assert {"key": upload_key(answer["media"])} in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    assert ["content-length-range", 1, WANTED["size_bytes"]] in policy["conditions"]
    assert answer["upload"]["fields"]["Content-Type"] == "image/png"


@pytest.mark.usefixtures("world")
def test_a_permission_for_bytes_with_a_checksum_is_for_these_alone() -> None:
    sha256 = base64.b64encode(hashlib.sha256(photo()).digest()).decode()
    answer = ask({**WANTED, "sha256": sha256})
    policy = json.loads(base64.b64decode(answer["upload"]["fields"]["policy"]))
    assert {"x-amz-checksum-sha256": sha256} in policy["conditions"]
    assert answer["upload"]["fields"]["x-amz-checksum-sha256"] == sha256
    record = UploadRecord.find(answer["media"])
    assert record is not None
    assert record.sha256 == sha256


@pytest.mark.usefixtures("world")
def test_a_permission_is_remembered_with_who_it_is_for() -> None:
    record = UploadRecord.find(ask(WANTED)["media"])
    assert record is not None
    assert (record.user, record.user_name, record.room, record.file_name) == ("ada", "Ada", "lunch", "photo.png")
    assert record.expires_at_s > wiring.clock().now_ms() // 1000


@pytest.mark.parametrize(
    ("changes", "user", "status", "code"),
    [
        ({"room": "nowhere"}, "Ada", 404, "room_not_found"),
        ({}, "Eve", 403, "not_a_member"),
        ({"content_type": "text/html"}, "Ada", 415, "unsupported_type"),
        ({"size_bytes": MAX_UPLOAD_BYTES + 1}, "Ada", 413, "too_large"),
        ({"size_bytes": 10 * 2**30}, "Ada", 413, "too_large"),
        ({"size_bytes": "many"}, "Ada", 400, "invalid_field"),
        ({"sha256": "deadbeef"}, "Ada", 400, "invalid_field"),
    ],
)
@pytest.mark.usefixtures("world")
def test_what_is_not_permitted_says_why(changes: dict[str, Any], user: str, status: int, code: str) -> None:
    answer = ask({**WANTED, **changes}, user)
    assert (answer["status"], answer["code"]) == (status, code)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"action": "mute", "for_s": 600}, "muted"),
        ({"action": "set_role", "role": "reader"}, "not_allowed"),
    ],
)
def test_who_may_not_post_is_permitted_no_upload(world: World, command: dict[str, Any], code: str) -> None:
    assert ask(WANTED, "Grace")["status"] == 201
    frame = json.dumps({"id": "1", "room": "lunch", "user": "grace", **command})
    assert json.loads(commands.answer(world.services, world.connect("ada"), frame))["type"] == "ack"
    world.clock.pass_ms(5_001)
    refused = ask(WANTED, "Grace")
    assert (refused["status"], refused["code"]) == (403, code)
    assert refused["temporary"] is (refused["retry_after_ms"] is not None)


def test_a_user_is_permitted_two_uploads_a_second_for_long(world: World) -> None:
    buckets = TokenBuckets(rate_per_s=20, burst=200)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wiring, "user_buckets", lambda: buckets)
        statuses = [ask(WANTED)["status"] for _ in range(21)]
        refused = ask(WANTED)
        world.clock.pass_ms(refused["retry_after_ms"])
        again = ask(WANTED)
    assert statuses == [201] * 20 + [429]
    assert (refused["code"], refused["temporary"], refused["retry_after_ms"]) == ("too_many_requests", True, 500)
    assert again["status"] == 201


def test_a_user_is_permitted_so_many_uploads_a_day(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    quotas = UploadQuotas(world.rooms_table, 1, 10**9)
    monkeypatch.setattr(wiring, "upload_quotas", lambda: quotas)
    assert ask(WANTED)["status"] == 201
    refused = ask(WANTED)
    assert (refused["status"], refused["code"], refused["temporary"]) == (429, "too_many_requests", True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nearly_right.objects(UploadRequest) | st.text() | nearly_right.anything)
@pytest.mark.usefixtures("world")
def test_no_request_for_an_upload_gives_a_fault_of_ours(body: Any) -> None:
    answer = ask(body)
    assert answer["status"] < 500
    assert answer["status"] == 201 or answer["message"]


def inspected(upload: str, execution: str = "one") -> dict[str, Any]:
    return inspect.handle({"key": upload_key(upload), "execution": execution}, CONTEXT)


def made(upload: str) -> dict[str, Any]:
    stamp = media_store.bucket().open(upload_key(upload)).stamp
    return variants.handle({"key": upload_key(upload), "inspected": {"stamp": stamp}}, CONTEXT)


def test_a_photo_goes_through_all_steps_and_is_posted_once(world: World, bucket: Any, upload: str) -> None:
    assert inspected(upload)["width"] == 960
    shown_forms = made(upload)
    assert (
        announce.handle(shown_forms, CONTEXT) == announce.handle(shown_forms, CONTEXT) == {"upload": upload, "seq": 1}
    )
    frame = world.sockets.heard("grace-1")[0]
    assert all(again == frame for again in world.sockets.heard("grace-1"))
    shown = frame["message"]["media"]
    assert (shown["original"]["width"], shown["thumbnail"]["width"]) == (960, 480)
    assert [each["width"] for each in shown["variants"]] == [480] * 3 + [960] * 3
    for each in shown["variants"]:
        stored = bucket.get_object(Bucket=BUCKET, Key=each["url"].lstrip("/"))
        assert (stored["ContentType"], stored["ContentLength"]) == (each["content_type"], each["size_bytes"])
        assert "immutable" in stored["CacheControl"]
    record = UploadRecord.find(upload)
    assert record is not None
    assert (record.status, record.seq) == (DONE, 1)
    assert not record.expires_at_s


@dataclass
class Scanner:
    """A hook that was asked, and says what it is told to."""

    verdict: Verdict | None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, question: bytes) -> Verdict | None:
        self.asked.append(json.loads(question))
        return self.verdict


def scanned(monkeypatch: pytest.MonkeyPatch, upload: str, verdict: Verdict | None, failure: str = "closed") -> Scanner:
    scanner = Scanner(verdict)
    monkeypatch.setattr(scan, "_hook", lambda: scanner)
    told = Settings(
        stage="test", rooms_table="rooms", media_bucket=BUCKET, video_max_s="60", media_scan_failure=failure
    )
    monkeypatch.setattr(wiring, "settings", lambda: told)
    scan.handle({"key": upload_key(upload), "inspected": inspected(upload)}, CONTEXT)
    return scanner


def test_a_scanner_is_told_what_the_image_is_and_where_it_is_fetched(
    monkeypatch: pytest.MonkeyPatch, upload: str
) -> None:
    (question,) = scanned(monkeypatch, upload, Verdict(allowed=True)).asked
    link = question.pop("url")
    assert question == {
        "version": 1,
        "media": upload,
        "room": "lunch",
        "user": "ada",
        "name": "Ada",
        "file_name": "photo.png",
        "content_type": "image/png",
        "width": 960,
        "height": 640,
        "frames": 1,
        "size_bytes": len(photo()),
        "kind": "image",
        "duration_ms": 0,
        "pages": 0,
    }
    assert f"/{upload_key(upload)}?" in link
    assert "X-Amz-Expires=300" in link


@pytest.mark.parametrize("reason", ["No cats.", ""])
def test_an_image_that_a_scanner_refuses_is_refused_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, upload: str, reason: str
) -> None:
    with pytest.raises(MediaError, match=reason or "not taken here"):
        scanned(monkeypatch, upload, Verdict(allowed=False, reason=reason))


def test_without_a_verdict_an_image_is_tried_again_or_taken_as_the_stage_says(
    monkeypatch: pytest.MonkeyPatch, upload: str
) -> None:
    with pytest.raises(scan.NoVerdictError):
        scanned(monkeypatch, upload, None, "closed")
    scanned(monkeypatch, upload, None, "open")


def test_steps_that_run_again_leave_what_they_left(bucket: Any, upload: str) -> None:
    assert inspected(upload) == inspected(upload)
    once = made(upload)
    tags = [found["ETag"] for found in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert made(upload) == once
    assert [found["ETag"] for found in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]] == tags


def test_the_second_event_of_an_upload_finds_it_taken(upload: str) -> None:
    inspected(upload, "one")
    with pytest.raises(TakenError):
        inspected(upload, "two")
    inspected(upload, "one")


def test_an_upload_whose_execution_was_lost_may_be_taken_again(world: World, upload: str) -> None:
    inspected(upload, "one")
    world.clock.pass_ms(TAKEN_MS + 1)
    inspected(upload, "two")


def test_an_upload_that_was_permitted_before_sizes_were_remembered_is_taken(upload: str) -> None:
    record = UploadRecord.find(upload)
    assert record is not None
    record.update(actions=[UploadRecord.size_bytes.remove()])
    assert inspected(upload)["width"] == 960


def test_an_upload_that_is_in_the_room_is_not_taken_again_ever(world: World, upload: str) -> None:
    inspected(upload)
    announce.handle(made(upload), CONTEXT)
    world.clock.pass_ms(TAKEN_MS + 1)
    with pytest.raises(TakenError):
        inspected(upload, "two")


@pytest.mark.parametrize("body", [b"not an image", b"<svg onload='alert(1)'/>", b""])
def test_bytes_that_are_no_image_are_an_error_that_is_not_retried(bucket: Any, upload: str, body: bytes) -> None:
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload), Body=body)
    with pytest.raises(MediaError):
        inspected(upload)


def test_a_file_of_another_type_than_was_said_is_what_its_bytes_are(bucket: Any, upload: str) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(jpeg, "JPEG")
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload), Body=jpeg.getvalue(), ContentType="image/png")
    assert inspected(upload)["content_type"] == "image/jpeg"
    assert made(upload)["media"]["name"] == "photo.png"


def test_the_same_bytes_sent_again_are_another_file() -> None:
    """Others may have been there in between, for a scanner to see."""
    first: dict[str, Any] = {"ETag": '"5d41402a"', "LastModified": datetime(2026, 11, 27, 9, 30, 0, tzinfo=UTC)}
    again = {**first, "LastModified": first["LastModified"] + timedelta(seconds=1)}
    require_stamp(first, stamp_of(first))
    with pytest.raises(MediaError, match="sent again"):
        require_stamp(again, stamp_of(first))


def test_a_photo_that_is_cut_short_is_told_from_a_whole_one_when_it_is_decoded(bucket: Any, upload: str) -> None:
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload), Body=photo()[:300])
    inspected(upload)
    with pytest.raises(MediaError, match="damaged"):
        made(upload)


def test_more_bytes_than_were_permitted_are_not_taken(bucket: Any, upload: str) -> None:
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload), Body=b"x" * (WANTED_BYTES + 1))
    with pytest.raises(MediaError, match="more bytes than were permitted"):
        inspected(upload)


def test_what_was_permitted_as_a_video_is_no_larger_image(bucket: Any, world: World) -> None:
    del world
    answer = ask({**WANTED, "content_type": "video/mp4", "size_bytes": MAX_UPLOAD_BYTES + 1})
    bucket.put_object(Bucket=BUCKET, Key=upload_key(answer["media"]), Body=photo().ljust(MAX_UPLOAD_BYTES + 1))
    with pytest.raises(MediaError, match="too many bytes"):
        inspected(answer["media"])


@pytest.mark.usefixtures("world")
def test_an_object_that_nobody_was_permitted_to_upload_is_refused() -> None:
    with pytest.raises(MediaError, match="permitted"):
        inspected("smuggled")


@pytest.mark.usefixtures("world")
def test_steps_that_come_out_of_order_find_no_upload() -> None:
    with pytest.raises(MediaError, match="forgotten"):
        variants.handle({"key": upload_key("smuggled"), "inspected": {"stamp": ""}}, CONTEXT)


def test_an_image_of_somebody_who_left_is_refused(world: World, upload: str) -> None:
    shown_forms = made(upload)
    world.services.members.dismiss("lunch", "ada")
    with pytest.raises(MediaError):
        announce.handle(shown_forms, CONTEXT)


def test_an_upload_that_was_given_up_is_not_announced_however_late_its_step_runs(world: World, upload: str) -> None:
    shown_forms = made(upload)
    record = UploadRecord.find(upload)
    assert record is not None
    record.reject("Nothing came of it in time.")
    with pytest.raises(MediaError):
        announce.handle(shown_forms, CONTEXT)
    assert not world.sockets.listeners("message")


def test_a_message_that_is_deleted_while_its_announcement_ends_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, world: World, bucket: Any, upload: str
) -> None:
    """The record must not come back by the step's last write."""
    shown_forms = made(upload)
    announced = media.announce

    def announce_and_delete(*arguments: Any) -> int:
        seq = announced(*arguments)
        UploadRecord.forget(upload)
        return seq

    monkeypatch.setattr(media, "announce", announce_and_delete)
    announce.handle(shown_forms, CONTEXT)
    assert UploadRecord.find(upload) is None
    with pytest.raises(MediaError):
        announce.handle(shown_forms, CONTEXT)
    error = {"Error": "MediaError", "Cause": json.dumps({"errorMessage": "The upload was forgotten."})}
    reject.handle({**key_state(upload), "inspected": {"upload": upload, "room": "lunch"}, "error": error}, CONTEXT)
    assert keys_in(bucket) == []
    assert not world.sockets.heard("ada-1", "media_rejected")


@pytest.mark.parametrize("step", ["Inspect", "Variants", "Announce"])
def test_an_upload_whose_step_fails_leaves_no_bytes(bucket: Any, upload: str, step: str) -> None:
    state = key_state(upload)
    if step != "Inspect":
        state["inspected"] = inspected(upload)
        made(upload)  # as far as it came: a step that failed may have stored some
    reject.handle({**state, "error": {"Error": "States.Timeout", "Cause": "secret internals"}}, CONTEXT)
    assert keys_in(bucket) == []


def test_an_announcement_that_failed_after_it_was_heard_takes_nothing_back(
    world: World, bucket: Any, upload: str
) -> None:
    state = key_state(upload) | {"inspected": inspected(upload), "made": made(upload)}
    announce.handle(state["made"], CONTEXT)
    kept = keys_in(bucket)
    answer = reject.handle({**state, "error": {"Error": "States.Timeout", "Cause": ""}}, CONTEXT)
    assert answer == {"upload": upload, "rejected": None}
    assert keys_in(bucket) == kept
    assert not world.sockets.heard("ada-1", "media_rejected")
    record = UploadRecord.find(upload)
    assert record is not None
    assert record.status == DONE


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            {"Error": "MediaError", "Cause": json.dumps({"errorMessage": "The image is damaged."})},
            "The image is damaged.",
        ),
        ({"Error": "States.Timeout", "Cause": "secret internals"}, reject.FAILED),
        ({"Error": "Lambda.Unknown", "Cause": "secret internals"}, reject.FAILED),
    ],
)
def test_a_rejection_is_told_to_its_uploader_in_words_for_them(
    world: World, bucket: Any, upload: str, error: dict[str, str], reason: str
) -> None:
    event = {**key_state(upload), "error": error}
    reject.handle(event, CONTEXT)
    reject.handle(event, CONTEXT)  # a repeated step does no harm
    assert world.sockets.heard("ada-1", "media_rejected")[0] == {
        "type": "media_rejected",
        "media": upload,
        "room": "lunch",
        "reason": reason,
    }
    assert "grace-1" not in world.sockets.listeners("media_rejected")
    record = UploadRecord.find(upload)
    assert record is not None
    assert (record.status, record.reason) == (REJECTED, reason)
    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
