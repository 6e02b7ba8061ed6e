"""The functions behind HTTP without a socket, on a recorded request, with a stage in memory behind them."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chat.aws import secrets, wiring
from chat.tokens import BuiltInIssuer
from functions.message import http_command, http_events
from simulation.world import World

RECORDED = Path(__file__).parent / "events" / "http_api.json"
CONTEXT = SimpleNamespace(
    function_name="chat",
    memory_limit_in_mb=256,
    invoked_function_arn="arn",
    aws_request_id="c6af9ac6",
    get_remaining_time_in_millis=lambda: 15_000,
)
ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    built: dict[str, Any] = {
        "services": world.services,
        "rooms": world.services.rooms,
        "members": world.services.members,
        "messages": world.services.messages,
        "changes": world.services.changes,
        "clock": world.clock,
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(wiring, "pause", world.clock.pass_ms)
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    return world


def request(user: str | None, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {**json.loads(RECORDED.read_text()), **changes}
    event["headers"] = {**event["headers"], **changes.get("headers", {})}
    # Signed by today's clock, which is the one that tokens are held against.
    session = ISSUER.sign_in(user, wiring.SystemClock().now_ms()) if user else None
    event["headers"]["authorization"] = f"Bearer {session.token}" if session else "Bearer forged"
    return event


def post(user: str | None, frame: Any, **changes: Any) -> tuple[int, Any]:
    answer = http_command.handle(request(user, body=json.dumps(frame), **changes), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def get(user: str | None, rooms: str | None, *, last_event_id: str = "", **query: str) -> dict[str, Any]:
    parameters = {**({} if rooms is None else {"rooms": rooms}), **query}
    headers = {"last-event-id": last_event_id} if last_event_id else {}
    return http_events.handle(request(user, queryStringParameters=parameters, headers=headers), CONTEXT)


CREATE = {"action": "create", "id": "1", "title": "Lunch", "room": "lunch"}
SEND = {"action": "send", "id": "k1", "room": "lunch", "text": "Hello"}


def test_a_frame_is_answered_as_on_a_socket(world: World) -> None:
    status, replies = post("Ada", [CREATE, SEND, SEND, {"action": "dance", "id": "2"}])
    assert status == 200
    assert [reply["type"] for reply in replies] == ["ack", "ack", "ack", "error"]
    assert [reply["result"]["seq"] for reply in replies[1:3]] == [1, 1]
    status, reply = post("Ada", {"action": "hello", "id": "3"})
    assert reply["result"]["user"] == {"id": "ada", "name": "Ada"}
    assert reply["result"]["connection"].startswith("http.")
    assert world.connections_table.items == {}


def test_a_body_in_base64_is_the_same_frame(world: World) -> None:
    del world
    encoded = base64.b64encode(json.dumps({"action": "ping", "id": "1"}).encode()).decode()
    answer = http_command.handle(request("Ada", body=encoded, isBase64Encoded=True), CONTEXT)
    assert json.loads(answer["body"])["type"] == "ack"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 200, "malformed"),
        ("[]", 200, "invalid_field"),
        (json.dumps([{"action": "ping", "id": "1"}] * 21), 200, "invalid_field"),
        ('"' + "x" * 128 * 1024 + '"', 413, "too_large"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_body_that_is_no_frame_is_refused(body: str, status: int, code: str) -> None:
    answer = http_command.handle(request("Ada", body=body), CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)


@pytest.mark.usefixtures("world")
def test_without_a_valid_token_nothing_is_done() -> None:
    assert post(None, CREATE)[0] == 401
    assert get(None, "lunch")["statusCode"] == 401


@pytest.mark.usefixtures("world")
def test_what_was_sent_is_streamed_and_resumed_by_the_last_id() -> None:
    post("Ada", [CREATE, SEND])
    first = get("Ada", "lunch:0")
    assert first["headers"] == {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
    assert "id: lunch:1:0\nevent: message\ndata: " in first["body"]
    post("Ada", [{**SEND, "id": "k2"}, {"action": "edit", "id": "k3", "room": "lunch", "seq": 1, "text": "Hello!"}])
    second = get("Ada", "lunch:0", last_event_id="lunch:1:0")
    assert [line for line in second["body"].splitlines() if not line.startswith("data: ")] == [
        *("retry: 250", "id: lunch:1:0", ""),
        *("id: lunch:2:0", "event: message", ""),
        *("id: lunch:2:1", "event: message_changed", ""),
    ]


@pytest.mark.parametrize(("wait_s", "waited_ms"), [("0", 0), ("7", 7_000), (None, 20_000)])
def test_a_client_says_how_long_it_waits(world: World, wait_s: str | None, waited_ms: int) -> None:
    post("Ada", CREATE)
    before_ms = world.clock.now_ms()
    answer = get("Ada", "lunch", **({} if wait_s is None else {"wait_s": wait_s}))
    assert (answer["statusCode"], answer["body"]) == (200, "retry: 250\nid: lunch:0:0\n\n")
    assert world.clock.now_ms() - before_ms == waited_ms


@pytest.mark.parametrize(
    ("user", "rooms", "query", "status", "code"),
    [
        ("Ada", None, {}, 400, "invalid_field"),
        ("Ada", "LUNCH", {}, 400, "invalid_field"),
        ("Ada", "lunch:0:0:0", {}, 400, "invalid_field"),
        ("Ada", "lunch", {"wait_s": "21"}, 400, "invalid_field"),
        ("Ada", "lunch", {"wait_s": "-1"}, 400, "invalid_field"),
        ("Ada", "lunch", {"wait_s": "9" * 5_000}, 400, "invalid_field"),
        ("Ada", "lunch", {"last_event_id": "rubbish!"}, 400, "invalid_field"),
        ("Ada", "nowhere", {}, 404, "room_not_found"),
        ("Eve", "lunch", {}, 403, "not_a_member"),
    ],
)
@pytest.mark.usefixtures("world")
def test_a_stream_that_can_not_be_given_says_why(
    user: str, rooms: str | None, query: dict[str, str], status: int, code: str
) -> None:
    post("Ada", CREATE)
    answer = get(user, rooms, **query)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)
