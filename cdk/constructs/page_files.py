"""Brings the built web client into its bucket: hashed files to stay for ever, then the pages that name them."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.logs import log_retention
from cdk.constructs.permissions import acknowledge, pattern_in

HASHED = "assets"
"""Folder of what Vite names by its content."""
FOREVER = "public, max-age=31536000, immutable"


class PageFiles(Construct):
    """Nothing is removed: a page that is open somewhere still loads the parts it was built with."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        folder: Path,
        bucket: s3.Bucket,
        distribution: cloudfront.Distribution,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self, "Logs", retention=log_retention(config), removal_policy=cdk.RemovalPolicy.DESTROY
        )
        hashed = deployment.BucketDeployment(
            self,
            "Hashed",
            sources=[deployment.Source.asset(str(folder), exclude=["*", f"!{HASHED}", f"!{HASHED}/**"])],
            destination_bucket=bucket,
            cache_control=[deployment.CacheControl.from_string(FOREVER)],
            prune=False,
            log_group=log_group,
        )
        page = deployment.BucketDeployment(
            self,
            "Page",
            sources=[deployment.Source.asset(str(folder), exclude=[HASHED])],
            destination_bucket=bucket,
            cache_control=[deployment.CacheControl.no_cache()],
            prune=False,
            distribution=distribution,
            distribution_paths=["/", "/index.html", "/console.html"],
            log_group=log_group,
        )
        page.node.add_dependency(hashed)
        self._accept_findings(page, bucket)

    def _accept_findings(self, page: deployment.BucketDeployment, bucket: s3.Bucket) -> None:
        """The function that copies is CDK's own, and one for the whole stack."""
        reason = "CDK's own function for copying files at deployment: its permissions are CDK's choice."
        copier = page.handler_role.node.scope
        if copier is None:
            raise TypeError("CDK's copying function has no scope of its own any more.")
        acknowledge(copier, "L1", reason)
        managed = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        acknowledge(copier, f"IAM4[Policy::{managed}]", reason)
        for action in ("s3:GetBucket*", "s3:GetObject*", "s3:List*", "s3:Abort*", "s3:DeleteObject*"):
            acknowledge(copier, f"IAM5[Action::{action}]", reason)
        stack = cdk.Stack.of(self)
        assets = f"cdk-{cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-{stack.account}-{stack.region}"
        found = pattern_in(self, f"arn:{stack.partition}:s3:::{assets}/*", reason).finding
        acknowledge(copier, f"IAM5[Resource::{found}]", reason)
        acknowledge(copier, f"IAM5[Resource::{pattern_in(self, bucket.arn_for_objects('*'), reason).finding}]", reason)
        acknowledge(copier, "IAM5[Resource::*]", reason)
