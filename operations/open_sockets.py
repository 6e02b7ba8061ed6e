"""The sockets that a stage has open, as its registry knows them, and closing them from outside.

The registry is read whole: no key is by colour, and what an operator does now and then need have none. 100,000 sockets
are some 2,500 read units.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chat.colours import base_url, split
from chat.storage import keys
from operations.stage import Stage

GONE = 410
"""As HTTP has it, and API Gateway."""


@dataclass(frozen=True)
class OpenSockets:
    """Of one stage. `blue_url` is where frames are posted to sockets of the blue one."""

    stage: Stage
    table: str
    blue_url: str

    @classmethod
    def of(cls, stage: Stage) -> OpenSockets:
        """By what the stage's stacks say. Raises `UsageError` where there are none."""
        url = stage.outputs("service")["WebSocketUrl"]
        return cls(stage, stage.outputs("data")["ConnectionsTableName"], "http" + url.removeprefix("ws"))

    def ids(self, colour: str) -> list[str]:
        """All that are open on the stage of a colour, and those whose end nobody told, until their rows expire."""
        return [each for each in self._ids() if split(each)[0] == colour]

    def close(self, connection: str) -> bool:
        """Closes one as API Gateway does after two hours; False where it was closed already."""
        colour, name = split(connection)
        try:
            self.stage.management(base_url(self.blue_url, colour)).delete_connection(ConnectionId=name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != GONE:
                raise
            return False
        return True

    def _ids(self) -> Iterator[str]:
        first = keys.connection_rows("")
        values: dict[str, Any] = {":pk": {"S": first}, ":sk": {"S": keys.SELF}, ":now": {"N": str(int(time.time()))}}
        pages = (
            self.stage.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.table,
                FilterExpression="begins_with(pk, :pk) AND sk = :sk AND expires_at_s > :now",
                ProjectionExpression="pk",
                ExpressionAttributeValues=values,
            )
        )
        return (item["pk"]["S"].removeprefix(first) for page in pages for item in page["Items"])
