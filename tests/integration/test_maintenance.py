"""Jobs of maintenance on the running stage: rows that dead functions left go, words that were lost are found again."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Principal, Query
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from local.paths import ROOT
from local.stack import LocalStack
from tests.integration.test_search import find
from tests.integration.users import WAIT_S, SignIn

NEVER_OPENED = "bmV2ZXJvcGVuZWQ="
"""A connection's id, as API Gateway makes them."""


async def maintain(stack: LocalStack, *options: str) -> str:
    command = [sys.executable, "-m", "operations.maintain", "--stage", "local", *options]
    environment = {**os.environ, "AWS_ENDPOINT_URL": stack.endpoint_url}
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=4 * WAIT_S
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


async def test_what_is_broken_is_mended_and_what_is_not_stays(
    stack: LocalStack, client: AwsClient, connections_table: DynamoDbTable, sign_in: SignIn, room: str
) -> None:
    ada = await sign_in("Ada")
    await ada.call("create", title="Broken", room=room)
    await ada.enter(room)
    assert (await ada.call("send", room=room, text="a broken umbrella"))["type"] == "ack"
    await find(ada, room, "umbrella", 1)

    rooms, messages = (DynamoDbTable(client, stack.outputs[f"{name}TableName"]) for name in ("Rooms", "Messages"))
    registry = ConnectionRegistry(connections_table)
    registry.open(NEVER_OPENED, Principal("nobody", "Nobody"), 1_000)
    registry.subscribe(NEVER_OPENED, room, "nobody", 1_000)
    pk, sk = keys.read_cursor(room, "nobody")
    rooms.put({"pk": pk, "sk": sk, "user": "nobody", "name": "Nobody", "seq": 1, "read_at_ms": 1})
    messages.delete(keys.term(room, "umbrella", 1))

    swept = await maintain(stack, "sweep-sockets")
    await maintain(stack, "compact-cursors")
    await maintain(stack, "reindex")
    assert "sweep-sockets: done" in swept
    assert await rows_of(connections_table, keys.connection_rows(NEVER_OPENED)) == []
    (subscription,) = await rows_of(connections_table, keys.subscription_shard(room, 0))
    assert subscription["user"] == "ada"
    assert rooms.get((pk, sk), consistent=True) is None
    await find(ada, room, "umbrella", 1)
    told = (await maintain(stack)).splitlines()
    assert [line.split(":")[0] for line in told] == ["compact-cursors", "reindex", "sweep-sockets"]


async def rows_of(table: DynamoDbTable, pk: str) -> list[dict[str, Any]]:
    (page,) = await asyncio.to_thread(table.query, Query(pk, consistent=True))
    return [item for item in page.items if item["sk"] != keys.SHAPE]
