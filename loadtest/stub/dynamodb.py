"""DynamoDB as far as the project's adapter and the baselines use it: items in its own JSON, kept in key order.

Conditions and updates are the expressions that `chat.aws.dynamodb` writes; any other is refused. It is here to be fast,
so that the client is what is measured.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import orjson

from loadtest.stub.http import Answer

Json = dict[str, Any]
Place = tuple[str, Any]

PAGE_BYTES = 1_000_000
MOST_KEYS = 100
LOAD = "Stub.Load"
"""Puts items into tables without more ado: `{table: [item, …]}`."""


class RefusedError(Exception):
    """A call fails with an error of DynamoDB's. `more` stands beside it in the answer."""

    def __init__(self, code: str, **more: Any) -> None:  # noqa: ANN401 - any JSON
        super().__init__(code)
        self.code, self.more = code, more


class Table:
    """One table."""

    def __init__(self) -> None:
        self.items: dict[Place, Json] = {}
        self.partitions: defaultdict[str, list[Any]] = defaultdict(list)

    def put(self, item: Json) -> None:
        """Stores it, over any before it."""
        place = place_of(item)
        if place not in self.items:
            insort(self.partitions[place[0]], place[1])
        self.items[place] = item

    def delete(self, place: Place) -> Json | None:
        """Removes it and returns it."""
        item = self.items.pop(place, None)
        if item is not None:
            keys = self.partitions[place[0]]
            del keys[bisect_left(keys, place[1])]
        return item

    def query(self, body: Json) -> Json:
        """A page of one partition."""
        values = body["ExpressionAttributeValues"]
        pk, down = values[":pk"]["S"], not body.get("ScanIndexForward", True)
        keys = self.partitions.get(pk, [])
        first = bisect_left(keys, plain(values[":first"])) if ":first" in values else 0
        last = bisect_right(keys, plain(values[":last"])) if ":last" in values else len(keys)
        if ":first" in values and ":last" in values:
            require(plain(values[":first"]) <= plain(values[":last"]), "an interval without anything in it")
        if start := body.get("ExclusiveStartKey"):
            behind = plain(start["sk"])
            require(":last" not in values or behind <= plain(values[":last"]), "a start outside of the interval")
            first, last = (first, bisect_left(keys, behind)) if down else (bisect_right(keys, behind), last)
        wanted = reversed(keys[first:last]) if down else keys[first:last]
        return _page([self.items[pk, sk] for sk in wanted], body.get("Limit"))

    def scan(self, body: Json) -> Json:
        """A page of all there is, filtered by equality once it is read."""
        start = body.get("ExclusiveStartKey")
        places = list(self.items)
        if start:
            places = places[places.index(place_of(start)) + 1 :]
        page = _page([self.items[place] for place in places], body.get("Limit"))
        if "FilterExpression" in body:
            name, value = _names(body, body["FilterExpression"]).split(" = ")
            wanted = body["ExpressionAttributeValues"][value]
            page["Items"] = [item for item in page["Items"] if item.get(name) == wanted]
        return {**page, "Count": len(page["Items"])}


class DynamoDb:
    """All tables of an account; one that nobody has used is empty. Each call takes `delay_s`."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self._tables: defaultdict[str, Table] = defaultdict(Table)
        self._tokens: set[str] = set()
        self._operations: dict[str, Callable[[Json], Json]] = {
            "PutItem": self._put,
            "GetItem": self._get,
            "BatchGetItem": self._get_many,
            "DeleteItem": self._delete,
            "UpdateItem": self._update,
            "TransactWriteItems": self._transact,
            "Query": lambda body: self._tables[body["TableName"]].query(body),
            "Scan": lambda body: self._tables[body["TableName"]].scan(body),
        }

    def answer(self, path: str, target: str, body: bytes) -> Answer:  # noqa: ARG002  # there is one path only
        """A call of DynamoDB's JSON protocol, or `LOAD`."""
        asked = orjson.loads(body)
        if target == LOAD:
            for name, items in asked.items():
                for item in items:
                    self._tables[name].put(item)
            return Answer(200, b"{}")
        operation = self._operations.get(target.partition(".")[2])
        if operation is None:
            return Answer(400, b'{"__type":"UnknownOperationException"}')
        try:
            return Answer(200, orjson.dumps(operation(asked)))
        except RefusedError as refused:
            return Answer(400, orjson.dumps({"__type": refused.code, **refused.more}))

    def _put(self, body: Json) -> Json:
        table = self._tables[body["TableName"]]
        self._require(body, table.items.get(place_of(body["Item"])))
        table.put(body["Item"])
        return {}

    def _get(self, body: Json) -> Json:
        item = self._tables[body["TableName"]].items.get(place_of(body["Key"]))
        return {"Item": item} if item else {}

    def _get_many(self, body: Json) -> Json:
        for asked in body["RequestItems"].values():
            _require_distinct(asked["Keys"])
        found = {
            name: [item for key in asked["Keys"] if (item := self._tables[name].items.get(place_of(key)))]
            for name, asked in body["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _delete(self, body: Json) -> Json:
        table, place = self._tables[body["TableName"]], place_of(body["Key"])
        self._require(body, table.items.get(place))
        item = table.delete(place)
        return {"Attributes": item} if item and body.get("ReturnValues") == "ALL_OLD" else {}

    def _update(self, body: Json) -> Json:
        table, place = self._tables[body["TableName"]], place_of(body["Key"])
        self._require(body, table.items.get(place))
        table.put(updated(table.items.get(place) or dict(body["Key"]), body))
        return {"Attributes": table.items[place]}

    def _transact(self, body: Json) -> Json:
        writes = [next(iter(write.items())) for write in body["TransactItems"]]
        keys = [write["Item" if kind == "Put" else "Key"] for kind, write in writes]
        _require_distinct(keys)
        token = body.get("ClientRequestToken")
        if token in self._tokens:
            return {}
        reasons, held = [], True
        for (_, write), key in zip(writes, keys, strict=True):
            standing = self._tables[write["TableName"]].items.get(place_of(key))
            fits = holds(write, standing)
            held &= fits
            reasons.append({"Code": "None"} if fits else {"Code": "ConditionalCheckFailed", "Item": standing})
        if not held:
            raise RefusedError("TransactionCanceledException", CancellationReasons=reasons)
        carry_out = {"Put": self._put, "Delete": self._delete, "Update": self._update}
        for kind, write in writes:
            carry_out[kind](write)
        if token is not None:
            self._tokens.add(token)
        return {}

    @staticmethod
    def _require(body: Json, standing: Json | None) -> None:
        if not holds(body, standing):
            raise RefusedError("ConditionalCheckFailedException", **({"Item": standing} if standing else {}))


def require(right: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Refuses a call that DynamoDB would not take."""
    if not right:
        raise RefusedError("ValidationException", message=otherwise)


def _require_distinct(keys: list[Json]) -> None:
    places = {place_of(key) for key in keys}
    require(0 < len(keys) == len(places) <= MOST_KEYS, "1 to 100 items, each named once")


def place_of(item: Json) -> Place:
    """The key of an item, or of a `Key`."""
    place = item["pk"]["S"], plain(item["sk"])
    require("" not in place, "a key that is empty")
    return place


def plain(value: Json) -> Any:  # noqa: ANN401 - text or a number, but one kind only in a table
    """A key's attribute as it sorts."""
    return int(value["N"]) if "N" in value else str(value["S"])


_TERM = re.compile(r"attribute_(not_)?exists\((\S+)\)|(\S+) (<|=|<>) (\S+)")


def holds(body: Json, standing: Json | None) -> bool:
    """Whether one of the condition's terms, which have an `OR` between them, is true of what stands there."""
    expression = body.get("ConditionExpression")
    if not expression:
        return True
    return any(_true(term, body, standing or {}) for term in _names(body, expression).split(" OR "))


def _true(term: str, body: Json, standing: Json) -> bool:
    match = _TERM.fullmatch(term)
    if match is None:
        raise RefusedError("ValidationException", message=term)
    absent, looked_for, name, sign, value = match.groups()
    if looked_for:
        return (looked_for in standing) is not bool(absent)
    wanted = body["ExpressionAttributeValues"][value]
    if sign != "<":
        return bool(standing.get(name) == wanted) is (sign == "=")
    return name in standing and int(standing[name]["N"]) < int(wanted["N"])


def updated(item: Json, body: Json) -> Json:
    """The item with `SET a = :a, b = :b ADD c :c` done to it."""
    changed = dict(item)
    values = body.get("ExpressionAttributeValues", {})
    expression = _names(body, body["UpdateExpression"])
    sets, _, adds = expression.removeprefix("SET ").partition("ADD ")
    for term in filter(None, sets.strip().split(", ")):
        name, value = term.split(" = ")
        changed[name] = values[value]
    for term in filter(None, adds.split(", ")):
        name, value = term.split(" ")
        changed[name] = {"N": str(int(changed.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
    return changed


def _names(body: Json, expression: str) -> str:
    """The expression with names in the places of their stand-ins."""
    names = body.get("ExpressionAttributeNames", {})
    return re.sub(r"#\w+", lambda match: str(names[match[0]]), expression)


def _page(items: list[Json], limit: int | None) -> Json:
    taken: list[Json] = []
    size_bytes = 0
    for item in items:
        if len(taken) == limit or size_bytes > PAGE_BYTES:
            break
        taken.append(item)
        size_bytes += sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())
    else:
        if limit is None or len(taken) < limit:
            return {"Items": taken, "Count": len(taken)}
    end = {name: taken[-1][name] for name in ("pk", "sk")}
    return {"Items": taken, "Count": len(taken), "LastEvaluatedKey": end}
