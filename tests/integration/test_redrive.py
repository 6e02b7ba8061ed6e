"""Dead letters of the running stack: what was lost happens after all, by the command that an operator gives."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chat.aws.dead_letters.hops import Hop
from local.paths import ROOT
from local.stack import LocalStack
from operations.stage import Stage
from tests.integration.test_media import permit, photo, upload
from tests.integration.test_search import find
from tests.integration.users import WAIT_S, SignIn, User


@dataclass(frozen=True)
class Answer:
    """What the command said, and how it ended."""

    status: int
    said: str


@dataclass(frozen=True)
class Operator:
    """Somebody with a terminal. Stage local is where AWS_ENDPOINT_URL says."""

    endpoint_url: str
    aws: Callable[[str], Any]

    def hop(self, name: str) -> Hop:
        return Stage("local", self.aws).hop(name)

    async def redrive(self, *options: str) -> Answer:
        command = [sys.executable, "-m", "operations.redrive", "--stage", "local", *options]
        environment = {**os.environ, "AWS_ENDPOINT_URL": self.endpoint_url}
        ended = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=WAIT_S
        )
        return Answer(ended.returncode, ended.stdout + ended.stderr)

    def die(self, queue: str, body: str) -> None:
        """Puts a letter where the service would."""
        self.aws("sqs").send_message(QueueUrl=self.hop(queue).queue, MessageBody=body)

    def letters(self, queue: str) -> int:
        url = self.hop(queue).queue
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counted = self.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        assert counted["ApproximateNumberOfMessagesNotVisible"] == "0"
        return int(counted["ApproximateNumberOfMessages"])

    async def receive(self, url: str) -> str:
        """Takes the next message out of a queue."""
        sqs = self.aws("sqs")
        async with asyncio.timeout(WAIT_S):
            found: list[dict[str, Any]] = []
            while not found:
                answer = await asyncio.to_thread(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=1)
                found = answer.get("Messages", [])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        return str(found[0]["Body"])

    @contextmanager
    def consumer_stopped(self, queue: str) -> Iterator[None]:
        """Nobody works the queue off meanwhile."""
        attributes = self.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
        functions = self.aws("lambda")
        (mapping,) = functions.list_event_source_mappings(EventSourceArn=attributes["QueueArn"])["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.fixture
def operator(endpoint_url: str, aws: Callable[[str], Any]) -> Operator:
    return Operator(endpoint_url, aws)


async def say(user: User, room: str, *texts: str) -> None:
    for text in texts:
        assert (await user.call("send", room=room, text=text))["type"] == "ack"


async def test_all_queues_are_listed(operator: Operator) -> None:
    answer = await operator.redrive()
    assert answer.status == 0, answer
    names = [line.split()[0] for line in answer.said.splitlines()[1:]]
    assert {"delivery", "notices", "jobs", "outbox", "index", "index-undelivered", "uploaded"} <= set(names)


async def test_a_message_whose_event_was_lost_is_found_after_it_was_redriven(
    operator: Operator, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Lost", room=room)
    hop = operator.hop("index")
    with operator.consumer_stopped(hop.to):
        await say(ada, room, "marzipan")
        operator.die("index", await operator.receive(hop.to))
        operator.die("index", "rubbish")
    assert (await ada.call("search", room=room, query="marzipan"))["result"]["messages"] == []

    shown = await operator.redrive("--queue", "index", "--match", f"room={room}")
    assert shown.status == 0, shown
    assert '"event": "MessagePosted"' in shown.said
    assert "marzipan" not in shown.said
    redriven = await operator.redrive("--queue", "index", "redrive", "--match", f"room={room}")
    assert (redriven.status, redriven.said) == (0, "index: 2 letters looked at, 1 meant, 1 redriven, 0 failed\n")
    assert [message["seq"] for message in (await find(ada, room, "marzipan", 1))["messages"]] == [1]

    discarded = await operator.redrive("--queue", "index", "discard", "--match", "rubbish", "--reason", "no event")
    assert (discarded.status, operator.letters("index")) == (0, 0), discarded


async def test_a_discarded_letter_is_kept_in_the_stages_bucket(operator: Operator, stack: LocalStack) -> None:
    word = uuid.uuid4().hex
    operator.die("jobs", word)
    answer = await operator.redrive("--queue", "jobs", "discard", "--match", word, "--reason", "a drill")
    assert answer.status == 0, answer
    s3, bucket = operator.aws("s3"), stack.outputs["MediaBucketName"]
    kept = s3.list_objects_v2(Bucket=bucket, Prefix="audit/discarded/jobs/")["Contents"]
    records = [json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in kept]
    (record,) = [record for record in records if record["letter"]["body"] == word]
    assert (record["queue"], record["reason"], record["stage"]) == ("jobs", "a drill", "local")
    assert record["discarded_by"].startswith("arn:aws:")
    assert operator.letters("jobs") == 0


def listen(operator: Operator, room: str) -> str:
    """A queue that gets the room's events from now on."""
    function = operator.hop("outbox").to
    settings = operator.aws("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    (topic,) = [value for name, value in settings.items() if name.endswith("EVENTS_TOPIC_ARN")]
    sqs = operator.aws("sqs")
    url: str = sqs.create_queue(QueueName=f"listener-{room}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"room": [room]})}
    operator.aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url


def batch(operator: Operator, table: str, room: str, *, trimmed: bool = False) -> str:
    """A dead letter as Lambda writes it, of the room's records in the stream; `trimmed`: of one that was before all."""
    arn = operator.aws("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = operator.aws("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    iterator, records = start["ShardIterator"], []
    while page := (answer := streams.get_records(ShardIterator=iterator))["Records"]:
        records += page
        iterator = answer["NextShardIterator"]
    of_room = [each for each in records if room in each["dynamodb"]["Keys"]["pk"]["S"]]
    first, last = of_room[0]["dynamodb"]["SequenceNumber"], of_room[-1]["dynamodb"]["SequenceNumber"]
    oldest = records[0]["dynamodb"]["SequenceNumber"]
    info = {
        "shardId": shard,
        "startSequenceNumber": str(int(oldest) - 1).zfill(len(oldest)) if trimmed else first,
        "endSequenceNumber": str(int(oldest) - 1).zfill(len(oldest)) if trimmed else last,
        "approximateArrivalOfFirstRecord": "2026-11-26T12:00:00Z",
        "approximateArrivalOfLastRecord": "2026-11-26T12:00:01Z",
        "batchSize": 1 if trimmed else 3,
        "streamArn": arn,
    }
    context = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21, "requestId": str(uuid.uuid4())}
    return json.dumps({"requestContext": context, "version": "1.0", "DDBStreamBatchInfo": info})


async def test_records_that_the_outbox_did_not_take_are_read_again_and_become_events(
    operator: Operator, stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Outbox", room=room)
    await say(ada, room, "one", "two")
    assert (await ada.call("edit", room=room, seq=1, text="uno"))["type"] == "ack"
    await find(ada, room, "two", 1)  # its first events are through
    queue = listen(operator, room)
    operator.die("outbox", batch(operator, stack.outputs["MessagesTableName"], room))
    answer = await operator.redrive("--queue", "outbox", "redrive")
    assert (answer.status, answer.said) == (0, "outbox: 1 letters looked at, 1 meant, 1 redriven, 0 failed\n")
    missing = {("MessagePosted", 1), ("MessagePosted", 2), ("MessageChanged", 1)}
    while missing:
        event = json.loads(await operator.receive(queue))
        missing.discard((event["event"], event["seq"]))
    assert operator.letters("outbox") == 0


async def test_a_letter_whose_records_are_gone_says_which_and_stays(
    operator: Operator, stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Gone", room=room)
    await say(ada, room, "one")
    letter = batch(operator, stack.outputs["MessagesTableName"], room, trimmed=True)
    number = json.loads(letter)["DDBStreamBatchInfo"]["startSequenceNumber"]
    operator.die("outbox", letter)
    answer = await operator.redrive("--queue", "outbox", "redrive")
    assert answer.status == 1, answer
    assert f"1 of 1 records are in the stream no more: {number} to {number} of shardId-" in answer.said
    assert operator.letters("outbox") == 1
    discarded = await operator.redrive(
        "--queue", "outbox", "discard", "--match", number, "--reason", "older than a day"
    )
    assert (discarded.status, operator.letters("outbox")) == (0, 0), discarded


async def test_an_upload_whose_event_was_lost_is_announced_after_all(
    operator: Operator, stack: LocalStack, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Photos", room=room)
    await ada.enter(room)
    rules = operator.aws("events")
    (rule,) = [each["Name"] for each in rules.list_rules()["Rules"] if "Uploaded" in each["Name"]]
    rules.disable_rule(Name=rule)
    try:
        form = (await asyncio.to_thread(permit, stack, ada, room, photo()))["upload"]
        await asyncio.to_thread(upload, form, photo())
        await asyncio.sleep(1)
    finally:
        rules.enable_rule(Name=rule)
    key = form["fields"]["key"]
    detail = {"bucket": {"name": stack.outputs["MediaBucketName"]}, "object": {"key": key}}
    operator.die("uploaded", json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}))
    assert (await ada.call("history", room=room))["result"]["messages"] == []
    answer = await operator.redrive("--queue", "uploaded", "redrive", "--match", f"detail.object.key={key}")
    assert answer.status == 0, answer
    assert (await ada.event("message"))["message"]["kind"] == "image"
    assert operator.letters("uploaded") == 0
