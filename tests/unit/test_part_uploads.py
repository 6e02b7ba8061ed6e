"""A large file in parts: whatever is cut off is gone on with, and nothing is taken that was not promised."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chat import rooms
from chat.aws import media_store, part_store, secrets, wiring
from chat.aws.models import CANCELLED, PENDING, REJECTED, UploadRecord
from chat.media import TakenError
from chat.protocol import CreateRoom
from chat.settings import Settings
from chat.storage.upload_quotas import UploadQuotas
from chat.tokens import BuiltInIssuer
from chat.upload_parts import MOST_ADDRESSES, OPEN_S, PART_BYTES, PARTS_FROM_BYTES
from functions.media import uploads
from simulation.world import World
from tests.unit.part_store import MemoryParts, sha256
from tests.unit.test_handlers import CONTEXT, recorded

ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")
FILE = random.Random(1).randbytes(PARTS_FROM_BYTES + 1)  # noqa: S311 - of no secret
PARTS = [FILE[:PART_BYTES], FILE[PART_BYTES:]]
CHECKSUMS = [sha256(part) for part in PARTS]
WANTED = {"room": "lunch", "name": "photo.png", "content_type": "image/png", "size_bytes": len(FILE), "parts": True}


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryParts]:
    """Where parts go; Ada has a room, and its records are in moto's table."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    world, store = World(), MemoryParts()
    world.clock.at_ms = wiring.SystemClock().now_ms()  # tokens are held against the real time
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room="lunch"))
    built: dict[str, Any] = {
        "rooms": world.services.rooms,
        "members": world.services.members,
        "user_buckets": world.services.protection.buckets,
        "upload_quotas": UploadQuotas(world.rooms_table, 1_000, 10**12),
        "clock": world.clock,
        "ids": world.ids,
        "settings": Settings(stage="test", rooms_table="rooms", media_bucket="media"),
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    monkeypatch.setattr(part_store, "parts", lambda: store)
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="rooms",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        for cached in (media_store.bucket, media_store.uploads):
            cached.cache_clear()
        yield store
        for cached in (media_store.bucket, media_store.uploads):
            cached.cache_clear()


def ask(route: str, body: Any = None, *, media: str | None = None, user: str = "Ada") -> dict[str, Any]:
    """The answer of an endpoint below `/api/media`, its status among the rest."""
    token = ISSUER.sign_in(user, wiring.clock().now_ms()).token
    event = recorded(
        "http_api",
        routeKey=route,
        headers={"authorization": f"Bearer {token}"},
        pathParameters={"media": media} if media else {},
        body=json.dumps(body),
        isBase64Encoded=False,
    )
    answer = uploads.handle(event, CONTEXT)
    return {"status": answer["statusCode"], **json.loads(answer["body"])}


@pytest.fixture
def media(parts: MemoryParts) -> str:
    """An upload of Ada's in two parts, neither of which has been sent."""
    del parts
    return str(ask("POST /api/media", WANTED)["media"])


def addresses(media: str, *numbers: int) -> dict[str, Any]:
    wanted = [{"number": number, "sha256": CHECKSUMS[number - 1]} for number in numbers]
    return ask("POST /api/media/{media}/parts", {"parts": wanted}, media=media)


def send(parts: MemoryParts, media: str, *numbers: int) -> None:
    for address in addresses(media, *numbers)["parts"]:
        assert parts.put(address["url"], PARTS[address["number"] - 1]) == 200


def look(media: str, user: str = "Ada") -> dict[str, Any]:
    return ask("GET /api/media/{media}", media=media, user=user)


def complete(media: str, promised: list[str] | None = None) -> dict[str, Any]:
    return ask("POST /api/media/{media}/complete", {"sha256": promised or CHECKSUMS}, media=media)


def cancel(media: str) -> dict[str, Any]:
    return ask("DELETE /api/media/{media}", media=media)


def record_of(media: str) -> UploadRecord:
    record = UploadRecord.find(media)
    assert record is not None
    return record


@pytest.mark.usefixtures("parts")
def test_a_large_file_comes_in_parts_where_its_sender_can_send_them() -> None:
    answer = ask("POST /api/media", WANTED)
    closes_at_ms = wiring.clock().now_ms() + OPEN_S * 1000
    cut = {"size_bytes": PART_BYTES, "count": 2, "expires_at_ms": closes_at_ms}
    assert answer == {"status": 201, "media": answer["media"], "parts": cut}


@pytest.mark.parametrize("changes", [{"parts": False}, {"size_bytes": PARTS_FROM_BYTES}])
@pytest.mark.usefixtures("parts")
def test_others_come_as_one_form(changes: dict[str, Any]) -> None:
    answer = ask("POST /api/media", {**WANTED, **changes})
    assert (answer["status"], "upload" in answer, "parts" in answer) == (201, True, False)
    seen = look(answer["media"])
    assert (seen["state"], seen["parts"]) == ("sending", None)
    refused = ask("POST /api/media/{media}/complete", {"sha256": CHECKSUMS}, media=answer["media"])
    assert (refused["status"], refused["code"]) == (409, "upload_closed")


def test_what_was_cut_off_is_gone_on_with_and_joined_once(parts: MemoryParts, media: str) -> None:
    send(parts, media, 2)
    seen = look(media)
    assert (seen["state"], seen["size_bytes"]) == ("sending", len(FILE))
    assert seen["parts"]["stored"] == [{"number": 2, "sha256": CHECKSUMS[1]}]
    send(parts, media, 1)
    assert complete(media)["state"] == complete(media)["state"] == look(media)["state"] == "processing"
    assert (parts.objects, parts.joins) == ({media: FILE}, 1)


def test_a_file_is_whole_when_every_part_is_there_as_promised(parts: MemoryParts, media: str) -> None:
    send(parts, media, 1)
    missing = complete(media)
    assert (missing["status"], missing["code"], missing["temporary"]) == (409, "parts_missing", False)
    assert missing["message"].endswith("parts 2.")
    send(parts, media, 2)
    other = complete(media, [sha256(b"another file"), CHECKSUMS[1]])
    assert (other["code"], other["message"][-8:]) == ("parts_missing", "parts 1.")
    assert complete(media, CHECKSUMS[:1])["code"] == "invalid_field"
    assert not parts.objects
    assert complete(media)["status"] == 200


def test_a_part_that_was_stored_with_another_size_is_not_there(parts: MemoryParts, media: str) -> None:
    send(parts, media, 1, 2)
    parts.waiting[f"s3-{media}"][2] = (CHECKSUMS[1], PARTS[1] + b"!")
    assert complete(media)["code"] == "parts_missing"


def test_bytes_of_another_checksum_are_not_taken(parts: MemoryParts, media: str) -> None:
    (address,) = addresses(media, 1)["parts"]
    assert address["headers"] == {"x-amz-checksum-sha256": CHECKSUMS[0]}
    assert parts.put(address["url"], PARTS[0][:-1] + b"!") == 400
    assert look(media)["parts"]["stored"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        [{"number": 3, "sha256": CHECKSUMS[0]}],
        [{"number": 0, "sha256": CHECKSUMS[0]}],
        [{"number": 1, "sha256": "short"}],
        [{"number": 1, "sha256": CHECKSUMS[0]}] * (MOST_ADDRESSES + 1),
    ],
)
def test_addresses_are_for_parts_that_the_file_has(media: str, wanted: list[Any]) -> None:
    answer = ask("POST /api/media/{media}/parts", {"parts": wanted}, media=media)
    assert (answer["status"], answer["code"]) == (400, "invalid_field")


@pytest.mark.parametrize("route", ["GET {}", "DELETE {}", "POST {}/parts", "POST {}/complete"])
def test_an_upload_is_its_uploaders_alone(parts: MemoryParts, media: str, route: str) -> None:
    body = {"parts": [{"number": 1, "sha256": CHECKSUMS[0]}], "sha256": CHECKSUMS}
    for user, asked in (("Eve", media), ("Ada", "nothing")):
        answer = ask(route.format("/api/media/{media}"), body, media=asked, user=user)
        assert (answer["status"], answer["code"]) == (404, "upload_not_found")
    assert look(media)["state"] == "sending"
    assert f"s3-{media}" in parts.waiting


def test_an_upload_that_is_given_up_leaves_no_parts_and_takes_no_more(parts: MemoryParts, media: str) -> None:
    send(parts, media, 1)
    assert cancel(media)["state"] == cancel(media)["state"] == "cancelled"
    assert not parts.waiting
    assert addresses(media, 2)["code"] == "upload_closed"
    assert complete(media)["state"] == "cancelled"
    assert record_of(media).status == CANCELLED
    with pytest.raises(TakenError):
        record_of(media).take("one", wiring.clock().now_ms())


def test_what_has_arrived_can_not_be_given_up(parts: MemoryParts, media: str) -> None:
    send(parts, media, 1, 2)
    complete(media)
    refused = cancel(media)
    assert (refused["status"], refused["code"]) == (409, "upload_closed")
    assert record_of(media).status == PENDING


def test_what_arrives_at_the_moment_that_it_is_given_up_is_one_or_the_other(
    monkeypatch: pytest.MonkeyPatch, media: str
) -> None:
    found = UploadRecord.find

    def find_then_take(media: str) -> UploadRecord | None:
        record = found(media)
        assert record is not None
        record_of_pipeline = found(media)
        assert record_of_pipeline is not None
        record_of_pipeline.take("one", wiring.clock().now_ms())
        return record

    monkeypatch.setattr(UploadRecord, "find", find_then_take)
    assert cancel(media)["code"] == "upload_closed"


def test_a_completion_that_was_cut_off_behind_the_join_is_gone_on_with(parts: MemoryParts, media: str) -> None:
    send(parts, media, 1, 2)
    upload = record_of(media).upload()
    stored = parts.stored(upload)
    assert stored
    parts.join(upload, stored)
    assert look(media)["state"] == "sending"
    assert complete(media)["state"] == "processing"
    assert parts.joins == 1


@pytest.mark.parametrize("end", [lambda record: record.finish(7), lambda record: record.reject("It is damaged.")])
def test_a_completion_is_told_what_became_of_the_upload_meanwhile(
    monkeypatch: pytest.MonkeyPatch, parts: MemoryParts, media: str, end: Callable[[UploadRecord], None]
) -> None:
    send(parts, media, 1, 2)
    join = parts.join

    def join_and_process(*arguments: Any) -> None:
        join(*arguments)
        end(record_of(media))

    monkeypatch.setattr(parts, "join", join_and_process)
    answer = complete(media)
    record = record_of(media)
    assert answer["state"] == ("rejected" if record.status == REJECTED else "announced")
    assert answer["reason"] == record.reason
    assert record.sealed_at_ms is None


def test_parts_are_taken_for_half_a_day_and_the_upload_is_known_for_one(
    monkeypatch: pytest.MonkeyPatch, media: str
) -> None:
    at_ms = wiring.clock().now_ms()
    monkeypatch.setattr(wiring.clock(), "at_ms", at_ms + OPEN_S * 1000 - 1)
    assert addresses(media, 1)["status"] == 200
    monkeypatch.setattr(wiring.clock(), "at_ms", at_ms + OPEN_S * 1000)
    assert addresses(media, 1)["code"] == complete(media)["code"] == "upload_closed"
    assert look(media)["state"] == "sending"
    monkeypatch.setattr(wiring.clock(), "at_ms", at_ms + 24 * 3600 * 1000)
    assert look(media)["code"] == "upload_not_found"


def test_a_stage_takes_less_than_it_could(monkeypatch: pytest.MonkeyPatch, parts: MemoryParts) -> None:
    told = Settings(stage="test", rooms_table="rooms", media_bucket="media", upload_max_mb="image=8")
    monkeypatch.setattr(wiring, "settings", lambda: told)
    refused = ask("POST /api/media", WANTED)
    assert (refused["status"], refused["code"]) == (413, "too_large")
    assert not parts.waiting
