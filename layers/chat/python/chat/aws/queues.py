"""SQS behind `chat.ports.Queue` and SNS behind `chat.ports.Topic`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import orjson

from chat.aws.client import AwsClient, Request
from chat.errors import UnavailableError
from chat.ports import Event

BATCH = 10
"""Messages in one SendMessageBatch (SQS quota)."""


class SqsQueue:
    """One standard queue."""

    def __init__(self, client: AwsClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """See `chat.ports.Queue`. One call for ten bodies, all calls at once; a repeat may enqueue a body twice."""
        requests = [self._request(bodies[at : at + BATCH], delay_s) for at in range(0, len(bodies), BATCH)]
        for answer in self._client.call_all(requests):
            if not answer.ok or orjson.loads(answer.body).get("Failed"):
                raise UnavailableError("The delivery queue did not take everything.", retry_after_ms=1_000)

    def _request(self, bodies: Sequence[bytes], delay_s: int) -> Request:
        entries = [
            {"Id": str(at), "MessageBody": body.decode(), "DelaySeconds": delay_s} for at, body in enumerate(bodies)
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
        """See `chat.ports.Topic`. One call an event, all at once: each has its own answer, for the price of a batch."""
        return [answer.ok for answer in self._client.call_all([self._request(event) for event in events])]

    def _request(self, event: Event) -> Request:
        attributes = {"event": event.name, "room": event.room}
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": self._arn, "Message": event.body.decode()}
        for at, (name, value) in enumerate(attributes.items(), start=1):
            entry = f"MessageAttributes.entry.{at}"
            form[f"{entry}.Name"] = name
            form[f"{entry}.Value.DataType"] = "String"
            form[f"{entry}.Value.StringValue"] = value
        return Request(
            service="sns",
            url=self._client.url("sns"),
            body=urlencode(form).encode(),
            headers=("Content-Type: application/x-www-form-urlencoded",),
        )
