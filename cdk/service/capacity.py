"""What waits before it is needed, who changes it by alarms and plans, and who looks ahead at quotas."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_ssm as ssm

from cdk.config import CapacityConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters, WorkQueue
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.websocket import WebSocket
from cdk.service.addresses import parameter_arn
from cdk.service.audit import allow_deeds
from cdk.service.quotas import allow_quotas, watched_quotas
from cdk.signals import scaling
from cdk.stacks.data import DataStack

WORKERS = {"delivery": "message.deliver", "notices": "message.notices"}
"""By the queue whose pollers are kept, who works it off."""


def add_capacity_review(
    platform: Platform,
    *,
    kept: CapacityConfig,
    data: DataStack,
    queues: Mapping[str, WorkQueue],
    alarms: AlarmTopic,
) -> ChatFunction:
    """The function that raises and lowers what is kept, each minute; `queues` are those with pollers, by name."""
    stack, stage = platform.stack, platform.config.name
    tables = {"messages": data.messages, "connections": data.connections}
    told = {
        "queues": [
            {
                "name": name,
                "mapping": queues[name].mapping_id,
                "least": pollers.least,
                "most": pollers.most,
                "alarm": f"chat-{stage}-{scaling.waiting(name)}",
            }
            for name, pollers in kept.pollers.items()
        ],
        "tables": [
            {
                "name": name,
                "table": tables[name].table_name,
                "most_writes": warm.most_writes,
                "most_reads": warm.most_reads,
                "alarm": f"chat-{stage}-{scaling.refusing(name)}",
            }
            for name, warm in kept.tables.items()
        ],
    }
    plan = f"/chat/{stage}/poller-plan"
    review = platform.function(
        "Capacity",
        "ops.capacity",
        platform.settings(
            capacity=stack.to_json_string(told), poller_plan_parameter=plan, rooms_table=data.rooms.table_name
        ),
        timeout_s=30,
    )
    allow_deeds(review, data)
    review.allow([_mapping(stack, queues[name]) for name in kept.pollers], "lambda:GetEventSourceMapping")
    review.allow([_mapping(stack, queues[name]) for name in kept.pollers], "lambda:UpdateEventSourceMapping")
    review.allow([tables[name].table_arn for name in kept.tables], "dynamodb:DescribeTable", "dynamodb:UpdateTable")
    names = [each["alarm"] for each in (*told["queues"], *told["tables"])]
    review.allow([_alarm(stack, str(name)) for name in names], "cloudwatch:DescribeAlarms")
    review.allow([parameter_arn(stack, plan)], "ssm:GetParameter")
    _call(platform, review, "CapacityReview", cdk.Duration.minutes(1), alarms)
    return review


def add_quota_forecast(
    platform: Platform, *, data: DataStack, websocket: WebSocket, http: HttpApi, alarms: AlarmTopic
) -> None:
    """Who looks ahead at quotas of the account, by what this stage's tables and APIs use of them."""
    ahead = platform.function(
        "QuotaForecast",
        "ops.quota_forecast",
        platform.settings(quotas=watched_quotas(platform.stack, data=data, websocket=websocket, http=http)),
        timeout_s=60,
    )
    allow_quotas(ahead)
    _call(platform, ahead, "QuotasAhead", cdk.Duration.seconds(scaling.FORECAST_S), alarms)


def publish_capacity(platform: Platform, *, kept: CapacityConfig) -> None:
    """What may be planned, for `make forecast` (`operations.forecasting.places`). The functions are the platform's."""
    stack, functions = platform.stack, platform.functions
    queues = {handler: queue for queue, handler in WORKERS.items() if queue in kept.pollers}
    places = [
        {
            "name": handler,
            "function": functions[handler].function_name,
            "memory_mb": functions[handler].memory_mb,
            "provisioned": _range(kept, handler),
            "queue": queues.get(handler),
            "pollers": _range_of_pollers(kept, queues.get(handler)),
        }
        for handler in dict.fromkeys([*kept.environments, *queues])
    ]
    ssm.StringParameter(
        stack,
        "capacity-parameter",
        parameter_name=f"/chat/{platform.config.name}/capacity",
        string_value=stack.to_json_string(places),
    )


def keep_environments(platform: Platform, *, kept: CapacityConfig) -> None:
    """Environments of functions that somebody waits for: as many as the config's range has, by what is used of them."""
    for handler, environments in kept.environments.items():
        scaling_ = platform.functions[handler].live.add_auto_scaling(
            min_capacity=environments.least, max_capacity=environments.most
        )
        scaling_.scale_on_utilization(utilization_target=kept.utilisation)


def _range(kept: CapacityConfig, handler: str) -> dict[str, int] | None:
    found = kept.environments.get(handler)
    return {"least": found.least, "most": found.most} if found else None


def _range_of_pollers(kept: CapacityConfig, queue: str | None) -> dict[str, int] | None:
    found = kept.pollers.get(queue) if queue else None
    return {"least": found.least, "most": found.most} if found else None


def _call(
    platform: Platform, function: ChatFunction, construct_id: str, every: cdk.Duration, alarms: AlarmTopic
) -> None:
    """Calls `function` by the clock; one that failed is not called again before its time comes."""
    uncalled = DeadLetters(
        platform.stack, f"{construct_id}DeadLetters", source=f"the schedule of {construct_id}", alarms=alarms
    )
    uncalled.call_again(function)
    events.Rule(
        platform.stack,
        construct_id,
        description=function.node.id,
        schedule=events.Schedule.rate(every),
        targets=[
            targets.LambdaFunction(
                function.live, dead_letter_queue=uncalled.queue, retry_attempts=0, max_event_age=every
            )
        ],
    )


def _mapping(stack: cdk.Stack, queue: WorkQueue) -> str:
    return stack.format_arn(
        service="lambda",
        resource="event-source-mapping",
        resource_name=queue.mapping_id,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def _alarm(stack: cdk.Stack, name: str) -> str:
    return stack.format_arn(
        service="cloudwatch", resource="alarm", resource_name=name, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
