"""Topic and queue over HTTP: how many go in a call, and what becomes of each, against a service of the loopback."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.queues import BATCH_BYTES, SnsTopic, SqsQueue
from chat.errors import UnavailableError
from chat.ports import Event


@dataclass
class Service:
    """Takes what it is sent, but for messages with a word in them, and calls that it is told to fail."""

    url: str = ""
    calls: list[dict[str, list[str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    status: int = 200

    def answer(self, body: bytes) -> bytes:
        self.bodies.append(body)
        if body.startswith(b"{"):
            entries = json.loads(body)["Entries"]
            return json.dumps({"Failed": [entry for entry in entries if "poison" in entry["MessageBody"]]}).encode()
        form = parse_qs(body.decode())
        self.calls.append(form)
        taken, refused = "", ""
        for name, (value,) in form.items():
            if number := re.fullmatch(r"PublishBatchRequestEntries\.member\.(\d+)\.Message", name):
                (entry_id,) = form[f"PublishBatchRequestEntries.member.{number[1]}.Id"]
                entry = f"<member><Id>{entry_id}</Id></member>"
                taken, refused = (taken, refused + entry) if "poison" in value else (taken + entry, refused)
        result = f"<Successful>{taken}</Successful><Failed>{refused}</Failed>"
        return (
            f"<PublishBatchResponse><PublishBatchResult>{result}</PublishBatchResult></PublishBatchResponse>".encode()
        )


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = service.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    yield service
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(service: Service) -> AwsClient:
    return AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=service.url)


def event(text: str, kind: str = "text") -> Event:
    return Event("MessagePosted", "lunch", text.encode(), kind)


def test_ten_events_are_one_call_and_all_are_taken(client: AwsClient, service: Service) -> None:
    assert SnsTopic(client, "arn").publish([event(str(number)) for number in range(25)]) == [True] * 25
    assert len(service.calls) == 3


def test_events_can_be_filtered_by_name_room_and_kind(client: AwsClient, service: Service) -> None:
    SnsTopic(client, "arn").publish([event("hello", "image"), event("bye", "")])
    form = service.calls[0]
    values = [form[name][0] for name in sorted(form) if name.endswith("StringValue")]
    assert values == ["MessagePosted", "lunch", "image", "MessagePosted", "lunch"]


def test_an_event_that_a_batch_refuses_is_told_apart_from_those_that_it_takes(client: AwsClient) -> None:
    texts = [*"abcdefghijk", "poison", "l"]
    assert SnsTopic(client, "arn").publish([event(text) for text in texts]) == [text != "poison" for text in texts]


def test_of_a_call_that_fails_no_event_is_taken(client: AwsClient, service: Service) -> None:
    service.status = 400
    assert SnsTopic(client, "arn").publish([event("a"), event("b")]) == [False, False]


def test_an_answer_that_is_none_takes_nothing(client: AwsClient, service: Service) -> None:
    service.answer = lambda body: b"<html>"  # type: ignore[method-assign]  # noqa: ARG005
    assert SnsTopic(client, "arn").publish([event("a")]) == [False]


def test_no_call_is_larger_than_the_services_take(client: AwsClient, service: Service) -> None:
    large = "x" * (BATCH_BYTES // 3)
    SnsTopic(client, "arn").publish([event(large) for _ in range(7)])
    SqsQueue(client, "url").send([large.encode() for _ in range(7)])
    assert len(service.calls) == 3
    assert len(service.bodies) == 6
    assert all(len(body) < 256 * 1024 for body in service.bodies)


def test_a_queue_that_refuses_one_body_says_so(client: AwsClient) -> None:
    with pytest.raises(UnavailableError):
        SqsQueue(client, "url").send([b"a", b"poison"])
