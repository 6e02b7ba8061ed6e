"""Events as they were ever published are read for ever, and what is published now is made from what streams tell."""

from __future__ import annotations

import copy
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat import events
from chat.aws.dynamodb import from_attributes
from chat.ports import Event
from contracts import events as contract
from functions.message import outbox

PUBLISHED = Path(__file__).resolve().parents[1] / "events"
VERSIONS = sorted(PUBLISHED.glob("v*"))
SECOND = 1_790_000_000


def golden() -> Iterator[Any]:
    for version in VERSIONS:
        for path in sorted(version.glob("*.json")):
            if path.name != "schema.json":
                for item in json.loads(path.read_text())["events"]:
                    yield pytest.param(path.stem, item["event"], id=f"{version.name}-{path.stem}: {item['about']}")


def published(version: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((version / "schema.json").read_text())
    return schema


@pytest.mark.parametrize(("name", "event"), list(golden()))
def test_an_event_of_any_version_that_was_published_is_read(name: str, event: dict[str, Any]) -> None:
    decoded = events.decode(json.dumps(event))
    assert type(decoded).__name__ == name
    written = json.loads(msgspec.json.encode(decoded))
    assert written | event == written, "a field was lost or changed"


@pytest.mark.parametrize(("name", "event"), list(golden()))
def test_an_event_with_fields_that_are_not_known_yet_means_the_same(name: str, event: dict[str, Any]) -> None:
    del name
    assert events.decode(json.dumps({**event, "later": {"a": [1]}})) == events.decode(json.dumps(event))


def test_every_event_has_its_golden_copies_in_the_version_that_is_published_now() -> None:
    kept = {path.stem for path in (PUBLISHED / f"v{events.VERSION}").glob("*.json")}
    assert kept == {"schema", *events.NAMES}
    assert [str(struct.__struct_config__.tag) for struct in typing.get_args(events.AnyEvent)] == list(events.NAMES)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_whoever_reads_events_by_a_published_schema_can_go_on(version: Path) -> None:
    assert list(contract.broken_promises(published(version), contract.document())) == []


def test_what_is_published_is_written_down_so_that_it_can_not_be_taken_back() -> None:
    now = contract.document()
    assert list(contract.broken_promises(now, published(VERSIONS[-1]))) == [], "copy docs/events.schema.json there"


def changed(field: str, change: Any) -> list[str]:
    """What is said of an event's schema when one field's is replaced, or taken away (None)."""
    before = contract.document()
    after = copy.deepcopy(before)
    properties = after["$defs"]["MessagePosted"]["properties"]
    if change is None:
        del properties[field]
    else:
        properties[field] = change
    return list(contract.broken_promises(before, after))


def test_a_field_that_is_removed_renamed_retyped_or_required_is_a_broken_promise() -> None:
    assert changed("text", None) == ["MessagePosted.text is gone, or has another name."]
    assert changed("seq", {"type": "string"}) == ["MessagePosted.seq is of another type."]
    assert changed("user", {"type": "string"}) == ["MessagePosted.user is of another type."]
    assert changed("later", {"type": "string"}) == []
    before, after = contract.document(), contract.document()
    after["$defs"]["MessageDeleted"]["required"].append("media")
    assert list(contract.broken_promises(before, after)) == [
        "MessageDeleted.media is required, which events that were published before don't have."
    ]
    del after["$defs"]["MessageChanged"]
    assert "MessageChanged is gone." in list(contract.broken_promises(before, after))


def member(**attributes: Any) -> dict[str, Any]:
    row = {"room": "lunch", "user": "bob", "name": "Bob", "role": "member", "muted_until_ms": 0, "limited_until_ms": 0}
    return {"pk": "room#lunch", "sk": "member#bob", **row, **attributes}


def record(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    images = {"OldImage": before, "NewImage": after}
    change: dict[str, Any] = {name: attributes(image) for name, image in images.items() if image}
    return {
        "eventName": "MODIFY" if before and after else "INSERT" if after else "REMOVE",
        "dynamodb": {"ApproximateCreationDateTime": SECOND, "SequenceNumber": "700", **change},
    }


def attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


@pytest.mark.parametrize(
    ("before", "after", "what", "role", "was"),
    [
        (None, member(), "joined", "member", None),
        (None, member(role="banned"), "banned", None, None),
        (member(), None, "left", None, "member"),
        (member(role="owner"), member(role="banned"), "banned", None, "owner"),
        (member(role="banned"), None, "unbanned", None, None),
        (member(role="banned"), member(), "joined", "member", None),
        (member(), member(role="moderator"), "role", "moderator", "member"),
        (member(), member(muted_until_ms=SECOND * 1000 + 60_000), "muted", "member", "member"),
        (member(muted_until_ms=SECOND * 1000 + 60_000), member(), "unmuted", "member", "member"),
    ],
)
def test_what_became_of_a_membership_is_told(
    before: dict[str, Any] | None, after: dict[str, Any] | None, what: str, role: str | None, was: str | None
) -> None:
    told = events.of_record(record(before, after), before, after)
    assert told
    decoded = events.decode(told.body)
    assert isinstance(decoded, events.MembershipChanged)
    assert (decoded.what, decoded.role, decoded.was) == (what, role, was)
    assert (decoded.id, decoded.changed_at_ms) == ("lunch/member/bob/700", SECOND * 1000)
    assert (told.name, told.room, told.kind) == ("MembershipChanged", "lunch", what)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (member(), member(name="Robert")),
        (member(), member(limited_until_ms=9)),
        (member(role="banned"), member(role="banned", name="bob")),
        ({"pk": "room#lunch", "sk": "latest", "seq": 1}, {"pk": "room#lunch", "sk": "latest", "seq": 2}),
        ({"pk": "user#bob", "sk": "room#lunch"}, None),
    ],
)
def test_what_concerns_nobody_outside_is_no_event(before: dict[str, Any], after: dict[str, Any] | None) -> None:
    assert events.of_record(record(before, after), before, after) is None


@pytest.mark.parametrize(
    "row",
    [
        {"pk": "m#lunch#0", "sk": 1, "room": "lunch", "kind": "text", "text": "one", "sent_at_ms": 1},
        {"pk": "e#lunch#0", "sk": 1, "room": "lunch", "seq": 1, "what": "deleted", "changed_at_ms": 1},
        member(),
    ],
)
def test_what_came_back_from_a_backup_is_told_to_nobody_and_what_becomes_of_it_is(row: dict[str, Any]) -> None:
    back = {**row, events.RESTORED: 1}
    assert events.of_record(record(None, row), None, row)
    assert events.of_record(record(None, back), None, back) is None
    if row["pk"].startswith("room#"):
        promoted = {**back, "role": "moderator"}
        assert events.of_record(record(back, promoted), back, promoted)
        assert events.of_record(record(back, None), back, None)


def test_the_outbox_publishes_memberships_as_streams_tell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[Event] = []

    class Topic:
        def publish(self, due: list[Event]) -> list[bool]:
            published.extend(due)
            return [True] * len(due)

    monkeypatch.setattr("chat.aws.wiring.events", Topic)
    batch = {"Records": [record(None, member()), record(member(), member(name="B")), record(member(), None)]}
    assert from_attributes(batch["Records"][0]["dynamodb"]["NewImage"]) == member()
    context = type(
        "Context",
        (),
        {"function_name": "x", "memory_limit_in_mb": 1, "invoked_function_arn": "x", "aws_request_id": "x"},
    )
    assert outbox.handle(batch, context()) == {"batchItemFailures": []}
    assert [event.kind for event in published] == ["joined", "left"]
