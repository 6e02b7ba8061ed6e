"""A backup of the running stage, the loss of what it holds, and how people find it again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT
from local.stack import LocalStack
from operations.backups.numbers import LEAST_GAP
from tests.integration.test_redrive import Operator as Listener
from tests.integration.test_redrive import listen
from tests.integration.test_search import find
from tests.integration.users import WAIT_S, SignIn, User, post

TABLES = ("RoomsTableName", "MessagesTableName")


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    status: int
    said: str


@dataclass(frozen=True)
class Operator:
    """Somebody with a terminal, and a directory for backups."""

    stack: LocalStack
    aws: Callable[[str], Any]
    place: Path

    async def export(self) -> Answer:
        return await self._run("export", "--to", str(self.place), "--segments", "4")

    async def restore(self, *options: str) -> Answer:
        return await self._run("restore", "--from", str(self.place), *options)

    async def _run(self, command: str, *options: str) -> Answer:
        whole = [sys.executable, "-m", f"operations.{command}", "--stage", "local", *options]
        environment = {**os.environ, "AWS_ENDPOINT_URL": self.stack.endpoint_url}
        ended = await asyncio.to_thread(
            subprocess.run, whole, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=4 * WAIT_S
        )
        return Answer(ended.returncode, ended.stdout + ended.stderr)

    def lose(self, room: str) -> int:
        """Removes every row of the room from both tables, as a mistake would; how many there were."""
        return sum(self._lose(self.stack.outputs[table], room) for table in TABLES)

    def _lose(self, table: str, room: str) -> int:
        dynamodb = self.aws("dynamodb")
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        found = [row for page in pages for row in page["Items"] if room in row["pk"]["S"] or _in(row, room)]
        for row in found:
            dynamodb.delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})
        return len(found)


def _in(row: dict[str, Any], room: str) -> bool:
    return bool(row["sk"].get("S", "").endswith(f"room#{room}") or row.get("room", {}).get("S") == room)


@pytest.fixture
def operator(stack: LocalStack, aws: Callable[[str], Any], tmp_path: Path) -> Operator:
    return Operator(stack, aws, tmp_path / "backup")


async def say(user: User, room: str, *texts: str) -> None:
    for text in texts:
        assert (await user.call("send", room=room, text=text))["type"] == "ack"


async def history(user: User, room: str) -> list[tuple[int, str]]:
    found = (await user.call("history", room=room, limit=100))["result"]["messages"]
    return [(message["seq"], message["text"]) for message in found if message["kind"] != "void"]


async def test_a_lost_room_is_there_again_with_its_numbers_and_goes_on_behind_them(
    operator: Operator, sign_in: SignIn, room: str
) -> None:
    room = f"restored-{room}"
    ada, grace, eve = [await sign_in(f"{name}{room[-3:]}") for name in ("Ada", "Grace", "Eve")]
    await ada.call("create", title="Restored", room=room)
    await grace.enter(room)
    await eve.enter(room)
    await say(ada, room, "one", "two", "three")
    await say(eve, room, "four")
    assert (await ada.call("edit", room=room, seq=2, text="zwei"))["type"] == "ack"
    await find(ada, room, "four", 1)  # what follows from the messages is done, too
    exported = await operator.export()
    assert exported.status == 0, exported
    await say(ada, room, "after the backup")
    assert (await ada.call("delete", room=room, seq=3))["type"] == "ack"
    erased = await asyncio.to_thread(
        post, f"{operator.stack.api_url}/api/account/erasure", {"user": eve.name.lower()}, eve.token
    )
    assert erased.status == 202, erased
    await noted(operator, f"messages/{room}/{3:015d}.deleted")
    await noted(operator, f"messages/{room}/{4:015d}.erased")
    queue = listen(Listener(operator.stack.endpoint_url, operator.aws), room)

    assert operator.lose(room) > 10
    refused = await operator.restore()
    assert (refused.status, "With --merge they stay" in refused.said) == (2, True), refused
    missing = await operator.restore("--dry-run")
    assert missing.status == 1, missing
    restored = await operator.restore("--merge")
    assert restored.status == 0, restored

    assert await history(grace, room) == [(1, "one"), (2, "zwei"), (3, ""), (4, "")]
    await find(ada, room, "zwei", 1)
    reply = await grace.call("send", room=room, text="we are back")
    seq = reply["result"]["seq"]
    assert 4 + LEAST_GAP < seq <= 4 + LEAST_GAP + 2 * 5 + 1  # number 5 was given after the backup
    subscribed = await ada.call("subscribe", room=room, after=4)
    assert subscribed["type"] == "ack", subscribed
    again = await operator.restore("--merge")
    assert again.status == 0, again
    assert " added" not in again.said, again
    assert (await history(ada, room))[-1][1] == "we are back"
    assert await heard(operator, queue) == [seq]


async def noted(operator: Operator, entry: str) -> None:
    """Waits until the ledger has the entry."""
    s3, bucket = operator.aws("s3"), operator.stack.outputs["MediaBucketName"]
    for _ in range(WAIT_S * 10):
        found = s3.list_objects_v2(Bucket=bucket, Prefix="audit/erasures/").get("Contents", [])
        if any(each["Key"].endswith(f"/{entry}") for each in found):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{entry} was not noted")


async def heard(operator: Operator, queue: str) -> list[int]:
    """Numbers of messages, without void ones, that consumers of events were told of, up to the first silence."""
    sqs = operator.aws("sqs")
    numbers: list[int] = []
    wait_s = WAIT_S - 10
    while True:
        answer = await asyncio.to_thread(
            sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=wait_s, MaxNumberOfMessages=10
        )
        wait_s = 3
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            if event["event"] == "MessagePosted" and event["kind"] != "void":
                numbers.append(event["seq"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        if not answer.get("Messages"):
            return numbers
