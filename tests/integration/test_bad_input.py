"""Bad input over real sockets: each a clear error, and the socket stays open where it can."""

import asyncio
import json
import time
import uuid
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Principal
from chat.storage.connections import TicketOffice
from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, User, post, request, session_token, ticket_url

NOWHERE = f"nowhere-{uuid.uuid4().hex}"
"""A room that no test makes, not even one that makes its input up."""


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("this is not JSON", "malformed"),
        ('{"action":"send"', "malformed"),
        ("[]", "invalid_field"),
        ("7", "malformed"),
        ('{"action":"fly","id":"1"}', "unknown_action"),
        ('{"id":"1"}', "unknown_action"),
        ('{"action":"send","id":"1","text":"no room"}', "invalid_field"),
        ('{"action":"send","id":"1","room":"UPPER CASE","text":"x"}', "invalid_field"),
        (json.dumps({"action": "send", "id": "1", "room": "nowhere", "text": "x" * 9_000}), "invalid_field"),
        ('{"action":"send","id":"1","room":"nowhere","text":"hello"}', "room_not_found"),
        ('{"action":"join","id":"1","room":"nowhere"}', "room_not_found"),
        ('{"action":"history","id":"1","room":"nowhere"}', "room_not_found"),
    ],
)
async def test_a_wrong_frame_gets_an_error_and_the_socket_stays_open(sign_in: SignIn, frame: str, code: str) -> None:
    ada = await sign_in("Ada")
    reply = await ada.say(frame.replace("nowhere", NOWHERE))
    assert (reply["type"], reply["code"]) == ("error", code)
    assert reply["message"]
    assert (await ada.call("ping"))["type"] == "ack"


async def test_a_binary_frame_closes_the_socket_with_1003(sign_in: SignIn) -> None:
    """API Gateway's own answer: no function ever sees one."""
    ada = await sign_in("Ada")
    await ada.socket.send(b"\x00\x01\x02")
    assert await close_code(ada) == 1003


async def test_somebody_elses_room_is_closed_in_every_way(sign_in: SignIn, room: str) -> None:
    ada, eve = await sign_in("Ada"), await sign_in("Eve")
    await ada.call("create", title="Secret", room=room, kind="private")
    await ada.call("send", room=room, text="secret")
    answers = {
        "join": await eve.call("join", room=room),
        "subscribe": await eve.call("subscribe", room=room),
        "send": await eve.call("send", room=room, text="let me in"),
        "history": await eve.call("history", room=room),
    }
    assert {action: reply["code"] for action, reply in answers.items()} == {
        "join": "room_private",
        "subscribe": "not_a_member",
        "send": "not_a_member",
        "history": "not_a_member",
    }
    listed = await eve.list_rooms()
    assert room not in listed
    assert "secret" not in json.dumps(listed)


async def test_a_forged_identity_in_a_frame_changes_nothing(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lunch", room=room)
    forged: dict[str, Any] = {"user": "grace", "from": {"id": "grace", "name": "Grace"}, "principalId": "grace"}
    await ada.call("send", room=room, text="It's me", **forged)
    (message,) = (await ada.call("history", room=room))["result"]["messages"]
    assert message["from"] == {"id": "ada", "name": "Ada"}


async def test_a_message_of_200_kb_closes_the_socket_with_1009(sign_in: SignIn, room: str) -> None:
    ada = await sign_in("Ada")
    await ada.socket.send(json.dumps({"action": "send", "id": "1", "room": room, "text": "x" * 200_000}))
    assert await close_code(ada) == 1009


async def close_code(user: User) -> int:
    """The code that the server closes the user's socket with."""
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(user.socket.recv(), WAIT_S)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def refused(url: str) -> int:
    """The status that a handshake was refused with."""
    with pytest.raises(InvalidStatus) as refusal:
        await connect(url, open_timeout=WAIT_S, proxy=None)
    return refusal.value.response.status_code


async def test_a_ticket_opens_one_socket_only(stack: LocalStack) -> None:
    url = await asyncio.to_thread(lambda: ticket_url(stack, session_token(stack, "Ada")))
    async with connect(url, open_timeout=WAIT_S, proxy=None):
        assert await refused(url) == 403
    assert await refused(url) == 403


async def test_an_expired_ticket_opens_none(stack: LocalStack, connections_table: DynamoDbTable) -> None:
    office = TicketOffice(connections_table)
    now_ms = int(time.time() * 1000)
    office.issue("too-late", Principal("ada", "Ada"), now_ms - 1)
    office.issue("in-time", Principal("ada", "Ada"), now_ms + 60_000)
    assert await refused(f"{stack.websocket_url}?ticket=too-late") == 403
    async with connect(f"{stack.websocket_url}?ticket=in-time", open_timeout=WAIT_S, proxy=None):
        pass


async def test_a_guessed_ticket_and_no_ticket_open_none(stack: LocalStack) -> None:
    assert await refused(f"{stack.websocket_url}?ticket=guess") == 403
    assert await refused(stack.websocket_url) == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("sessions", b"{", 400, "malformed"),
        ("sessions", {}, 400, "invalid_field"),
        ("sessions", {"name": "x" * 41}, 400, "invalid_field"),
        ("tickets", {}, 401, "unauthorized"),
        ("media", {"room": "general"}, 401, "unauthorized"),
    ],
)
def test_a_wrong_request_gets_an_error_body(stack: LocalStack, path: str, body: Any, status: int, code: str) -> None:
    answer = post(f"{stack.api_url}/api/{path}", body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.body["message"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"content_type": "image/svg+xml"}, 415, "unsupported_type"),
        ({"size_bytes": 50_000_000}, 413, "too_large"),
        ({"room": "nowhere"}, 404, "room_not_found"),
        ({"room": "No Room"}, 400, "invalid_field"),
        ({"name": ""}, 400, "invalid_field"),
    ],
)
async def test_an_upload_that_will_not_be_taken_is_refused_at_once(
    stack: LocalStack, sign_in: SignIn, changes: dict[str, Any], status: int, code: str
) -> None:
    ada = await sign_in("Ada")
    wanted = {"room": "nowhere", "name": "cat.jpg", "content_type": "image/jpeg", "size_bytes": 1000, **changes}
    wanted["room"] = wanted["room"].replace("nowhere", NOWHERE)
    answer = await asyncio.to_thread(post, f"{stack.api_url}/api/media", wanted, ada.token)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_a_client_learns_where_to_connect(stack: LocalStack) -> None:
    assert request(f"{stack.api_url}/api/config").body == {
        "stage": "local",
        "sign_in": "built-in",
        "issuer": None,
        "client_id": None,
        "websocket_url": stack.websocket_url,
        "wallet_chains": [1, 11155111, 31337],
        "addresses": [],
        "measured_share": 1,
    }
