"""Webhooks against servers of the loopback: real requests to endpoints that take, fail, hang, redirect, or are gone."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chat.aws.outbound import MAX_ANSWER_BYTES, HttpOutbound
from chat.outbound import OutboundRequest
from tests.unit.outside import HANG, Receiver, receiving
from tests.unit.webhook_stage import WebhookStage, posted, verified

TIMEOUT_MS = 400


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    with ExitStack() as servers:
        yield [servers.enter_context(receiving()) for _ in range(3)]


@pytest.fixture
def stage() -> WebhookStage:
    return WebhookStage(HttpOutbound(private=True, timeout_ms=TIMEOUT_MS))


def test_an_endpoint_gets_the_event_and_can_tell_who_sent_it(stage: WebhookStage, receivers: list[Receiver]) -> None:
    made = stage.register(receivers[0].url)
    stage.tell(posted(1, text="Grüße"))
    assert stage.send() == [True]
    (request,) = receivers[0].received
    assert (request.path, request.body) == ("/events", posted(1, text="Grüße"))
    assert request.headers["content-type"] == "application/json"
    assert verified(made["secret"], request.headers, request.body)
    assert stage.queue.bodies == []


def test_an_endpoint_that_hangs_delays_no_other(stage: WebhookStage, receivers: list[Receiver]) -> None:
    hanging, *others = receivers
    hanging.status = HANG
    for receiver in receivers:
        stage.register(receiver.url)
    stage.tell(*(posted(seq) for seq in range(1, 4)))
    started_s = time.monotonic()
    stage.send()
    assert [len(receiver.received) for receiver in others] == [3, 3]
    assert time.monotonic() - started_s < 10, "one time-out for all that hang, not one after the other"
    assert len(stage.waiting()) == 3
    stage.tell(posted(4))
    stage.send()
    assert [len(receiver.received) for receiver in receivers] == [3, 4, 4], "who hangs is not asked again so soon"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_an_answer_that_takes_nothing_is_tried_again_and_no_redirect_followed(
    stage: WebhookStage, receivers: list[Receiver], status: int
) -> None:
    receivers[0].status, receivers[0].headers = status, {"Location": receivers[1].url}
    made = stage.register(receivers[0].url)
    stage.tell(posted(1))
    stage.send()
    assert (len(receivers[0].received), len(receivers[1].received)) == (1, 0)
    (again,) = stage.waiting()
    assert again.attempt == 2
    webhook = stage.book.find(made["id"])
    assert webhook
    assert webhook.last_error == f"status {status}"


def test_an_endpoint_that_is_gone_is_disabled(stage: WebhookStage, receivers: list[Receiver]) -> None:
    receivers[0].status = 410
    made = stage.register(receivers[0].url)
    stage.tell(posted(1))
    stage.send()
    webhook = stage.book.find(made["id"])
    assert webhook
    assert webhook.disabled


def test_an_endpoint_that_is_not_there_is_tried_again(stage: WebhookStage) -> None:
    stage.register("http://127.0.0.1:9/events")
    stage.tell(posted(1))
    assert stage.send() == [True]
    assert len(stage.waiting()) == 1


def test_a_hundred_events_come_in_one_request(stage: WebhookStage, receivers: list[Receiver]) -> None:
    made = stage.register(receivers[0].url, batch=True)
    stage.tell(*(posted(seq) for seq in range(1, 101)))
    stage.send()
    (request,) = receivers[0].received
    assert [event["seq"] for event in json.loads(request.body)["events"]] == list(range(1, 101))
    assert verified(made["secret"], request.headers, request.body)


def test_an_answer_without_an_end_is_cut_off_and_counts_by_its_status(receivers: list[Receiver]) -> None:
    receivers[0].answer = b"x" * (50 * MAX_ANSWER_BYTES)
    (answer,) = HttpOutbound(private=True).post([OutboundRequest(receivers[0].url, (), b"{}")])
    assert answer.ok


def test_on_aws_no_request_reaches_this_machine_or_goes_without_tls(receivers: list[Receiver]) -> None:
    plain = receivers[0].url
    port = plain.rpartition(":")[2].partition("/")[0]
    urls = [
        plain,
        *(f"https://{host}:{port}/" for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433")),
    ]
    answers = HttpOutbound().post([OutboundRequest(url, (), b"{}") for url in urls])
    assert [answer.status for answer in answers] == [0] * len(urls)
    assert {answer.error for answer in answers[1:]} <= {
        "the host's address is not a public one",
        "URL rejected: Malformed input to a URL function",
    }
    assert all(answer.error for answer in answers)
    assert receivers[0].received == []


def test_one_instance_sends_again_after_everything_failed(receivers: list[Receiver]) -> None:
    outbound = HttpOutbound(private=True, timeout_ms=TIMEOUT_MS)
    receivers[0].status = HANG
    request = OutboundRequest(receivers[0].url, (), b"{}")
    assert outbound.post([request])[0].status == 0
    receivers[0].status = 204
    assert [answer.status for answer in outbound.post([request] * 50)] == [204] * 50
    assert outbound.post([]) == []
