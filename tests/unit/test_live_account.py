"""What `make plan --live` asks AWS, by answers as Service Quotas and CloudWatch give them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from operations.capacity.live import Account, Metric
from operations.errors import UsageError
from operations.facts.quotas import QUOTAS
from operations.stage import Stage

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
ASKED = [quota for quota in QUOTAS.values() if quota.code]
AT = datetime(2026, 11, 26, tzinfo=UTC)


def client(service: str) -> tuple[Any, Stubber]:
    made = boto3.client(service, **KEYS)  # type: ignore[call-overload]
    stubber = Stubber(made)
    stubber.activate()
    return made, stubber


@pytest.fixture
def account() -> Iterator[tuple[Account, Stubber, Stubber]]:
    (quotas, of_quotas), (watch, of_watch) = client("service-quotas"), client("cloudwatch")
    tables = [
        Metric(quota="table_writes", namespace="AWS/DynamoDB", name="W", dimensions=(("TableName", name),))
        for name in ("rooms", "messages")
    ]
    running = Metric(quota="concurrency", namespace="AWS/Lambda", name="ConcurrentExecutions", statistic="Maximum")
    yield Account(quotas, watch, (*tables, running)), of_quotas, of_watch
    of_quotas.assert_no_pending_responses()
    of_watch.assert_no_pending_responses()


def test_the_account_s_own_quota_goes_before_aws_default(account: tuple[Account, Stubber, Stubber]) -> None:
    found, quotas, _ = account
    for quota in ASKED:
        names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
        if quota.key == "api_requests":
            quotas.add_response("get_service_quota", {"Quota": {"Value": 50_000.0}}, names)
        elif quota.key == "api_burst":
            quotas.add_client_error("get_service_quota", "NoSuchResourceException", expected_params=names)
            quotas.add_client_error("get_aws_default_service_quota", "NoSuchResourceException", expected_params=names)
        else:
            quotas.add_client_error("get_service_quota", "NoSuchResourceException", expected_params=names)
            quotas.add_response("get_aws_default_service_quota", {"Quota": {"Value": quota.value}}, names)
    limits = found.limits()
    assert limits["api_requests"] == 50_000
    assert limits["concurrency"] == 1_000
    assert "api_burst" not in limits


def test_who_may_not_ask_is_told_so(account: tuple[Account, Stubber, Stubber]) -> None:
    found, quotas, _ = account
    quotas.add_client_error("get_service_quota", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        found.limits()


def test_use_is_of_the_busiest_minute_and_of_the_fullest_table(account: tuple[Account, Stubber, Stubber]) -> None:
    found, _, watch = account
    sums = ([600.0, 6_000.0], [60.0])
    for name, values in zip(("rooms", "messages"), sums, strict=True):
        points = [{"Timestamp": AT, "Sum": value} for value in values]
        expected = {
            "Namespace": "AWS/DynamoDB",
            "MetricName": "W",
            "Dimensions": [{"Name": "TableName", "Value": name}],
            "StartTime": ANY,
            "EndTime": ANY,
            "Period": 60,
            "Statistics": ["Sum"],
        }
        watch.add_response("get_metric_statistics", {"Datapoints": points}, expected)
    watch.add_response("get_metric_statistics", {"Datapoints": []})
    assert found.in_use() == {"table_writes": 100.0}


def test_a_stage_s_api_and_tables_are_found_by_its_name() -> None:
    clients = {
        service: client(service) for service in ("service-quotas", "cloudwatch", "apigatewayv2", "cloudformation")
    }
    routes = {"RouteSelectionExpression": "$request.body.action"}
    apis = [
        {"ApiId": "ws", "Name": "chat-dev", "ProtocolType": "WEBSOCKET", **routes},
        {"ApiId": "http", "Name": "chat-dev", "ProtocolType": "HTTP", **routes},
        {"ApiId": "other", "Name": "chat-prod", "ProtocolType": "WEBSOCKET", **routes},
    ]
    clients["apigatewayv2"][1].add_response("get_apis", {"Items": apis})
    names = {"RoomsTableName": "r", "MessagesTableName": "m", "ConnectionsTableName": "c"}
    stack = {
        "StackName": "chat-dev-data",
        "CreationTime": AT,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in names.items()],
    }
    clients["cloudformation"][1].add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "chat-dev-data"})
    found = Account.of(Stage("dev", lambda service: clients[service][0]))
    of = {(metric.quota, metric.dimensions) for metric in found.metrics}
    assert ("api_requests", (("ApiId", "ws"),)) in of
    assert {value for quota, ((_, value),) in [each for each in of if each[1]] if quota == "table_writes"} == {
        "r",
        "m",
        "c",
    }
    assert not any("other" in dict(dimensions).values() for _, dimensions in of)


def test_a_stage_that_is_not_deployed_is_no_account_to_look_at() -> None:
    clients = {
        service: client(service) for service in ("service-quotas", "cloudwatch", "apigatewayv2", "cloudformation")
    }
    clients["apigatewayv2"][1].add_response("get_apis", {"Items": []})
    clients["cloudformation"][1].add_client_error("describe_stacks", "ValidationError", "does not exist")
    with pytest.raises(UsageError, match="no stage dev here"):
        Account.of(Stage("dev", lambda service: clients[service][0]))
