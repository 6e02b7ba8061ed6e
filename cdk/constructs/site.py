"""The distribution and the page's bucket: behaviours by path, security headers, who may read which bucket."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.logs import log_retention
from cdk.constructs.media_bucket import VARIANTS

HSTS = cdk.Duration.days(365)

ROUTE_TO_PAGE = """
function handler(event) {
  // A path without an ending is a place inside the page, not a file.
  var request = event.request;
  if (request.uri.lastIndexOf('.') <= request.uri.lastIndexOf('/')) {
    request.uri = '/index.html';
  }
  return request;
}
"""


class Site(Construct):
    """One origin for everything a browser does, so that the page needs no CORS but for uploads."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        media: s3.Bucket,
        api_host: str,
        connects_to: Sequence[str],
    ) -> None:
        """`connects_to`: the origins besides its own that the page may open connections to."""
        super().__init__(scope, construct_id)
        self._config = config
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            # Rebuilt from the sources by every deployment.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        access = cloudfront.S3OriginAccessControl(self, "Access")
        domain = config.site_domain
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Chat {config.name}",
            default_root_object="index.html",
            default_behavior=self._page(_bucket_origin(self.bucket, access), connects_to),
            additional_behaviors={
                "/api/*": _api(api_host),
                f"/{VARIANTS}*": self._media(_bucket_origin(media, access)),
            },
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            # The certificate of cloudfront.net comes with a policy of its own.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if domain else None,
            domain_names=[domain.name] if domain else None,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn)
            if domain
            else None,
        )
        self._allow_reading("BucketPolicy", self.bucket, "*")
        # In this stack and not with its bucket: it names the distribution, which in turn names the bucket.
        self._allow_reading("MediaPolicy", media, f"{VARIANTS}*")
        if not config.local and config.site_files:
            self._upload(str(config.site_files))

    def _page(self, origin: cloudfront.IOrigin, connects_to: Sequence[str]) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers("Page", page_policy(connects_to)),
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

    def _media(self, origin: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            # Opened on its own, somebody's image runs nothing.
            response_headers_policy=self._headers("Media", "default-src 'none'; sandbox"),
            compress=False,
        )

    def _headers(self, name: str, content_security_policy: str) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            f"{name}Headers",
            response_headers_policy_name=f"chat-{self._config.name}-{name.lower()}-{cdk.Aws.REGION}",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=content_security_policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=HSTS, include_subdomains=True, override=True
                ),
            ),
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

    def _upload(self, files: str) -> None:
        """Vite names what it builds by its content: those files stay for ever, only the page that names them changes."""
        log_group = logs.LogGroup(
            self, "UploadLogs", retention=log_retention(self._config), removal_policy=cdk.RemovalPolicy.DESTROY
        )
        hashed = deployment.BucketDeployment(
            self,
            "Assets",
            sources=[deployment.Source.asset(files, exclude=["*", "!assets", "!assets/**"])],
            destination_bucket=self.bucket,
            cache_control=[deployment.CacheControl.from_string("public, max-age=31536000, immutable")],
            prune=False,
            log_group=log_group,
        )
        page = deployment.BucketDeployment(
            self,
            "Page",
            sources=[deployment.Source.asset(files, exclude=["assets"])],
            destination_bucket=self.bucket,
            cache_control=[deployment.CacheControl.no_cache()],
            prune=False,
            distribution=self.distribution,
            distribution_paths=["/", "/index.html"],
            log_group=log_group,
        )
        page.node.add_dependency(hashed)


def page_policy(connects_to: Sequence[str]) -> str:
    """Everything from the page's own origin, but for its sockets, its uploads and its sign-in."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "font-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self' {' '.join(connects_to)}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _bucket_origin(bucket: s3.Bucket, access: cloudfront.S3OriginAccessControl) -> cloudfront.IOrigin:
    """By name of the access control: the policy that lets it in stands below, the same way for both buckets."""
    return origins.S3BucketOrigin.with_bucket_defaults(bucket, origin_access_control_id=access.origin_access_control_id)


def _api(host: str) -> cloudfront.BehaviorOptions:
    return cloudfront.BehaviorOptions(
        origin=origins.HttpOrigin(host, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY),
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
    )
