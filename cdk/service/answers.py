"""What keeping answers to requests with an `Idempotency-Key` takes."""

from __future__ import annotations

from cdk.constructs.function import ChatFunction
from cdk.service.partitions import ANSWERS, only
from cdk.stacks.data import DataStack


def allow_answers(function: ChatFunction, data: DataStack) -> None:
    """Lets `function` keep answers, and give them again."""
    actions = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
    function.allow([data.rooms.table_arn], *actions, conditions=only(ANSWERS))
