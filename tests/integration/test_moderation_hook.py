"""The operator's hook, asked by the deployed function: a Lambda function of theirs, and an HTTP service."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chat.settings import Settings
from tests.integration.deployed import find, given
from tests.integration.users import SignIn, User

SECRET = "known to the stage and to the service"

SOURCE = """
def handle(event, context):
    if "crash" in event["text"]:
        raise ValueError(event["text"])
    if "advert" in event["text"]:
        return {"verdict": "refuse", "reason": "No advertisements."}
    return {"verdict": "allow"}
"""


@pytest.fixture
def function_hook(aws: Callable[[str], Any]) -> Iterator[None]:
    """A function of the operator's that every text must pass."""
    client = aws("lambda")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hook.py", SOURCE)
    alike = find(client, "message.command")
    made = client.create_function(
        FunctionName="hook",
        Runtime=alike["Runtime"],
        Role=alike["Role"],
        Handler="hook.handle",
        Code={"ZipFile": packed.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName="hook", WaiterConfig={"Delay": 1})
    settings = Settings(
        stage="local",
        moderation_hook=made["FunctionArn"],
        moderation_deadline_ms="5000",
        moderation_failure="closed",
    )
    try:
        with given(client, "message.command", settings):
            yield
    finally:
        client.delete_function(FunctionName="hook")


@dataclass
class Service:
    """An HTTP service of the operator's; without an answer it says nothing until it is stopped."""

    url: str = ""
    answer: bytes | None = b'{"verdict":"allow"}'
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def service(aws: Callable[[str], Any]) -> Iterator[Service]:
    """A service that is asked about each text and whose silence lets one through."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append((self.headers["X-Chat-Signature"], body))
            if service.answer is None:
                service.stopping.wait(30)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(service.answer)))
            self.end_headers()
            self.wfile.write(service.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}/check"
    secrets = aws("secretsmanager")
    secret = secrets.create_secret(Name="hook", SecretString=SECRET)["ARN"]
    settings = Settings(
        stage="local",
        moderation_hook=service.url,
        moderation_deadline_ms="1000",
        moderation_failure="open",
        moderation_secret_arn=secret,
    )
    try:
        with given(aws("lambda"), "message.command", settings):
            yield service
    finally:
        service.stopping.set()
        server.shutdown()
        server.server_close()
        secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


async def say(user: User, room: str, text: str) -> dict[str, Any]:
    """The reply to one message."""
    return await user.call("send", room=room, text=text)


@pytest.mark.usefixtures("function_hook")
async def test_a_function_is_asked_about_messages_and_edits_and_nothing_is_taken_without_it(
    sign_in: SignIn, room: str
) -> None:
    ada, bob = await sign_in("Ada"), await sign_in("Bob")
    await ada.call("create", title="Hook", room=room, members=["bob"])
    await bob.call("subscribe", room=room)
    taken = await say(ada, room, "hello")
    assert taken["type"] == "ack", taken
    refused = await say(ada, room, "an advert")
    assert (refused["code"], refused["message"], refused["temporary"]) == (
        "message_refused",
        "No advertisements.",
        False,
    )
    edited = await ada.call("edit", room=room, seq=taken["result"]["seq"], text="an advert after all")
    assert edited["code"] == "message_refused"
    without = await say(ada, room, "crash")
    assert (without["code"], without["temporary"], without["retry_after_ms"]) == ("unavailable", True, 2_000)
    assert (await say(ada, room, "hello again"))["result"]["seq"] == 2
    assert [(await bob.event("message"))["message"]["text"] for _ in range(2)] == ["hello", "hello again"]


async def test_a_service_is_sent_signed_requests_and_its_silence_lets_a_text_through_after_the_deadline(
    sign_in: SignIn, room: str, service: Service
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Hook", room=room)
    assert (await say(ada, room, "hello"))["type"] == "ack"
    ((header, body),) = service.asked
    parts = dict(part.split("=", 1) for part in header.split(","))
    digest = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(digest, parts["v1"])
    assert (json.loads(body)["room"], json.loads(body)["user"], json.loads(body)["text"]) == (room, "ada", "hello")

    service.answer = b'{"verdict":"refuse","reason":"Not here."}'
    refused = await say(ada, room, "again")
    assert (refused["code"], refused["message"]) == ("message_refused", "Not here.")

    service.answer = None
    assert (await say(ada, room, "nobody says anything"))["type"] == "ack"
    assert len(service.asked) == 3
