"""Any input to the deployed stack, over a real socket and real HTTP: an answer of ours comes, and life goes on.

What the input is made of, and that no function has a fault of its own, stands in `tests.unit.test_any_input`; here it
comes through the gateway, the routes, the authorizer and DynamoDB.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from chat.media import UploadRequest
from functions.connect import sessions, wallet_sessions
from local.stack import LocalStack
from tests.integration.users import EVENTS, WAIT_S, session_token, ticket_url
from tests.unit import nearly_right
from tests.unit.test_any_input import INSIDE

FRAME_BYTES = 32 * 1024
"""A longer one closes the socket: `tests.gateway.test_limits`."""

SETTINGS = settings(max_examples=40, deadline=None, database=None)

text_frames = st.one_of(*[nearly_right.frames] * 9, st.text(min_size=1)).filter(
    lambda frame: isinstance(frame, str) and 0 < len(frame.encode()) <= FRAME_BYTES
)
"""A binary frame closes the socket: `tests.integration.test_bad_input`."""

ascii_words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def ask(socket: ClientConnection, frame: str) -> Any:
    """The reply to a frame: what comes first and is no event."""
    socket.send(frame)
    while True:
        reply = json.loads(socket.recv(timeout=WAIT_S))
        if isinstance(reply, list) or reply.get("type") not in EVENTS:
            return reply


def require_ours(reply: dict[str, Any]) -> None:
    """The reply is an ack, or an error in words for clients."""
    assert reply["type"] in {"ack", "error"}, reply
    if reply["type"] == "error":
        assert reply["code"] not in {"internal", "unavailable"}, reply
        assert not INSIDE.search(reply["message"]), reply


def test_every_text_frame_gets_one_reply_and_the_socket_stays_open(stack: LocalStack) -> None:
    url = ticket_url(stack, session_token(stack, "Frieda"))
    with connect(url, open_timeout=WAIT_S, proxy=None, max_size=None) as socket:
        made = {"action": "create", "title": "Lunch", "members": ["bob", "eve"]}
        for room in ("lunch", "attic"):
            ask(socket, json.dumps({**made, "id": f"make-{room}", "room": room}))
        for number in range(3):
            ask(socket, json.dumps({"action": "send", "id": f"say-{number}", "room": "lunch", "text": "hello"}))

        @settings(SETTINGS, max_examples=150)
        @given(text_frames)
        def say(frame: str) -> None:
            reply = ask(socket, frame)
            for each in reply if isinstance(reply, list) else [reply]:
                require_ours(each)

        say()
        assert ask(socket, '{"action":"ping","id":"the last"}')["id"] == "the last"


def fetch(url: str, method: str, body: bytes | None, token: str | None) -> tuple[int, str]:
    """Status and text of an answer, whatever they are."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    prepared = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - http of ours
    try:
        with urllib.request.urlopen(prepared, timeout=WAIT_S) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


bodies = {
    "sessions": nearly_right.objects(sessions.SignIn),
    "tickets": nearly_right.anything,
    "wallet/nonces": nearly_right.anything,
    "wallet/sessions": nearly_right.objects(wallet_sessions.SignedMessage),
    "commands": nearly_right.commands,
    "media": nearly_right.objects(UploadRequest),
}


@pytest.mark.parametrize("path", bodies)
def test_every_request_gets_an_answer_of_ours(stack: LocalStack, path: str) -> None:
    token = session_token(stack, "Frieda")
    near = bodies[path].map(json.dumps).map(str.encode)

    @settings(SETTINGS)
    @given(nearly_right.mostly(near, st.binary()), nearly_right.mostly(st.just(token), ascii_words | st.none()))
    def send(body: bytes, bearer: str | None) -> None:
        status, text = fetch(f"{stack.api_url}/api/{path}", "POST", body, bearer)
        assert status < 500, text
        answered = json.loads(text)
        for each in answered if isinstance(answered, list) else [answered]:
            if "code" in each:
                require_ours({"type": "error", **each})

    send()


def test_every_request_for_a_stream_gets_an_answer_of_ours(stack: LocalStack) -> None:
    token = session_token(stack, "Frieda")
    rooms = nearly_right.mostly(st.sampled_from(["lunch", "lunch:0", "lunch:1,attic:9", "nowhere"]), st.text())
    waits = nearly_right.mostly(st.just("0"), st.text(st.characters(exclude_categories=["Cs", "Nd"])))

    @settings(SETTINGS)
    @given(rooms, waits, nearly_right.mostly(st.just(token), ascii_words))
    def listen(room: str, wait_s: str, bearer: str) -> None:
        query = urlencode({"rooms": room, "wait_s": wait_s})
        status, text = fetch(f"{stack.api_url}/api/events?{query}", "GET", None, bearer)
        assert status < 500, text
        if status != 200:
            require_ours({"type": "error", **json.loads(text)})

    listen()
