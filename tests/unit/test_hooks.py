"""Moderation hooks against a service of the loopback: what they are asked, signed how, and for how long."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.hooks import MAX_ANSWER_BYTES, HttpHook, LambdaHook, verdict_of
from chat.errors import UnavailableError
from chat.ports import ModerationHook, Posting, Verdict
from simulation.world import START_MS, ManualClock

SECRET = "a secret"
DEADLINE_MS = 300
POSTING = Posting("lunch", "ada", "Ada", "Grüße", "k1", START_MS)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:check"


@dataclass
class Service:
    """Answers as `answer` says; without one, never."""

    url: str = ""
    status: int = 200
    answer: bytes | None = b'{"verdict":"allow"}'
    headers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if service.answer is None:
                service.stopping.wait(10)
                self.close_connection = True
                return
            self.send_response(service.status)
            for name, value in {**service.headers, "Content-Length": str(len(service.answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(service.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    yield service
    service.stopping.set()
    server.shutdown()
    server.server_close()


def http_hook(service: Service) -> HttpHook:
    return HttpHook(service.url + "/check", DEADLINE_MS, lambda: SECRET, ManualClock())


def lambda_hook(service: Service) -> LambdaHook:
    return LambdaHook(AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=service.url), ARN, DEADLINE_MS)


@pytest.fixture(params=[http_hook, lambda_hook])
def hook(request: pytest.FixtureRequest, service: Service) -> ModerationHook:
    """Each kind in turn."""
    make: Callable[[Service], ModerationHook] = request.param
    return make(service)


def test_a_hook_is_asked_once_with_all_that_is_known(hook: ModerationHook, service: Service) -> None:
    assert hook.judge(POSTING) == Verdict(allowed=True)
    ((_, _, body),) = service.received
    assert json.loads(body) == {
        "version": 1,
        "room": "lunch",
        "user": "ada",
        "name": "Ada",
        "text": "Grüße",
        "command_id": "k1",
        "sent_at_ms": START_MS,
    }


def test_a_refusal_comes_with_its_reason(hook: ModerationHook, service: Service) -> None:
    service.answer = b'{"verdict":"refuse","reason":"No advertisements.","score":0.9}'
    assert hook.judge(POSTING) == Verdict(allowed=False, reason="No advertisements.")


def test_no_answer_within_the_deadline_is_no_verdict(hook: ModerationHook, service: Service) -> None:
    service.answer = None
    started_s = time.monotonic()
    assert hook.judge(POSTING) is None
    assert DEADLINE_MS / 1000 * 0.9 <= time.monotonic() - started_s < 5
    assert len(service.received) == 1


@pytest.mark.parametrize("status", [204, 301, 400, 429, 500, 503])
def test_an_http_service_that_fails_is_asked_once_and_gives_no_verdict(service: Service, status: int) -> None:
    service.status, service.headers = status, {"Location": "/elsewhere"}
    service.answer = b""
    assert http_hook(service).judge(POSTING) is None
    assert len(service.received) == 1


def test_a_service_out_of_reach_gives_no_verdict() -> None:
    assert HttpHook("http://127.0.0.1:9/", DEADLINE_MS, lambda: SECRET, ManualClock()).judge(POSTING) is None


def test_a_hook_answers_again_after_it_failed(hook: ModerationHook, service: Service) -> None:
    service.status = 500
    assert hook.judge(POSTING) is None
    service.status = 200
    assert hook.judge(POSTING) == Verdict(allowed=True)


def test_a_function_that_raised_gives_no_verdict(service: Service) -> None:
    service.answer = b'{"errorMessage":"boom","errorType":"ValueError"}'
    assert lambda_hook(service).judge(POSTING) is None


def test_a_function_is_invoked_by_its_arn(service: Service) -> None:
    lambda_hook(service).judge(POSTING)
    path = service.received[0][0]
    assert path == f"/2015-03-31/functions/{ARN.replace(':', '%3A')}/invocations"


def test_a_request_to_an_http_hook_is_signed_over_its_time_and_body(service: Service) -> None:
    http_hook(service).judge(POSTING)
    ((path, headers, body),) = service.received
    assert (path, headers["content-type"]) == ("/check", "application/json")
    at_s = START_MS // 1000
    digest = hmac.new(SECRET.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-chat-signature"] == f"t={at_s},v1={digest}"


def test_a_secret_that_can_not_be_read_is_no_verdict(service: Service) -> None:
    def unavailable() -> str:
        raise UnavailableError("no")

    assert HttpHook(service.url, DEADLINE_MS, unavailable, ManualClock()).judge(POSTING) is None
    assert service.received == []


def test_an_answer_without_an_end_is_cut_off(service: Service) -> None:
    service.answer = b'{"verdict":"allow","reason":"' + b"x" * MAX_ANSWER_BYTES + b'"}'
    assert http_hook(service).judge(POSTING) is None


@pytest.mark.parametrize(
    "answer", [b"", b"null", b"[]", b"{}", b'{"verdict":"maybe"}', b'{"verdict":true}', b"\xff", b"[" * 10_000]
)
def test_what_is_no_verdict_is_none(answer: bytes) -> None:
    assert verdict_of(answer) is None


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("  Two\n lines\x00 ", "Two lines"), ("x" * 500, "x" * 200), ("", "")],
)
def test_a_reason_is_one_line_of_printable_words(reason: str, shown: str) -> None:
    answer: dict[str, Any] = {"verdict": "refuse", "reason": reason}
    assert verdict_of(json.dumps(answer).encode()) == Verdict(allowed=False, reason=shown)
