"""A client of the emulator, and a table of its own for each test."""

import uuid
from collections.abc import Iterator

import boto3
import pytest

from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.dynamodb import DynamoDbTable
from chat.ports import Table
from loadtest.stub.certificates import make_authority
from loadtest.stub.process import Stub, running
from simulation.table import MemoryTable
from tests.contract.simulated import simulated_table

REGION = "us-east-1"


@pytest.fixture(scope="session")
def client(endpoint_url: str) -> AwsClient:
    return AwsClient(region=REGION, credentials=Credentials("test", "test"), endpoint_url=endpoint_url)


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    """What benchmarks have in DynamoDB's place."""
    authority = make_authority(tmp_path_factory.mktemp("tls"))
    with running(authority, post_ms=0, database_ms=0, http2=False) as stub:
        yield stub


@pytest.fixture(params=["simulation", "cloud", "emulator", "stub"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """The same table in memory, on the simulated cloud, in the emulator (string sort key), in the benchmarks' stub."""
    yield from _table(request, "S")


@pytest.fixture(params=["simulation", "cloud", "emulator", "stub"])
def numbered_table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """As `table`, with a numeric sort key."""
    yield from _table(request, "N")


def _table(request: pytest.FixtureRequest, sort_key_type: str) -> Iterator[Table]:
    if request.param == "simulation":
        yield MemoryTable()
    elif request.param == "cloud":
        yield simulated_table()
    elif request.param == "stub":
        stub: Stub = request.getfixturevalue("stub")
        client = AwsClient(
            region=REGION,
            credentials=Credentials("test", "test"),
            endpoint_url=stub.database_url,
            certificates=str(stub.certificate),
        )
        yield DynamoDbTable(client, f"contract-{uuid.uuid4().hex}")
    else:
        yield from _emulated(request, sort_key_type)


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
