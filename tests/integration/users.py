"""Users of the running stack, and requests to it, by clients that are not ours."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, get_args

from websockets.asyncio.client import ClientConnection

from chat.protocol import AnyEvent
from local.stack import LocalStack

EVENTS = {str(event.__struct_config__.tag) for event in get_args(AnyEvent)}
WAIT_S = 30
"""A function's first call starts its process."""


@dataclass(frozen=True)
class HttpAnswer:
    """Status and JSON body of an answer."""

    status: int
    body: dict[str, Any]


def request(url: str, *, method: str = "GET", body: Any = None, token: str | None = None) -> HttpAnswer:
    """Any answer, whatever its status. A `bytes` body goes as it is, any other as JSON."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    prepared = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - http of ours
    try:
        with urllib.request.urlopen(prepared, timeout=WAIT_S) as answer:  # noqa: S310
            return HttpAnswer(answer.status, json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        return HttpAnswer(error.code, json.loads(error.read()))


def post(url: str, body: Any = None, token: str | None = None) -> HttpAnswer:
    """A POST; without a body an empty object."""
    return request(url, method="POST", body={} if body is None else body, token=token)


@dataclass
class User:
    """One signed-in user with one open socket."""

    name: str
    token: str
    socket: ClientConnection
    events: list[dict[str, Any]] = field(default_factory=list)

    async def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """The reply frame to one command; events that come first are kept in `events`."""
        command_id = fields.pop("id", None) or uuid.uuid4().hex
        return await self.say(json.dumps({"action": action, "id": command_id, **fields}))

    async def say(self, frame: str | bytes) -> dict[str, Any]:
        """The next frame that holds no events; events come one by one or, in a hot room, as a list."""
        await self.socket.send(frame)
        while True:
            reply = await self.receive()
            several = reply if isinstance(reply, list) else [reply]
            if any(each.get("type") not in EVENTS for each in several):
                return reply
            self.events += several

    async def say_list(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The replies to several commands in one frame."""
        replies: Any = await self.say(json.dumps(commands))
        assert isinstance(replies, list), replies
        return replies

    async def receive(self) -> dict[str, Any]:
        """The next frame of the socket, whatever it is."""
        reply: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), WAIT_S))
        return reply

    async def event(self, *kinds: str) -> dict[str, Any]:
        """The next event, of one of the kinds where any are given; others are passed over."""
        while True:
            if not self.events:
                frame = await self.receive()
                self.events += frame if isinstance(frame, list) else [frame]
            event = self.events.pop(0)
            if not kinds or event.get("type") in kinds:
                return event

    async def list_rooms(self) -> dict[str, dict[str, Any]]:
        """All rooms of the user's list by id, page after page."""
        listed: dict[str, dict[str, Any]] = {}
        after: dict[str, str] = {}
        while True:
            page = (await self.call("rooms", **after))["result"]
            listed |= {each["room"]: each for each in page["rooms"]}
            if not page.get("after"):
                return listed
            after = {"after": page["after"]}

    async def enter(self, room: str) -> dict[str, Any]:
        """Joins and subscribes."""
        assert (await self.call("join", room=room))["type"] == "ack"
        reply = await self.call("subscribe", room=room)
        assert reply["type"] == "ack", reply
        return reply


SignIn = Callable[[str], Awaitable[User]]


def session_token(stack: LocalStack, name: str) -> str:
    """A session of the built-in issuer."""
    answer = post(f"{stack.api_url}/api/sessions", {"name": name})
    assert answer.status == 201, answer
    return str(answer.body["token"])


def ticket_url(stack: LocalStack, token: str) -> str:
    """Where a socket opens with a new ticket."""
    answer = post(f"{stack.api_url}/api/tickets", token=token)
    assert answer.status == 201, answer
    return f"{answer.body['url']}?ticket={answer.body['ticket']}"
