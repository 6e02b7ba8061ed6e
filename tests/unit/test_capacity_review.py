"""A stage's review of what waits before it is needed, by answers as AWS gives them: raised, lowered, told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chat import signals
from chat.aws.capacity import Change, Kept, Queue, Review, Table
from chat.storage.audit import AuditTrail, Link, Records, verify
from simulation.table import MemoryTable
from tests.unit.answering_account import AnsweringAccount

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
PLAN = "/chat/prod/poller-plan"
MAPPING = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"
DELIVERY = Queue("delivery", MAPPING, least=2, most=50, alarm="delivery-waits")
MESSAGES = Table("messages", "chat-messages", most_writes=16_000, most_reads=48_000, alarm="messages-refused")


class Clock:
    def now_ms(self) -> int:
        return int(NOW.timestamp() * 1_000)


@dataclass
class Ids:
    given: int = 0

    def new(self) -> str:
        self.given += 1
        return f"deed-{self.given}"


@dataclass
class Stage:
    account: AnsweringAccount = field(default_factory=AnsweringAccount)
    table: MemoryTable = field(default_factory=MemoryTable)

    def review(self, *, queues: tuple[Queue, ...] = (DELIVERY,), tables: tuple[Table, ...] = ()) -> list[Change]:
        return Review(
            kept=Kept(queues, tables),
            client=self.account.client,
            plan_parameter=PLAN,
            audit=AuditTrail(self.table),
            ids=Ids(),
            clock=Clock(),
        ).run()

    def alarm(self, name: str, state: str, *, since_s: float = 0) -> None:
        changed = NOW - timedelta(seconds=since_s)
        told = {"AlarmName": name, "StateValue": state, "StateTransitionedTimestamp": changed}
        self.account["cloudwatch"].add_response("describe_alarms", {"MetricAlarms": [told]}, {"AlarmNames": [name]})

    def mapping(self, least: int, *, changed_s: float = 0, state: str = "Enabled") -> None:
        told = {
            "UUID": MAPPING,
            "State": state,
            "LastModified": NOW - timedelta(seconds=changed_s),
            "ProvisionedPollerConfig": {"MinimumPollers": least, "MaximumPollers": 50},
        }
        self.account["lambda"].add_response("get_event_source_mapping", told, {"UUID": MAPPING})

    def takes_pollers(self, least: int) -> None:
        config = {"MinimumPollers": least, "MaximumPollers": 50}
        expected = {"UUID": MAPPING, "ProvisionedPollerConfig": config}
        self.account["lambda"].add_response("update_event_source_mapping", {}, expected)

    def warm(self, writes: int, reads: int, status: str = "ACTIVE") -> None:
        told = {"WriteUnitsPerSecond": writes, "ReadUnitsPerSecond": reads, "Status": status}
        self.account["dynamodb"].add_response(
            "describe_table", {"Table": {"WarmThroughput": told}}, {"TableName": "chat-messages"}
        )

    def deeds(self) -> list[dict[str, Any]]:
        return [item for (pk, _), item in sorted(self.table.items.items()) if pk.startswith("audit#2")]


@pytest.fixture
def stage() -> Iterator[Stage]:
    signals.take()
    made = Stage()
    yield made
    made.account.assert_asked_for_everything()


def counted() -> dict[tuple[str, str], float]:
    return {(reading.name, reading.of): sum(reading.values) for reading in signals.take()}


def test_an_alarm_doubles_the_pollers_and_the_audit_says_why(stage: Stage) -> None:
    stage.alarm("delivery-waits", "ALARM", since_s=30)
    stage.account.parameter(PLAN, None)
    stage.mapping(4)
    stage.takes_pollers(8)
    assert stage.review() == [Change("pollers of delivery", 4, 8)]
    (deed,) = stage.deeds()
    assert (deed["operator"], deed["about"]) == ("stage", "pollers of delivery: 4 to 8")
    assert deed["why"] == "delivery-waits is on since 30 s"
    assert all(isinstance(each, Link) for each in verify(Records(stage.table)))
    assert counted() == {("CapacityChanges", "raised"): 1, ("CapacityReviews", ""): 1}


def test_after_a_quiet_time_the_pollers_are_halved(stage: Stage) -> None:
    stage.alarm("delivery-waits", "OK", since_s=1_000)
    stage.account.parameter(PLAN, None)
    stage.mapping(8, changed_s=1_000)
    stage.takes_pollers(4)
    assert stage.review() == [Change("pollers of delivery", 8, 4)]
    assert counted()["CapacityChanges", "lowered"] == 1


def test_the_plan_for_the_hour_is_kept(stage: Stage) -> None:
    stage.alarm("delivery-waits", "OK")
    stage.account.parameter(PLAN, '{"delivery":[[470,12],[1070,3]]}')
    stage.mapping(3)
    stage.takes_pollers(12)
    stage.review()
    assert stage.deeds()[0]["why"].endswith("12 are planned for this hour")


def test_what_is_right_already_is_left_alone(stage: Stage) -> None:
    stage.alarm("delivery-waits", "OK", since_s=5_000)
    stage.account.parameter(PLAN, None)
    stage.mapping(2, changed_s=5_000)
    assert stage.review() == []
    assert stage.deeds() == []


def test_a_change_under_way_is_waited_for(stage: Stage) -> None:
    stage.alarm("delivery-waits", "ALARM")
    stage.account.parameter(PLAN, None)
    stage.mapping(4, state="Updating")
    assert stage.review() == []


def test_at_the_bound_nothing_is_raised_and_somebody_is_told(stage: Stage) -> None:
    stage.alarm("delivery-waits", "ALARM", since_s=600)
    stage.account.parameter(PLAN, None)
    stage.mapping(50)
    assert stage.review() == []
    assert counted()["CapacityBound", ""] == 1


def test_an_alarm_that_is_not_deployed_yet_raises_nothing(stage: Stage) -> None:
    stage.account["cloudwatch"].add_response("describe_alarms", {"MetricAlarms": []})
    stage.account.parameter(PLAN, None)
    stage.mapping(4)
    assert stage.review() == []


@pytest.mark.parametrize("plan", ["[[", '{"delivery":[[470,"many"]]}'])
def test_a_plan_that_is_none_leaves_what_the_stage_keeps(
    stage: Stage, plan: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.alarm("delivery-waits", "OK")
    stage.account.parameter(PLAN, plan)
    stage.mapping(2)
    assert stage.review() == []
    assert "plan of pollers not read" in caplog.text


def test_a_queue_that_can_not_be_changed_keeps_no_table_waiting(stage: Stage) -> None:
    states = [
        {"AlarmName": name, "StateValue": "ALARM", "StateTransitionedTimestamp": NOW}
        for name in ("delivery-waits", "messages-refused")
    ]
    stage.account["cloudwatch"].add_response("describe_alarms", {"MetricAlarms": states})
    stage.account.parameter(PLAN, None)
    stage.account["lambda"].add_client_error("get_event_source_mapping", "TooManyRequestsException")
    stage.warm(4_000, 12_000)
    expected = {
        "TableName": "chat-messages",
        "WarmThroughput": {"WriteUnitsPerSecond": 8_000, "ReadUnitsPerSecond": 24_000},
    }
    stage.account["dynamodb"].add_response("update_table", {}, expected)
    changes = stage.review(tables=(MESSAGES,))
    assert [str(change) for change in changes] == [
        "WriteUnitsPerSecond of messages: 4000 to 8000",
        "ReadUnitsPerSecond of messages: 12000 to 24000",
    ]
    assert ("CapacityReviews", "") not in counted()


def test_a_table_that_is_being_warmed_is_waited_for(stage: Stage) -> None:
    stage.alarm("messages-refused", "ALARM")
    stage.account.parameter(PLAN, None)
    stage.warm(4_000, 12_000, status="UPDATING")
    assert stage.review(queues=(), tables=(MESSAGES,)) == []


def test_a_table_is_not_warmed_beyond_its_bound(stage: Stage) -> None:
    stage.alarm("messages-refused", "ALARM")
    stage.account.parameter(PLAN, None)
    stage.warm(16_000, 48_000)
    assert stage.review(queues=(), tables=(MESSAGES,)) == []
    assert counted()["CapacityBound", ""] == 1


def test_a_table_that_is_well_is_not_asked_about(stage: Stage) -> None:
    stage.alarm("messages-refused", "OK")
    stage.account.parameter(PLAN, None)
    assert stage.review(queues=(), tables=(MESSAGES,)) == []


def test_where_nobody_knows_which_alarms_are_on_nothing_is_changed(stage: Stage) -> None:
    stage.account["cloudwatch"].add_client_error("describe_alarms", "InternalServiceFault")
    with pytest.raises(ClientError):
        stage.review()
    assert ("CapacityReviews", "") not in counted()
