"""SQS behind `chat.ports.Queue` and SNS behind `chat.ports.Topic`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import orjson

from chat import correlation
from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.correlation import ATTRIBUTE
from chat.errors import UnavailableError
from chat.ports import Event
from chat.settings import trace_header

BATCH = 10
"""Messages in one SendMessageBatch or PublishBatch (quota of both)."""

BATCH_BYTES = 250_000
"""What they may have together: 256 KB with their attributes (SNS quota; SQS takes more, but not everywhere)."""

_TAKEN = re.compile(rb"<Successful>(.*?)</Successful>", re.DOTALL)
_ID = re.compile(rb"<Id>(\d+)</Id>")


class SqsQueue:
    """One standard queue."""

    def __init__(self, client: AwsClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """See `chat.ports.Queue`. One call for ten bodies, all calls at once; a repeat may enqueue a body twice."""
        requests = [self._request(batch, delay_s) for batch in _batches(bodies)]
        for answer in self._client.call_all(requests):
            if not answer.ok or orjson.loads(answer.body).get("Failed"):
                raise UnavailableError("The delivery queue did not take everything.", retry_after_ms=1_000)

    def _request(self, bodies: Sequence[bytes], delay_s: int) -> Request:
        entries = [
            {"Id": str(at), "MessageBody": body.decode(), "DelaySeconds": delay_s, **_origin()}
            for at, body in enumerate(bodies)
        ]
        return Request(
            service="sqs",
            url=self._client.url("sqs"),
            body=orjson.dumps({"QueueUrl": self._url, "Entries": entries}),
            headers=("Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS.SendMessageBatch"),
        )


class SnsTopic:
    """One standard topic."""

    def __init__(self, client: AwsClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, events: Sequence[Event]) -> list[bool]:
        """See `chat.ports.Topic`. One call for ten events, all calls at once; each event has its own answer.

        A call is one request of SNS' bill for each 64 KB that the events in it have together.
        """
        batches = list(_batches([event.body for event in events]))
        remaining = iter(events)
        told = [[next(remaining) for _ in batch] for batch in batches]
        answers = self._client.call_all([self._request(batch) for batch in told])
        taken = [_taken(answer.body) if answer.ok else frozenset[int]() for answer in answers]
        return [at in ids for batch, ids in zip(told, taken, strict=True) for at in range(len(batch))]

    def _request(self, events: Sequence[Event]) -> Request:
        form = {"Action": "PublishBatch", "Version": "2010-03-31", "TopicArn": self._arn}
        for at, event in enumerate(events):
            entry = f"PublishBatchRequestEntries.member.{at + 1}"
            form |= {f"{entry}.Id": str(at), f"{entry}.Message": event.body.decode(), **_attributes(entry, event)}
        return Request(
            service="sns",
            url=self._client.url("sns"),
            body=urlencode(form).encode(),
            headers=("Content-Type: application/x-www-form-urlencoded",),
        )


def _origin() -> dict[str, dict[str, dict[str, str]]]:
    """What a message goes back to, for whoever receives it and for X-Ray."""
    carried: dict[str, dict[str, dict[str, str]]] = {}
    if ids := correlation.current():
        carried["MessageAttributes"] = {ATTRIBUTE: {"DataType": "String", "StringValue": ids}}
    if header := trace_header():
        carried["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
    return carried


def _attributes(entry: str, event: Event) -> dict[str, str]:
    """What subscribers filter by, and what the event goes back to. SNS takes no empty value."""
    form = {}
    given = {"event": event.name, "room": event.room, "kind": event.kind, ATTRIBUTE: event.correlation}
    for at, (name, value) in enumerate([(name, value) for name, value in given.items() if value], start=1):
        attribute = f"{entry}.MessageAttributes.entry.{at}"
        form[f"{attribute}.Name"] = name
        form[f"{attribute}.Value.DataType"] = "String"
        form[f"{attribute}.Value.StringValue"] = value
    return form


def _taken(answer: bytes) -> frozenset[int]:
    """Which entries of a PublishBatch were taken: an answer of 200 may refuse some."""
    successful = _TAKEN.search(answer)
    return frozenset(int(found) for found in _ID.findall(successful[1])) if successful else frozenset()


def _batches(bodies: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The bodies in their order, in lists that one call takes."""
    batch: list[bytes] = []
    size_bytes = 0
    for body in bodies:
        if batch and (len(batch) == BATCH or size_bytes + len(body) > BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(body)
        size_bytes += len(body)
    if batch:
        yield batch
