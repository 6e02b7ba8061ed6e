"""What is watched: dashboards, alarms and saved queries, as `cdk.signals` has them.

A stack of its own: it may be made anew while messages flow, and the service's is near the 500 resources that
CloudFormation takes in one.
"""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.function import ChatFunction
from cdk.constructs.metrics import Places
from cdk.constructs.signal_alarms import SignalAlarms
from cdk.constructs.signal_dashboards import SignalDashboards, add_queries
from cdk.signals import catalogue
from cdk.signals.dashboards import DASHBOARDS
from cdk.signals.queries import QUERIES
from cdk.stacks.backups import BackupsStack
from cdk.stacks.data import DataStack
from cdk.stacks.media import MediaStack
from cdk.stacks.operations import OperationsStack
from cdk.stacks.service import ServiceStack


class ObservabilityStack(cdk.Stack):
    """Everything by which people see what the stage does."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        data: DataStack,
        service: ServiceStack,
        media: MediaStack,
        operations: OperationsStack,
        backups: BackupsStack | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            description=f"Chat {config.name}: dashboards, alarms, saved queries",
        )
        functions = {
            name: function
            for stack in (service, media, operations)
            for name, function in stack.platform.functions.items()
        }
        vault = {"vault": backups.vault.backup_vault_name} if backups else {}
        machine = {"machine.media": media.pipeline.machine.state_machine_arn}
        places = Places(_names(config, data, service, functions) | machine | vault)
        there = {
            "backups": backups,
            "cache": config.cache,
            "canary": config.canary,
            "capacity": config.capacity,
        }
        parts = {name for name, part in there.items() if part}
        alarms = SignalAlarms(
            self,
            "Alarms",
            stage=config.name,
            places=places,
            topic=service.alarms.topic,
            alarms=catalogue.alarms(parts),
            groups=catalogue.groups(parts),
            review=operations.review.live if operations.review else None,
        )
        SignalDashboards(
            self,
            "Dashboards",
            stage=config.name,
            places=places,
            dashboards=DASHBOARDS,
            alarms=list[cloudwatch.IAlarm](alarms.by_name.values()),
        )
        add_queries(
            self,
            stage=config.name,
            queries=QUERIES,
            groups={name: function.log_group for name, function in functions.items()},
        )


def _names(
    config: StageConfig, data: DataStack, service: ServiceStack, functions: Mapping[str, ChatFunction]
) -> dict[str, str]:
    """What each place that signals name is called in this stage."""
    tables = {"rooms": data.rooms, "messages": data.messages, "connections": data.connections}
    return {
        "stage": config.name,
        "api.websocket": service.websocket.api.api_id,
        "api.http": service.http.api.api_id,
        **{f"table.{name}": table.table_name for name, table in tables.items()},
        **{f"queue.{name}": queue.queue_name for name, queue in service.alarms.queues.items()},
        **{f"function.{name}": function.function_name for name, function in functions.items()},
    }
