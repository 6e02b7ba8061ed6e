"""Quotas of the account that this stage's tables and APIs use, as functions are told of them, and may ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk

from cdk.constructs.function import ChatFunction
from cdk.constructs.http_api import HttpApi
from cdk.constructs.websocket import WebSocket
from cdk.signals import quotas
from cdk.signals.series import Series
from cdk.stacks.data import DataStack
from operations.facts.quotas import Quota, quota


def watched_quotas(stack: cdk.Stack, *, data: DataStack, websocket: WebSocket, http: HttpApi) -> str:
    """The setting `quotas`: each quota with what counts its use."""
    tables = {"rooms": data.rooms, "messages": data.messages, "connections": data.connections}
    names = {
        "api.websocket": websocket.api.api_id,
        "api.http": http.api.api_id,
        **{f"table.{name}": table.table_name for name, table in tables.items()},
    }
    return stack.to_json_string([_told(quota(key), series, names) for key, series in quotas.WATCHED.items()])


def allow_quotas(function: ChatFunction) -> None:
    """Lets `function` ask what the account may use, and what it has used."""
    stack = cdk.Stack.of(function)
    watched = [quota(key) for key in quotas.WATCHED]
    arns = [stack.format_arn(service="servicequotas", resource=of.service, resource_name=of.code) for of in watched]
    function.allow(arns, "servicequotas:GetServiceQuota")
    function.allow(["*"], "cloudwatch:GetMetricData")


def _told(of: Quota, series: Iterable[Series], names: Mapping[str, str]) -> dict[str, object]:
    """As `chat.aws.quota_usage.Quota` has it."""
    return {
        "key": of.key,
        "service": of.service,
        "code": of.code,
        "limit": of.value,
        "lead_days": of.lead_days,
        "metrics": [
            {
                "namespace": each.namespace,
                "name": each.name,
                "dimensions": {name: names[place[1:-1]] for name, place in each.dimensions},
                "statistic": each.statistic,
            }
            for each in series
        ],
    }
