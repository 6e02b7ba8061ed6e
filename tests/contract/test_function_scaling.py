"""Concurrency as it is set in Lambda, on a function of the test's own in the emulator."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chat.aws.function_scaling import ALIAS, LambdaScaling, Target, parse, render
from chat.errors import InvalidFieldError
from tests.unit.answering_account import AnsweringAccount

NAME = "message.deliver"
MAPPING = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"


@pytest.fixture
def functions(aws: Callable[[str], Any]) -> Any:
    return aws("lambda")


@pytest.fixture
def target(functions: Any, aws: Callable[[str], Any]) -> Iterator[Target]:
    """A function without an alias, and its queue."""
    name, packed = f"scaled-{uuid.uuid4().hex[:8]}", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handle(event, context): pass")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="index.handle",
        Code={"ZipFile": packed.getvalue()},
    )
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=arn)["UUID"]
    yield Target(name=NAME, function=name, mapping=mapping)
    functions.delete_event_source_mapping(UUID=mapping)
    functions.delete_function(FunctionName=name)
    sqs.delete_queue(QueueUrl=url)


def state(functions: Any, target: Target) -> dict[str, int | None]:
    reserved = functions.get_function_concurrency(FunctionName=target.function)
    mapping = functions.get_event_source_mapping(UUID=target.mapping)
    return {
        "reserved": reserved.get("ReservedConcurrentExecutions"),
        "pollers": mapping.get("ScalingConfig", {}).get("MaximumConcurrency"),
    }


def test_what_is_wanted_is_set_and_what_is_not_wanted_any_more_taken_away(functions: Any, target: Target) -> None:
    scaling, wanted = LambdaScaling(functions, [target]), {NAME: {"reserved": 20, "pollers": 5}}
    for _ in range(2):
        scaling.apply({}, wanted)
        assert state(functions, target) == {"reserved": 20, "pollers": 5}
    scaling.apply(wanted, {NAME: {"reserved": 30}})
    assert state(functions, target) == {"reserved": 30, "pollers": None}
    scaling.apply({NAME: {"reserved": 30}}, {})
    assert state(functions, target) == {"reserved": None, "pollers": None}


def test_a_queue_s_own_pollers_are_bounded_and_how_many_wait_stays_within_that() -> None:
    account = AnsweringAccount()
    scaling = LambdaScaling(
        account.client("lambda"), [Target(name=NAME, function="f", mapping=MAPPING, own_pollers=100)]
    )

    def waiting(least: int, most: int, wanted: dict[str, int]) -> None:
        now = {"ProvisionedPollerConfig": {"MinimumPollers": least, "MaximumPollers": most}}
        account["lambda"].add_response("get_event_source_mapping", now, {"UUID": MAPPING})
        account["lambda"].add_response(
            "update_event_source_mapping", {}, {"UUID": MAPPING, "ProvisionedPollerConfig": wanted}
        )

    waiting(8, 100, {"MinimumPollers": 5, "MaximumPollers": 5})
    scaling.apply({}, {NAME: {"pollers": 5}})
    waiting(5, 5, {"MinimumPollers": 5, "MaximumPollers": 100})
    scaling.apply({NAME: {"pollers": 5}}, {})
    scaling.apply({}, {NAME: {}})
    account.assert_asked_for_everything()


def test_what_is_provisioned_belongs_to_the_alias(functions: Any, target: Target) -> None:
    scaling, wanted = LambdaScaling(functions, [target]), {NAME: {"provisioned": 3}}
    with pytest.raises(InvalidFieldError, match=rf"{NAME}: .*{ALIAS}"):
        scaling.apply({}, wanted)
    scaling.apply(wanted, {})
    version = functions.publish_version(FunctionName=target.function)["Version"]
    functions.create_alias(FunctionName=target.function, Name=ALIAS, FunctionVersion=version)
    scaling.apply({}, wanted)
    asked = {"FunctionName": target.function, "Qualifier": ALIAS}
    found = functions.get_provisioned_concurrency_config(**asked)
    assert found["RequestedProvisionedConcurrentExecutions"] == 3
    scaling.apply(wanted, {})
    with pytest.raises(functions.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        functions.get_provisioned_concurrency_config(**asked)


def test_what_there_is_no_function_for_is_left_alone(functions: Any, target: Target) -> None:
    scaling = LambdaScaling(functions, [target])
    scaling.apply({}, {"message.outbox": {"reserved": 1}})
    assert scaling.names == scaling.polled == frozenset({NAME})
    assert state(functions, target) == {"reserved": None, "pollers": None}


def test_functions_are_told_as_they_were_written() -> None:
    targets = [
        Target(name=NAME, function="f", mapping="m", own_pollers=100),
        Target(name="connect.connect", function="g"),
    ]
    assert parse(render(targets)) == targets
    assert parse("") == []
