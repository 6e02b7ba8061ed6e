"""A deployed stage as an operator finds it: clients of its AWS services, and the addresses that it publishes itself.

Stage `local` is the one that `make dev` deployed, reached with the emulator's own credentials and never with anybody's
real ones. Any other is in the account and Region of the caller's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chat.aws.dead_letters import hops
from chat.aws.dead_letters.hops import Hop
from local.account import DEFAULT_REGION
from local.endpoints import STAGE, Endpoint
from operations.errors import UsageError


@dataclass(frozen=True)
class Stage:
    """`client` makes a boto3 client of a service, where the stage is."""

    name: str
    client: Callable[[str], Any]

    @classmethod
    def find(cls, name: str) -> Stage:
        """The stage of that name. Asks nobody: the first call shows whether it is there."""
        if name == STAGE:
            return cls(name, Endpoint(emulator_url()).client)
        session = boto3.Session()
        region = session.region_name or DEFAULT_REGION
        config = Config(retries={"mode": "standard", "max_attempts": 5})

        def client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many
            return session.client(service, region_name=region, config=config)  # type: ignore[call-overload]

        return cls(name, client)

    def outputs(self, stack: str) -> dict[str, str]:
        """What a stack of the stage says of itself: one call. Raises `UsageError` where there is no such stage."""
        name = f"chat-{self.name}-{stack}"
        try:
            (found,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise UsageError(
                f"There is no stage {self.name} here: no stack is called {name}. {self._where()}"
            ) from error
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def output(self, stack: str, name: str) -> str:
        """One of them. Raises `UsageError` where the stack is older than that."""
        outputs = self.outputs(stack)
        if name not in outputs:
            raise UsageError(f"Stack chat-{self.name}-{stack} has no output {name}: deploy it again.")
        return outputs[name]

    def management(self, url: str) -> Any:  # noqa: ANN401  # one of boto3's many
        """A boto3 client of `@connections` at `url`, which is where a stage of the WebSocket API has it."""
        if self.name == STAGE:
            return Endpoint(url).client("apigatewaymanagementapi")
        session = boto3.Session()
        region = session.region_name or DEFAULT_REGION
        return session.client("apigatewaymanagementapi", endpoint_url=url, region_name=region)

    def hops(self) -> list[Hop]:
        """All hops of the stage by name: one call. Raises `UsageError` for a stage that is not deployed."""
        found = hops.published(self.client("ssm"), self.name)
        if not found:
            place = hops.place_of(self.name)
            raise UsageError(f"There is no stage {self.name} here: no parameter is under {place}. {self._where()}")
        return found

    def hop(self, name: str) -> Hop:
        """Raises `UsageError` where the stage has none of that name."""
        found = self.hops()
        for hop in found:
            if hop.name == name:
                return hop
        known = ", ".join(hop.name for hop in found)
        raise UsageError(f"Stage {self.name} has no queue {name} of dead letters; there are: {known}.")

    def rooms_table(self) -> str:
        """The name of its table of rooms: one call. Raises `UsageError` for a stage that is not deployed."""
        return self.output("data", "RoomsTableName")

    def place_of_discarded(self) -> tuple[str, str]:
        """Bucket and prefix that discarded letters are kept under. Raises `UsageError` where the stage tells none."""
        name = f"/chat/{self.name}/discarded-letters"
        try:
            value: str = self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            raise UsageError(f"Stage {self.name} has no parameter {name}: deploy it again.") from error
        bucket, _, prefix = value.removeprefix("s3://").partition("/")
        return bucket, prefix

    def _where(self) -> str:
        if self.name == STAGE:
            return "`make dev` deploys it."
        return "Look at AWS_PROFILE and AWS_REGION, or deploy it again if it is older than this command."


def emulator_url() -> str:
    """As the tools of AWS are told, else where `make dev` puts it: `CHAT_PORT_OFFSET` moves both."""
    from local.dev import read_offset  # noqa: PLC0415  # brings all that serves the page
    from local.ports import LOOPBACK, Ports  # noqa: PLC0415

    return os.environ.get("AWS_ENDPOINT_URL") or f"http://{LOOPBACK}:{Ports.shifted(read_offset()).emulator}"
