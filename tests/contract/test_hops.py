"""Queues, the topic and streams: what is modelled behaves on the simulated cloud as in the emulator."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from chat.aws.client import AwsClient
from chat.aws.dynamodb import from_attributes
from chat.aws.queues import SnsTopic, SqsQueue
from chat.ports import Event, Item
from simulation.cloud.cloud import Cloud
from simulation.cloud.functions import Access, End, Function, Outcome, Then
from simulation.cloud.queues import CloudQueue, CloudTopic, Queue, Topic
from simulation.cloud.stage import MAX_RECEIVES, FunctionSpec, QueueSpec
from simulation.cloud.streams import Stream
from simulation.cloud.tables import CloudTable
from tests.contract.simulated import FRESH, Immediate

VISIBLE_AGAIN_S = 1
QUIET_S = 20
"""Longer than a body needs for all of its receives."""

Work = Callable[[list[str]], set[int]]
"""Works off a batch of bodies and says which places of it failed."""


class Worker(Function):
    """A function of a test: a batch in, places of it out."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud, FunctionSpec("test.worker", 30, ()))
        self.work: Work = lambda _bodies: set()
        self.batches: list[list[Any]] = []

    def invoke(self, event: Any, then: Then) -> None:
        records = event["Records"]
        self.batches.append(records)
        failed = self.work([record.get("body", "") for record in records])
        names = [record.get("messageId") or record["dynamodb"]["SequenceNumber"] for record in records]
        answer = {"batchItemFailures": [{"itemIdentifier": names[at]} for at in sorted(failed)]}
        self.cloud.scheduler.after(1_000, then, Outcome(End.RETURNED, answer))


class Hop(Protocol):
    """A queue and whoever works it off."""

    def send(self, bodies: list[bytes]) -> None: ...

    def publish(self, events: list[Event]) -> list[bool]: ...

    def work_off(self, work: Work) -> None:
        """Until nothing comes any more."""

    def dead(self) -> list[str]: ...


class SimulatedHop:
    def __init__(self) -> None:
        self.cloud = Cloud(1, figures=FRESH)
        self.worker = Worker(self.cloud)
        spec = QueueSpec("hop", "test.worker", events=("MessagePosted",))
        self.queue = Queue(self.cloud, spec, self.worker, visible_again_ms=VISIBLE_AGAIN_S * 1_000)
        self.cloud.queues["hop"] = self.queue
        self.cloud.topic = Topic(self.cloud, [self.queue])
        access = Access(self.cloud, "test", 1)
        self.send = Immediate(self.cloud, CloudQueue(access, "hop")).send
        self.publish = Immediate(self.cloud, CloudTopic(access, "topic")).publish

    def work_off(self, work: Work) -> None:
        self.worker.work = work
        self.cloud.scheduler.run_for_ms(QUIET_S * 1_000)

    def dead(self) -> list[str]:
        return [body.text for body in self.queue.dead]


class EmulatedHop:
    """Worked off as Lambda does: what did not fail is deleted, all else comes back by itself."""

    def __init__(self, aws: Callable[[str], Any], client: AwsClient) -> None:
        self._sqs, sns, name = aws("sqs"), aws("sns"), f"contract-{uuid.uuid4().hex}"
        self._dead_url = self._sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": self._arn(self._dead_url), "maxReceiveCount": MAX_RECEIVES})
        attributes = {"VisibilityTimeout": str(VISIBLE_AGAIN_S), "RedrivePolicy": policy}
        self._url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self._arn(self._url),
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"event": ["MessagePosted"]})},
        )
        self.send = SqsQueue(client, self._url).send
        self.publish = SnsTopic(client, topic).publish

    def work_off(self, work: Work) -> None:
        quiet_at = time.monotonic() + QUIET_S
        last_seen = time.monotonic()
        while time.monotonic() < quiet_at and time.monotonic() - last_seen < 2 * VISIBLE_AGAIN_S + 1:
            found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", [])
            failed = work([message["Body"] for message in found]) if found else set()
            for at, message in enumerate(found):
                last_seen = time.monotonic()
                if at not in failed:
                    self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            if not found:
                time.sleep(0.1)

    def dead(self) -> list[str]:
        found = self._sqs.receive_message(QueueUrl=self._dead_url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found]

    def _arn(self, url: str) -> str:
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return str(attributes["QueueArn"])


@pytest.fixture(params=["cloud", "emulator"])
def hop(request: pytest.FixtureRequest) -> Hop:
    if request.param == "cloud":
        return SimulatedHop()
    return EmulatedHop(request.getfixturevalue("aws"), request.getfixturevalue("client"))


def test_what_a_worker_fails_comes_again_alone_and_ends_as_a_dead_letter(hop: Hop) -> None:
    hop.send([b"good", b"poison", b"moody"])
    worked: list[str] = []

    def work(bodies: list[str]) -> set[int]:
        failed = {at for at, body in enumerate(bodies) if body == "poison" or (body == "moody" and body not in worked)}
        worked.extend(bodies)
        return failed

    hop.work_off(work)
    assert sorted(worked) == sorted(["good", "moody", "moody", *["poison"] * MAX_RECEIVES])
    assert hop.dead() == ["poison"]


def test_a_topic_lets_through_to_a_queue_what_its_filter_names(hop: Hop) -> None:
    posted, deleted = Event("MessagePosted", "lunch", b"posted", "text"), Event("MessageDeleted", "lunch", b"deleted")
    assert hop.publish([posted, deleted]) == [True, True]
    worked: list[str] = []

    def work(bodies: list[str]) -> set[int]:
        worked.extend(bodies)
        return set()

    hop.work_off(work)
    assert worked == ["posted"]


Told = list[tuple[str, Item | None]]


@pytest.fixture(params=["cloud", "emulator"])
def told(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Callable[[], Told]]]:
    """A table with a stream, and what the stream has told."""
    if request.param == "cloud":
        yield _simulated_stream()
    else:
        yield from _emulated_stream(request.getfixturevalue("aws"), request.getfixturevalue("client"))


def _read(records: list[Any]) -> Told:
    read = []
    for record in records:
        image = record["dynamodb"].get("NewImage")
        read.append((record["eventName"], from_attributes(image) if image else None))
    return read


def _simulated_stream() -> tuple[Any, Callable[[], Told]]:
    cloud = Cloud(1, figures=FRESH)
    worker = Worker(cloud)
    stream = Stream(cloud, "messages", worker, lambda _key, _before: True)
    cloud.tables["messages"].listeners[:] = [stream.tell]

    def told() -> Told:
        cloud.scheduler.run_for_ms(10_000)
        return _read([record for batch in worker.batches for record in batch])

    return Immediate(cloud, CloudTable(Access(cloud, "test", 1), "messages")), told


def _emulated_stream(aws: Callable[[str], Any], client: AwsClient) -> Iterator[tuple[Any, Callable[[], Told]]]:
    from chat.aws.dynamodb import DynamoDbTable  # noqa: PLC0415 - the other half of this test has none

    dynamodb, streams, name = aws("dynamodb"), aws("dynamodbstreams"), f"contract-{uuid.uuid4().hex}"
    made = dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn = made["TableDescription"]["LatestStreamArn"]

    def told() -> Told:
        records = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = streams.get_shard_iterator(**start)["ShardIterator"]
            records += streams.get_records(ShardIterator=iterator)["Records"]
        return _read(records)

    yield DynamoDbTable(client, name), told
    dynamodb.delete_table(TableName=name)


def test_a_stream_tells_each_change_of_an_item_in_its_order(told: tuple[Any, Callable[[], Told]]) -> None:
    table, read = told
    for number in (1, 2, 3):
        table.put({"pk": "room", "sk": "a", "number": number})
    table.delete(("room", "a"))
    kinds = [kind for kind, _ in read()]
    numbers = [image["number"] for _, image in read()[:4] if image]
    assert kinds[:4] == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]
    assert numbers == [1, 2, 3]


def test_a_stream_does_not_tell_of_a_write_that_changed_nothing(told: tuple[Any, Callable[[], Told]]) -> None:
    table, read = told
    for _ in range(2):
        table.put({"pk": "room", "sk": "a", "number": 1})
    assert [kind for kind, _ in read()] == ["INSERT"]
