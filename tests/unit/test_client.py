"""The signed HTTP client against a server of the loopback: retries, their budget, time limits, and silence."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from chat.aws import retries
from chat.aws.calls import Request
from chat.aws.client import ATTEMPTS, AwsClient
from chat.aws.credentials import Credentials
from chat.aws.time_left import TimeLeft
from chat.aws.transfers import AT_ONCE
from tests.unit.aws_server import Answer, Close, Hang, Received, Reset, Server, serving

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+=")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def client(server: Server) -> AwsClient:
    return AwsClient(region="eu-west-1", credentials=CREDENTIALS, endpoint_url=server.url)


def ask(server: Server, *paths: str, timeout_ms: int = 5_000) -> list[Request]:
    return [Request("x", server.url + path, b"", timeout_ms=timeout_ms) for path in paths]


def test_many_requests_run_at_once_but_not_more_than_there_are_sockets_for(client: AwsClient, server: Server) -> None:
    def answer(_: Received) -> int:
        time.sleep(0.02)
        return 200

    server.answer = answer
    paths = [f"/{number}" for number in range(200)]
    assert [answer.status for answer in client.call_all(ask(server, *paths))] == [200] * 200
    assert sorted(server.paths()) == sorted(paths)
    assert 8 < server.most_under_way <= AT_ONCE
    assert server.connections <= AT_ONCE


def test_answers_come_in_the_order_of_their_requests(client: AwsClient, server: Server) -> None:
    server.answer = lambda received: Answer(200, received.path.encode())
    paths = [f"/{number}" for number in range(100)]
    assert [answer.body.decode() for answer in client.call_all(ask(server, *paths))] == paths


def test_a_single_request_opens_a_single_connection_and_keeps_it(client: AwsClient, server: Server) -> None:
    for _ in range(5):
        assert client.call(Request("x", server.url, b"")).ok
    assert server.connections == 1


def test_one_request_goes_to_many_places(client: AwsClient, server: Server) -> None:
    request = Request("x", server.url, b"the same for all", headers=("X-Kind: news",))
    answers = client.call_each(request, [f"{server.url}/{number}" for number in range(100)])
    assert all(answer.ok for answer in answers)
    assert Counter(server.paths()) == Counter(f"/{number}" for number in range(100))
    assert {received.body for received in server.received} == {b"the same for all"}
    assert {received.headers["x-kind"] for received in server.received} == {"news"}


def test_what_a_request_had_the_next_one_on_its_connection_has_not(client: AwsClient, server: Server) -> None:
    server.answer = lambda received: Answer(200, received.body)
    assert client.call(Request("x", server.url + "/1", b"body", headers=("X-Kind: news",))).body == b"body"
    assert client.call(Request("x", server.url + "/2", method="HEAD")).body == b""
    assert client.call(Request("x", server.url + "/3", method="GET")).body == b""
    assert client.call(Request("x", server.url + "/4", b"again")).body == b"again"
    assert [received.method for received in server.received] == ["POST", "HEAD", "GET", "POST"]
    assert [received.headers.get("x-kind") for received in server.received] == ["news", None, None, None]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_answer_is_tried_again_and_only_that_one(client: AwsClient, server: Server, status: int) -> None:
    failures = iter([status, status])
    server.answer = lambda received: next(failures, 200) if received.path == "/shaky" else 200
    assert [answer.status for answer in client.call_all(ask(server, "/steady", "/shaky"))] == [200, 200]
    assert Counter(server.paths()) == {"/shaky": 3, "/steady": 1}


@pytest.mark.parametrize("busy", ["ThrottlingException", "TransactionConflictException"])
def test_a_refusal_whose_body_says_that_it_ends_by_itself_is_transient(
    client: AwsClient, server: Server, busy: str
) -> None:
    answers = iter([Answer(400, b'{"__type":"#%b"}' % busy.encode()), Answer(200)])
    server.answer = lambda _: next(answers)
    assert client.call(Request("x", server.url, b"")).ok


def test_a_refusal_is_not_tried_again(client: AwsClient, server: Server) -> None:
    server.answer = lambda _: 403
    assert client.call(Request("x", server.url, b"")).status == 403
    assert len(server.received) == 1


def test_what_keeps_failing_is_tried_so_often_and_no_more(client: AwsClient, server: Server) -> None:
    server.answer = lambda _: 503
    assert client.call(Request("x", server.url, b"")).status == 503
    assert len(server.received) == ATTEMPTS


@pytest.mark.parametrize("reaction", [Close(), Reset()])
def test_a_connection_that_breaks_during_a_request_costs_a_retry(
    client: AwsClient, server: Server, reaction: Close | Reset
) -> None:
    reactions = iter([reaction])
    server.answer = lambda received: next(reactions, 200) if received.path == "/breaks" else 200
    answers = client.call_all(ask(server, "/1", "/breaks", "/2"))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert Counter(server.paths()) == {"/1": 1, "/breaks": 2, "/2": 1}


def test_a_kept_connection_that_the_server_closed_is_opened_anew(client: AwsClient, server: Server) -> None:
    server.close_after_each = True
    assert [client.call(Request("x", server.url, b"")).status for _ in range(5)] == [200] * 5


def test_kept_connections_that_the_server_closed_all_at_once_cost_no_request(client: AwsClient, server: Server) -> None:
    paths = [f"/{number}" for number in range(100)]
    for _ in range(3):
        assert all(answer.ok for answer in client.call_all(ask(server, *paths), attempts=1))
        server.close_kept()
    assert Counter(server.paths()) == dict.fromkeys(paths, 3)
    assert server.connections >= 3


def test_a_server_that_never_answers_ends_at_the_time_limit_and_holds_nobody_else(
    client: AwsClient, server: Server
) -> None:
    server.answer = lambda received: Hang() if received.path == "/hangs" else 200
    hung, *answered = client.call_all(
        ask(server, "/hangs", *(f"/{number}" for number in range(200)), timeout_ms=2_000), attempts=1
    )
    assert (hung.status, hung.transient) == (0, True)
    assert hung.error
    assert all(answer.ok for answer in answered)
    assert max(answer.elapsed_ms for answer in answered) < hung.elapsed_ms


def test_a_retry_does_not_wait_for_others_that_hang(client: AwsClient, server: Server) -> None:
    retried = threading.Event()
    failures = iter([503])

    def answer(received: Received) -> int | Answer | Hang:
        if received.path == "/shaky":
            if next(failures, None):
                return 503
            retried.set()
            return 200
        return Answer(200) if retried.wait(10) else Hang()

    server.answer = answer
    answers = client.call_all(ask(server, "/patient", "/shaky", timeout_ms=10_000), attempts=2)
    assert [answer.status for answer in answers] == [200, 200]


def test_nothing_is_tried_past_the_time_there_is(client: AwsClient, server: Server) -> None:
    server.answer = lambda _: Hang()
    answers = client.call_all(ask(server, *(f"/{number}" for number in range(AT_ONCE + 20))), within_ms=300)
    assert [answer.status for answer in answers] == [0] * (AT_ONCE + 20)
    assert len(server.received) <= AT_ONCE
    assert {answer.error for answer in answers[-20:]} == {"no time left"}


def test_no_call_outlives_its_invocation(server: Server) -> None:
    server.answer = lambda _: Hang()
    time_left = TimeLeft()
    client = AwsClient("eu-west-1", CREDENTIALS, endpoint_url=server.url, time_left=time_left)
    time_left.begin(SimpleNamespace(get_remaining_time_in_millis=lambda: 200))
    answer = client.call(Request("x", server.url, b"", timeout_ms=60_000))
    assert (answer.status, answer.transient) == (0, True)
    time_left.begin(SimpleNamespace(get_remaining_time_in_millis=lambda: 0))
    assert client.call(Request("x", server.url, b"")).error == "no time left"
    time_left.begin(SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000))
    server.answer = lambda _: 200
    assert client.call(Request("x", server.url, b"")).ok


def test_an_outage_uses_up_the_retries_there_are(client: AwsClient, server: Server) -> None:
    server.answer = lambda _: 503
    asked = 200
    for _ in range(asked):
        assert client.call_all(ask(server, "/"), attempts=2)[0].status == 503
    assert len(server.received) == asked + retries.CAPACITY // retries.COST


def test_an_outage_of_one_service_leaves_others_their_retries(client: AwsClient, server: Server) -> None:
    server.answer = lambda received: 503 if received.path == "/down" else 200
    for _ in range(retries.CAPACITY // retries.COST + 1):
        client.call_all([Request("down", server.url + "/down", b"")], attempts=2)
    failures = iter([503])
    server.answer = lambda _: next(failures, 200)
    assert client.call(Request("up", server.url + "/up", b"")).ok


def test_nobody_listening_is_a_transient_answer() -> None:
    client = AwsClient(region="eu-west-1", credentials=CREDENTIALS)
    answer = client.call_all([Request("x", "http://127.0.0.1:9/", b"")], attempts=2)[0]
    assert (answer.status, answer.transient) == (0, True)


def test_a_name_that_does_not_resolve_is_a_transient_answer_and_holds_nobody_else(
    client: AwsClient, server: Server
) -> None:
    requests = [Request("nowhere", "http://nobody.invalid/", b""), Request("x", server.url, b"")]
    lost, answered = client.call_all(requests, attempts=1)
    assert (lost.status, lost.transient) == (0, True)
    assert lost.error
    assert answered.ok


def test_on_aws_every_service_has_its_regional_host() -> None:
    client = AwsClient(region="eu-west-1", credentials=CREDENTIALS)
    assert client.url("dynamodb") == "https://dynamodb.eu-west-1.amazonaws.com/"
