"""What browsers are told about the page: where its parts may come from, and what it may talk to."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

HSTS_AGE = cdk.Duration.days(365)

ANY_SITE = cloudfront.ResponseHeadersCorsBehavior(
    access_control_allow_credentials=False,
    access_control_allow_headers=["Range", "If-None-Match", "If-Range"],
    access_control_allow_methods=["GET", "HEAD"],
    access_control_allow_origins=["*"],
    access_control_expose_headers=["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
    origin_override=True,
)
"""For what an address alone opens: scripts of any site that has it may read it, as its `<img>` may show it."""


def security_headers(
    scope: Construct,
    construct_id: str,
    content_security_policy: str,
    *,
    cors: cloudfront.ResponseHeadersCorsBehavior | None = None,
) -> cloudfront.ResponseHeadersPolicy:
    """Security headers for a behaviour; they replace whatever the origin says. Without `cors`: for its own origin."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        construct_id,
        cors_behavior=cors,
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
                access_control_max_age=HSTS_AGE, include_subdomains=True, override=True
            ),
        ),
    )


def page_policy(connects_to: Sequence[str]) -> str:
    """Everything from the page's own origin, but for its sockets, its uploads and its sign-in."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "font-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self' {' '.join(connects_to)}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
