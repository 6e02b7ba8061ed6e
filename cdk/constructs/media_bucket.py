"""The bucket that uploads arrive in and images are served from. Its policy is in the edge stack, with its reader."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.access_logs import access_log_bucket
from cdk.constructs.permissions import Pattern, acknowledge, exported_pattern
from chat.accounts.archives import EXPORTS
from chat.accounts.archives import KEPT_DAYS as EXPORTS_KEPT_DAYS
from chat.erasures import LEDGER

UPLOADS = "uploads/"
"""Prefix of what browsers send; the event of an object here starts its processing."""
VARIANTS = "media/"
"""Prefix of what the site serves."""
DISCARDED = "audit/discarded/"
"""Prefix of the dead letters that operators gave up, each with who and why. Nothing removes them."""
UPLOADS_KEPT_DAYS = 1


class MediaBucket(Construct):
    """Private and encrypted; browsers put objects in by presigned POST, or PUT of a part; CloudFront reads.

    Not versioned: an object is written once under a random key, and what a user has erased must be gone.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.POST, s3.HttpMethods.PUT],
                    allowed_origins=_page_origins(config),
                    allowed_headers=["*"],
                )
            ],
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=UPLOADS,
                    expiration=cdk.Duration.days(UPLOADS_KEPT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                ),
                s3.LifecycleRule(
                    prefix=EXPORTS,
                    expiration=cdk.Duration.days(EXPORTS_KEPT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                ),
            ],
            server_access_logs_bucket=access_log_bucket(self, "AccessLogs", config=config),
            removal_policy=cdk.RemovalPolicy.RETAIN if config.keep_data else cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(self.bucket, "S10", "The policy that refuses plain HTTP stands in the edge stack, with the reader.")
        # `event_bridge_enabled` would do this by a function of its own; the property needs none.
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101  # narrows the type
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

        self.uploads = self._objects(UPLOADS)
        self.variants = self._objects(VARIANTS)
        self.exports = self._objects(EXPORTS)
        self.ledger = self._objects(LEDGER)
        self.discarded = self._objects(DISCARDED)

    def _objects(self, prefix: str) -> Pattern:
        """The objects below `prefix`, for the functions' permissions."""
        reason = f"Objects below {prefix} are named by random ids that are not known before they are made."
        return exported_pattern(self, self.bucket.bucket_arn, f"/{prefix}*", reason)


def _page_origins(config: StageConfig) -> list[str]:
    """Where the web page may be. The distribution's own name is not known yet here: it is made after this bucket."""
    if config.site_domain:
        return [f"https://{config.site_domain.name}"]
    if config.local:
        return [config.local.site] if config.local.site else ["*"]
    return ["https://*.cloudfront.net"]
