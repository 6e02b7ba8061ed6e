"""The parts of the stage's infrastructure as AWS tells of them, for `chat.infrastructure`. Uses boto3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chat.aws.inventory import MAX_RESOURCES, Inventory, Resource
from chat.aws.quota_usage import Usage
from chat.infrastructure import Items
from chat.ports import Clock
from chat.storage.purge_budget import PurgeBudget

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Whom to ask."""

    inventory: Inventory
    dynamodb: DynamoDBClient
    queues: SQSClient
    functions: LambdaClient
    edge: CloudFrontClient
    usage: Usage
    purges: PurgeBudget
    clock: Clock

    def parts(self) -> dict[str, Callable[[], Items]]:
        """Each raises botocore's errors."""
        return {
            "stacks": self.stacks,
            "functions": partial(self._each, "Lambda::Function", self._function),
            "tables": partial(self._each, "DynamoDB::GlobalTable", self._table),
            "queues": partial(self._each, "SQS::Queue", self._queue),
            "cdn": partial(self._each, "CloudFront::Distribution", self._distribution),
            "purges": self.purged,
            "quotas": self.quotas,
            "account": self.account,
        }

    def stacks(self) -> Items:
        """How each stack is."""
        return [{"name": stack, "status": self.inventory.status(stack)} for stack in self.inventory.stacks]

    def quotas(self) -> Items:
        """What is used of what the account and each stack may have."""
        account = self.functions.get_account_settings()
        limit = account["AccountLimit"]
        found: Items = [
            {
                "name": "lambda concurrency reserved",
                "used": limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"],
                "limit": limit["ConcurrentExecutions"],
            },
            {
                "name": "lambda code bytes",
                "used": account["AccountUsage"]["TotalCodeSize"],
                "limit": limit["TotalCodeSize"],
            },
        ]
        resources = Counter(resource.stack for resource in self.inventory.all())
        found += [
            {"name": f"resources of {stack}", "used": used, "limit": MAX_RESOURCES} for stack, used in resources.items()
        ]
        return found

    def account(self) -> Items:
        """What the last hour's busiest five minutes used of quotas that all stages of the account share."""
        return [
            {**asdict(use), "percent": round(use.used / use.limit * 100, 1) if use.limit else 0.0}
            for use in self.usage.lately()
        ]

    def purged(self) -> Items:
        """What caches were told to forget today, of what the stage pays for."""
        spent = self.purges.spent(self.clock.now_ms())
        return [{"paths": spent.paths, "limit": self.purges.per_day, "refused": spent.refused}]

    def _each(self, kind: str, look: Callable[[Resource], dict[str, Any]]) -> Items:
        return [
            {"name": resource.logical_id, **look(resource)}
            for resource in self.inventory.all()
            if resource.kind == kind
        ]

    def _function(self, resource: Resource) -> dict[str, Any]:
        answer = self.functions.get_function_concurrency(FunctionName=resource.name)
        return {"function": resource.name, "reserved": answer.get("ReservedConcurrentExecutions")}

    def _table(self, resource: Resource) -> dict[str, Any]:
        table = self.dynamodb.describe_table(TableName=resource.name)["Table"]
        # Both are CloudWatch's, up to six hours old (DynamoDB API reference, TableDescription).
        return {
            "status": table["TableStatus"],
            "items": table.get("ItemCount"),
            "size_bytes": table.get("TableSizeBytes"),
        }

    def _queue(self, resource: Resource) -> dict[str, Any]:
        attributes = self.queues.get_queue_attributes(
            QueueUrl=resource.physical_id,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        return {
            "waiting": int(attributes["ApproximateNumberOfMessages"]),
            "in_flight": int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            "delayed": int(attributes["ApproximateNumberOfMessagesDelayed"]),
        }

    def _distribution(self, resource: Resource) -> dict[str, Any]:
        found = self.edge.get_distribution(Id=resource.name)["Distribution"]
        return {"status": found["Status"], "domain": found["DomainName"]}
