"""The distribution and the page's bucket: behaviours by path, security headers, who may read which bucket."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.access_logs import edge_log_bucket
from cdk.constructs.media_bucket import VARIANTS
from cdk.constructs.page_files import PageFiles
from cdk.constructs.permissions import acknowledge
from cdk.constructs.security_headers import ANY_SITE, page_policy, security_headers
from chat.aws.edge_logs import PREFIX
from chat.storage.tail_access import LIFE_MS

ROUTE_TO_PAGE = """
function handler(event) {
  // A path without an ending is a place inside a page, not a file.
  var request = event.request;
  if (request.uri === '/console' || request.uri === '/console/') {
    request.uri = '/console.html';
  } else if (request.uri.lastIndexOf('.') <= request.uri.lastIndexOf('/')) {
    request.uri = '/index.html';
  }
  return request;
}
"""

TAILS = "/api/tail/"
ERRORS = (403, 404, 500, 502, 503, 504)
ERROR_LIFE = cdk.Duration.seconds(1)


class Site(Construct):
    """One origin for everything a browser does, so that the page needs no CORS but for uploads."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        media: s3.Bucket,
        media_keys: cloudfront.IKeyGroup,
        api_host: str,
        connects_to: Sequence[str],
    ) -> None:
        """`media_keys`: who signs for members. `connects_to`: what else than its own origin the page may connect to."""
        super().__init__(scope, construct_id)
        self._own_domain = domain = config.site_domain
        self.logs = edge_log_bucket(self, "AccessLogs", config=config)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            server_access_logs_bucket=None if config.local else self.logs,
            server_access_logs_prefix=None if config.local else "bucket/",
            # Rebuilt from the sources by every deployment.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        access = cloudfront.S3OriginAccessControl(self, "Access")
        api = origins.HttpOrigin(api_host, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Chat {config.name}",
            default_root_object="index.html",
            default_behavior=self._page(_bucket_origin(self.bucket, access), connects_to),
            additional_behaviors={
                # The first that fits counts.
                f"{TAILS}*": self._tails(api),
                "/api/*": _api(api),
                f"/{VARIANTS}*": self._media(_bucket_origin(media, access), media_keys),
            },
            # CloudFront would keep an error for 10 s; what a tail refuses or lacks may be there with the next poll.
            error_responses=[cloudfront.ErrorResponse(http_status=status, ttl=ERROR_LIFE) for status in ERRORS],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            # The certificate of cloudfront.net comes with a policy of its own.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
            domain_names=[domain.name] if domain else None,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn)
            if domain
            else None,
            log_bucket=self.logs,
            log_file_prefix=PREFIX,
        )
        self._accept_findings()
        self._allow_reading("BucketPolicy", self.bucket, "*")
        # In this stack and not with its bucket: it names the distribution, which in turn names the bucket.
        self._allow_reading("MediaPolicy", media, f"{VARIANTS}*")
        if not config.local and config.site_files:
            PageFiles(
                self,
                "Files",
                config=config,
                folder=config.site_files,
                bucket=self.bucket,
                distribution=self.distribution,
            )

    def _accept_findings(self) -> None:
        acknowledge(self.distribution, "CFR1", "Chat is for everybody, wherever they are.")
        acknowledge(
            self.distribution,
            "CFR2",
            "What is served without a token is static, and the API is throttled; a web ACL costs by the month.",
        )
        if not self._own_domain:
            acknowledge(
                self.distribution, "CFR4", "The certificate of cloudfront.net brings its own policy: no choice."
            )

    def _page(self, origin: cloudfront.IOrigin, connects_to: Sequence[str]) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=security_headers(self, "PageHeaders", page_policy(connects_to)),
            compress=True,
            function_associations=[
                cloudfront.FunctionAssociation(
                    event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
                    function=cloudfront.Function(
                        self,
                        "RouteToPage",
                        code=cloudfront.FunctionCode.from_inline(ROUTE_TO_PAGE),
                        runtime=cloudfront.FunctionRuntime.JS_2_0,
                    ),
                )
            ],
        )

    def _media(self, origin: cloudfront.IOrigin, keys: cloudfront.IKeyGroup) -> cloudfront.BehaviorOptions:
        """For members only: the signature is checked before any cache is asked, and is no part of what it keeps by."""
        return cloudfront.BehaviorOptions(
            origin=origin,
            trusted_key_groups=[keys],
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            # Opened on its own, somebody's image runs nothing.
            response_headers_policy=security_headers(
                self, "MediaHeaders", "default-src 'none'; sandbox", cors=ANY_SITE
            ),
            compress=False,
        )

    def _tails(self, api: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        """The same for everybody who has the address: cached for as long as the function says, by the path alone."""
        return cloudfront.BehaviorOptions(
            origin=api,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            cache_policy=cloudfront.CachePolicy(
                self,
                "TailCache",
                comment=f"Chat {cdk.Stack.of(self).stack_name}: tails of rooms",
                min_ttl=cdk.Duration.seconds(0),
                default_ttl=cdk.Duration.seconds(0),
                max_ttl=cdk.Duration.millis(LIFE_MS),
                enable_accept_encoding_gzip=True,
                enable_accept_encoding_brotli=True,
            ),
            response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
            compress=True,
        )

    def _allow_reading(self, construct_id: str, bucket: s3.Bucket, keys: str) -> None:
        """The bucket's one policy: TLS only, and this distribution, no other, may read `keys`."""
        policy = s3.BucketPolicy(self, construct_id, bucket=bucket)
        policy.document.add_statements(
            iam.PolicyStatement(
                sid="TlsOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:*"],
                resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            ),
            iam.PolicyStatement(
                sid="Distribution",
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(keys)],
                conditions={"StringEquals": {"aws:SourceArn": self.distribution.distribution_arn}},
            ),
        )


def _bucket_origin(bucket: s3.Bucket, access: cloudfront.S3OriginAccessControl) -> cloudfront.IOrigin:
    """By name of the access control: the policy that lets it in stands below, the same way for both buckets."""
    return origins.S3BucketOrigin.with_bucket_defaults(bucket, origin_access_control_id=access.origin_access_control_id)


def _api(api: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=api,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
    )
