"""The signed HTTP client against a server of the loopback: signatures, retries, and answers that never come."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from freezegun import freeze_time

from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.sockets import ApiGatewaySockets
from chat.aws.transfers import SOCKETS
from chat.ports import Outcome


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Answers as `answer` says (None: never) and remembers what it was asked."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int | None] = lambda _: 200
    under_way: int = 0
    most_under_way: int = 0
    close_after_each: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            received = Received(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with state.lock:
                state.received.append(received)
                state.under_way += 1
                state.most_under_way = max(state.most_under_way, state.under_way)
            status = state.answer(received)
            with state.lock:
                state.under_way -= 1
            if status is None:
                state.stopping.wait(10)
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = state.close_after_each

        do_GET = do_POST = do_HEAD = handle_any  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 2 * SOCKETS  # all of a client's connections may arrive in one go

    httpd = Listener(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.stopping.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+=")


@pytest.fixture
def client(server: Server) -> AwsClient:
    return AwsClient(region="eu-west-1", credentials=CREDENTIALS, endpoint_url=server.url)


def expected_signature(received: Received, url: str, service: str) -> str:
    """What botocore signs for the same request at the same second."""
    signed = received.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    headers = {name: received.headers[name] for name in signed if name not in {"host", "x-amz-date"}}
    headers.pop("x-amz-security-token")
    request = AWSRequest(method=received.method, url=url + received.path, data=received.body, headers=headers)
    credentials = BotoCredentials(CREDENTIALS.access_key, CREDENTIALS.secret_key, CREDENTIALS.session_token)
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "eu-west-1")
    at = datetime.strptime(received.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with freeze_time(at):
        auth.add_auth(request)
    return str(request.headers["Authorization"]).split("Signature=")[1]


@pytest.mark.parametrize(
    ("service", "method", "path", "headers"),
    [
        (
            "dynamodb",
            "POST",
            "/",
            ("Content-Type: application/x-amz-json-1.0", "X-Amz-Target: DynamoDB_20120810.Query"),
        ),
        ("execute-api", "POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D", ("Content-Type: application/json",)),
        (
            "s3",
            "HEAD",
            "/bucket",
            ("X-Amz-Content-Sha256: " + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",),
        ),
        ("sns", "POST", "/", ("Content-Type: application/x-www-form-urlencoded",)),
        (
            "ssm",
            "POST",
            "/",
            ("Content-Type: application/x-amz-json-1.1", "X-Amz-Target: AmazonSSM.GetParameter"),
        ),
        (
            "lambda",
            "POST",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Acheck/invocations",
            (),
        ),
    ],
)
def test_the_signature_is_botocores(
    client: AwsClient, server: Server, service: str, method: str, path: str, headers: tuple[str, ...]
) -> None:
    body = None if method == "HEAD" else '{"text":"Grüße"}'.encode()
    assert client.call(Request(service, server.url + path, body, method=method, headers=headers)).ok
    (received,) = server.received
    assert received.path == path
    assert received.headers["x-amz-security-token"] == CREDENTIALS.session_token
    signature = received.headers["authorization"].split("Signature=")[1]
    assert signature == expected_signature(received, server.url, service)


def test_many_requests_run_at_once_but_not_more_than_there_are_sockets(client: AwsClient, server: Server) -> None:
    def answer(_: Received) -> int:
        time.sleep(0.02)
        return 200

    server.answer = answer
    answers = client.call_all([Request("x", server.url + f"/{number}", b"") for number in range(150)])
    assert [answer.status for answer in answers] == [200] * 150
    assert sorted(received.path for received in server.received) == sorted(f"/{number}" for number in range(150))
    assert 8 < server.most_under_way <= SOCKETS


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_answer_is_tried_again_and_only_that_one(client: AwsClient, server: Server, status: int) -> None:
    failures = iter([status, status])

    def answer(received: Received) -> int:
        return next(failures, 200) if received.path == "/shaky" else 200

    server.answer = answer
    answers = client.call_all([Request("x", server.url + path, b"") for path in ("/steady", "/shaky")])
    assert [answer.status for answer in answers] == [200, 200]
    assert [received.path for received in server.received].count("/shaky") == 3
    assert [received.path for received in server.received].count("/steady") == 1


def test_a_refusal_is_not_tried_again(client: AwsClient, server: Server) -> None:
    server.answer = lambda _: 403
    assert client.call(Request("x", server.url, b"")).status == 403
    assert len(server.received) == 1


def test_a_kept_connection_that_the_server_closed_is_opened_anew(client: AwsClient, server: Server) -> None:
    server.close_after_each = True
    assert [client.call(Request("x", server.url, b"")).status for _ in range(5)] == [200] * 5


def test_a_server_that_never_answers_ends_at_the_time_limit_and_holds_nobody_else(
    client: AwsClient, server: Server
) -> None:
    server.answer = lambda received: None if received.path == "/hangs" else 200
    requests = [Request("x", server.url + path, b"", timeout_ms=300) for path in ("/hangs", "/answers")]
    hung, answered = client.call_all(requests, attempts=1)
    assert (hung.status, hung.transient) == (0, True)
    assert hung.error
    assert answered.ok


def test_nobody_listening_is_a_transient_answer() -> None:
    client = AwsClient(region="eu-west-1", credentials=CREDENTIALS)
    answer = client.call_all([Request("x", "http://127.0.0.1:9/", b"")], attempts=2)[0]
    assert (answer.status, answer.transient) == (0, True)


def test_posts_say_for_each_connection_what_became_of_it(client: AwsClient, server: Server) -> None:
    statuses = {"gone": 410, "large": 413, "busy": 429, "fine": 200}
    server.answer = lambda received: statuses[received.path.rsplit("/", 1)[1].removesuffix("%3D")]
    sockets = ApiGatewaySockets(client, server.url + "/prod")
    assert sockets.post(["gone=", "large=", "busy=", "fine="], b"{}") == {
        "gone=": Outcome.GONE,
        "large=": Outcome.TOO_LARGE,
        "busy=": Outcome.FAILED,
        "fine=": Outcome.DELIVERED,
    }


@pytest.mark.parametrize(("retry", "attempts"), [(True, 3), (False, 1)])
def test_a_throttled_post_is_tried_again_unless_it_may_be_lost(
    client: AwsClient,
    server: Server,
    retry: bool,  # noqa: FBT001
    attempts: int,
) -> None:
    asked: list[str] = []

    def throttle(received: Received) -> int:
        asked.append(received.path)
        return 429

    server.answer = throttle
    sockets = ApiGatewaySockets(client, server.url + "/prod")
    assert sockets.post(["busy"], b"{}", retry=retry) == {"busy": Outcome.FAILED}
    assert len(asked) == attempts


def test_on_aws_every_service_has_its_regional_host() -> None:
    client = AwsClient(region="eu-west-1", credentials=CREDENTIALS)
    assert client.url("dynamodb") == "https://dynamodb.eu-west-1.amazonaws.com/"
