"""What is looked ahead of an account's quotas, on answers as CloudWatch and Service Quotas give them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import ANY

from chat import signals
from chat.aws.quota_usage import Metric, Outlook, Quota, Usage, Use
from tests.unit.answering_account import AnsweringAccount

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 26, tzinfo=UTC)
RUNNING = Quota(
    "concurrency", "lambda", "L-B99A9384", 1_000, 7, (Metric("AWS/Lambda", "ConcurrentExecutions", {}, "Maximum"),)
)
WRITES = Quota(
    "table_writes",
    "dynamodb",
    "L-AB614373",
    40_000,
    7,
    tuple(Metric("AWS/DynamoDB", "Consumed", {"TableName": name}, "Sum") for name in ("rooms", "messages")),
)


class Clock:
    def now_ms(self) -> int:
        return int(NOW.timestamp() * 1_000)


@pytest.fixture
def account() -> Iterator[AnsweringAccount]:
    signals.take()
    made = AnsweringAccount()
    yield made
    made.assert_asked_for_everything()


def counted(account: AnsweringAccount, *series: dict[int, float]) -> None:
    """CloudWatch answers with values by how many days ago they were."""
    results = [
        {
            "Id": f"m{number}",
            "Timestamps": [TODAY - timedelta(days=ago, hours=-9) for ago in values],
            "Values": list(values.values()),
        }
        for number, values in enumerate(series)
    ]
    expected = {"MetricDataQueries": ANY, "StartTime": TODAY - timedelta(days=42), "EndTime": TODAY}
    account["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": results}, expected)


def allowed(account: AnsweringAccount, quota: Quota, value: float | None) -> None:
    names = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    if value is None:
        account["service-quotas"].add_client_error(
            "get_service_quota", "NoSuchResourceException", expected_params=names
        )
    else:
        account["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": value}}, names)


def lately(account: AnsweringAccount, quota: Quota, *values: list[float]) -> Use:
    """What the last hour had, by CloudWatch's values of five minutes."""
    results = [
        {
            "Id": f"m{number}",
            "Timestamps": [NOW - timedelta(minutes=5 * at) for at in range(len(series))],
            "Values": series,
        }
        for number, series in enumerate(values)
    ]
    expected = {"MetricDataQueries": ANY, "StartTime": NOW - timedelta(hours=1), "EndTime": NOW}
    account["cloudwatch"].add_response("get_metric_data", {"MetricDataResults": results}, expected)
    (use,) = Usage(quotas=[quota], client=account.client, clock=Clock()).lately()
    return use


def look(account: AnsweringAccount, *quotas: Quota) -> list[Outlook]:
    return Usage(quotas=quotas, client=account.client, clock=Clock()).look_ahead()


def test_what_grows_is_told_as_it_will_be_when_more_could_be_had(account: AnsweringAccount) -> None:
    counted(account, {ago: 800.0 - 100 * ((ago - 1) // 7) for ago in range(42, 0, -1)})
    allowed(account, RUNNING, 2_000)
    assert look(account, RUNNING) == [Outlook("concurrency", now=40.0, ahead=45.0)]
    (reading,) = [each for each in signals.take() if each.name == "QuotaForecast"]
    assert (reading.of, list(reading.values)) == ("concurrency", [45.0])


def test_sums_are_told_a_second_and_the_fullest_table_counts(account: AnsweringAccount) -> None:
    counted(account, {1: 300 * 400.0}, {1: 300 * 4_000.0})
    allowed(account, WRITES, None)
    assert look(account, WRITES) == [Outlook("table_writes", now=10.0, ahead=10.0)]


def test_days_on_which_nothing_was_counted_had_nothing(account: AnsweringAccount) -> None:
    counted(account, {3: 500.0, 1: 100.0})
    allowed(account, RUNNING, None)
    assert look(account, RUNNING) == [Outlook("concurrency", now=10.0, ahead=50.0)]


def test_of_a_quota_that_nobody_used_nothing_is_told(account: AnsweringAccount) -> None:
    counted(account, {})
    assert look(account, RUNNING) == []
    assert not [each for each in signals.take() if each.name == "QuotaForecast"]


def test_of_the_last_hour_the_busiest_five_minutes_count(account: AnsweringAccount) -> None:
    allowed(account, WRITES, 80_000)
    assert lately(account, WRITES, [300 * 10.0], [300 * 20.0, 300 * 30.0]) == Use(
        "table_writes", 30.0, 80_000, own_limit=True
    )
    allowed(account, RUNNING, None)
    assert lately(account, RUNNING, []) == Use("concurrency", 0.0, 1_000, own_limit=False)


def test_an_account_that_may_not_be_asked_for_its_quotas_has_the_defaults(account: AnsweringAccount) -> None:
    account["service-quotas"].add_client_error("get_service_quota", "AccessDeniedException")
    assert lately(account, RUNNING, [7.0]) == Use("concurrency", 7.0, 1_000, own_limit=False)
