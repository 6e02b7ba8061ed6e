"""A client of the emulator, and a table of its own for each test."""

import uuid
from collections.abc import Iterator

import boto3
import pytest

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Table
from simulation.table import MemoryTable

REGION = "us-east-1"


@pytest.fixture(scope="session")
def client(endpoint_url: str) -> AwsClient:
    return AwsClient(region=REGION, credentials=Credentials("test", "test"), endpoint_url=endpoint_url)


@pytest.fixture(params=["simulation", "emulator"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """The same table twice: in memory, and in the emulator with a string sort key."""
    if request.param == "simulation":
        yield MemoryTable()
        return
    yield from _emulated(request, "S")


@pytest.fixture(params=["simulation", "emulator"])
def numbered_table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """As `table`, with a numeric sort key."""
    if request.param == "simulation":
        yield MemoryTable()
        return
    yield from _emulated(request, "N")


def _emulated(request: pytest.FixtureRequest, sort_key_type: str) -> Iterator[Table]:
    endpoint_url: str = request.getfixturevalue("endpoint_url")
    client: AwsClient = request.getfixturevalue("client")
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    name = f"contract-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S" if sort_key_type == "S" else "N"},
        ],
    )
    yield DynamoDbTable(client, name)
    dynamodb.delete_table(TableName=name)
