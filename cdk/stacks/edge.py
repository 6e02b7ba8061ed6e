"""The edge: one CloudFront distribution for the page, `/api` and `/media`, and the bucket that holds the page."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.permissions import exported_pattern
from cdk.constructs.site import Site
from cdk.service.addresses import distribution_parameter, site_url_parameter
from cdk.stacks.data import DataStack
from cdk.stacks.media import MediaStack
from cdk.stacks.service import ServiceStack
from chat.aws.edge_logs import PREFIX


class EdgeStack(cdk.Stack):
    """What browsers see."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        data: DataStack,
        service: ServiceStack,
        media: MediaStack,
    ) -> None:
        super().__init__(
            scope, construct_id, stack_name=construct_id, description=f"Chat {config.name}: CloudFront and the web page"
        )
        issuer = config.issuer
        bucket = data.media.bucket
        # A presigned upload goes to either name, by Region.
        uploads = [f"https://{bucket.bucket_regional_domain_name}", f"https://{bucket.bucket_domain_name}"]
        others = config.addresses.origins if config.addresses else ()
        sources = [service.websocket.origin, *uploads, *(issuer.connects_to if issuer else ()), *others]
        site = Site(
            self,
            "Site",
            config=config,
            media=bucket,
            media_keys=media.keys,
            api_host=f"{service.http.api.api_id}.execute-api.{self.region}.{self.url_suffix}",
            connects_to=sources,
        )
        self.logs = site.logs
        reason = "CloudFront names its logs by the hour and at random."
        self.log_files = exported_pattern(self, site.logs.bucket_arn, f"/{PREFIX}*", reason)
        url = f"https://{config.site_domain.name}" if config.site_domain else f"https://{site.distribution.domain_name}"
        cdk.CfnOutput(self, "DistributionId", value=site.distribution.distribution_id)
        cdk.CfnOutput(self, "DistributionDomainName", value=site.distribution.domain_name)
        cdk.CfnOutput(self, "EdgeLogBucketName", value=site.logs.bucket_name)
        cdk.CfnOutput(self, "SiteBucketName", value=site.bucket.bucket_name)
        self.site_url = cdk.CfnOutput(self, "SiteUrl", value=url)
        # On one machine the page is not served by the distribution, but by its own development server.
        page = config.local.site if config.local and config.local.site else url
        ssm.StringParameter(self, "site-url-parameter", parameter_name=site_url_parameter(config), string_value=page)
        ssm.StringParameter(
            self,
            "distribution-id-parameter",
            parameter_name=distribution_parameter(config),
            string_value=site.distribution.distribution_id,
        )
