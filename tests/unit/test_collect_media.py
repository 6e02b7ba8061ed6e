"""What nothing refers to goes, and nothing else does, whatever happens between a look and a removal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chat import changes, media, messages, rooms, shown_media
from chat.aws import bucket_pages
from chat.aws.bucket_pages import BucketPages, give_up_parts
from chat.aws.models import DONE, PENDING, REJECTED
from chat.numbering import floor
from chat.orphans.collecting import AGE_MS, SETTLE_S, CollectMedia
from chat.orphans.room_images import RoomImages
from chat.ports import Item
from chat.protocol import CreateRoom, DeleteMessage, SendMessage, Variant
from chat.storage import keys
from operations import maintain
from simulation.world import World

ROOM = "lunch"


@pytest.fixture
def world() -> World:
    world = World()
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room=ROOM))
    return world


def upload_of(name: str) -> media.Upload:
    return media.Upload(name, ROOM, "ada", "Ada", "cat.jpg", "image/jpeg", 1_000)


def store(world: World, name: str) -> list[str]:
    """The objects of an image, as the step that makes variants leaves them; their keys."""
    names = [shown_media.variant_key(ROOM, name, 480, kind) for kind in ("image/webp", "image/jpeg")]
    for key in names:
        world.files.put(key, b"", "image/webp")
    return names


def note(world: World, name: str, status: str, **more: Any) -> None:
    pk, sk = keys.upload(name)
    world.rooms_table.put({"pk": pk, "sk": sk, "media": name, "room": ROOM, "user": "ada", "status": status, **more})


def announce(world: World, name: str) -> int:
    """As the step that announces images does, from its first write on."""
    variants = [
        Variant(f"/{key}", kind, 480, 320, 9)
        for key, kind in zip(store(world, name), ("image/webp", "image/jpeg"), strict=True)
    ]
    return media.announce(world.services, upload_of(name), shown_media.media_of(name, "cat.jpg", "", variants))


def shown(world: World, name: str) -> int:
    seq = announce(world, name)
    note(world, name, DONE, seq=seq)
    return seq


def listed(world: World, *, age_ms: int = AGE_MS + 1) -> list[Item]:
    at_ms = world.clock.now_ms() - age_ms
    return [{"key": key, "at_ms": at_ms} for key in sorted(world.files.objects)]


def collector(world: World, pause: Callable[[float], None] = lambda _: None, **options: Any) -> CollectMedia:
    return CollectMedia(
        rooms=world.rooms_table,
        messages=world.messages_table,
        files=world.files,
        purging=world.purging,
        give_up_parts=options.pop("give_up_parts", pytest.fail),
        now_ms=world.clock.now_ms,
        pause=pause,
        **options,
    )


def never(_: float) -> None:
    raise AssertionError("nothing is to be waited for")


def test_what_a_message_shows_stays_whether_or_not_a_record_says_so(world: World) -> None:
    shown(world, "noted")
    announce(world, "unnoted")
    announce(world, "pending")
    note(world, "pending", PENDING)
    note(world, "misnoted", DONE, seq=1)
    announce(world, "misnoted")
    before = dict(world.files.objects)
    assert not +collector(world).work(listed(world))
    assert world.files.objects == before


@pytest.mark.parametrize("status", [None, PENDING, REJECTED, DONE])
def test_what_no_message_shows_goes(world: World, status: str | None) -> None:
    shown(world, "kept")
    kept = set(world.files.objects)
    store(world, "lost")
    if status:
        note(world, "lost", status, **({"seq": 99} if status == DONE else {}))
    pauses: list[float] = []
    assert +collector(world, pauses.append).work(listed(world)) == Counter(variants=2)
    assert set(world.files.objects) == kept
    assert pauses == [SETTLE_S]
    assert world.edge_cache.forgotten == ([f"media/{ROOM}/lost/*"] if status == DONE else [])


def test_the_image_of_a_deleted_message_goes_and_its_record_after_it(world: World) -> None:
    seq = shown(world, "gone")
    changes.delete(world.services, world.connect("ada"), DeleteMessage(id="1", room=ROOM, seq=seq))
    assert +collector(world).work(listed(world)) == Counter(variants=2)
    assert keys.upload("gone") not in world.rooms_table.items
    assert not +collector(world).work(listed(world))


def test_images_of_a_room_that_there_is_not_go(world: World) -> None:
    world.files.put("media/nowhere/m1/480.webp", b"", "image/webp")
    assert +collector(world).work(listed(world)) == Counter(variants=1)


def test_what_is_young_stays(world: World) -> None:
    store(world, "lost")
    world.files.put("uploads/lost", b"", "image/png")
    job = collector(world)
    young = [*listed(world, age_ms=AGE_MS), {"key": "uploads/x", "upload": "1", "at_ms": world.clock.now_ms()}]
    assert not +job.work(young)
    assert len(world.files.objects) == 3


def test_uploads_and_parts_that_nothing_came_of_go(world: World) -> None:
    given_up: list[tuple[str, str]] = []
    world.files.put("uploads/lost", b"", "image/png")
    at_ms = world.clock.now_ms() - AGE_MS - 1
    page = [*listed(world), {"key": "uploads/cut", "upload": "s3-1", "at_ms": at_ms}]
    job = collector(world, give_up_parts=lambda *which: given_up.append(which))
    assert +job.work(page) == Counter(uploads=1, parts=1)
    assert given_up == [("uploads/cut", "s3-1")]
    assert not world.files.objects


def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    shown(world, "kept")
    store(world, "lost")
    note(world, "lost", PENDING)
    world.files.put("uploads/lost", b"", "image/png")
    before = dict(world.files.objects), {key: dict(item) for key, item in world.rooms_table.items.items()}
    found = collector(world, never, dry_run=True).work(listed(world))
    assert (world.files.objects, world.rooms_table.items) == before
    assert found == collector(world).work(listed(world))
    assert collector(world, dry_run=True).name != collector(world).name


def test_an_image_that_is_announced_behind_the_first_look_stays(world: World) -> None:
    """Who announces has read the record before it was marked, and posts while the job waits."""
    store(world, "late")
    note(world, "late", PENDING)

    def announce_meanwhile(_: float) -> None:
        announce(world, "late")

    assert not +collector(world, announce_meanwhile).work(listed(world))
    assert len(world.files.objects) == 2


def test_an_image_that_is_announced_between_the_listing_and_the_look_stays(world: World) -> None:
    store(world, "late")
    page = listed(world)
    shown(world, "late")
    assert not +collector(world).work(page)
    assert len(world.files.objects) == 2


def test_an_upload_whose_record_changes_meanwhile_is_left_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    store(world, "late")
    note(world, "late", PENDING)
    update = world.rooms_table.update

    def finish_first(*arguments: Any, **options: Any) -> Item:
        note(world, "late", DONE, seq=announce(world, "late"))
        return update(*arguments, **options)

    monkeypatch.setattr(world.rooms_table, "update", finish_first)
    assert not +collector(world).work(listed(world))
    assert world.rooms_table.items[keys.upload("late")]["status"] == DONE


def test_a_number_that_was_given_and_is_stored_later_is_seen_by_the_second_look(world: World) -> None:
    """Its message fills a hole below the newest number, not a place behind it."""
    log = RoomImages(world.messages_table, ROOM)
    seq = announce(world, "late")
    for number in range(70):
        say = SendMessage(id=f"say-{number}", room=ROOM, text="soup")
        messages.send(world.services, world.connect("ada"), say)
        world.clock.pass_ms(1_000)
    stored = world.messages_table.items.pop(keys.message(ROOM, seq))
    log.look()
    assert log.shown == set()
    world.messages_table.items[keys.message(ROOM, seq)] = stored
    log.look()
    assert log.shown == {"late"}


def test_messages_of_every_epoch_are_read(world: World) -> None:
    """Also those that a Region which is not at home any more has numbered behind what its counter says here."""
    for epoch, name in ((0, "first"), (1, "unheard"), (2, "third")):
        number = floor(epoch) + 5
        pk, sk = keys.message(ROOM, number)
        world.messages_table.put({"pk": pk, "sk": sk, "kind": "image", "media": {"id": name}})
    pk, sk = keys.closing(ROOM, 1)
    world.messages_table.put({"pk": pk, "sk": sk, "last": floor(1), "last_rev": 0})
    for epoch in (0, 2):
        pk, sk = keys.counter(ROOM, epoch)
        world.messages_table.put({"pk": pk, "sk": sk, "seq": 5})
    log = RoomImages(world.messages_table, ROOM)
    log.look()
    assert log.shown == {"first", "unheard", "third"}


def test_what_it_costs_is_counted(world: World) -> None:
    for number in range(3):
        shown(world, f"kept-{number}")
    job = collector(world)
    job.work(listed(world))
    assert job.calls == 1 + 1 + 3  # the listing, the records, each message


def test_a_rejected_upload_is_not_announced(world: World) -> None:
    """What the job has marked stays unannounced: see `test_media_functions` for the step itself."""
    store(world, "lost")
    note(world, "lost", PENDING)
    collector(world).work(listed(world))
    assert world.rooms_table.items[keys.upload("lost")]["status"] == REJECTED


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(bucket_pages, "PAGE", 2)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        client.create_bucket(Bucket="media")
        yield client


def test_a_bucket_is_gone_through_page_by_page_and_nothing_else_in_it_is_seen(s3: Any) -> None:
    wanted = [*(f"uploads/{number}" for number in range(3)), *(f"media/lunch/m/{number}.webp" for number in range(5))]
    for key in [*wanted, "exports/ada.zip", "audit/erasures/1"]:
        s3.put_object(Bucket="media", Key=key, Body=b"x")
    begun = s3.create_multipart_upload(Bucket="media", Key="uploads/cut")["UploadId"]
    pages, cursor, rows = BucketPages(s3, "media"), None, list[Item]()
    while True:
        page, cursor = pages.page(cursor)
        assert len(page) <= 2
        rows += page
        if cursor is None:
            break
    assert [row["key"] for row in rows] == ["uploads/cut", *wanted]
    assert [row.get("upload") for row in rows] == [begun, *[None] * len(wanted)]
    assert all(row["at_ms"] > 1_600_000_000_000 for row in rows[1:])  # moto has begun all uploads in 2010


def test_parts_are_given_up_once(s3: Any) -> None:
    begun = s3.create_multipart_upload(Bucket="media", Key="uploads/cut")["UploadId"]
    for _ in range(2):
        give_up_parts(s3, "media", "uploads/cut", begun)
    assert not s3.list_multipart_uploads(Bucket="media").get("Uploads")


@pytest.mark.parametrize(
    "options",
    ["reindex --stage local --dry-run", "reindex --stage local --calls 5", "collect-media --stage local --units 5"],
)
def test_options_of_another_job_are_refused(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        maintain.parse(options.split())
    assert ended.value.code == 2
    assert "collect-media" in capsys.readouterr().err
