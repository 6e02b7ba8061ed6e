"""What a function takes that has caches forget media: the distribution, which it asks, and the day's budget."""

from __future__ import annotations

from cdk.config import StageConfig
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.permissions import pattern_in
from cdk.service.addresses import distribution_parameter, parameter_arn
from cdk.service.partitions import PURGES, only
from cdk.stacks.data import DataStack


def purge_settings(config: StageConfig) -> dict[str, str]:
    """What it is told besides the table of rooms."""
    return {
        "distribution_parameter": distribution_parameter(config),
        "purge_paths_per_day": str(config.purge_paths_per_day),
    }


def allow_purging(function: ChatFunction, platform: Platform, data: DataStack) -> None:
    """Lets it read which distribution there is, keep to the budget, and tell CloudFront."""
    stack = platform.stack
    function.allow([data.rooms.table_arn], "dynamodb:UpdateItem", conditions=only(PURGES))
    function.allow([parameter_arn(stack, distribution_parameter(platform.config))], "ssm:GetParameter")
    distributions = stack.format_arn(service="cloudfront", region="", resource="distribution", resource_name="*")
    reason = "The distribution is made after this function, which reads its id when it runs."
    function.allow([pattern_in(stack, distributions, reason)], "cloudfront:CreateInvalidation")
