"""The resource that tells a deployment its public key: it answers, whatever happens, and the same each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from chat.aws import wiring
from chat.errors import UnavailableError
from chat.media_keys import MediaKey
from functions.media import public_key

CONTEXT = SimpleNamespace(
    function_name="public_key",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:public_key",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
SECRETS = {"arn:one": "a secret that was generated", "arn:two": "another"}


@dataclass
class CloudFormation:
    """Where answers arrive."""

    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)

    def ask(self, request: str, arn: str = "arn:one") -> dict[str, Any]:
        """What the function answers to a request."""
        event = {
            "RequestType": request,
            "ResponseURL": self.url,
            "StackId": "stack",
            "RequestId": f"{request}-1",
            "LogicalResourceId": "MediaKeyPair1",
            "ResourceProperties": {"Secret": arn},
        }
        public_key.handle(event, CONTEXT)
        return self.answers[-1]


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    waiting = CloudFormation()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            waiting.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            waiting.content_types.append(self.headers["Content-Type"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def read_secret(_client: object, arn: str) -> str:
        if arn not in SECRETS:
            raise UnavailableError("denied")
        return SECRETS[arn]

    monkeypatch.setattr(wiring, "client", lambda: None)
    monkeypatch.setattr(public_key, "read_secret", read_secret)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        waiting.url = f"http://127.0.0.1:{server.server_port}/answer"
        yield waiting
        server.shutdown()
        thread.join()


def test_the_answer_is_the_public_key_of_the_secret(cloudformation: CloudFormation) -> None:
    assert cloudformation.ask("Create") == {
        "StackId": "stack",
        "RequestId": "Create-1",
        "LogicalResourceId": "MediaKeyPair1",
        "PhysicalResourceId": "arn:one",
        "Status": "SUCCESS",
        "Data": {"PublicKey": MediaKey.made_from(SECRETS["arn:one"]).public_pem},
    }


def test_a_repeated_request_has_the_same_answer(cloudformation: CloudFormation) -> None:
    assert cloudformation.ask("Create") == cloudformation.ask("Create")


def test_another_secret_is_another_resource_with_another_key(cloudformation: CloudFormation) -> None:
    one, two = cloudformation.ask("Create"), cloudformation.ask("Update", "arn:two")
    assert one["Data"] != two["Data"]
    assert (one["PhysicalResourceId"], two["PhysicalResourceId"]) == ("arn:one", "arn:two")


def test_a_failure_is_told_without_what_is_inside(cloudformation: CloudFormation) -> None:
    answer = cloudformation.ask("Create", "arn:gone")
    assert answer["Status"] == "FAILED"
    assert "denied" not in answer["Reason"]


def test_taking_it_away_succeeds_even_when_the_secret_is_gone(cloudformation: CloudFormation) -> None:
    assert cloudformation.ask("Delete", "arn:gone")["Status"] == "SUCCESS"


def test_the_answer_has_no_content_type_since_its_address_was_signed_for_none(cloudformation: CloudFormation) -> None:
    cloudformation.ask("Create")
    assert cloudformation.content_types == [""]
