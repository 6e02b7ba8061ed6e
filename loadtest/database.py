"""DynamoDB from a function: one put, and one query of 100 items, as the project does them and as boto3 does.

`python -m loadtest.database WAY` runs one of them in its own process, with its job on standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from loadtest.fanout.job import REGION, ROOM, TABLE, Job, environment
from loadtest.fanout.room import fill
from loadtest.report import Row
from loadtest.stub.certificates import Authority
from loadtest.stub.process import running

ITEMS = 100
ITEM: dict[str, Any] = {"pk": "message#bench", "sk": "1", "text": "x" * 200, "at_ms": 1_790_000_000_000}
WAYS = ("project", "boto3")


class Cost(msgspec.Struct, frozen=True):
    """CPU of a call, in µs."""

    put_us: float
    query_us: float


def rows(authority: Authority, calls: int) -> Iterator[Row]:
    """Both calls, by each way `calls` times."""
    with running(authority, post_ms=0, database_ms=0, http2=False) as stub:
        fill(stub, live=ITEMS)
        job = Job("engine", str(authority.certificate), stub.ports, 0, calls)
        costs = {way: _run(way, job) for way in WAYS}
    project, boto = costs["project"], costs["boto3"]
    yield Row("dynamodb_put_cpu", project.put_us, "µs", boto.put_us, "boto3")
    yield Row("dynamodb_query_100_cpu", project.query_us, "µs", boto.query_us, "boto3")


def _run(way: str, job: Job) -> Cost:
    process = subprocess.run(
        [sys.executable, "-m", "loadtest.database", way],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        env=os.environ | environment(job),
        timeout=120,
        check=True,
    )
    return msgspec.json.decode(process.stdout, type=Cost)


def project() -> tuple[Callable[[], object], Callable[[], object]]:
    """The project's adapter."""
    from chat.aws import wiring  # noqa: PLC0415 - only what is measured is imported
    from chat.aws.dynamodb import DynamoDbTable  # noqa: PLC0415
    from chat.ports import Query  # noqa: PLC0415
    from chat.storage import keys  # noqa: PLC0415

    table = DynamoDbTable(wiring.client(), TABLE)
    query = Query(keys.subscription_shard(ROOM, 0), limit=ITEMS)
    return lambda: table.put(ITEM), lambda: table.query(query)


def boto() -> tuple[Callable[[], object], Callable[[], object]]:
    """boto3's resource, which gives plain values, as the adapter does."""
    import boto3  # noqa: PLC0415 - only what is measured is imported

    from chat.storage import keys  # noqa: PLC0415

    table = boto3.resource("dynamodb", region_name=REGION).Table(TABLE)
    values: dict[str, Any] = {":pk": keys.subscription_shard(ROOM, 0)}

    def query() -> object:
        return table.query(KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values, Limit=ITEMS)

    return lambda: table.put_item(Item=ITEM), query


def cpu_us(call: Callable[[], object], times: int) -> float:
    """CPU of one call: the best of five runs, after one to warm up."""
    call()
    runs = []
    for _ in range(5):
        started_s = time.process_time()
        for _ in range(times):
            call()
        runs.append((time.process_time() - started_s) / times)
    return min(runs) * 1_000_000


def main() -> None:
    """Measures one way."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    put, query = {"project": project, "boto3": boto}[sys.argv[1]]()
    cost = Cost(put_us=cpu_us(put, job.rounds), query_us=cpu_us(query, job.rounds))
    sys.stdout.buffer.write(msgspec.json.encode(cost))


if __name__ == "__main__":
    main()
