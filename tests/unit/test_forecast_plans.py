"""Plans that a forecast asks for: what is in them, what is refused, and what AWS is told of them, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chat.poller_plans import read_plan
from operations import forecast
from operations.errors import OperationError, UsageError
from operations.forecasting import places, pollers, provisioned
from operations.forecasting.places import Place, Range
from operations.forecasting.schedule import Step, differences
from operations.forecasting.seasons import Forecast
from operations.stage import Stage
from tests.unit.answering_account import AnsweringAccount

BEGAN = datetime(2026, 11, 2, tzinfo=UTC)
OF = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:f:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
PLACE = Place(name="message.command", function="f", memory_mb=1_024)
WORKER = Place(name="message.deliver", function="f", memory_mb=1_024, queue="delivery", pollers=Range(2, 50))
PLAN = "/chat/prod/poller-plan"


def outlook(*high: float) -> Forecast:
    return Forecast(high, high, high, 0.0)


BUSY_BY_DAY = outlook(*(1.0,) * 8, *(4.2,) * 10, *(1.0,) * 6)


class Account(AnsweringAccount):
    """One with a stage `prod`."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage("prod", self.client)

    def actions(self, *names: str, capacity: int = 5) -> None:
        """Application Auto Scaling is asked once which steps there are."""
        there = [
            {
                **OF,
                "ScheduledActionName": name,
                "ScheduledActionARN": "arn",
                "Schedule": "rate(1 day)",
                "CreationTime": BEGAN,
                "ScalableTargetAction": {"MinCapacity": capacity},
            }
            for name in names
        ]
        self["application-autoscaling"].add_response("describe_scheduled_actions", {"ScheduledActions": there}, OF)


@pytest.fixture
def account() -> Iterator[Account]:
    made = Account()
    yield made
    made.assert_asked_for_everything()


def test_a_step_comes_ahead_of_its_hour_and_only_where_something_changes() -> None:
    found = provisioned.plan(PLACE, BEGAN, BUSY_BY_DAY, region="us-east-1", at_once=1_000)
    assert found.steps == (Step("07:50", 5), Step("17:50", 1))
    # 14 hours of one and 10 of five environments, 1 GB each, for 30 days.
    assert found.usd_per_month == pytest.approx((14 + 50) * 3_600 * 30 * 3.3334 / 1_000_000)


def test_a_day_without_a_change_is_one_step() -> None:
    found = provisioned.plan(PLACE, BEGAN, outlook(*(2.0,) * 24), region="us-east-1", at_once=1_000)
    assert found.steps == (Step("23:50", 2),)


def test_fewer_environments_than_the_stage_keeps_are_never_planned() -> None:
    place = Place(name="message.command", function="f", memory_mb=1_024, provisioned=Range(3, 40))
    found = provisioned.plan(place, BEGAN, BUSY_BY_DAY, region="us-east-1", at_once=1_000)
    assert found.steps == (Step("07:50", 5), Step("17:50", 3))


@pytest.mark.parametrize(
    ("high", "kept", "at_once"), [(901.0, None, 1_000), (41.0, Range(2, 40), 1_000), (1.0, None, 100)]
)
def test_more_environments_than_can_be_had_are_refused(high: float, kept: Range | None, at_once: int) -> None:
    place = Place(name="message.command", function="f", memory_mb=1_024, provisioned=kept)
    with pytest.raises(UsageError, match="can be had"):
        provisioned.plan(place, BEGAN, outlook(*(high,) * 24), region="us-east-1", at_once=at_once)


def test_a_poller_keeps_ten_functions_running() -> None:
    found = pollers.plan(WORKER, BEGAN, outlook(*(5.0,) * 8, *(101.0,) * 16), region="us-east-1", at_once=1_000)
    assert found.steps == (Step("23:50", 2), Step("07:50", 11))
    # 8 hours of two and 16 of eleven pollers, for 30 days.
    assert found.usd_per_month == pytest.approx((16 + 176) * 30 * 0.00925)


@pytest.mark.parametrize(
    ("high", "at_once", "said"),
    [(501.0, 10_000, "2 to 50 can be had"), (400.0, 399, "L-B99A9384")],
)
def test_more_pollers_than_can_be_had_are_refused(high: float, at_once: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pollers.plan(WORKER, BEGAN, outlook(*(high,) * 24), region="us-east-1", at_once=at_once)


def test_without_the_stage_s_bound_lambda_s_own_holds() -> None:
    place = Place(name="f", function="f", memory_mb=512, queue="delivery")
    with pytest.raises(UsageError, match="2 to 200 can be had"):
        pollers.plan(place, BEGAN, outlook(*(2_001.0,) * 24), region="us-east-1", at_once=10_000)


def test_differences_name_each_step_that_comes_goes_or_changes() -> None:
    there, wanted = {"06:50": 3, "07:50": 5, "09:50": 1}, {"07:50": 8, "09:50": 1, "17:50": 2}
    assert differences(there, wanted) == [
        "- from 06:50 UTC: 3",
        "~ from 07:50 UTC: 8 instead of 5",
        "+ from 17:50 UTC: 2",
    ]


def test_a_plan_of_environments_takes_the_place_of_an_earlier_one(account: Account) -> None:
    scaling = account["application-autoscaling"]
    asked = {
        "ServiceNamespace": "lambda",
        "ResourceIds": ["function:f:live"],
        "ScalableDimension": OF["ScalableDimension"],
    }
    scaling.add_response("describe_scalable_targets", {"ScalableTargets": []}, asked)
    scaling.add_response("register_scalable_target", {}, {**OF, "MinCapacity": 0, "MaxCapacity": 5})
    for minute_hour, capacity, name in (("50 7", 5, "forecast-0750"), ("50 17", 1, "forecast-1750")):
        expected = {
            **OF,
            "ScheduledActionName": name,
            "Schedule": f"cron({minute_hour} * * ? *)",
            "ScalableTargetAction": {"MinCapacity": capacity, "MaxCapacity": 5},
        }
        scaling.add_response("put_scheduled_action", {}, expected)
    account.actions("forecast-0750", "forecast-0650", "somebody-elses")
    scaling.add_response("delete_scheduled_action", {}, {**OF, "ScheduledActionName": "forecast-0650"})
    planned = provisioned.plan(PLACE, BEGAN, BUSY_BY_DAY, region="us-east-1", at_once=1_000)
    provisioned.apply(account.stage, planned, PLACE)


def test_a_plan_leaves_target_tracking_its_room(account: Account) -> None:
    place = Place(name="message.command", function="f", memory_mb=1_024, provisioned=Range(1, 40))
    scaling = account["application-autoscaling"]
    target = {**OF, "MinCapacity": 1, "MaxCapacity": 40, "RoleARN": "arn", "CreationTime": BEGAN}
    scaling.add_response("describe_scalable_targets", {"ScalableTargets": [target]})
    for at, capacity in (("0750", 5), ("1750", 1)):
        expected = {
            **OF,
            "ScheduledActionName": f"forecast-{at}",
            "Schedule": f"cron(50 {int(at[:2])} * * ? *)",
            "ScalableTargetAction": {"MinCapacity": capacity, "MaxCapacity": 40},
        }
        scaling.add_response("put_scheduled_action", {}, expected)
    account.actions("forecast-0750", "forecast-1750")
    planned = provisioned.plan(place, BEGAN, BUSY_BY_DAY, region="us-east-1", at_once=1_000)
    provisioned.apply(account.stage, planned, place)


def test_undone_the_stage_s_own_environments_are_back(account: Account) -> None:
    place = Place(name="message.command", function="f", memory_mb=1_024, provisioned=Range(2, 40))
    account.actions("forecast-0750", "somebody-elses")
    scaling = account["application-autoscaling"]
    scaling.add_response("delete_scheduled_action", {}, {**OF, "ScheduledActionName": "forecast-0750"})
    scaling.add_response("register_scalable_target", {}, {**OF, "MinCapacity": 2, "MaxCapacity": 40})
    assert provisioned.undo(account.stage, provisioned.Provisioned("f", "live", (), 0), place) == 1


def test_undone_no_environments_wait_where_the_stage_keeps_none(account: Account) -> None:
    account.actions("forecast-0750")
    scaling = account["application-autoscaling"]
    scaling.add_response("delete_scheduled_action", {}, {**OF, "ScheduledActionName": "forecast-0750"})
    scaling.add_response("deregister_scalable_target", {}, OF)
    expected = {"FunctionName": "f", "Qualifier": "live"}
    account["lambda"].add_response("delete_provisioned_concurrency_config", {}, expected)
    assert provisioned.undo(account.stage, provisioned.Provisioned("f", "live", (), 0), PLACE) == 1


def test_a_plan_of_pollers_leaves_those_of_other_queues(account: Account) -> None:
    account.parameter(PLAN, '{"notices":[[0,2]],"delivery":[[60,9]]}')
    kept = '{"notices":[[0,2]],"delivery":[[470,11],[1430,2]]}'
    expected = {"Name": PLAN, "Value": kept, "Type": "String", "Overwrite": True}
    account["ssm"].add_response("put_parameter", {}, expected)
    planned = pollers.Pollers("delivery", (Step("23:50", 2), Step("07:50", 11)), 0.0)
    pollers.apply(account.stage, planned)
    assert read_plan(kept)["delivery"][0].pollers == 11


def test_undone_a_queue_has_no_plan(account: Account) -> None:
    account.parameter(PLAN, '{"notices":[[0,2]],"delivery":[[60,9],[90,2]]}')
    expected = {"Name": PLAN, "Value": '{"notices":[[0,2]]}', "Type": "String", "Overwrite": True}
    account["ssm"].add_response("put_parameter", {}, expected)
    assert pollers.undo(account.stage, "delivery") == 2


def test_undoing_what_was_never_planned_changes_nothing(account: Account) -> None:
    account.parameter(PLAN, None)
    assert pollers.undo(account.stage, "delivery") == 0


def test_a_dry_run_says_what_would_change(account: Account) -> None:
    account.actions("forecast-0750", "forecast-0650", "somebody-elses", capacity=5)
    account.parameter(PLAN, '{"delivery":[[470,9]]}')
    environments = provisioned.Provisioned("f", "live", (Step("07:50", 5), Step("17:50", 1)), 0.0)
    queue = pollers.Pollers("delivery", (Step("07:50", 11),), 0.0)
    told = forecast.changed(
        account.stage, forecast.Outlook(WORKER, BEGAN, BUSY_BY_DAY, environments, queue), in_force=False
    )
    assert "- from 06:50 UTC: 5\n  + from 17:50 UTC: 1" in told
    assert "~ from 07:50 UTC: 11 instead of 9" in told
    assert "Nothing was changed" in told


def test_a_kept_plan_that_is_none_is_not_written_over(account: Account) -> None:
    account.parameter(PLAN, "[[")
    with pytest.raises(OperationError, match="Delete the parameter"):
        pollers.undo(account.stage, "delivery")


def test_a_place_is_found_by_either_of_its_names(account: Account) -> None:
    value = '[{"name":"message.deliver","function":"chat-prod-Deliver1","memory_mb":1024,"queue":"delivery"}]'
    for name in ("message.deliver", "chat-prod-Deliver1"):
        account.parameter("/chat/prod/capacity", value)
        assert places.find(account.stage, name).queue == "delivery"
    account.parameter("/chat/prod/capacity", value)
    with pytest.raises(UsageError, match=r"it does for: message\.deliver"):
        places.find(account.stage, "message.tail")


def test_a_stage_that_keeps_no_capacity_says_so(account: Account) -> None:
    account.parameter("/chat/prod/capacity", None)
    with pytest.raises(UsageError, match="keeps no capacity"):
        places.find(account.stage, "message.deliver")


def test_what_the_account_may_run_is_what_no_function_has_to_itself(account: Account) -> None:
    limit = {"ConcurrentExecutions": 3_000, "UnreservedConcurrentExecutions": 2_400}
    account["lambda"].add_response("get_account_settings", {"AccountLimit": limit})
    assert places.most_at_once(account.stage) == 2_400
    assert places.most_at_once(None) == 1_000
