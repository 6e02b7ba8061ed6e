"""DynamoDB behind `chat.ports.Table`: its JSON protocol, its conditions, its retries. Knows no key of ours."""

from __future__ import annotations

import base64
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from chat.aws import slow_calls
from chat.aws.calls import TIMEOUT_MS, Request, Response
from chat.aws.client import AwsClient
from chat.errors import UnavailableError
from chat.ports import (
    Absent,
    Assign,
    Below,
    Condition,
    ConditionError,
    Differs,
    Equal,
    Item,
    Key,
    Page,
    Present,
    PresentBelow,
    Put,
    Query,
    TransactionError,
    Write,
)

TRANSACTION_ROUNDS = 4
"""Tries of a transaction that collided with another one on the same items."""

TRANSACTION_PAUSE_MS = 10
"""First pause between them, doubled each time, with full jitter: those that collided once should not again."""

AHEAD_MS = 200
"""What a Query may hold up the call that it goes along with; it takes 4 ms, 12 at the 99th percentile."""

Json = dict[str, Any]


class DynamoDbError(Exception):
    """DynamoDB refused a call for a reason that is a fault of ours (a malformed request, a missing grant or table)."""


class DynamoDbTable:
    """One table. See `chat.ports.Table` for what each method promises."""

    def __init__(self, client: AwsClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """One GetItem."""
        answer = self._call("GetItem", {"Key": _key(key), "ConsistentRead": consistent})
        return _item(answer.get("Item"))

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> list[Item]:
        """One BatchGetItem, and one more for each time that DynamoDB leaves some for later."""
        wanted = [_key(key) for key in keys]
        found: list[Item] = []
        for _ in range(10):
            if not wanted:
                return found
            body = {"RequestItems": {self._name: {"Keys": wanted, "ConsistentRead": consistent}}}
            answer = _checked(self._send("BatchGetItem", body)[0])
            found += [from_attributes(item) for item in answer["Responses"].get(self._name, [])]
            wanted = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
        raise UnavailableError("The database is busy; try again.", retry_after_ms=1_000)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """One PutItem."""
        self._call("PutItem", _put(item, condition))

    def put_many(self, items: Iterable[Item]) -> None:
        """A PutItem for each item, at the same time."""
        for answer in self._send("PutItem", *({"TableName": self._name, **_put(item, None)} for item in items)):
            _checked(answer)

    def update(
        self,
        key: Key,
        *,
        assign: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        condition: Condition | None = None,
    ) -> Item:
        """One UpdateItem."""
        body = {**_update(key, assign or {}, add or {}, condition), "ReturnValues": "ALL_NEW"}
        return from_attributes(self._call("UpdateItem", body)["Attributes"])

    def delete(self, key: Key, condition: Condition | None = None) -> Item | None:
        """One DeleteItem."""
        answer = self._call("DeleteItem", {"Key": _key(key), "ReturnValues": "ALL_OLD", **_condition(condition)})
        return _item(answer.get("Attributes"))

    def delete_many(self, keys: Iterable[Key], condition: Condition | None = None) -> None:
        """A DeleteItem for each key, at the same time."""
        shared = {"TableName": self._name, **_condition(condition)}
        for answer in self._send("DeleteItem", *({**shared, "Key": _key(key)} for key in keys)):
            if not _refused_by_condition(answer):
                _checked(answer)

    def query(self, *queries: Query) -> list[Page]:
        """A Query for each, at the same time."""
        answers = self._send("Query", *map(self._query_body, queries))
        return [_page(_checked(answer)) for answer in answers]

    def read_ahead(self, query: Query) -> Callable[[], Page]:
        """One Query that goes along with the next call, and another where it failed."""
        along = self._client.send_along(self._request("Query", self._query_body(query), timeout_ms=AHEAD_MS))

        def page() -> Page:
            self._client.take_back(along)
            if along.answer is not None and along.answer.ok:
                return _page(_checked(along.answer))
            (read,) = self.query(query)
            return read

        return page

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """One TransactWriteItems; one that only collided with another is tried again.

        Every call has a token: what the network repeats is carried out once, and answered as it was.
        """
        items = [self._transact_item(write) for write in writes]
        body: Json = {"TransactItems": items, "ClientRequestToken": self._own_token(token)}
        for attempt in range(TRANSACTION_ROUNDS):
            if attempt:
                time.sleep(random.uniform(0, TRANSACTION_PAUSE_MS * 2**attempt / 2) / 1000)  # noqa: S311 - jitter
            (answer,) = self._send("TransactWriteItems", body)
            if answer.ok:
                return
            reasons = _cancellation_reasons(answer)
            if reasons is None:
                _checked(answer)
            conflicts = {
                at: _item(reason.get("Item"))
                for at, reason in enumerate(reasons or ())
                if reason.get("Code") == "ConditionalCheckFailed"
            }
            if conflicts:
                raise TransactionError(conflicts)
        raise UnavailableError("The database is busy; try again.", retry_after_ms=200)

    def _own_token(self, token: str | None) -> str:
        """The token as this table's own: DynamoDB knows tokens by account and Region, another stage has the same."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self._name}/{token}").hex if token else uuid.uuid4().hex

    def _call(self, operation: str, body: Json) -> Json:
        (answer,) = self._send(operation, {"TableName": self._name, **body})
        if _refused_by_condition(answer):
            raise ConditionError(_item(orjson.loads(answer.body).get("Item")))
        return _checked(answer)

    def _send(self, operation: str, *bodies: Json) -> list[Response]:
        """A call for each body, all at once; how long each took is noted."""
        answers = self._client.call_all([self._request(operation, body) for body in bodies])
        slow_calls.note(self._name, operation, bodies, answers)
        return answers

    def _request(self, operation: str, body: Json, *, timeout_ms: int = TIMEOUT_MS) -> Request:
        return Request(
            service="dynamodb",
            url=self._client.url("dynamodb"),
            body=orjson.dumps(body),
            headers=("Content-Type: application/x-amz-json-1.0", f"X-Amz-Target: DynamoDB_20120810.{operation}"),
            timeout_ms=timeout_ms,
        )

    def _query_body(self, query: Query) -> Json:
        names, values = {"#pk": "pk"}, {":pk": _attribute(query.pk)}
        bounds = {":first": query.first, ":last": query.last}
        values.update({name: _attribute(value) for name, value in bounds.items() if value is not None})
        term = _RANGES[query.first is not None, query.last is not None]
        if term:
            names["#sk"] = "sk"
        body: Json = {
            "TableName": self._name,
            "KeyConditionExpression": "#pk = :pk" + term,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ConsistentRead": query.consistent,
            "ScanIndexForward": not query.descending,
        }
        if query.limit is not None:
            body["Limit"] = query.limit
        if query.start is not None:
            body["ExclusiveStartKey"] = _key(query.start)
        return body

    def _transact_item(self, write: Write) -> Json:
        on_conflict = {"TableName": self._name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if isinstance(write, Put):
            body = {key: value for key, value in _put(write.item, write.condition).items() if key not in on_conflict}
            return {"Put": {**body, **on_conflict}}
        if isinstance(write, Assign):
            return {"Update": {**_update(write.key, write.attributes, {}, write.condition), **on_conflict}}
        return {"Delete": {"Key": _key(write.key), **_condition(write.condition), **on_conflict}}


_REFUSED = 400

_RANGES = {
    (False, False): "",
    (True, False): " AND #sk >= :first",
    (False, True): " AND #sk <= :last",
    (True, True): " AND #sk BETWEEN :first AND :last",
}


def from_attributes(attributes: Json) -> Item:
    """DynamoDB's typed attributes as plain values; numbers are whole numbers here."""
    # Most are strings: a slice of a room has 700 of them.
    return {name: typed["S"] if "S" in typed else _value(typed) for name, typed in attributes.items()}


def to_attributes(item: Item) -> Json:
    """The reverse of `from_attributes`."""
    return {name: _attribute(value) for name, value in item.items()}


def _item(attributes: Json | None) -> Item | None:
    return from_attributes(attributes) if attributes else None


def _value(typed: Json) -> Any:  # noqa: ANN401 - an attribute is any JSON value
    ((kind, value),) = typed.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "M":
            return from_attributes(value)
        case "L":
            return [_value(each) for each in value]
        case "B":
            return base64.b64decode(value)
        case "NULL":
            return None
        case _:
            raise DynamoDbError(f"an attribute of type {kind} is not one of ours")


def _attribute(value: Any) -> Json:  # noqa: ANN401 - an attribute is any JSON value
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": to_attributes(value)}
        case list() | tuple():
            return {"L": [_attribute(each) for each in value]}
        case _:
            raise DynamoDbError(f"a {type(value).__name__} can't be stored")


def _key(key: Key) -> Json:
    return {"pk": _attribute(key[0]), "sk": _attribute(key[1])}


def _put(item: Item, condition: Condition | None) -> Json:
    return {"Item": to_attributes(item), **_condition(condition)}


def _update(key: Key, assign: Mapping[str, Any], add: Mapping[str, int], condition: Condition | None) -> Json:
    body: Json = {"Key": _key(key), **_condition(condition)}
    names, values = body.setdefault("ExpressionAttributeNames", {}), body.setdefault("ExpressionAttributeValues", {})
    clauses = []
    for verb, joiner, changes in (("SET", " = ", assign), ("ADD", " ", add)):
        terms = []
        for name, value in changes.items():
            at = len(names)
            names[f"#u{at}"], values[f":u{at}"] = name, _attribute(value)
            terms.append(f"#u{at}{joiner}:u{at}")
        if terms:
            clauses.append(f"{verb} {', '.join(terms)}")
    return {**body, "UpdateExpression": " ".join(clauses)}


def _condition(condition: Condition | None) -> Json:
    """The condition's expression, asking for the item that stands in its way."""
    if condition is None:
        return {}
    names, values = {"#c": "pk"}, {}
    match condition:
        case Absent():
            expression = "attribute_not_exists(#c)"
        case Present():
            expression = "attribute_exists(#c)"
        case Below(attribute, value):
            names["#c"], values[":c"] = attribute, _attribute(value)
            expression = "attribute_not_exists(#c) OR #c < :c"
        case PresentBelow(attribute, value):
            names["#c"], values[":c"] = attribute, _attribute(value)
            expression = "#c < :c"
        case Equal(attribute, value):
            names["#c"], values[":c"] = attribute, _attribute(value)
            expression = "#c = :c"
        case Differs(attribute, value):
            names["#c"], values[":c"] = attribute, _attribute(value)
            expression = "attribute_not_exists(#c) OR #c <> :c"
    return {
        "ConditionExpression": expression,
        "ExpressionAttributeNames": names,
        **({"ExpressionAttributeValues": values} if values else {}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _page(answer: Json) -> Page:
    end = _item(answer.get("LastEvaluatedKey"))
    return Page([from_attributes(item) for item in answer["Items"]], (end["pk"], end["sk"]) if end else None)


def _refused_by_condition(answer: Response) -> bool:
    return answer.status == _REFUSED and b"ConditionalCheckFailedException" in answer.body


def _cancellation_reasons(answer: Response) -> list[Json] | None:
    if answer.status != _REFUSED or b"TransactionCanceledException" not in answer.body:
        return None
    reasons: list[Json] = orjson.loads(answer.body).get("CancellationReasons", [])
    return reasons


def _checked(answer: Response) -> Json:
    if answer.ok:
        decoded: Json = orjson.loads(answer.body)
        return decoded
    if answer.transient:
        raise UnavailableError("The database did not answer in time; try again.", retry_after_ms=1_000)
    raise DynamoDbError(f"{answer.status} {answer.body[:500]!r}")
