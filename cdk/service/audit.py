"""The audit of operators: who may add to it. Nobody may change it (`cdk.stacks.data`)."""

from __future__ import annotations

from cdk.constructs.function import ChatFunction
from cdk.service.partitions import AUDIT, only
from cdk.stacks.data import DataStack


def allow_deeds(function: ChatFunction, data: DataStack) -> None:
    """Lets `function` add what operators do, which takes looking at what was added last."""
    function.allow([data.rooms.table_arn], "dynamodb:Query", "dynamodb:PutItem", conditions=only(AUDIT))
