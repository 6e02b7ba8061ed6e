"""A bucket for the access logs of other buckets and of CloudFront. Stage local has none: nothing writes them there."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import StageConfig


def access_log_bucket(scope: Construct, construct_id: str, *, config: StageConfig) -> s3.Bucket | None:
    """A bucket whose objects expire with the stage's logs, or None in stage local.

    CloudFront delivers its logs by ACL, so the bucket has to take them; whatever arrives belongs to this account.
    """
    if config.local:
        return None
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(config.log_retention_days))],
        removal_policy=cdk.RemovalPolicy.RETAIN if config.keep_data else cdk.RemovalPolicy.DESTROY,
    )
