"""CloudFront behind `chat.ports.EdgeCache`. Uses boto3, which is too heavy for the hot path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import boto3

from chat.aws import wiring
from chat.aws.parameters import read_parameter
from chat.purging import Purging
from chat.settings import Runtime

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient


@dataclass(frozen=True)
class Distribution:
    """The stage's distribution. It serves an object under the path that is its key."""

    cloudfront: CloudFrontClient
    id: str

    def forget(self, keys: Sequence[str]) -> None:
        """See `chat.ports.EdgeCache`. The same objects again are the same request, and answered as it was."""
        paths = [f"/{key}" for key in keys]
        reference = hashlib.sha256("\n".join(paths).encode()).hexdigest()
        self.cloudfront.create_invalidation(
            DistributionId=self.id,
            InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": reference},
        )


@cache
def distribution() -> Distribution:
    """What this stage's images are served by."""
    return Distribution(
        boto3.client("cloudfront", region_name=Runtime.from_env().region),
        read_parameter(wiring.client(), wiring.settings().need("distribution_parameter")),
    )


@cache
def purging() -> Purging:
    """What having caches forget takes."""
    return Purging(edge_cache=distribution(), budget=wiring.purge_budget(), clock=wiring.clock())
