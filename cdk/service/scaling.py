"""How operators change the stage without a deployment: `/api/scaling`, and what of the functions it may set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import aws_lambda_event_sources as sources

from cdk.config.capacity import Range
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.capacity import WORKERS
from cdk.service.identity import Identity
from cdk.service.partitions import SCALING, only
from cdk.service.protection import Protection
from cdk.stacks.data import DataStack
from chat.aws.function_scaling import ALIAS, Target, render

TIMEOUT_S = 25
"""Far above what setting a few functions takes; API Gateway gives up after 29 s."""

SCALED = ("connect.authorize", "connect.connect", "message.command", "message.deliver", "message.notices")
"""Functions that people wait for, by GROUP.MODULE."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A function whose concurrency operators may change. `polled` is None where it works off no queue.

    `own_pollers` are those that its queue has of its own, None where Lambda's own scaling polls it.
    """

    name: str
    function: ChatFunction
    polled: sources.SqsEventSource | None
    own_pollers: Range | None

    @property
    def target(self) -> Target:
        """As the function that scales is told of it."""
        mapping = self.polled.event_source_mapping_id if self.polled else None
        most = self.own_pollers.most if self.own_pollers else None
        return Target(name=self.name, function=self.function.function_name, mapping=mapping, own_pollers=most)


def scaled_of(
    functions: Mapping[str, ChatFunction],
    polled: Mapping[str, sources.SqsEventSource],
    pollers: Mapping[str, Range],
) -> list[Scaled]:
    """Those of `functions` that operators may scale; `pollers` by queue."""
    own = {worker: pollers[queue] for queue, worker in WORKERS.items() if queue in pollers}
    return [
        Scaled(name=name, function=functions[name], polled=polled.get(name), own_pollers=own.get(name))
        for name in SCALED
    ]


def add_scaling(
    platform: Platform,
    *,
    data: DataStack,
    http: HttpApi,
    identity: Identity,
    protection: Protection,
    scaled: Iterable[Scaled],
) -> None:
    """What changes thresholds, windows, limits, and how much of the functions in `scaled` runs at once."""
    scaled = list(scaled)
    scaling = platform.function(
        "Scaling",
        "ops.scaling",
        platform.settings(
            rooms_table=data.rooms.table_name,
            fanout=platform.config.fanout or None,
            scaled_functions=render(each.target for each in scaled),
            **protection.user_limit,
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=TIMEOUT_S,
        layers=("identity",),
    )
    identity.allow(scaling)
    allow_answers(scaling, data)
    allow_deeds(scaling, data)
    rooms = [data.rooms.table_arn]
    scaling.allow(rooms, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", conditions=only(SCALING))
    _let_it_scale(scaling, scaled)
    for path in ("config", "versions"):
        http.add("GET", f"/api/scaling/{path}", scaling)
    for path in ("config", "rollback"):
        http.add("POST", f"/api/scaling/{path}", scaling)


def _let_it_scale(scaling: ChatFunction, scaled: Iterable[Scaled]) -> None:
    functions = [each.function.function_arn for each in scaled]
    scaling.allow(functions, "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency")
    scaling.allow(
        [f"{arn}:{ALIAS}" for arn in functions],
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
    )
    mappings = [each.polled.event_source_mapping_arn for each in scaled if each.polled]
    scaling.allow(mappings, "lambda:UpdateEventSourceMapping")
    own = [each.polled.event_source_mapping_arn for each in scaled if each.polled and each.own_pollers]
    if own:
        scaling.allow(own, "lambda:GetEventSourceMapping")
