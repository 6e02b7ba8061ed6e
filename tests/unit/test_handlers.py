"""Each function's entry point on a recorded event of its trigger, with a stage in memory behind it."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chat import delivery, events, rooms
from chat.aws import probes, secrets, wiring
from chat.aws.client import AwsClient, Credentials
from chat.ports import Event
from chat.protocol import CreateRoom, JoinRoom, Subscribe
from chat.settings import Settings
from chat.tokens import BuiltInIssuer
from functions.connect import authorize, connect, disconnect, sessions, tickets
from functions.message import activity, command, deliver, outbox
from functions.ops import config, health
from simulation.world import World

HERE = Path(__file__).parent
CONTEXT = SimpleNamespace(
    function_name="chat",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:chat",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)


def recorded(name: str, **changes: Any) -> dict[str, Any]:
    folder = HERE if name in {"http_api", "sqs", "dynamodb_stream"} else HERE.parent / "gateway"
    event: dict[str, Any] = json.loads((folder / "events" / f"{name}.json").read_text())
    return {**event, **changes}


def spoken(body: str, **changes: Any) -> dict[str, Any]:
    """A recorded message of Ada's connection."""
    event = recorded("message", body=body, **changes)
    event["requestContext"]["authorizer"] = {"user": "ada", "name": "Ada", "principalId": "ada"}
    return event


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    settings = Settings(stage="test", websocket_url="wss://chat.example/test", session_secret_arn="arn")
    issuer = BuiltInIssuer("a secret of at least thirty-two bytes")
    built: dict[str, Any] = {
        "services": world.services,
        "rooms": world.services.rooms,
        "fanout": world.services.fanout,
        "connections": world.services.fanout.connections,
        "tickets": world.tickets,
        "events": world.topic,
        "clock": wiring.SystemClock(),
        "ids": world.ids,
        "settings": settings,
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(secrets, "built_in_issuer", lambda: issuer)
    monkeypatch.setattr(secrets, "verifier", lambda: issuer)
    return world


def body(answer: dict[str, Any]) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(answer["body"])
    return decoded


def test_from_a_name_to_an_open_socket_and_back(world: World) -> None:
    session = body(sessions.handle(recorded("http_api", body='{"name":"Ada"}'), CONTEXT))
    request = recorded("http_api")
    request["headers"]["authorization"] = f"Bearer {session['token']}"
    answer = tickets.handle(request, CONTEXT)
    assert answer["statusCode"] == 201
    ticket = body(answer)
    assert ticket["url"] == "wss://chat.example/test"

    asked = recorded("authorizer", queryStringParameters={"ticket": ticket["ticket"]})
    policy = authorize.handle(asked, CONTEXT)
    assert policy["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": asked["methodArn"]}
    ]
    assert policy["context"] == {"user": "ada", "name": "Ada"}
    assert authorize.handle(asked, CONTEXT)["policyDocument"]["Statement"][0]["Effect"] == "Deny"

    opened = recorded("connect")
    opened["requestContext"]["authorizer"] = policy["context"]
    assert connect.handle(opened, CONTEXT)["statusCode"] == 200
    connection = opened["requestContext"]["connectionId"]
    assert world.services.fanout.connections.of_user("ada") == [connection]
    closed = recorded("disconnect")
    closed["requestContext"]["connectionId"] = connection
    assert disconnect.handle(closed, CONTEXT)["statusCode"] == 200
    assert world.services.fanout.connections.of_user("ada") == []


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer forged"])
def test_nobody_gets_a_ticket_without_a_valid_token(world: World, header: str | None) -> None:
    request = recorded("http_api")
    request["headers"].pop("authorization")
    if header is not None:
        request["headers"]["authorization"] = header
    answer = tickets.handle(request, CONTEXT)
    assert (answer["statusCode"], body(answer)["code"]) == (401, "unauthorized")
    assert world.connections_table.items == {}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", "malformed"),
        ("[]", "invalid_field"),
        ("{", "malformed"),
        ("{}", "invalid_field"),
        ('{"name":""}', "invalid_field"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_sign_in_that_is_wrong_says_how(sent: str, code: str) -> None:
    answer = sessions.handle(recorded("http_api", body=sent), CONTEXT)
    assert (answer["statusCode"], body(answer)["code"]) == (400, code)


def test_signing_in_by_name_is_not_there_where_the_built_in_issuer_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    monkeypatch.setattr(secrets, "built_in_issuer", lambda: None)
    answer = sessions.handle(recorded("http_api", body='{"name":"Ada"}'), CONTEXT)
    assert (answer["statusCode"], body(answer)["code"]) == (404, "sign_in_unavailable")


@pytest.mark.usefixtures("world")
def test_a_command_is_answered_in_the_body() -> None:
    answer = command.handle(spoken('{"action":"ping","id":"1"}'), CONTEXT)
    assert (answer["statusCode"], body(answer)["type"]) == (200, "ack")


def test_a_record_that_fails_is_received_again_alone(world: World) -> None:
    good = delivery.Delivery(room="lunch", frame="{}", connections=["c1"])
    event = recorded("sqs")
    template = event["Records"][0]
    event["Records"] = [
        {**template, "messageId": "good", "body": msgspec.json.encode(good).decode()},
        {**template, "messageId": "poison", "body": "rubbish"},
    ]
    assert deliver.handle(event, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert world.sockets.received == {"c1": [{}]}


def test_a_stored_message_becomes_an_event_and_the_event_a_preview(world: World) -> None:
    assert outbox.handle(recorded("dynamodb_stream"), CONTEXT) == {"batchItemFailures": []}
    (event,) = world.topic.events
    assert (event.name, event.room) == (events.MESSAGE_POSTED, "lunch")
    queued = recorded("sqs")
    queued["Records"][0]["body"] = event.body.decode()
    assert activity.handle(queued, CONTEXT) == {"batchItemFailures": []}
    assert world.services.rooms.previews(["lunch"])["lunch"]["text"] == "Hello"


def test_a_stream_goes_on_from_the_first_record_that_was_not_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = recorded("dynamodb_stream")
    second, third = copy.deepcopy(event["Records"][0]), copy.deepcopy(event["Records"][0])
    second["dynamodb"]["SequenceNumber"], third["dynamodb"]["SequenceNumber"] = "2", "3"
    event["Records"] += [second, third]

    def publish(published: list[Event]) -> list[bool]:
        return [at != 1 for at in range(len(published))]

    monkeypatch.setattr(world.topic, "publish", publish)
    assert outbox.handle(event, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "2"}]}


@pytest.mark.usefixtures("world")
def test_a_client_learns_how_to_sign_in() -> None:
    assert body(config.handle(recorded("http_api"), CONTEXT)) == {
        "stage": "test",
        "sign_in": "built-in",
        "issuer": None,
        "websocket_url": "wss://chat.example/test",
    }


def test_health_is_degraded_when_nothing_answers_and_says_nothing_of_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url="http://127.0.0.1:9")
    settings = Settings(
        stage="test",
        rooms_table="secret-rooms",
        messages_table="m",
        connections_table="c",
        delivery_queue_url="q",
        events_topic_arn="t",
        media_bucket="b",
    )
    monkeypatch.setattr(wiring, "client", lambda: client)
    monkeypatch.setattr(wiring, "settings", lambda: settings)
    answer = health.handle(recorded("http_api"), CONTEXT)
    assert (answer["statusCode"], body(answer)["status"]) == (503, "degraded")
    assert len(body(answer)["checks"]) == 6
    assert "secret" not in answer["body"]
    assert probes.LIMIT_MS <= 1_000


def test_a_message_of_a_recorded_socket_reaches_another(world: World) -> None:
    ada = world.connect("ada", connection=recorded("message")["requestContext"]["connectionId"])
    grace = world.connect("grace")
    rooms.create(world.services, ada, CreateRoom(id="1", title="Lunch", room="lunch"))
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    rooms.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    sent = '{"action":"send","id":"k1","room":"lunch","text":"Hello"}'
    assert body(command.handle(spoken(sent), CONTEXT))["result"]["seq"] == 1
    assert world.sockets.received["grace-1"][0]["message"]["text"] == "Hello"
