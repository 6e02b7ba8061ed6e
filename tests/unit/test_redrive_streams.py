"""Letters of a stream: the very records that they name go to the function again, or are said to be gone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.stream_records import StreamReader
from chat.aws.dead_letters.streams import StreamDestination
from local.ports import Ports
from tests.local.test_emulator import Emulator

FUNCTION = """
import json, pathlib
place = pathlib.Path({place!r})
def handle(event, context):
    rules = json.loads((place / "rules").read_text())
    texts = [each["dynamodb"]["NewImage"]["text"]["S"] for each in event["Records"]]
    with (place / "invocations").open("a") as file:
        file.write(json.dumps(event["Records"]) + "\\n")
    if set(texts) & set(rules["raises"]):
        raise ValueError("can't")
    bad = [each for each, text in zip(event["Records"], texts) if text in rules["refuses"]]
    known = [{{"itemIdentifier": each["dynamodb"]["SequenceNumber"]}} for each in bad]
    return {{"batchItemFailures": rules["answers"] if rules["answers"] is not None else known}}
"""
ADDED = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "m#"}]}}}}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), Ports.free().emulator)
    try:
        emulator.start()
        emulator.create_function("outbox", FUNCTION.format(place=str(emulator.directory)))
        yield emulator
    finally:
        emulator.stop()


@dataclass
class Stream:
    """A table with a stream that the function reads by a filter; only letters hand it anything here."""

    emulator: Emulator
    name: str = field(default_factory=lambda: f"table-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        client = self.emulator.endpoint.client
        self.dynamodb, self.streams, self.functions = client("dynamodb"), client("dynamodbstreams"), client("lambda")
        self.invocations.unlink(missing_ok=True)
        self.rule()
        made = self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]
        self.mapping = self.functions.create_event_source_mapping(
            FunctionName="outbox",
            EventSourceArn=self.arn,
            StartingPosition="LATEST",
            Enabled=False,
            FilterCriteria={"Filters": [{"Pattern": json.dumps(ADDED)}]},
        )["UUID"]

    @property
    def invocations(self) -> Path:
        return self.emulator.directory / "invocations"

    def rule(
        self, *, refuses: tuple[str, ...] = (), raises: tuple[str, ...] = (), answers: list[Any] | None = None
    ) -> None:
        """What the function does with records of these texts from now on."""
        rules = {"refuses": refuses, "raises": raises, "answers": answers}
        (self.emulator.directory / "rules").write_text(json.dumps(rules))

    def put(self, *texts: str, prefix: str = "m#") -> None:
        for text in texts:
            item = {"pk": {"S": f"{prefix}{text}"}, "text": {"S": text}, "raw": {"B": b"\x00\xff"}}
            self.dynamodb.put_item(TableName=self.name, Item=item)

    def change(self, text: str) -> None:
        item = {"pk": {"S": f"m#{text}"}, "text": {"S": "changed"}}
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def numbers(self) -> list[str]:
        """Sequence numbers of all records."""
        shard = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = self.streams.get_shard_iterator(StreamArn=self.arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = self.streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [record["dynamodb"]["SequenceNumber"] for record in records]

    def letter(self, start: str, end: str, size: int, **changed: Any) -> Letter:
        """As Lambda writes them."""
        batch = {
            "shardId": "shardId-00000000000000000000-00000000",
            "startSequenceNumber": start,
            "endSequenceNumber": end,
            "approximateArrivalOfFirstRecord": "2026-11-26T12:00:00Z",
            "approximateArrivalOfLastRecord": "2026-11-26T12:00:00Z",
            "batchSize": size,
            "streamArn": self.arn,
            **changed,
        }
        context = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21, "functionArn": "any"}
        body = json.dumps({"requestContext": context, "version": "1.0", "DDBStreamBatchInfo": batch})
        return dead(body)

    def destination(self) -> StreamDestination:
        return StreamDestination(StreamReader(self.streams), self.functions, "outbox")

    def redrive(self, *letters: Letter) -> list[str | None]:
        return self.destination().take(letters)

    def handed_over(self) -> list[list[str]]:
        """The texts of each invocation's records."""
        return [[each["dynamodb"]["NewImage"]["text"]["S"] for each in batch] for batch in self.records()]

    def records(self) -> list[list[dict[str, Any]]]:
        lines = self.invocations.read_text().splitlines() if self.invocations.exists() else []
        return [json.loads(line) for line in lines]


def dead(body: str) -> Letter:
    return Letter(id="any", body=body, handle="any", system={}, attributes={})


@pytest.fixture
def stream(emulator: Emulator) -> Stream:
    return Stream(emulator)


def test_the_function_gets_what_a_letter_names_as_lambda_hands_it_over_and_nothing_else(stream: Stream) -> None:
    stream.put("before", "one")
    stream.put("counter", prefix="n#")
    stream.change("one")  # the filter lets only new items through
    stream.put("two", "after")
    numbers = stream.numbers()
    assert stream.redrive(stream.letter(numbers[1], numbers[4], 2)) == [None]
    assert stream.handed_over() == [["one", "two"]]
    ((record, _),) = stream.records()
    assert record["eventSourceARN"] == stream.arn
    assert (record["eventName"], record["eventSource"]) == ("INSERT", "aws:dynamodb")
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "m#one"}}
    assert record["dynamodb"]["NewImage"]["raw"] == {"B": "AP8="}
    assert record["dynamodb"]["SequenceNumber"] == numbers[1]
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_more_records_than_lambda_hands_over_at_once_go_in_several_invocations(stream: Stream) -> None:
    texts = [f"{number:03}" for number in range(230)]
    stream.put(*texts)
    numbers = stream.numbers()
    assert stream.redrive(stream.letter(numbers[0], numbers[-1], 230)) == [None]
    assert [len(texts) for texts in stream.handed_over()] == [100, 100, 30]
    assert [text for batch in stream.handed_over() for text in batch] == texts


def test_a_record_that_is_refused_is_named_and_holds_up_none_behind_it(stream: Stream) -> None:
    stream.put("one", "poison", "two", "poison too", "three")
    numbers = stream.numbers()
    stream.rule(refuses=("poison", "poison too"))
    letter = stream.letter(numbers[0], numbers[-1], 5)
    assert stream.redrive(letter) == [f"the function did not take {numbers[1]}, {numbers[3]}"]
    assert stream.handed_over()[-1] == ["three"]
    stream.rule()
    assert stream.redrive(letter) == [None]


def test_a_record_that_fails_once_is_tried_again_at_once(stream: Stream) -> None:
    stream.put("one", "two")
    numbers = stream.numbers()
    destination = stream.destination()
    stream.rule(refuses=("two",))
    invoke = destination._invoke

    def mend(records: Any) -> int:
        taken = invoke(records)
        stream.rule()
        return taken

    destination._invoke = mend  # type: ignore[method-assign]
    assert destination.take([stream.letter(numbers[0], numbers[1], 2)]) == [None]
    assert stream.handed_over() == [["one", "two"], ["two"]]


@pytest.mark.parametrize("fault", ["raises", "answers"])
def test_where_the_function_fails_as_a_whole_each_record_is_tried_alone(stream: Stream, fault: str) -> None:
    stream.put("one", "poison", "two")
    numbers = stream.numbers()
    letter = stream.letter(numbers[0], numbers[-1], 3)
    if fault == "raises":
        stream.rule(raises=("poison",))
        assert stream.redrive(letter) == [f"the function did not take {numbers[1]}"]
        assert stream.handed_over() == [
            ["one", "poison", "two"],
            ["one"],
            ["poison", "two"],
            ["poison"],
            ["two"],
        ]
    else:
        stream.rule(answers=[{"itemIdentifier": ""}])  # as Lambda reads it: nothing was taken
        assert stream.redrive(letter) == [f"the function did not take {', '.join(numbers)}"]


def test_records_that_are_gone_are_named_and_those_that_are_left_are_handed_over(stream: Stream) -> None:
    stream.put("four", "five")
    numbers = stream.numbers()
    gone = str(int(numbers[0]) - 3).zfill(len(numbers[0]))
    shard = "shardId-00000000000000000000-00000000"
    assert stream.redrive(stream.letter(gone, numbers[1], 5)) == [
        f"3 of 5 records are in the stream no more: {gone} up to {numbers[0]}, which is there, of {shard}"
    ]
    assert stream.handed_over() == [["four", "five"]]


def test_where_every_record_is_gone_the_letter_says_so_and_nothing_is_invoked(stream: Stream) -> None:
    stream.put("later")
    (number,) = stream.numbers()
    first, last = (str(int(number) - back).zfill(len(number)) for back in (9, 8))
    shard = "shardId-00000000000000000000-00000000"
    gone = f"2 of 2 records are in the stream no more: {first} to {last} of"
    assert stream.redrive(stream.letter(first, last, 2)) == [f"{gone} {shard}"]
    elsewhere = stream.letter(first, last, 2, shardId="shardId-00000000000000000000-ffffffff")
    assert stream.redrive(elsewhere) == [f"{gone} shardId-00000000000000000000-ffffffff"]
    assert stream.handed_over() == []


def test_a_shard_that_is_still_written_to_and_has_nothing_left_is_not_read_for_ever(stream: Stream) -> None:
    first, last = "1" * 21, "2" * 21
    (reason,) = stream.redrive(stream.letter(first, last, 2))
    assert reason
    assert reason.startswith(f"2 of 2 records are in the stream no more: {first} to {last}")


def test_one_letter_that_is_none_keeps_no_other_from_its_turn(stream: Stream) -> None:
    stream.put("one")
    (number,) = stream.numbers()
    none = "its body does not say where in a stream its records are"
    wrong = [
        dead("rubbish"),
        dead("{}"),
        stream.letter("not a number", number, 1),
        stream.letter("1", number, 1),  # shorter than any
        stream.letter(str(int(number) + 1), number, 1),
        stream.letter(number, number, 1, streamArn="short"),
    ]
    assert stream.redrive(*wrong, stream.letter(number, number, 1)) == [
        *[none] * 5,
        "the function does not read short any more",
        None,
    ]
    assert stream.handed_over() == [["one"]]


def test_records_of_a_stream_that_the_function_reads_no_more_stay(stream: Stream) -> None:
    stream.put("one")
    (number,) = stream.numbers()
    stream.functions.delete_event_source_mapping(UUID=stream.mapping)
    assert stream.redrive(stream.letter(number, number, 1)) == [f"the function does not read {stream.arn} any more"]
    assert stream.handed_over() == []


def test_a_function_that_is_gone_is_told_and_the_letter_stays(stream: Stream) -> None:
    stream.put("one")
    (number,) = stream.numbers()
    destination = stream.destination()
    letter = stream.letter(number, number, 1)
    destination._patterns_of(stream.arn)
    destination._function = "no-such-function"
    assert destination.take([letter]) == ["Invoke was refused: ResourceNotFoundException"]
