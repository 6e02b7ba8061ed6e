"""Starts the stub in a process of its own, and speaks with it beside what is measured."""

from __future__ import annotations

import http.client
import io
import json
import ssl
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from chat.aws.dynamodb import to_attributes
from loadtest.stub.certificates import Authority

LOAD_ITEMS = 1_000


class Order(msgspec.Struct, frozen=True):
    """What a stub is to be: times in seconds, `throttled` the share of posts that are answered 429."""

    certificate: str
    key: str
    post_s: float
    database_s: float
    http2: bool
    throttled: float = 0.0


class Ports(msgspec.Struct, frozen=True):
    """Where a stub listens."""

    connections: int
    database: int


class Report(msgspec.Struct, frozen=True):
    """How often each connection was delivered to, when the last one was, and how many posts had which answer."""

    delivered: dict[str, int]
    answers: dict[str, int]
    last_at_s: float


@dataclass(frozen=True)
class Stub:
    """A stub that runs."""

    certificate: Path
    ports: Ports

    @property
    def connections_url(self) -> str:
        """The stage's `@connections` are below it."""
        return f"https://localhost:{self.ports.connections}/bench"

    @property
    def database_url(self) -> str:
        """DynamoDB's endpoint."""
        return f"https://localhost:{self.ports.database}"

    def load(self, table: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Puts items into a table."""
        waiting = [to_attributes(dict(item)) for item in items]
        for at in range(0, len(waiting), LOAD_ITEMS):
            body = json.dumps({table: waiting[at : at + LOAD_ITEMS]})
            self._ask(self.ports.database, "/", {"X-Amz-Target": "Stub.Load"}, body)

    def count(self, table: str, pk: str) -> int:
        """How many items a partition has."""
        body = {"TableName": table, "ExpressionAttributeValues": {":pk": {"S": pk}}}
        headers = {"X-Amz-Target": "DynamoDB_20120810.Query"}
        return int(json.loads(self._ask(self.ports.database, "/", headers, json.dumps(body)))["Count"])

    def report(self) -> Report:
        """What was delivered since it was asked last."""
        return msgspec.json.decode(self._ask(self.ports.connections, "/report", {}, ""), type=Report)

    def _ask(self, port: int, path: str, headers: dict[str, str], body: str) -> bytes:
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running(
    authority: Authority, *, post_ms: float, database_ms: float, http2: bool, throttled: float = 0.0
) -> Iterator[Stub]:
    """A stub in a child process."""
    order = Order(str(authority.certificate), str(authority.key), post_ms / 1000, database_ms / 1000, http2, throttled)
    command = [sys.executable, "-m", "loadtest.stub"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            cast("io.BufferedWriter", process.stdin).write(msgspec.json.encode(order))
            cast("io.BufferedWriter", process.stdin).close()
            ports = msgspec.json.decode(cast("io.BufferedReader", process.stdout).readline(), type=Ports)
            yield Stub(authority.certificate, ports)
        finally:
            process.terminate()
