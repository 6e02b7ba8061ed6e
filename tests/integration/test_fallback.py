"""Without a socket: commands by POST, messages as Server-Sent Events, by a client that knows HTTP only."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.stack import LocalStack
from tests.integration.users import WAIT_S, SignIn, post, session_token


@dataclass
class HttpClient:
    """Somebody signed in who has nothing but HTTP."""

    api_url: str
    token: str
    last_id: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)

    def call(self, *commands: dict[str, Any]) -> list[dict[str, Any]]:
        """The replies to a list of commands, or to one."""
        answer = post(f"{self.api_url}/api/commands", commands[0] if len(commands) == 1 else commands, self.token)
        assert answer.status == 200, answer
        replies: Any = answer.body
        return replies if isinstance(replies, list) else [replies]

    def listen(self, rooms: str, wait_s: int = 20) -> str:
        """One request to the stream; keeps its frames and its last id. Returns its content type."""
        url = f"{self.api_url}/api/events?rooms={rooms}&wait_s={wait_s}"
        headers = {"authorization": f"Bearer {self.token}"}
        if self.last_id:
            headers["last-event-id"] = self.last_id
        prepared = urllib.request.Request(url, headers=headers)  # noqa: S310 - http of ours
        with urllib.request.urlopen(prepared, timeout=WAIT_S + wait_s) as answer:  # noqa: S310
            for line in answer.read().decode().splitlines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "data":
                    self.heard.append(json.loads(value))
            return str(answer.headers["content-type"])

    @property
    def numbers(self) -> list[int]:
        return [frame["message"]["seq"] for frame in self.heard if frame["type"] == "message"]

    @property
    def changes(self) -> list[tuple[int, int]]:
        """Numbers and revs of changed messages."""
        messages = [frame["message"] for frame in self.heard if frame["type"] == "message_changed"]
        return [(message["seq"], message["rev"]) for message in messages]


def signed_in(stack: LocalStack, name: str) -> HttpClient:
    return HttpClient(stack.api_url, session_token(stack, name))


def send(room: str, number: int) -> dict[str, Any]:
    return {"action": "send", "id": f"{room}-{number}", "room": room, "text": f"number {number}"}


def test_two_clients_without_sockets_talk_and_resume_without_loss(stack: LocalStack, room: str) -> None:
    ada, grace = signed_in(stack, "Ada"), signed_in(stack, "Grace")
    made = {"action": "create", "id": f"make-{room}", "title": "Lunch", "room": room, "members": ["grace"]}
    assert [reply["type"] for reply in ada.call(made, send(room, 1))] == ["ack", "ack"]
    (subscribed,) = grace.call({"action": "subscribe", "id": "s", "room": room, "after": 0})
    assert [message["seq"] for message in subscribed["result"]["messages"]] == [1]

    assert grace.listen(f"{room}:1", wait_s=0) == "text/event-stream; charset=utf-8"
    assert (grace.heard, grace.last_id) == ([], f"{room}:1:0")
    ada.call(*(send(room, number) for number in range(2, 22)))
    grace.listen(room)
    resumed_from = grace.last_id
    for start in range(22, 142, 20):
        ada.call(*(send(room, number) for number in range(start, start + 20)))
    while len(grace.heard) < 140:
        grace.listen(room)
    assert grace.numbers == list(range(2, 142))

    again = HttpClient(stack.api_url, grace.token, resumed_from)
    again.listen(room, wait_s=0)
    assert again.numbers[0] == int(resumed_from.split(":")[1]) + 1
    # A command whose reply was lost is sent again and keeps its number.
    (repeated,) = ada.call(send(room, 5))
    assert repeated["result"]["seq"] == 5


def test_what_becomes_of_messages_is_heard_without_a_socket(stack: LocalStack, room: str) -> None:
    ada, grace = signed_in(stack, "Ada"), signed_in(stack, "Grace")
    made = {"action": "create", "id": f"make-{room}", "title": "Lunch", "room": room, "members": ["grace"]}
    ada.call(made, send(room, 1), send(room, 2), send(room, 3))
    (subscribed,) = grace.call({"action": "subscribe", "id": "s", "room": room})
    place = f"{room}:{subscribed['result']['last_seq']}:{subscribed['result']['last_rev']}"
    about = {"room": room, "seq": 2}
    replies = ada.call(
        {"action": "edit", "id": f"{room}-e", "room": room, "seq": 1, "text": "edited"},
        {"action": "pin", "id": f"{room}-p", **about},
        {"action": "delete", "id": f"{room}-d", "room": room, "seq": 3},
    )
    assert [reply["type"] for reply in replies] == ["ack"] * 3
    grace.call({"action": "react", "id": f"{room}-r", **about, "emoji": "👍"})
    while not grace.last_id.endswith(":4"):
        grace.listen(place)
    assert (grace.numbers, grace.changes) == ([], [(1, 1), (3, 3), (2, 4)])
    edited, deleted, marked = (frame["message"] for frame in grace.heard)
    assert (edited["text"], edited["version"], deleted["kind"]) == ("edited", 2, "deleted")
    assert (marked["pinned"], marked["reactions"]) == (True, [{"emoji": "👍", "count": 1}])


def test_somebody_outside_gets_nothing(stack: LocalStack, room: str) -> None:
    ada, eve = signed_in(stack, "Ada"), signed_in(stack, "Eve")
    ada.call({"action": "create", "id": f"make-{room}", "title": "Lunch", "room": room, "kind": "private"})
    for client, status in ((eve, 403), (HttpClient(stack.api_url, "forged"), 401)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            client.listen(room, wait_s=0)
        assert refused.value.code == status


async def test_a_waiting_stream_hears_what_is_sent_on_a_socket_and_a_socket_what_is_sent_over_http(
    stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    grace = await asyncio.to_thread(signed_in, stack, "Grace")
    await ada.call("create", title="Lunch", room=room, members=["grace"])
    await ada.call("subscribe", room=room)
    waiting = asyncio.create_task(asyncio.to_thread(grace.listen, f"{room}:0"))
    await asyncio.sleep(1)
    assert (await ada.call("send", room=room, text="over the socket"))["type"] == "ack"
    await waiting
    assert [frame["message"]["text"] for frame in grace.heard] == ["over the socket"]
    await asyncio.to_thread(grace.call, send(room, 1))
    assert (await ada.event("message"))["message"]["text"] == "number 1"
