"""Each function's entry point on a recorded event of its trigger, with a stage in memory behind it."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from coincurve import PrivateKey

from chat import delivery, ethereum, events, rooms, subscriptions
from chat.aws import health as health_checks
from chat.aws import probes, secrets, wallet_door, wiring
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.operators import Operators
from chat.ports import Event
from chat.protocol import CreateRoom, JoinRoom, Subscribe
from chat.settings import Settings
from chat.storage.colour import ColourBook
from chat.storage.nonces import NonceOffice
from chat.tokens import BUILT_IN, WALLET, BuiltInIssuer, SeveralIssuers, WalletIssuer
from chat.wallets import WalletDoor
from functions.connect import authorize, connect, disconnect, sessions, tickets, wallet_nonces, wallet_sessions
from functions.message import activity, command, deliver, notices, outbox
from functions.ops import config, health
from simulation.world import World

HERE = Path(__file__).parent
CONTEXT = SimpleNamespace(
    function_name="chat",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:chat",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    get_remaining_time_in_millis=lambda: 15_000,
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
    settings = Settings(
        stage="test", websocket_url="wss://chat.example/test", session_secret_arn="arn", wallet_chains="1,10"
    )
    issuer = BuiltInIssuer("a secret of at least thirty-two bytes")
    built: dict[str, Any] = {
        "services": world.services,
        "rooms": world.services.rooms,
        "members": world.services.members,
        "fanout": world.services.fanout,
        "delivery_desk": world.desk,
        "connections": world.services.fanout.connections,
        "tickets": world.tickets,
        "nonces": NonceOffice(world.connections_table),
        "events": world.topic,
        "notices": world.services.notices,
        "activity": world.activity,
        "notices_queue": world.notices_queue,
        "clock": wiring.SystemClock(),
        "ids": world.ids,
        "settings": settings,
        "colour_book": ColourBook(world.connections_table, wiring.SystemClock()),
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(secrets, "built_in_issuer", lambda: issuer)
    wallets = WalletIssuer(issuer.secret)
    door = WalletDoor(
        origin="https://chat.example",
        chains=frozenset({1}),
        nonces=built["nonces"],
        issuer=wallets,
        clock=built["clock"],
    )
    monkeypatch.setattr(wallet_door, "wallet_door", lambda: door)
    verifier = SeveralIssuers({BUILT_IN: issuer, WALLET: wallets})
    monkeypatch.setattr(secrets, "verifier", lambda: verifier)
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


def signed_in_with(nonce: str, key: PrivateKey) -> dict[str, Any]:
    """The answer to a message with that nonce, signed by that key."""
    address = ethereum.address_of(key.public_key.format(compressed=False))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    text = (
        f"chat.example wants you to sign in with your Ethereum account:\n{address}\n\n\nURI: https://chat.example\n"
        f"Version: 1\nChain ID: 1\nNonce: {nonce}\nIssued At: {at}"
    )
    digest = ethereum._digest(text)
    signed = json.dumps({"message": text, "signature": "0x" + key.sign_recoverable(digest, hasher=None).hex()})
    return wallet_sessions.handle(recorded("http_api", body=signed), CONTEXT)


def test_from_a_wallet_to_a_ticket(world: World) -> None:
    del world
    key = PrivateKey()
    nonce = body(wallet_nonces.handle(recorded("http_api", body=""), CONTEXT))["nonce"]
    session = signed_in_with(nonce, key)
    assert session["statusCode"] == 201
    request = recorded("http_api")
    request["headers"]["authorization"] = f"Bearer {body(session)['token']}"
    assert tickets.handle(request, CONTEXT)["statusCode"] == 201
    again = signed_in_with(nonce, key)
    assert (again["statusCode"], body(again)["code"]) == (401, "sign_in_refused")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", "malformed"),
        ("{}", "invalid_field"),
        ('{"message":1,"signature":"0x"}', "invalid_field"),
        ('{"message":"hello","signature":"0x00"}', "invalid_field"),
    ],
)
def test_what_is_no_signed_message_is_refused(world: World, sent: str, code: str) -> None:
    del world
    answer = wallet_sessions.handle(recorded("http_api", body=sent), CONTEXT)
    assert (answer["statusCode"], body(answer)["code"]) == (400, code)


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


def test_a_socket_that_opens_and_closes_is_told_and_one_that_was_gone_is_not(world: World) -> None:
    grace = world.connect("grace")
    rooms.create(world.services, grace, CreateRoom(id="1", title="Lunch", room="lunch", members=["ada"]))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    opened, closed = recorded("connect"), recorded("disconnect")
    opened["requestContext"]["authorizer"] = {"user": "ada", "name": "Ada"}
    closed["requestContext"]["connectionId"] = opened["requestContext"]["connectionId"]
    for door, event, told in ((connect, opened, [True]), (disconnect, closed, [True, False]), (disconnect, closed, [])):
        world.services.notices.clock.pass_ms(10_000)  # type: ignore[attr-defined]  # the one in memory
        assert door.handle(event, CONTEXT)["statusCode"] == 200
        due, world.notices_queue.bodies = world.notices_queue.bodies, []
        assert len(due) == (1 if told else 0)
        for body in due:
            queued = recorded("sqs")
            queued["Records"][0]["body"] = body.decode()
            assert notices.handle(queued, CONTEXT) == {"batchItemFailures": []}
            assert [event["online"] for event in world.sockets.heard("grace-1", "presence")] == told


def test_a_room_whose_cursors_moved_is_told(world: World) -> None:
    grace = world.connect("grace")
    rooms.create(world.services, grace, CreateRoom(id="1", title="Lunch", room="lunch"))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    queued = recorded("sqs")
    template = queued["Records"][0]
    queued["Records"] = [
        {**template, "messageId": "good", "body": '{"due":"receipts","room":"lunch"}'},
        {**template, "messageId": "gone", "body": '{"due":"activity","room":"gone"}'},
        {**template, "messageId": "poison", "body": '{"due":"unknown"}'},
    ]
    assert notices.handle(queued, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert world.sockets.heard("grace-1", "receipts") == [{"type": "receipts", "room": "lunch", "readers": []}]


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
    assert world.notices_queue.bodies == [b'{"due":"activity","room":"lunch"}']


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
        "client_id": None,
        "wallet_chains": [1, 10],
        "websocket_url": "wss://chat.example/test",
        "addresses": [],
        "measured_share": 0.0,
    }


def test_health_is_degraded_when_nothing_answers_and_only_operators_are_told_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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
    health_checks.checks.cache_clear()
    issuer = BuiltInIssuer("a secret of at least thirty-two bytes")
    answer = health.handle(recorded("http_api", headers={}), CONTEXT)
    assert (answer["statusCode"], body(answer)) == (503, {"status": "degraded"})
    monkeypatch.setattr(secrets, "verifier", lambda: issuer)
    monkeypatch.setattr(wiring, "operators", lambda: Operators(frozenset({"olga"})))
    answers = {}
    for user in ("olga", "ada"):
        token = issuer.sign_in(user, wiring.SystemClock().now_ms()).token
        answers[user] = health.handle(recorded("http_api", headers={"authorization": f"Bearer {token}"}), CONTEXT)
    assert (answers["ada"]["statusCode"], body(answers["ada"])["code"]) == (403, "not_allowed")
    assert (answers["olga"]["statusCode"], len(body(answers["olga"])["checks"])) == (503, 6)
    assert "secret" not in answers["olga"]["body"]
    assert probes.LIMIT_MS <= 1_000


def test_a_message_of_a_recorded_socket_reaches_another(world: World) -> None:
    ada = world.connect("ada", connection=recorded("message")["requestContext"]["connectionId"])
    grace = world.connect("grace")
    rooms.create(world.services, ada, CreateRoom(id="1", title="Lunch", room="lunch"))
    rooms.join(world.services, grace, JoinRoom(id="1", room="lunch"))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room="lunch"))
    sent = '{"action":"send","id":"k1","room":"lunch","text":"Hello"}'
    assert body(command.handle(spoken(sent), CONTEXT))["result"]["seq"] == 1
    assert world.sockets.heard("grace-1")[0]["message"]["text"] == "Hello"
