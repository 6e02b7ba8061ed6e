"""Where a deployed stage is found: clients of the emulator's API, and the outputs of the stage's CloudFormation
stacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.emulator import REGION
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

STAGE = "local"
STACKS = ("data", "service", "media", "operations", "edge", "observability")
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""An emulator accepts any; these are the ones that ministack and LocalStack both map to the account 000000000000."""


@dataclass(frozen=True)
class Endpoint:
    """An AWS emulator at one URL: the one that `local.emulator` runs, LocalStack, or another."""

    url: str

    def client(self, service: str) -> Any:  # noqa: ANN401  # one of boto3's many
        """A boto3 client of the service at this endpoint."""
        config = Config(retries={"mode": "standard", "max_attempts": 2}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config, **CREDENTIALS)  # type: ignore[call-overload]

    @property
    def environment(self) -> dict[str, str]:
        """What makes an AWS tool in a child process use this endpoint, and nobody's own account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def stack_outputs(self, name: str) -> dict[str, str] | None:
        """The outputs of a deployed stack; None when it isn't deployed, or not completely."""
        try:
            found = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        if found["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return None
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


@dataclass(frozen=True)
class Outputs:
    """What the stacks of a deployed stage tell about themselves."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, endpoint: Endpoint, stage: str = STAGE) -> Outputs | None:
        """The outputs of all stacks of the stage; None unless every one is completely deployed."""
        values: dict[str, str] = {}
        for stack in STACKS:
            outputs = endpoint.stack_outputs(f"chat-{stage}-{stack}")
            if outputs is None:
                return None
            values |= outputs
        return cls(values)

    def __getitem__(self, name: str) -> str:
        """The output's value. Raises `LocalError` when no stack has it."""
        try:
            return self.values[name]
        except KeyError:
            known = ", ".join(sorted(self.values))
            raise LocalError(f"No stack of the stage has an output {name}; there are: {known}.") from None
