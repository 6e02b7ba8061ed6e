"""`/api/account/…` and the functions behind it, on recorded events of their triggers."""

import json
from typing import Any

import msgspec
import pytest

from chat import events
from chat.accounts import jobs
from chat.aws import accounts, edge_cache, files, media_store, secrets, wiring
from chat.aws.dynamodb import _attribute
from chat.ports import Principal
from chat.storage import keys
from chat.tokens import BuiltInIssuer
from functions.media import purge
from functions.message import index, outbox
from functions.ops import account, account_jobs
from simulation.world import World
from tests.unit.aftermath import ask
from tests.unit.test_handlers import CONTEXT, body, recorded

EVE = Principal("eve", "Eve")


class Records:
    """Records of uploads; what was forgotten is remembered."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, media: str) -> None:
        self.forgotten.append(media)


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, records: Records) -> World:
    world = World()
    issuer = BuiltInIssuer("a secret of at least thirty-two bytes")
    monkeypatch.setattr(secrets, "verifier", lambda: issuer)
    monkeypatch.setattr(wiring, "job_office", lambda: world.accounts.office)
    monkeypatch.setattr(wiring, "search_index", lambda: world.services.search_index)
    monkeypatch.setattr(wiring, "reactions", lambda: world.services.reactions)
    monkeypatch.setattr(wiring, "events", lambda: world.topic)
    monkeypatch.setattr(accounts, "accounts", lambda: world.accounts)
    monkeypatch.setattr(files, "files", lambda: world.files)
    monkeypatch.setattr(edge_cache, "purging", lambda: world.purging)
    monkeypatch.setattr(media_store, "uploads", lambda: records)
    ask(world, "ada", action="create", title="Lunch", room="lunch", members=["eve"])
    return world


def call(route: str, *, user: str | None = "eve", sent: object = None) -> tuple[int, dict[str, Any]]:
    event = recorded("http_api", routeKey=route, body=None if sent is None else json.dumps(sent))
    event["headers"].pop("authorization", None)
    if user:
        session = BuiltInIssuer("a secret of at least thirty-two bytes").sign_in(user, wiring.clock().now_ms())
        event["headers"]["authorization"] = f"Bearer {session.token}"
    answer = account.handle(event, CONTEXT)
    return answer["statusCode"], body(answer)


def queued(*bodies: bytes) -> dict[str, Any]:
    (record,) = recorded("sqs")["Records"]
    return {"Records": [record | {"messageId": str(at), "body": each.decode()} for at, each in enumerate(bodies)]}


def work_off(world: World) -> None:
    while world.jobs_queue.bodies:
        assert account_jobs.handle(queued(world.jobs_queue.bodies.pop(0)), CONTEXT) == {"batchItemFailures": []}


def test_from_asking_for_an_export_to_links_that_expire(world: World) -> None:
    status, asked = call("POST /api/account/export")
    assert (status, asked["state"], asked["archives"], asked["links_expire_in_s"]) == (202, "running", [], None)
    work_off(world)
    status, found = call("GET /api/account/export")
    assert (status, found["state"], found["links_expire_in_s"]) == (200, "done", jobs.LINK_S)
    (archive,) = found["archives"]
    assert archive["url"].endswith("chat-export-1.zip?expires_in_s=900")
    assert archive["size_bytes"] > 0


def test_jobs_are_the_callers_own(world: World) -> None:
    call("POST /api/account/export")
    work_off(world)
    assert call("GET /api/account/export", user="ada")[0] == 404
    assert call("GET /api/account/erasure")[1]["code"] == "job_not_found"


@pytest.mark.parametrize("kind", ["export", "erasure"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_token_nothing_is_asked_for(world: World, method: str, kind: str) -> None:
    assert call(f"{method} /api/account/{kind}", user=None)[0] == 401
    assert world.jobs_queue.bodies == []


@pytest.mark.parametrize(
    ("sent", "code"), [(None, "malformed"), ({}, "invalid_field"), ({"user": "ada"}, "invalid_field")]
)
def test_erasure_takes_the_callers_own_id_as_its_confirmation(world: World, sent: object, code: str) -> None:
    status, refused = call("POST /api/account/erasure", sent=sent)
    assert (status, refused["code"]) == (400, code)
    assert world.jobs_queue.bodies == []


def test_from_asking_for_erasure_to_its_end(world: World) -> None:
    ask(world, "eve", action="send", room="lunch", text="secret")
    assert index.handle(queued(posted(world, 1)), CONTEXT) == {"batchItemFailures": []}
    status, asked = call("POST /api/account/erasure", sent={"user": "eve"})
    assert (status, asked["state"], asked["total"]) == (202, "running", 1)
    assert call("POST /api/account/export")[1]["code"] == "account_erasing"
    work_off(world)
    status, found = call("GET /api/account/erasure")
    assert (status, found["state"], found["done"]) == (200, "done", {"rooms": 1, "messages": 1})


def posted(world: World, seq: int) -> bytes:
    return events.message_posted(world.messages_table.items[keys.message("lunch", seq)]).body


def test_a_slice_that_is_none_is_received_again_until_it_is_dead(world: World) -> None:
    failures = account_jobs.handle(queued(b"rubbish"), CONTEXT)["batchItemFailures"]
    assert failures == [{"itemIdentifier": "0"}]
    assert world.jobs_queue.bodies == []


def streamed(world: World) -> dict[str, Any]:
    """The table's items as the stream gives them."""
    (record, *_) = recorded("dynamodb_stream")["Records"]
    records = []
    for number, item in enumerate(world.messages_table.items.values()):
        if item["pk"].startswith((keys.MESSAGES, keys.CHANGES)):
            image = {
                "NewImage": {name: _attribute(value) for name, value in item.items()},
                "SequenceNumber": str(number),
            }
            records.append(record | {"dynamodb": image})
    return {"Records": records}


def test_changes_are_published_beside_messages_and_numbers_that_nobody_used_are_not(world: World) -> None:
    ask(world, "eve", action="send", room="lunch", text="one")
    ask(world, "eve", action="edit", room="lunch", seq=1, text="two")
    ask(world, "eve", action="delete", room="lunch", seq=1)
    world.services.changes._void("lunch", 3, world.clock.now_ms())
    assert outbox.handle(streamed(world), CONTEXT) == {"batchItemFailures": []}
    told = [events.decode(event.body) for event in world.topic.events]
    assert [event.name for event in world.topic.events] == ["MessagePosted", "MessageChanged", "MessageDeleted"]
    assert [getattr(event, "what", None) for event in told] == [None, "edited", "deleted"]
    assert [event.id for event in told] == ["lunch/1", "lunch/rev/1", "lunch/rev/2"]
    assert {event.user for event in told} == {"eve"}


def test_what_stood_beside_a_deleted_message_goes_once_and_again(world: World, records: Records) -> None:
    ask(world, "eve", action="send", room="lunch", text="one")
    ask(world, "ada", action="react", room="lunch", seq=1, emoji="x")
    world.files.put("uploads/m1", b"", "image/png")
    world.files.put("media/lunch/m1/original.png", b"", "image/png")
    deleted = events.MessageDeleted(
        "lunch/rev/2", "lunch", 1, 2, "deleted", "eve", 0, "m1", ["media/lunch/m1/original.png"]
    )
    for _ in range(2):
        assert purge.handle(queued(encoded(deleted)), CONTEXT) == {"batchItemFailures": []}
    assert list(world.files.objects) == ["audit/erasures/1970-01-01/messages/lunch/000000000000001.deleted"]
    assert set(world.edge_cache.forgotten) == {"media/lunch/m1/*"}
    assert records.forgotten == ["m1", "m1"]
    assert not [key for key in world.messages_table.items if key[0].startswith("x#")]


def deletion(room: str, media: str) -> bytes:
    shown = [f"media/{room}/{media}/{longest}.webp" for longest in (480, 960)]
    return encoded(events.MessageDeleted(f"{room}/rev/2", room, 1, 2, "deleted", "eve", 0, media, shown))


def test_caches_are_told_once_for_all_images_of_a_batch(
    world: World, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(world.edge_cache, "forget", told.append)
    batch = queued(deletion("lunch", "m1"), deletion("tea", "m2"), b"no event")
    assert purge.handle(batch, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert told == [["media/lunch/m1/*", "media/tea/m2/*"]]
    assert records.forgotten == ["m1", "m2"]


@pytest.mark.usefixtures("records")
def test_where_caches_could_not_be_told_all_of_the_batch_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_keys: object) -> None:
        raise OSError("too many invalidations in progress")

    monkeypatch.setattr(world.edge_cache, "forget", refuse)
    with pytest.raises(OSError, match="too many"):
        purge.handle(queued(deletion("lunch", "m1")), CONTEXT)
    assert world.purging.budget.spent(world.clock.now_ms()).paths == 0


def test_an_event_for_somebody_else_is_not_purged(world: World) -> None:
    ask(world, "eve", action="send", room="lunch", text="one")
    assert purge.handle(queued(posted(world, 1)), CONTEXT)["batchItemFailures"] == [{"itemIdentifier": "0"}]


def encoded(deleted: events.MessageDeleted) -> bytes:
    return msgspec.json.encode(deleted)
