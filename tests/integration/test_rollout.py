"""The rehearsal with the deployed functions, good ones and bad ones, and what `make status` makes of the stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chat.aws import wiring
from chat.aws.client import AwsClient
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.rehearsal import LambdaVersions
from chat.rehearsal import FUNCTIONS, Rehearsal, RehearsalError, rehearse
from chat.settings import Settings
from chat.storage.connections import TicketOffice
from local.stack import LocalStack
from operations import status
from operations.stage import Stage
from tests.integration.deployed import configure, find


def rehearsal(stack: LocalStack, client: AwsClient, arns: dict[str, str]) -> Rehearsal:
    """With the functions behind these ARNs."""
    return Rehearsal(
        versions=LambdaVersions(client, arns),
        tickets=TicketOffice(DynamoDbTable(client, stack.outputs["ConnectionsTableName"])),
        messages=DynamoDbTable(client, stack.outputs["MessagesTableName"]),
        ids=wiring.RandomIds(),
        clock=wiring.SystemClock(),
    )


@pytest.fixture
def live(aws: Callable[[str], Any]) -> dict[str, str]:
    """The alias of each function that takes part."""
    return {name: f"{find(aws('lambda'), name)['FunctionArn']}:live" for name in FUNCTIONS}


def test_the_deployed_functions_pass_it_again_and_again(
    stack: LocalStack, client: AwsClient, live: dict[str, str]
) -> None:
    for _ in range(2):
        rehearse(rehearsal(stack, client, live))


def test_a_version_that_lacks_a_setting_fails_it_and_nobody_else_meets_it(
    stack: LocalStack, client: AwsClient, live: dict[str, str], aws: Callable[[str], Any]
) -> None:
    functions, function = aws("lambda"), find(aws("lambda"), "message.command")
    name, good = function["FunctionName"], function["Environment"]["Variables"]
    configure(functions, name, Settings(stage="local").to_env())
    try:
        bad = functions.publish_version(FunctionName=name)["FunctionArn"]
    finally:
        configure(functions, name, good)
    with pytest.raises(RehearsalError, match=r"message\.command"):
        rehearse(rehearsal(stack, client, {**live, "message.command": bad}))
    rehearse(rehearsal(stack, client, live))


def test_its_stacks_and_functions_are_shown(aws: Callable[[str], Any]) -> None:
    lines = [line.split() for line in status.report(Stage("local", aws))]
    assert ["message.command", "$LATEST", "-"] in lines
    assert "chat-local-service" in {line[0] for line in lines if line}
