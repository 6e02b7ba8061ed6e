"""A stage in which people have talked: the domain's own rows, put into moto's tables, as an operator finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto import mock_aws

from chat import messages, rooms
from chat.aws.dynamodb import from_attributes, to_attributes
from chat.ports import Item
from chat.protocol import CreateRoom, JoinRoom, SendMessage
from operations.stage import Stage
from simulation.world import World

TABLES = {"rooms": "S", "messages": "N"}
"""The stage's tables by name, with the type of their sort keys."""

BUCKETS = ("backups", "media")


def in_a_room(*texts: str) -> World:
    """Ada and Grace in the room `lunch`, where Ada has said the texts."""
    world = World()
    ada = world.connect("ada")
    rooms.create(world.services, ada, CreateRoom(id="make", title="Lunch", room="lunch"))
    rooms.join(world.services, world.connect("grace"), JoinRoom(id="join", room="lunch"))
    for number, text in enumerate(texts):
        messages.send(world.services, ada, SendMessage(id=f"say-{number}", room="lunch", text=text))
    return world


@dataclass
class BackupStage:
    """Stage `test` on moto. `calls` are the operations of DynamoDB that its clients were asked for."""

    calls: list[str] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        return Stage("test", self.client)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            made = boto3.client(service, region_name="us-east-1", **CREDENTIALS)  # type: ignore[call-overload]
            made.meta.events.register("before-call", lambda model, **_: self.calls.append(model.name))
            self._clients[service] = made
        return self._clients[service]

    def make(self, suffix: str = "") -> None:
        """Empty tables, named with the suffix."""
        for name, kind in TABLES.items():
            self.client("dynamodb").create_table(
                TableName=name + suffix,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": kind},
                ],
            )

    def fill(self, world: World, suffix: str = "") -> None:
        """Rooms and messages of the world, as they stand in it."""
        for name, table in (("rooms", world.rooms_table), ("messages", world.messages_table)):
            self.put(name + suffix, list(table.items.values()))

    def put(self, table: str, items: Sequence[Item]) -> None:
        for at in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": to_attributes(item)}} for item in items[at : at + 25]]
            self.client("dynamodb").batch_write_item(RequestItems={table: puts})

    def rows(self, table: str) -> dict[tuple[str, str | int], Item]:
        """All rows of a table by key."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        items = [from_attributes(item) for page in pages for item in page["Items"]]
        return {(item["pk"], item["sk"]): item for item in items}

    def empty(self, *tables: str) -> None:
        """Loses every row of them."""
        for table in tables:
            for pk, sk in self.rows(table):
                self.client("dynamodb").delete_item(TableName=table, Key=to_attributes({"pk": pk, "sk": sk}))


CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@contextmanager
def backup_stage() -> Iterator[BackupStage]:
    """The stage with empty tables and buckets."""
    with mock_aws():
        made = BackupStage()
        made.make()
        for bucket in BUCKETS:
            made.client("s3").create_bucket(Bucket=bucket)
        yield made
