"""Rows of sockets that are gone: API Gateway tells of a closed socket once, at best, and TTL takes two hours more.

A row whose socket stands in no other row is left over from a function that died; one whose socket API Gateway does not
know any more is closed as `$disconnect` would have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import quote

from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.ports import Item, Key, Table
from chat.storage import keys
from chat.storage.connections import ConnectionRegistry
from chat.storage.rooms import get_batches

GONE = 410

YOUNG_MS = 60_000
"""API Gateway answers 410 for a socket whose `$connect` is not through: who came a moment ago is left alone."""

Alive = Callable[[Sequence[str]], dict[str, bool]]
"""Which of these sockets are open; one of which nobody can tell counts as open."""


class SweepSockets:
    """Of the table of connections."""

    name = "sweep-sockets"
    table = "connections"

    def __init__(self, table: Table, alive: Alive, now_ms: Callable[[], int]) -> None:
        self._table = table
        self._registry = ConnectionRegistry(table)
        self._alive = alive
        self._now_ms = now_ms

    def work(self, page: Sequence[Item]) -> Counter[str]:
        """A call of API Gateway for each socket, and a read unit for each row that names one."""
        closed = self._close(page)
        left = [row for row in page if row.get("connection") not in closed]
        return Counter(sockets=len(closed), strays=self._remove_strays(left))

    def _close(self, page: Sequence[Item]) -> set[str]:
        oldest_ms = self._now_ms() - YOUNG_MS
        own = [row["connection"] for row in page if _is_socket(row) and row["connected_at_ms"] < oldest_ms]
        dead = [name for name, alive in self._alive(own).items() if not alive] if own else []
        for connection in dead:
            self._registry.close(connection)
        return set(dead)

    def _remove_strays(self, page: Sequence[Item]) -> int:
        """Rows that point at a socket which has no row of its own."""
        named: dict[Key, str] = {
            (row["pk"], row["sk"]): row["connection"] for row in page if "connection" in row and row["sk"] != keys.SELF
        }
        selves = [keys.connection(name) for name in sorted(set(named.values()))]
        there = {item["connection"] for item in get_batches(self._table, selves, consistent=True)}
        strays = [key for key, name in named.items() if name not in there]
        self._table.delete_many(strays)
        return len(strays)


def _is_socket(row: Item) -> bool:
    return "connection" in row and row["sk"] == keys.SELF


def asked_of_gateway(client: AwsClient, connections_url: str) -> Alive:
    """Asks API Gateway for each, many at once. These calls count among the 10,000 a second of the account."""

    def alive(connections: Sequence[str]) -> dict[str, bool]:
        base = f"{connections_url.rstrip('/')}/@connections/"
        requests = [Request("execute-api", base + quote(name, safe=""), method="GET") for name in connections]
        answers = client.call_all(requests)
        return {name: answer.status != GONE for name, answer in zip(connections, answers, strict=True)}

    return alive
