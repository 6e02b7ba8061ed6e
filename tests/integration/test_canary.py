"""The conversation that the stage holds with itself, on the running stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Query
from chat.settings import Settings
from chat.storage import keys
from local.stack import LocalStack
from tests.integration.deployed import find, given


def called(client: Any) -> Any:
    name = find(client, "ops.canary")["FunctionName"]
    answer = client.invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


def test_it_says_something_and_hears_it_on_its_other_socket(
    stack: LocalStack, aws: Callable[[str], Any], client: AwsClient
) -> None:
    for _ in range(2):
        told = called(aws("lambda"))
        assert told["ok"], told
        assert told["ack_ms"] > 0
        assert told["delivery_ms"] > 0
    messages = DynamoDbTable(client, stack.outputs["MessagesTableName"])
    (said,) = messages.query(Query(keys.message_bucket(keys.CANARY_ROOM, 0), consistent=True))
    assert len(said.items) >= 2
    (noted,) = DynamoDbTable(client, stack.outputs["RoomsTableName"]).query(Query("traces#canary:stage"))
    assert noted.items == []


def test_it_fails_where_nobody_listens(aws: Callable[[str], Any]) -> None:
    functions = aws("lambda")
    with given(functions, "ops.canary", Settings(stage="local", websocket_url="ws://127.0.0.1:9/local")):
        told = called(functions)
    assert not told["ok"]
    assert "did not open" in told["why"]
