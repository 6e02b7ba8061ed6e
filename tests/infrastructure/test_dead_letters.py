"""Whoever an alarm wakes finds every queue of dead letters, and the way back out of it."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from cdk.config import ROOT
from cdk.service.addresses import HOPS_A_PARAMETER
from chat.aws.dead_letters.hops import Hop
from operations.stage import Stage
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.test_hops import dead_letter_queues

PARAMETER_BYTES = 4096
"""What SSM takes in a standard parameter."""
LONGEST_ADDRESS = "https://sqs.ap-southeast-2.amazonaws.com/000000000000/" + "q" * 80
"""A queue's name has 80 characters at most; no ARN here is longer."""


class Parameters:
    """The stage's parameters behind boto3's interface, references in braces."""

    def __init__(self, assembly: Assembly) -> None:
        self._found = {
            str(parameter["Name"]): assembly.text(parameter.stack, parameter["Value"])
            for parameter in assembly.of_type("SSM::Parameter")
        }

    def get_paginator(self, _operation: str) -> Parameters:
        return self

    def paginate(self, *, Path: str) -> list[dict[str, Any]]:  # noqa: N803  # boto3's
        below = {name: value for name, value in self._found.items() if name.startswith(f"{Path}/")}
        return [{"Parameters": [{"Name": name, "Value": value} for name, value in below.items()]}]


def hops(assembly: Assembly) -> dict[str, Hop]:
    """As an operator's command reads them."""
    stage = Stage(assembly.stage, lambda _service: Parameters(assembly))
    return {hop.name: hop for hop in stage.hops()}


def label(queue: Resource, assembly: Assembly) -> str:
    return "{" + assembly.label(queue) + "}"


def test_every_queue_of_dead_letters_can_be_asked_for_by_a_name_of_its_own(stage: Assembly) -> None:
    queues = [hop.queue for hop in hops(stage).values()]
    assert sorted(queues) == sorted(label(queue, stage) for queue in dead_letter_queues(stage))


def test_dead_letters_of_a_queue_go_back_into_that_queue(stage: Assembly) -> None:
    found = {hop.queue: hop for hop in hops(stage).values()}
    for queue in stage.of_type("SQS::Queue"):
        if "RedrivePolicy" in queue.properties:
            dead = stage.behind(queue.stack, queue["RedrivePolicy"]["deadLetterTargetArn"])
            assert dead
            hop = found[label(dead, stage)]
            assert (hop.redrive, hop.to) == ("queue", label(queue, stage))


def test_events_that_reached_no_queue_go_into_it(stage: Assembly) -> None:
    found = {hop.queue: hop for hop in hops(stage).values()}
    for subscription in stage.of_type("SNS::Subscription"):
        dead = stage.behind(subscription.stack, subscription["RedrivePolicy"]["deadLetterTargetArn"])
        queue = stage.behind(subscription.stack, subscription["Endpoint"])
        assert dead
        assert queue
        hop = found[label(dead, stage)]
        assert (hop.redrive, hop.to) == ("queue", label(queue, stage))


def test_records_of_streams_go_to_the_function_that_reads_them(stage: Assembly) -> None:
    found = {hop.queue: hop for hop in hops(stage).values()}
    for mapping in stage.of_type("Lambda::EventSourceMapping"):
        failures = mapping.properties.get("DestinationConfig")
        if not failures:
            continue
        dead = stage.behind(mapping.stack, failures["OnFailure"]["Destination"])
        function = stage.called(mapping.stack, mapping["FunctionName"])
        assert dead
        hop = found[label(dead, stage)]
        assert (hop.redrive, hop.to) == ("stream", "{" + stage.label(function) + "/Live}")


def test_the_event_of_an_upload_starts_the_state_machine(stage: Assembly) -> None:
    hop = hops(stage)["uploaded"]
    (machine,) = stage.of_type("StepFunctions::StateMachine")
    assert (hop.redrive, hop.to) == ("state-machine", label(machine, stage))


def test_the_runbook_says_of_each_queue_what_its_letters_are(stage: Assembly) -> None:
    runbook = (ROOT / "docs/how-to/dead-letters.md").read_text()
    for name in hops(stage):
        row = rf"^\|[^|]*`{name.removesuffix('-undelivered')}`"
        assert re.search(row, runbook, re.MULTILINE), f"{name} has no row in the runbook's table"


def test_names_are_the_nouns_that_hops_are_called_by(stage: Assembly) -> None:
    assert {"delivery", "notices", "jobs", "outbox", "index", "index-undelivered", "uploaded"} <= set(hops(stage))


def test_addresses_fit_into_their_parameters_however_long_they_are(stage: Assembly) -> None:
    found = sorted(hops(stage).values(), key=lambda hop: len(hop.name) + len(hop.redrive))
    longest = {**msgspec.to_builtins(found[-1]), "queue": LONGEST_ADDRESS, "to": LONGEST_ADDRESS}
    assert len(json.dumps([longest] * HOPS_A_PARAMETER)) < PARAMETER_BYTES


def test_an_alarm_says_with_which_command_its_letters_are_seen(stage: Assembly) -> None:
    commands = {f"`make redrive STAGE={stage.stage} QUEUE={name}`" for name in hops(stage)}
    told = [
        str(alarm["AlarmDescription"])
        for alarm in stage.of_type("CloudWatch::Alarm")
        if alarm.properties.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    ]
    assert len(told) == len(commands)
    assert all(any(command in text for text in told) for command in commands)


def test_discarded_letters_are_kept_for_ever_in_the_bucket_and_only_who_gives_them_up_writes_there(
    stage: Assembly,
) -> None:
    bucket = stage.named_output("MediaBucketName")
    place, prefix = label(bucket, stage), "audit/discarded/"
    (told,) = [found for found in stage.of_type("SSM::Parameter") if str(found["Name"]).endswith("/discarded-letters")]
    assert stage.text(told.stack, told["Value"]) == f"s3://{place}/{prefix}"
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert not [rule for rule in rules if prefix.startswith(rule.get("Prefix", ""))]
    policies = [
        stage.statement(policy.stack, body)
        for policy in stage.of_type("S3::BucketPolicy")
        for body in policy["PolicyDocument"]["Statement"]
    ]
    granted = [statement for role in stage.of_type("IAM::Role") for statement in stage.statements(role)]
    desk = stage.statements(stage.role_of(stage.functions()["ops.dead_letters"]))
    assert {action for found in desk if f"{place}/{prefix}*" in found.resources for action in found.actions} == {
        "s3:PutObject"
    }
    objects = {
        resource
        for statement in (*policies, *granted)
        if statement not in desk
        if statement.effect == "Allow" and any(action.startswith("s3:") for action in statement.actions)
        for resource in statement.resources
        if resource.startswith(place)
    }
    assert objects
    for resource in objects - {place}:
        allowed = resource.removeprefix(f"{place}/").rstrip("*")
        assert allowed, "every object"
        assert not prefix.startswith(allowed), resource
        assert not allowed.startswith(prefix), resource
