"""Frames posted to `@connections`: what becomes of each connection, whatever single ones answer."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from chat.aws import retries
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.sockets import ATTEMPTS, RESERVE_MS, ApiGatewaySockets
from chat.ports import Outcome
from tests.unit.aws_server import Answer, Close, Hang, Reaction, Received, Reset, Server, serving

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session/token+=")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def client() -> AwsClient:
    return AwsClient(region="eu-west-1", credentials=CREDENTIALS)


@pytest.fixture
def sockets(client: AwsClient, server: Server) -> ApiGatewaySockets:
    return ApiGatewaySockets(client, server.url + "/prod")


def connection(received: Received) -> str:
    return unquote(received.path.removeprefix("/prod/@connections/"))


def posts(server: Server) -> Counter[str]:
    return Counter(map(connection, server.received))


def test_posts_say_for_each_connection_what_became_of_it(sockets: ApiGatewaySockets, server: Server) -> None:
    answers: dict[str, Reaction] = {
        "fine=": Answer(200),
        "gone=": Answer(410),
        "large=": Answer(413, b'{"message":"Payload Too Large"}'),
        "busy=": Answer(429),
        "broken=": Answer(500),
        "refused=": Answer(403),
        "cut=": Close(),
        "torn=": Reset(),
    }
    server.answer = lambda received: answers[connection(received)]
    assert sockets.post(list(answers), b"{}") == {
        "fine=": Outcome.DELIVERED,
        "gone=": Outcome.GONE,
        "large=": Outcome.TOO_LARGE,
        "busy=": Outcome.FAILED,
        "broken=": Outcome.FAILED,
        "refused=": Outcome.FAILED,
        "cut=": Outcome.FAILED,
        "torn=": Outcome.FAILED,
    }
    tried = posts(server)
    assert {name: tried[name] for name in ("fine=", "gone=", "large=", "refused=")} == dict.fromkeys(
        ("fine=", "gone=", "large=", "refused="), 1
    )
    assert {tried[name] for name in ("busy=", "broken=")} == {ATTEMPTS}


@pytest.mark.parametrize(("retry", "attempts"), [(True, ATTEMPTS), (False, 1)])
def test_a_throttled_post_is_tried_again_unless_it_may_be_lost(
    sockets: ApiGatewaySockets,
    server: Server,
    retry: bool,  # noqa: FBT001
    attempts: int,
) -> None:
    server.answer = lambda _: 429
    assert sockets.post(["busy"], b"{}", retry=retry) == {"busy": Outcome.FAILED}
    assert len(server.received) == attempts


def test_everybody_gets_the_frame_once_though_some_are_throttled_at_first(
    sockets: ApiGatewaySockets, server: Server
) -> None:
    names = [f"c{number}=" for number in range(300)]
    throttled = set(names[::20])
    lock = threading.Lock()

    def answer(received: Received) -> int:
        with lock:
            name = connection(received)
            if name in throttled:
                throttled.remove(name)
                return 429
            return 200

    server.answer = answer
    assert sockets.post(names, b"{}") == dict.fromkeys(names, Outcome.DELIVERED)
    assert posts(server) == {name: 2 if number % 20 == 0 else 1 for number, name in enumerate(names)}


def test_an_outage_is_not_multiplied_by_retries(sockets: ApiGatewaySockets, server: Server) -> None:
    names = [f"c{number}" for number in range(400)]
    server.answer = lambda _: 503
    for _ in range(2):
        assert sockets.post(names, b"{}") == dict.fromkeys(names, Outcome.FAILED)
    assert len(server.received) == 2 * len(names) + retries.CAPACITY // retries.COST


def test_one_connection_that_hangs_delays_none_of_the_others(sockets: ApiGatewaySockets, server: Server) -> None:
    everybody_else = threading.Event()
    names = ["hangs", *(f"c{number}" for number in range(200))]

    def answer(received: Received) -> Reaction | int:
        if connection(received) == "hangs":
            # It answers once all others have been served, which they could not be if they had to wait for it.
            return 200 if everybody_else.wait(10) else Hang()
        if len(server.received) >= len(names):
            everybody_else.set()
        return 200

    server.answer = answer
    assert sockets.post(names, b"{}", retry=False, within_ms=10_000)["c0"] is Outcome.DELIVERED
    assert everybody_else.is_set()


def test_who_could_not_be_tried_in_time_is_left_to_the_queue(sockets: ApiGatewaySockets, server: Server) -> None:
    server.answer = lambda _: Hang()
    names = [f"c{number}" for number in range(100)]
    assert sockets.post(names, b"{}", within_ms=300) == dict.fromkeys(names, Outcome.FAILED)


def test_posting_ends_early_enough_for_the_queue_to_be_told(
    sockets: ApiGatewaySockets, client: AwsClient, server: Server
) -> None:
    server.answer = lambda _: Hang()
    client.time_left.begin(SimpleNamespace(get_remaining_time_in_millis=lambda: RESERVE_MS + 200))
    assert sockets.post(["a"], b"{}") == {"a": Outcome.FAILED}
    assert (client.time_left.ms() or 0) > 0


def test_an_invocation_at_its_end_posts_nothing(sockets: ApiGatewaySockets, client: AwsClient, server: Server) -> None:
    client.time_left.begin(SimpleNamespace(get_remaining_time_in_millis=lambda: RESERVE_MS))
    assert sockets.post(["a", "b"], b"{}") == {"a": Outcome.FAILED, "b": Outcome.FAILED}
    assert server.received == []


def test_nobody_to_post_to_is_no_post(sockets: ApiGatewaySockets, server: Server) -> None:
    assert sockets.post([], b"{}") == {}
    assert server.received == []


def test_failures_are_counted_in_one_line_that_tells_them_apart(
    sockets: ApiGatewaySockets, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = {"g": 410, "f": 200, "l": 413, "b": 429}
    server.answer = lambda received: Answer(statuses[connection(received)[0]], b"why")
    names = ["g1", "f1", "l1", "l2", *(f"b{number}" for number in range(50))]
    with caplog.at_level(logging.INFO, logger="chat"):
        sockets.post(names, b"{}", retry=False)
    (line,) = caplog.records
    assert line.levelno == logging.ERROR  # for a frame that nobody can ever get
    assert line.__dict__["posts"] == 52
    assert line.__dict__["causes"] == {"429 why": 50, "413 why": 2}
