"""Connections over TLS: as many as there is use for over HTTP/1.1, shared over HTTP/2, and none kept that hangs."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from chat.aws import transfers
from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.transfers import AT_ONCE, SOCKETS
from loadtest.stub.certificates import Authority, make_authority
from tests.unit.aws_server import (
    Answer,
    Close,
    Hang,
    Reaction,
    Received,
    Reset,
    Server,
    serving,
)
from tests.unit.http2_server import serving_http2

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+=")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def client(authority: Authority) -> AwsClient:
    return AwsClient("eu-west-1", CREDENTIALS, certificates=str(authority.certificate))


@pytest.fixture
def http1(authority: Authority) -> Iterator[Server]:
    with serving(authority.context("http/1.1")) as server:
        yield server


@pytest.fixture
def http2(authority: Authority) -> Iterator[Server]:
    with serving_http2(authority.context("h2", "http/1.1")) as server:
        yield server


def ask(server: Server, *paths: str, timeout_ms: int = 5_000) -> list[Request]:
    return [Request("x", server.url + path, b"a frame", timeout_ms=timeout_ms) for path in paths]


MANY = [f"/{number}" for number in range(300)]


def test_a_certificate_of_nobody_known_is_refused(http1: Server) -> None:
    stranger = AwsClient("eu-west-1", CREDENTIALS)
    answer = stranger.call_all(ask(http1, "/"), attempts=1)[0]
    assert (answer.status, answer.transient) == (0, True)
    assert "certificate" in answer.error
    assert http1.received == []


def test_over_http1_connections_grow_with_the_load_and_are_kept(client: AwsClient, http1: Server) -> None:
    assert client.call_all(ask(http1, "/first"))[0].ok
    assert http1.connections == 1
    assert all(answer.ok for answer in client.call_all(ask(http1, *MANY)))
    grown = http1.connections
    assert 1 < grown <= AT_ONCE
    assert all(answer.ok for answer in client.call_all(ask(http1, *MANY[:grown])))
    assert http1.connections == grown


def test_no_more_connections_are_kept_than_allowed_whatever_they_lead_to(
    client: AwsClient, authority: Authority
) -> None:
    with serving(authority.context()) as one, serving(authority.context()) as other:
        for server in (one, other, one, other):
            assert all(answer.ok for answer in client.call_all(ask(server, *MANY)))
        deadline = time.monotonic() + 10
        while one.open + other.open > SOCKETS and time.monotonic() < deadline:
            time.sleep(0.01)  # what the client has closed, the servers have yet to read
        assert 0 < one.open + other.open <= SOCKETS
        assert one.connections + other.connections > SOCKETS


def test_over_http2_requests_share_a_connection_from_the_first_on(
    client: AwsClient, http2: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "HEAD_START_S", 10.0)  # however slow this machine is
    assert all(answer.ok for answer in client.call_all(ask(http2, *MANY[:60])))
    assert http2.connections == 1
    assert {received.body for received in http2.received} == {b"a frame"}
    assert Counter(http2.paths()) == Counter(MANY[:60])


def test_over_http2_several_connections_carry_more_than_one_takes(
    client: AwsClient, http2: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "HEAD_START_S", 10.0)
    assert all(answer.ok for answer in client.call_all(ask(http2, *MANY)))
    assert Counter(http2.paths()) == Counter(MANY)
    assert http2.connections <= 4


@pytest.mark.parametrize("reaction", [Close(), Reset()])
def test_over_http2_a_request_that_is_given_up_by_the_server_is_repeated(
    client: AwsClient, http2: Server, reaction: Close | Reset
) -> None:
    reactions = iter([reaction])
    http2.answer = lambda received: next(reactions, 200) if received.path == "/7" else 200
    assert [answer.status for answer in client.call_all(ask(http2, *MANY[:20]))] == [200] * 20
    assert set(http2.paths()) == set(MANY[:20])


def test_a_first_request_that_hangs_holds_others_no_longer_than_its_head_start(
    client: AwsClient, http2: Server
) -> None:
    http2.answer = lambda received: Hang() if received.path == "/hangs" else 200
    hung, *answered = client.call_all(ask(http2, "/hangs", *MANY[:20], timeout_ms=3_000), attempts=1)
    assert hung.status == 0
    assert all(answer.ok for answer in answered)
    assert max(answer.elapsed_ms for answer in answered) < hung.elapsed_ms


def test_over_http2_one_request_that_hangs_holds_no_other(client: AwsClient, http2: Server) -> None:
    http2.answer = lambda received: Hang() if received.path == "/hangs" else 200
    hung, *answered = client.call_all(ask(http2, "/hangs", *MANY[:100], timeout_ms=1_000), attempts=1)
    assert hung.status == 0
    assert all(answer.ok for answer in answered)


def test_over_http2_a_connection_that_hangs_is_not_used_again(client: AwsClient, http2: Server) -> None:
    assert client.call_all(ask(http2, "/before"))[0].ok

    def first_one_hangs(received: Received) -> Reaction:
        return Hang() if received.connection == 1 else Answer(200)

    http2.answer = first_one_hangs
    retried = client.call_all(ask(http2, *MANY[:5], timeout_ms=500), attempts=2)
    assert [answer.status for answer in retried] == [200] * 5
    assert all(answer.ok for answer in client.call_all(ask(http2, *MANY[5:10], timeout_ms=500), attempts=1))


def test_over_http2_kept_connections_that_the_server_closed_cost_no_request(client: AwsClient, http2: Server) -> None:
    for _ in range(3):
        assert all(answer.ok for answer in client.call_all(ask(http2, *MANY[:20]), attempts=1))
        http2.close_kept()
    assert Counter(http2.paths()) == dict.fromkeys(MANY[:20], 3)
