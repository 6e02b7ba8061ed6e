"""The domain's storage on a deployed stage, with an operator's own credentials: what functions do, done from here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import boto3

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials, CredentialsError
from chat.aws.dynamodb import DynamoDbTable
from chat.aws.queues import SqsQueue
from chat.aws.wiring import RandomIds, SystemClock
from chat.services import JobOffice
from chat.storage.account_jobs import AccountJobs
from chat.storage.traces import Traces
from local.endpoints import CREDENTIALS, STAGE
from operations.stage import Stage


@dataclass(frozen=True)
class Domain:
    """Tables and queues of one stage behind the ports. Not for use by several threads."""

    stage: Stage

    @cached_property
    def client(self) -> AwsClient:
        """Signed HTTP to where the stage is."""
        made = self.stage.client("dynamodb").meta
        if self.stage.name == STAGE:
            credentials = Credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"])
            return AwsClient(region=made.region_name, credentials=credentials, endpoint_url=made.endpoint_url)
        return AwsClient(region=made.region_name, credentials=_callers_own(), renew=_callers_own)

    @cached_property
    def rooms(self) -> DynamoDbTable:
        """The table of rooms."""
        return self._table("RoomsTableName")

    @cached_property
    def messages(self) -> DynamoDbTable:
        """The table of messages."""
        return self._table("MessagesTableName")

    @cached_property
    def connections(self) -> DynamoDbTable:
        """The table of connections."""
        return self._table("ConnectionsTableName")

    @property
    def clock(self) -> SystemClock:
        """This machine's."""
        return SystemClock()

    @property
    def ids(self) -> RandomIds:
        """Random ones."""
        return RandomIds()

    @cached_property
    def connections_url(self) -> str:
        """Where API Gateway is asked about sockets: beside where they open."""
        name = f"/chat/{self.stage.name}/websocket-url"
        url: str = self.stage.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return "http" + url.removeprefix("ws")

    @property
    def job_office(self) -> JobOffice:
        """What asking for a job on a user's own data takes. Its queue is where its dead letters go back to."""
        return JobOffice(
            jobs=AccountJobs(self.rooms),
            traces=Traces(self.rooms),
            queue=SqsQueue(self.client, self.stage.hop("jobs").to),
            ids=self.ids,
            clock=self.clock,
        )

    def _table(self, output: str) -> DynamoDbTable:
        return DynamoDbTable(self.client, self.stage.output("data", output))


def _callers_own() -> Credentials:
    found = boto3.Session().get_credentials()
    if found is None:
        raise CredentialsError("There are no credentials of AWS on this machine.")
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token or "")
