"""Buckets for the access logs of other buckets and of CloudFront. In stage local nothing writes those of buckets."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import StageConfig


def access_log_bucket(scope: Construct, construct_id: str, *, config: StageConfig) -> s3.Bucket | None:
    """A bucket for what was asked of another bucket, or None in stage local."""
    return None if config.local else edge_log_bucket(scope, construct_id, config=config)


def edge_log_bucket(scope: Construct, construct_id: str, *, config: StageConfig) -> s3.Bucket:
    """A bucket whose objects expire with the stage's logs.

    CloudFront delivers its logs by ACL, so the bucket has to take them; whatever arrives belongs to this account.
    """
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
