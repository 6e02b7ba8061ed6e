"""Thresholds of delivery that a test changes on the running stack, whose other tests go by its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.planning import Thresholds
from chat.storage.fanout_settings import FanoutSettings
from local.stack import LocalStack
from simulation.world import ManualClock


@contextmanager
def in_force(stack: LocalStack, client: AwsClient, changes: Mapping[str, int]) -> Iterator[None]:
    """Changed at run time, and changed back."""
    table = DynamoDbTable(client, stack.outputs["RoomsTableName"])
    settings = FanoutSettings(table, ManualClock(), Thresholds())
    assert settings.write(changes, version=settings.read().version)
    yield
    assert settings.write({}, version=settings.read().version)
