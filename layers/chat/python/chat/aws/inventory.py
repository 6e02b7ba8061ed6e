"""What the stage's stacks consist of, as CloudFormation has it. Uses boto3: far from the hot path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chat.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

MAX_RESOURCES = 500
"""Of a stack (CloudFormation quota)."""

KEPT_MS = 60_000
"""How long what the stacks consist of counts: only deployments change it."""

ABSENT = "ABSENT"
"""Of a stack that is not deployed."""


@dataclass(frozen=True)
class Resource:
    """One resource: its type without `AWS::`, its name in the template, and what AWS calls it."""

    stack: str
    kind: str
    logical_id: str
    physical_id: str

    @property
    def name(self) -> str:
        """The physical id without the address before it: a queue's is an URL."""
        return self.physical_id.rpartition("/")[2]


class Inventory:
    """The stacks by name. All calls raise botocore's errors."""

    def __init__(self, client: CloudFormationClient, stacks: Sequence[str], clock: Clock) -> None:
        self.stacks = tuple(stacks)
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._kept: list[Resource] = []
        self._until_ms = 0

    def status(self, stack: str) -> str:
        """CloudFormation's word for it; `ABSENT` where it is not deployed. One call."""
        try:
            return self._client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return ABSENT
            raise

    def all(self) -> list[Resource]:
        """Of all stacks that are deployed, at most `KEPT_MS` old: a call for each stack, and for each 100 resources.

        Whoever asks at the same time waits for the one answer.
        """
        with self._lock:
            now_ms = self._clock.now_ms()
            if now_ms >= self._until_ms:
                deployed = [stack for stack in self.stacks if self.status(stack) != ABSENT]
                self._kept = [resource for stack in deployed for resource in self._of(stack)]
                self._until_ms = now_ms + KEPT_MS
            return self._kept

    def _of(self, stack: str) -> Iterator[Resource]:
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for page in pages:
            for found in page["StackResourceSummaries"]:
                kind, physical_id = found["ResourceType"].removeprefix("AWS::"), found.get("PhysicalResourceId", "")
                yield Resource(stack, kind, found["LogicalResourceId"], physical_id)
