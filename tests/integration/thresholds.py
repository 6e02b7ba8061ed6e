"""Thresholds of delivery that a test changes on the running stack, whose other tests go by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.storage.scaling import Scaling, ScalingBook
from local.stack import LocalStack


@contextmanager
def in_force(stack: LocalStack, client: AwsClient, changes: Mapping[str, int]) -> Iterator[None]:
    """Changed at run time, and changed back."""
    table = DynamoDbTable(client, stack.outputs["RoomsTableName"])
    book = ScalingBook(table)
    assert book.store(Scaling(version=book.current().version + 1, thresholds=changes, why="a test"))
    try:
        yield
    finally:
        assert book.store(Scaling(version=book.current().version + 1, why="the test is over"))
