"""One id from a frame through queues, topics and rows to whatever follows; and faults told apart in the log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from chat import correlation, events, faults, log, signals
from chat.aws import batches, causes, wiring
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.queues import SnsTopic, SqsQueue
from chat.correlation import MOST
from chat.ports import Event
from chat.storage.messages import Draft
from functions.message import outbox
from simulation.world import World
from tests.unit.test_handlers import CONTEXT, recorded, spoken


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    correlation.begin(())
    yield
    correlation.begin(())


def queued(body: str, ids: str | None, *, receives: int = 1) -> dict[str, Any]:
    attributes = {"correlation": {"stringValue": ids, "dataType": "String"}} if ids else {}
    return {
        "messageId": f"of-{body}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "messageAttributes": attributes,
    }


def test_a_frame_goes_back_to_the_id_that_api_gateway_gave_it() -> None:
    event = spoken('{"action":"ping","id":"1"}')
    assert causes.of_event(event) == [event["requestContext"]["requestId"]]
    http = recorded("http_api")
    assert causes.of_event(http) == [http["requestContext"]["requestId"]]


def test_a_message_of_a_queue_goes_back_to_what_it_says_else_to_itself() -> None:
    assert causes.of_event({"Records": [queued("1", "frame-1"), queued("2", None)]}) == ["frame-1", "of-2"]


def test_a_record_of_a_stream_goes_back_to_what_its_row_says() -> None:
    record = {"eventID": "e1", "dynamodb": {"NewImage": {"correlation": {"S": "frame-1"}}}}
    assert causes.of_event({"Records": [record, {"eventID": "e2", "dynamodb": {}}]}) == ["frame-1", "e2"]


@pytest.mark.parametrize(
    ("event", "ids"), [({"id": "schedule-1"}, ["schedule-1"]), ({"key": "uploads/1"}, []), ({}, [])]
)
def test_other_events_go_back_to_their_own_id_if_they_have_one(event: dict[str, Any], ids: list[str]) -> None:
    assert causes.of_event(event) == ids


def test_several_ids_go_on_together_each_once_and_no_more_than_ten() -> None:
    correlation.begin(["a,b", "b", *(str(number) for number in range(MOST))])
    carried = correlation.current().split(",")
    assert carried[:3] == ["a", "b", "0"]
    assert len(carried) == len(set(carried)) == MOST


class Sent(AwsClient):
    """Remembers what it is asked."""

    def __init__(self) -> None:
        super().__init__(region="us-east-1", credentials=Credentials("key", "secret"))
        self.bodies: list[bytes] = []

    def call_all(self, requests: Any, **_: Any) -> list[Any]:
        from chat.aws.calls import Response  # noqa: PLC0415 - beside its only use

        self.bodies += [request.body for request in requests]
        return [Response(200, b"{}") for _ in requests]


def test_what_is_put_into_a_queue_carries_the_id_and_xrays_header(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Sent()
    queue = SqsQueue(client, "https://queue")
    queue.send([b"before anything is known"])
    correlation.begin(["frame-1"])
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    queue.send([b"one", b"two"])
    first, second = (json.loads(body)["Entries"] for body in client.bodies)
    assert set(first[0]) == {"Id", "MessageBody", "DelaySeconds"}
    for entry in second:
        assert entry["MessageAttributes"]["correlation"]["StringValue"] == "frame-1"
        assert entry["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"].startswith("Root=1-5759e988")


def test_an_event_carries_the_id_of_its_row_whatever_is_current() -> None:
    client = Sent()
    correlation.begin(["another"])
    SnsTopic(client, "arn:topic").publish([Event("MessagePosted", "lunch", b"{}", "text", "frame-1")])
    assert b"correlation" in client.bodies[0]
    assert b"frame-1" in client.bodies[0]
    assert b"another" not in client.bodies[0]


def test_a_stored_message_and_a_change_to_it_say_what_they_go_back_to() -> None:
    world = World()
    correlation.begin(["frame-1"])
    draft = Draft(
        room="lunch", kind="text", user="ada", name="Ada", text="hi", command_id="k", sent_at_ms=world.clock.now_ms()
    )
    stored = world.services.messages.append(draft)
    row = world.services.messages.find("lunch", stored.seq)
    assert row
    assert row["correlation"] == "frame-1"
    assert events.message_posted(row).correlation == "frame-1"
    assert b"frame-1" not in events.message_posted(row).body


def test_a_row_of_which_nothing_is_known_says_nothing() -> None:
    assert correlation.attribute() == {}


def lines(shown: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shown.getvalue().splitlines()]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """The log as a function prints it."""
    printed = io.StringIO()
    monkeypatch.setattr(log._logger.registered_handler, "stream", printed)
    return printed


def test_every_invocation_is_a_line_with_its_id_and_its_time(shown: io.StringIO) -> None:
    @log.invocations
    def handle(event: Any, _context: Any) -> str:
        return str(event["body"])

    assert handle(spoken("hello"), CONTEXT) == "hello"
    (line,) = [line for line in lines(shown) if line["message"] == "invocation"]
    assert line["correlation"] == spoken("hello")["requestContext"]["requestId"]
    assert line["duration_ms"] >= 0
    assert len(line["user_hash"]) == 12
    assert "ada" not in json.dumps(line)


def test_a_record_that_fails_is_logged_with_its_own_id(shown: io.StringIO) -> None:
    def carry_out(record: dict[str, Any]) -> None:
        if record["body"] == "2":
            raise ValueError("no body")

    @log.invocations
    def handle(event: Any, _context: Any) -> dict[str, Any]:
        return batches.answer(event, carry_out)

    handle({"Records": [queued("1", "frame-1"), queued("2", "frame-2")]}, CONTEXT)
    (line,) = [line for line in lines(shown) if line["message"] == "record failed"]
    assert line["correlation"] == "frame-2"
    assert len(line["fingerprint"]) == 12


def test_what_fails_for_the_last_time_is_counted() -> None:
    signals.take()

    def fail(_record: dict[str, Any]) -> None:
        raise ValueError

    for receives in (1, batches.MAX_RECEIVES):
        batches.answer({"Records": [queued("1", None, receives=receives)]}, fail)
        batches.answer_together({"Records": [queued("1", None, receives=receives)]}, lambda _: [False])
    (dead,) = [reading for reading in signals.take() if reading.name == "LettersDead"]
    assert dead.values == [2]


def test_an_exception_of_a_handler_is_logged_and_goes_on(shown: io.StringIO) -> None:
    @log.invocations
    def handle(_event: Any, _context: Any) -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError):
        handle({}, CONTEXT)
    failed, done = lines(shown)
    assert (failed["message"], failed["exception_name"]) == ("invocation failed", "LookupError")
    assert done["message"] == "invocation"


def fault(kind: type[Exception], text: str, *, deeper: bool = False) -> str:
    """The fingerprint of an exception that our own code raises."""
    source = "def inner(error):\n    raise error\ndef outer(error):\n    inner(error)\n"
    own: dict[str, Any] = {"__name__": "chat.made_up"}
    exec(compile(source, "made_up.py", "exec"), own)  # noqa: S102 - functions of a module that is not there
    try:
        own["outer" if deeper else "inner"](kind(text))
    except kind as error:
        return faults.fingerprint(error)
    raise AssertionError


def test_a_fault_has_one_fingerprint_whatever_it_says() -> None:
    assert fault(ValueError, "room lunch") == fault(ValueError, "room dinner")
    assert fault(ValueError, "x") != fault(TypeError, "x")
    assert fault(ValueError, "x") != fault(ValueError, "x", deeper=True)
    assert len(fault(ValueError, "x")) == 12


def test_only_errors_count_as_faults(shown: io.StringIO) -> None:
    signals.take()
    logger = logging.getLogger("chat.any")
    try:
        int("none")
    except ValueError:
        logger.warning("not so bad", exc_info=True)
        logger.exception("bad")
    (counted,) = [reading for reading in signals.take() if reading.name == "Errors"]
    assert counted.values == [1]
    assert len({line["fingerprint"] for line in lines(shown)}) == 1


def test_what_the_stage_says_to_itself_becomes_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    event = recorded("dynamodb_stream")
    world = World()
    monkeypatch.setattr(wiring, "events", lambda: world.topic)
    outbox.handle(event, CONTEXT)
    assert world.topic.events
    world.topic.events.clear()
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        image["room"] = {"S": "stage-canary"}
    outbox.handle(event, CONTEXT)
    assert world.topic.events == []
