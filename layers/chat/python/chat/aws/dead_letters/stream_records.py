"""Records of a DynamoDB stream, read again by what Lambda says about them in a dead letter."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

GONE = frozenset({"TrimmedDataAccessException", "ExpiredIteratorException"})
"""What reading a stream says of records that it keeps no longer."""

ABSENT = "ResourceNotFoundException"
"""The same, of a shard or stream that is gone with all its records."""

EMPTY_PAGES = 50
"""In a row, after which there is nothing more to read. A shard that is still written to has no last page."""

Record = dict[str, Any]


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    """Where in a stream the records of a letter are. Both numbers are included.

    `batch_size` counts the records that the function was to take: others may lie between them.
    """

    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    batch_size: int
    stream_arn: str

    @classmethod
    def of_letter(cls, body: str) -> Batch:
        """Raises ValueError for a body that Lambda did not write."""
        batch = msgspec.json.decode(body, type=_Content).batch
        if batch.start > batch.end:
            raise ValueError("it ends before it starts")
        return batch

    @property
    def start(self) -> int:
        """As a number: the order within a shard. Raises ValueError for what is none."""
        return int(self.start_sequence_number)

    @property
    def end(self) -> int:
        """As `start`."""
        return int(self.end_sequence_number)


class _Content(msgspec.Struct, frozen=True):
    batch: Batch = msgspec.field(name="DDBStreamBatchInfo")


@dataclass(frozen=True)
class StreamReader:
    """A boto3 client of DynamoDB's streams."""

    streams: Any

    def read(self, batch: Batch) -> list[Record]:
        """All that is left between the batch's first record and its last, as functions get it.

        The oldest records go first: if any are missing, the first one is. A call for a thousand records, or a
        megabyte of them.
        """
        found = [record for record in self._from_start(batch) if batch.start <= number_of(record) <= batch.end]
        return [_as_lambda_does(record, batch.stream_arn) for record in found]

    def _from_start(self, batch: Batch) -> Iterator[Record]:
        """The shard's records from the first one of the batch on, or from the oldest that is left of it."""
        try:
            yield from self._pages(batch, "AT_SEQUENCE_NUMBER", SequenceNumber=batch.start_sequence_number)
        except ClientError as error:
            if error.response["Error"]["Code"] == ABSENT:
                return
            if error.response["Error"]["Code"] not in GONE:
                raise
            yield from self._pages(batch, "TRIM_HORIZON")

    def _pages(self, batch: Batch, kind: str, **position: str) -> Iterator[Record]:
        iterator = self.streams.get_shard_iterator(
            StreamArn=batch.stream_arn, ShardId=batch.shard_id, ShardIteratorType=kind, **position
        )["ShardIterator"]
        empty = 0
        while iterator and empty < EMPTY_PAGES:
            page = self.streams.get_records(ShardIterator=iterator)
            records = page["Records"]
            yield from records
            if records and number_of(records[-1]) >= batch.end:
                return
            empty = 0 if records else empty + 1
            iterator = page.get("NextShardIterator")


def number_of(record: Mapping[str, Any]) -> int:
    """A record's sequence number, by which its shard is ordered."""
    return int(record["dynamodb"]["SequenceNumber"])


def _as_lambda_does(record: Record, stream_arn: str) -> Record:
    """Plain JSON, times in seconds since 1970, bytes in base 64."""
    plain: Record = json.loads(json.dumps({**record, "eventSourceARN": stream_arn}, default=_plain))
    return plain


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"A record of the stream holds a {type(value).__name__}, which has no place in JSON.")
