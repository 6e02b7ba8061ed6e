"""Rows of a backup come back: beside what stands there, without what was erased, and with numbers of their own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat import erasures, tombstones
from chat.aws.dynamodb import from_attributes, to_attributes
from chat.erasures import ErasedMessage, ErasedUser
from chat.events import DELETED_PREVIEW, RESTORED
from chat.ports import Item
from chat.storage import keys
from chat.storage.changes import ChangeLog
from chat.storage.messages import Draft, MessageLog
from chat.storage.traces import Trace, Traces
from operations import restore, rows
from operations.backups import scanning
from operations.backups.afterwards import Deletions, lives
from operations.backups.chain import Chain
from operations.backups.erased import Ledger
from operations.backups.manifest import EXPORTS, FILES, SUMMARY, data_file, iso8601
from operations.backups.numbers import LEAST_GAP, Counters, Numbers, see_all
from operations.backups.places import Bucket, Directory
from operations.backups.restoring import RestoredTable, Tally, expired
from operations.backups.scanning import TableScan
from operations.errors import UsageError
from operations.pace import Pace
from operations.stage import Stage
from simulation.world import ManualClock, World
from tests.unit.aftermath import ask, hear
from tests.unit.backup_stage import BackupStage, backup_stage

HOUR_MS = 3_600_000
PLACES = [
    keys.message("lunch", 130),
    keys.change("lunch", 7),
    keys.counter("lunch"),
    keys.term("lunch", "soup", 130),
    keys.reaction("lunch", 130, "👍", "ada"),
    keys.pin("lunch", 130),
    keys.latest("lunch"),
    keys.member("lunch", "a#b"),
    keys.read_cursor("lunch", "a#b"),
    keys.read_summary("lunch"),
    keys.user_room("a#b", "lunch"),
    keys.trace("a#b", "message", "lunch", 1),
    keys.command("a#b", "c#1"),
]


@pytest.fixture
def world() -> World:
    """Ada, Bob and Eve have talked for a while; everything that follows has happened."""
    world = World()
    for user in ("ada", "bob", "eve"):
        world.connect(user)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["bob", "eve"])
    for number in range(1, 6):
        ask(world, "eve" if number == 3 else "ada", action="send", room="lunch", text=f"soup {number}")
    ask(world, "bob", action="react", room="lunch", seq=5, emoji="👍")
    ask(world, "ada", action="pin", room="lunch", seq=5)
    hear(world)
    return world


@pytest.fixture
def stage(world: World) -> Iterator[BackupStage]:
    with backup_stage() as made:
        made.fill(world)
        yield made


def exported(stage: BackupStage, place: Directory, at_ms: int) -> Chain:
    for table in ("rooms", "messages"):
        scan = TableScan(stage.client("dynamodb"), table, place.below(table), Pace(None), lambda _: None)
        scan.carry_out(segments=2, now_ms=at_ms)
    return Chain.find(place, "messages")


def restored(stage: BackupStage, table: str = "messages") -> RestoredTable:
    return RestoredTable(stage.client("dynamodb"), table, Pace(None), report=lambda _: None)


def fates(tally: Tally) -> dict[str, int]:
    return {fate: count for fate, count in tally.fates.items() if count}


def plain(found: dict[Any, Item]) -> dict[Any, Item]:
    return {key: {name: each for name, each in row.items() if name != RESTORED} for key, row in found.items()}


def test_all_rows_come_back_as_they_were_and_what_would_be_told_says_that_it_did(
    stage: BackupStage, tmp_path: Path
) -> None:
    before = stage.rows("messages")
    chain = exported(stage, Directory(tmp_path), HOUR_MS)
    stage.empty("messages")
    assert restored(stage).is_empty()
    tally = restored(stage).add(chain.rows(), now_ms=2 * HOUR_MS)
    assert fates(tally) == {"added": len(before)}
    after = stage.rows("messages")
    assert plain(after) == before
    marked = {key[0].split("#")[0] for key, row in after.items() if RESTORED in row}
    assert marked == {"m", "e"}
    assert fates(restored(stage).compare(chain.rows())) == {"there": len(before)}


def test_of_rooms_only_memberships_would_be_told(stage: BackupStage, tmp_path: Path) -> None:
    exported(stage, Directory(tmp_path), HOUR_MS)
    chain = Chain.find(Directory(tmp_path), "rooms")
    stage.empty("rooms")
    restored(stage, "rooms").add(chain.rows(), now_ms=2 * HOUR_MS)
    marked = {key[1] for key, row in stage.rows("rooms").items() if RESTORED in row}
    assert marked == {"member#ada", "member#bob", "member#eve"}


def test_what_stands_there_is_never_replaced_and_a_second_run_adds_nothing(stage: BackupStage, tmp_path: Path) -> None:
    chain = exported(stage, Directory(tmp_path), HOUR_MS)
    edited = {**stage.rows("messages")[keys.message("lunch", 2)], "text": "said since"}
    stage.empty("messages")
    stage.put("messages", [edited])
    first = restored(stage).add(chain.rows(), now_ms=2 * HOUR_MS)
    again = restored(stage).add(chain.rows(), now_ms=3 * HOUR_MS)
    assert (first.fates["other"], first.named["other"]) == (1, ["m#lunch#0 2"])
    assert fates(again) == {"there": first.fates["added"], "other": 1}
    assert stage.rows("messages")[keys.message("lunch", 2)]["text"] == "said since"


def test_a_dry_run_says_what_is_missing_and_what_is_newer_and_writes_nothing(
    stage: BackupStage, tmp_path: Path
) -> None:
    chain = exported(stage, Directory(tmp_path), HOUR_MS)
    lost = stage.rows("messages")[keys.message("lunch", 1)]
    stage.client("dynamodb").delete_item(
        TableName="messages", Key=to_attributes({name: lost[name] for name in ("pk", "sk")})
    )
    stage.calls.clear()
    tally = restored(stage).compare(chain.rows())
    assert (tally.fates["absent"], tally.named["absent"]) == (1, ["m#lunch#0 1"])
    assert set(stage.calls) == {"BatchGetItem"}


def test_what_an_erasure_has_taken_again_meanwhile_is_not_missing(stage: BackupStage, tmp_path: Path) -> None:
    exported(stage, Directory(tmp_path), HOUR_MS)
    chain, ledger = Chain.find(Directory(tmp_path), "rooms"), Ledger(users={"eve": HOUR_MS})
    stage.empty("rooms")
    tally = restored(stage, "rooms").compare(chain.rows(), erased=ledger.takes)
    assert tally.fates["erased"] > 1
    assert "room#lunch member#ada" in tally.named["absent"]
    assert not any("eve" in named for named in tally.named["absent"])


def test_a_message_that_is_not_there_is_missing_whoever_was_erased(stage: BackupStage, tmp_path: Path) -> None:
    chain, ledger = exported(stage, Directory(tmp_path), HOUR_MS), Ledger(users={"ada": HOUR_MS, "eve": HOUR_MS})
    stage.empty("messages")
    messages = [row for row in chain.rows() if rows.message(rows.key_of(row))]
    assert fates(restored(stage).compare(messages, erased=ledger.takes)) == {"absent": len(messages)}


def incremental(place: Path, at_ms: int, lines: list[dict[str, Any]]) -> None:
    """An incremental export as DynamoDB writes it."""
    folder = place / "messages" / EXPORTS / f"{at_ms}"
    packed = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    name = f"{EXPORTS}{at_ms}/data/a.json.gz"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.json.gz").write_bytes(packed)
    entry = data_file(f"nightly/messages/{name}", packed, len(lines))
    aws = {"itemCount": len(lines), "md5Checksum": entry.md5_checksum, "dataFileS3Key": entry.data_file_s3_key}
    (folder / FILES).write_text(json.dumps({**aws, "etag": "af83-1"}) + "\n")
    summary = {
        "version": "2023-08-01",
        "exportArn": "arn:aws:dynamodb:us-east-1:123456789012:table/messages/export/1",
        "tableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/messages",
        "exportTime": iso8601(at_ms),
        "exportFromTime": iso8601(HOUR_MS),
        "exportToTime": iso8601(at_ms),
        "exportType": "INCREMENTAL_EXPORT",
        "manifestFilesS3Key": f"nightly/messages/{EXPORTS}{at_ms}/{FILES}",
        "itemCount": len(lines),
        "outputFormat": "DYNAMODB_JSON",
        "s3SseKmsKeyId": None,
    }
    (folder / SUMMARY).write_text(json.dumps(summary))


def test_what_was_changed_since_the_full_export_comes_from_the_incremental_ones(
    stage: BackupStage, tmp_path: Path
) -> None:
    exported(stage, Directory(tmp_path), HOUR_MS)
    first, second, third = (stage.rows("messages")[keys.message("lunch", seq)] for seq in (1, 2, 3))
    written = {"Metadata": {"WriteTimestampMicros": {"N": "1"}}}
    gone = {**written, "Keys": to_attributes({"pk": second["pk"], "sk": second["sk"]})}
    key = {name: to_attributes(first)[name] for name in ("pk", "sk")}
    older = {**written, "Keys": key, "NewImage": to_attributes({**first, "text": "older"})}
    newer = {**written, "Keys": key, "NewImage": to_attributes({**first, "text": "newer"})}
    incremental(tmp_path, 2 * HOUR_MS, [older, gone])
    incremental(tmp_path, 3 * HOUR_MS, [newer])
    chain = Chain.find(Directory(tmp_path), "messages")
    found = {rows.key_of(row): from_attributes(row) for row in chain.rows()}
    assert found[keys.message("lunch", 1)]["text"] == "newer"
    assert keys.message("lunch", 2) not in found
    assert found[keys.message("lunch", 3)] == third
    assert (chain.begun_at_ms, chain.taken_at_ms) == (HOUR_MS, 3 * HOUR_MS)


def test_parts_are_the_whole_together_and_share_nothing(
    stage: BackupStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "ROWS_A_FILE", 4)
    monkeypatch.setattr(scanning, "ROWS_A_PAGE", 4)
    chain = exported(stage, Directory(tmp_path), HOUR_MS)
    parts = [Chain.find(Directory(tmp_path), "messages", (part, 3)) for part in (1, 2, 3)]
    keys_of = [[rows.key_of(row) for row in part.rows()] for part in parts]
    assert all(keys_of)
    assert sorted(key for part in keys_of for key in part) == sorted(rows.key_of(row) for row in chain.rows())
    assert list(parts[0].whole().rows()) == list(chain.rows())


def test_changes_alone_are_no_backup(tmp_path: Path) -> None:
    incremental(tmp_path, 2 * HOUR_MS, [])
    with pytest.raises(UsageError, match="no finished full export of messages"):
        Chain.find(Directory(tmp_path), "messages")


@pytest.mark.parametrize("place", PLACES)
def test_a_key_says_what_its_row_is_about(place: tuple[str, str | int]) -> None:
    said = {
        name: found
        for name in ("message", "change", "beside", "counted_room", "previewed_room", "member", "reader", "owner")
        if (found := getattr(rows, name)(place)) is not None
    }
    expected = {
        0: {"message": ("lunch", 130)},
        1: {"change": ("lunch", 7)},
        2: {"counted_room": "lunch"},
        3: {"beside": ("lunch", 130)},
        4: {"beside": ("lunch", 130)},
        5: {"beside": ("lunch", 130)},
        6: {"previewed_room": "lunch"},
        7: {"member": ("lunch", "a#b")},
        8: {"reader": ("lunch", "a#b")},
        9: {},
        10: {"owner": "a#b"},
        11: {"owner": "a#b"},
        12: {"owner": "a#b"},
    }
    assert said == expected[PLACES.index(place)]


def ledger_of(stage: BackupStage, *entries: erasures.Entry, at_ms: int) -> Ledger:
    """What is read of a bucket in which these were noted."""

    class Files:
        def put(self, key: str, body: bytes, content_type: str) -> None:
            stage.client("s3").put_object(Bucket="media", Key=key, Body=body, ContentType=content_type)

    for entry in entries:
        erasures.note(Files(), entry, at_ms)  # type: ignore[arg-type]
    return Ledger.read(Bucket(stage.client("s3"), "media", ""), at_ms, at_ms + HOUR_MS)


def test_what_was_erased_since_comes_back_without_its_content(stage: BackupStage, world: World) -> None:
    at_ms = world.clock.now_ms()
    ledger = ledger_of(
        stage,
        ErasedMessage("lunch", 3, "erased"),
        ErasedMessage("lunch", 5, "deleted"),
        ErasedUser("eve", at_ms),
        at_ms=at_ms,
    )
    back = {}
    for table in ("messages", "rooms"):
        for row in stage.rows(table).values():
            if (left := ledger.left_of(to_attributes(row), at_ms)) is not None:
                back[row["pk"], row["sk"]] = from_attributes(left)
    erased, deleted = (back[keys.message("lunch", seq)] for seq in (3, 5))
    assert (erased["kind"], erased["text"], erased["user"], erased["name"]) == ("deleted", "", None, None)
    assert (deleted["kind"], deleted["text"], deleted["user"], deleted["reactions"]) == ("deleted", "", "ada", {})
    assert keys.pin("lunch", 5) not in back
    assert [key[0][:7] for key in back if key[0].startswith("d#") and back[key]["seq"] == 3] == []
    assert not [key for key in back if key[0].startswith(("x#lunch#5", "w#lunch#soup")) and key[1] in {-3, -5}]
    assert back[keys.term("lunch", "soup", 4)]
    assert back[keys.latest("lunch")]["text"] == DELETED_PREVIEW
    assert back[keys.message("lunch", 4)] == world.messages_table.items[keys.message("lunch", 4)]


def test_entries_of_the_ledger_from_long_before_the_backup_are_not_looked_for(stage: BackupStage) -> None:
    at_ms = 100 * 24 * HOUR_MS
    assert ledger_of(stage, ErasedUser("eve", at_ms), at_ms=at_ms).users == {"eve": at_ms}
    bucket = Bucket(stage.client("s3"), "media", "")
    assert Ledger.read(bucket, at_ms + 3 * 24 * HOUR_MS, at_ms + 4 * 24 * HOUR_MS).users == {}
    assert Ledger.read(bucket, at_ms - 30 * 24 * HOUR_MS, at_ms + 4 * 24 * HOUR_MS).users == {"eve": at_ms}
    assert Ledger.read(bucket, at_ms + HOUR_MS, at_ms + 2 * HOUR_MS).users == {}  # done by then, and in the backup


def test_who_came_back_after_their_erasure_gets_nothing_of_their_old_life(world: World) -> None:
    assert lives(world.rooms_table, {"eve", "nobody"}) == {"eve"}
    Traces(world.rooms_table).note("carl", Trace("message", "lunch", 9))
    assert lives(world.rooms_table, {"carl"}) == {"carl"}
    ledger = Ledger(users={"eve": world.clock.now_ms(), "dora": 1})
    ledger.set_apart({"eve"})
    assert ledger.users == {"dora": 1}
    all_rows = [*world.rooms_table.items.values(), *world.messages_table.items.values()]
    back = [from_attributes(left) for row in all_rows if (left := ledger.left_of(to_attributes(row), 1))]
    theirs = [row for row in back if "eve" in f"{row['pk']} {row['sk']}"]
    assert theirs == []
    assert [row["sk"] for row in back if row.get("kind") == "deleted"] == [3]


def test_what_somebody_said_after_their_erasure_is_not_erased(world: World) -> None:
    erased_at_ms = world.clock.now_ms()
    old = world.messages_table.items[keys.message("lunch", 3)]
    ledger = Ledger(users={"eve": erased_at_ms})
    new = {**old, "sk": 9, "sent_at_ms": erased_at_ms + 1}
    left = [ledger.left_of(to_attributes(row), erased_at_ms) for row in (old, new)]
    assert [from_attributes(row or {})["text"] for row in left] == ["", old["text"]]


def counters(stage: BackupStage, seen: Numbers) -> int:
    return Counters(stage.client("dynamodb"), "messages", Pace(None)).go_on(seen)


def numbers_of(stage: BackupStage, taken_at_ms: int, now_ms: int) -> Numbers:
    numbers = Numbers(taken_at_ms, now_ms)
    see_all(numbers, (to_attributes(row) for row in stage.rows("messages").values()))
    return numbers


def test_a_lost_counter_goes_on_behind_all_numbers_that_may_have_been_given(stage: BackupStage, world: World) -> None:
    at_ms = world.clock.now_ms()
    quiet = numbers_of(stage, at_ms + HOUR_MS, at_ms + HOUR_MS + 60_000)
    assert (quiet.rooms["lunch"].seq, quiet.rooms["lunch"].rev, quiet.rooms["lunch"].gap) == (5, 2, LEAST_GAP)
    busy = numbers_of(stage, at_ms, at_ms + HOUR_MS)
    assert busy.rooms["lunch"].gap == LEAST_GAP + 2 * 7
    stage.empty("messages")
    assert counters(stage, busy) == 1
    (counter,) = stage.rows("messages").values()
    assert (counter["seq"], counter["rev"]) == (5 + LEAST_GAP + 14, 2 + LEAST_GAP + 14)
    assert counters(stage, busy) == 0  # a second run passes over no more numbers


def test_a_counter_that_was_not_lost_stays_and_one_that_is_behind_its_messages_is_raised(
    stage: BackupStage, world: World
) -> None:
    at_ms = world.clock.now_ms()
    numbers = numbers_of(stage, at_ms + HOUR_MS, at_ms + HOUR_MS)
    before = stage.rows("messages")[keys.counter("lunch")]
    assert counters(stage, numbers) == 0
    assert stage.rows("messages")[keys.counter("lunch")] == before
    stage.put("messages", [{**before, "seq": 3}])  # as a scan saw it before the last two messages
    assert counters(stage, numbers) == 1
    assert stage.rows("messages")[keys.counter("lunch")]["seq"] == 5 + LEAST_GAP
    numbers.see_preview("lunch", 900)
    assert counters(stage, numbers) == 1
    assert stage.rows("messages")[keys.counter("lunch")]["seq"] == 900 + LEAST_GAP


def test_a_message_that_came_back_as_a_tombstone_is_told_to_who_asks_what_was_changed(world: World) -> None:
    log, changes, clock = MessageLog(world.messages_table), ChangeLog(world.messages_table), ManualClock()
    ledger = Ledger(messages={("lunch", 1): "erased", ("lunch", 2): "deleted", ("lunch", 99): "deleted"})
    for seq, erased in ((1, True), (2, False)):
        entry = world.messages_table.items[keys.message("lunch", seq)]
        back = tombstones.standing_in(entry, erased=erased, now_ms=clock.now_ms())
        world.messages_table.items[keys.message("lunch", seq)] = {**back, RESTORED: 1}
    known = log.position("lunch").rev
    assert Deletions(changes, clock).number(ledger, {"lunch": known}) == 2
    assert Deletions(changes, clock).number(ledger, {"lunch": known}) == 0
    assert changes.since("lunch", known, clock.now_ms()).seqs == [1, 2]
    told = [row for key, row in world.messages_table.items.items() if key[0].startswith("e#") and int(key[1]) > known]
    assert all(RESTORED in row and row["user"] is None for row in told)
    draft = Draft("lunch", "text", "ada", "Ada", "later", "new", clock.now_ms())
    assert log.append(draft).seq == 6


def test_a_deletion_that_was_not_lost_gets_no_second_number(world: World) -> None:
    ask(world, "ada", action="delete", room="lunch", seq=1)
    changes = ChangeLog(world.messages_table)
    ledger = Ledger(messages={("lunch", 1): "deleted"})
    assert Deletions(changes, ManualClock()).number(ledger, {"lunch": 0}) == 0


def test_rows_that_have_expired_stay_away() -> None:
    row = to_attributes({"pk": "d#3#ada#1", "sk": 0, "expires_at_s": 1_000})
    assert expired(row, 1_000_000)
    assert not expired(row, 999_999)
    assert not expired(to_attributes({"pk": "m#lunch#0", "sk": 1}), 1_000_000)


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--stage local",
        "--from x",
        "--stage local --from x --units 0",
        "--stage local --from x --dry-run --merge",
        "--stage local --from x --part 1/2",
        "--stage local --from x --merge --part 3/2",
    ],
)
def test_what_makes_no_sense_is_refused_with_status_2_before_anybody_is_asked(
    options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "find", pytest.fail)
    with pytest.raises(SystemExit) as ended:
        restore.main(options.split())
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
