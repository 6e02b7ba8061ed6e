"""What browsers get: paths, caching, headers, and which bucket lets whom in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cdk.config import ConfigError, read_context
from local.programs import NODE
from tests.infrastructure.assembly import DEV, Assembly, Resource, synthesize

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""Ids of CloudFront's own policies (its developer guide)."""
KEY_PARTS = (("Cookies", "Cookie"), ("Headers", "Header"), ("QueryStrings", "QueryString"))
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"


def distribution(assembly: Assembly) -> dict[str, Any]:
    (found,) = assembly.of_type("CloudFront::Distribution")
    config: dict[str, Any] = found["DistributionConfig"]
    return config


def behaviours(assembly: Assembly) -> dict[str, dict[str, Any]]:
    config = distribution(assembly)
    return {"*": config["DefaultCacheBehavior"], **{found["PathPattern"]: found for found in config["CacheBehaviors"]}}


def policy_of(assembly: Assembly, behaviour: dict[str, Any]) -> str:
    """The content security policy that a behaviour sends."""
    headers = assembly.behind("edge", behaviour["ResponseHeadersPolicyId"])
    assert headers
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    return assembly.text("edge", security["ContentSecurityPolicy"]["ContentSecurityPolicy"])


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (directive.split() for directive in policy.split(";"))}


def test_one_origin_serves_page_api_and_media(stage: Assembly) -> None:
    # The first that fits counts.
    assert list(behaviours(stage)) == ["*", "/api/tail/*", "/api/*", "/media/*"]


def test_the_api_is_never_cached_and_gets_the_callers_token(stage: Assembly) -> None:
    api = behaviours(stage)["/api/*"]
    assert api["CachePolicyId"] == CACHING_DISABLED
    assert api["OriginRequestPolicyId"] == ALL_BUT_HOST
    assert "POST" in api["AllowedMethods"]
    assert api["ViewerProtocolPolicy"] == "https-only"


def test_tails_are_cached_by_their_path_alone_for_as_long_as_their_function_says(stage: Assembly) -> None:
    tails = behaviours(stage)["/api/tail/*"]
    assert "OriginRequestPolicyId" not in tails
    assert tails["TargetOriginId"] == behaviours(stage)["/api/*"]["TargetOriginId"]
    assert tails["ResponseHeadersPolicyId"] == behaviours(stage)["/api/*"]["ResponseHeadersPolicyId"]
    assert (tails["ViewerProtocolPolicy"], tails["Compress"]) == ("https-only", True)
    policy = stage.behind("edge", tails["CachePolicyId"])
    assert policy
    config = policy["CachePolicyConfig"]
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == (0, 0, 600)
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    assert [key[f"{part}Config"][f"{kind}Behavior"] for part, kind in KEY_PARTS] == ["none"] * 3


def test_an_error_is_kept_no_longer_than_the_live_part_of_a_tail(stage: Assembly) -> None:
    lives = {found["ErrorCode"]: found["ErrorCachingMinTTL"] for found in distribution(stage)["CustomErrorResponses"]}
    assert set(lives.values()) == {1}
    assert {403, 404, 502, 503, 504} <= lives.keys()


def test_page_and_media_are_cached_and_reached_by_https(stage: Assembly) -> None:
    for path in ("*", "/media/*"):
        assert behaviours(stage)[path]["CachePolicyId"] == CACHING_OPTIMIZED
        assert behaviours(stage)[path]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_a_place_inside_the_page_is_the_page_but_an_error_of_the_api_stays_one(stage: Assembly) -> None:
    # Pages for errors would replace those of the API too; a function on the page's path does not.
    assert all("ResponsePagePath" not in found for found in distribution(stage)["CustomErrorResponses"])
    (association,) = behaviours(stage)["*"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    assert "FunctionAssociations" not in behaviours(stage)["/api/*"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/", "/index.html"),
        ("/room/lunch", "/index.html"),
        ("/console", "/console.html"),
        ("/console/", "/console.html"),
        ("/assets/a.b.js", "/assets/a.b.js"),
    ],
)
def test_each_page_has_its_path(stage: Assembly, asked: str, given: str) -> None:
    (function,) = stage.of_type("CloudFront::Function")
    event = json.dumps({"request": {"uri": asked}})
    script = f"{function['FunctionCode']}; process.stdout.write(handler({event}).uri)"
    told = subprocess.run([NODE, "-e", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    assert told.stdout == given


def test_the_distribution_speaks_http_2_and_3(stage: Assembly) -> None:
    config = distribution(stage)
    assert config["HttpVersion"] == "http2and3"
    assert behaviours(stage)["*"]["Compress"] is True


def test_the_page_may_run_its_own_scripts_only_and_be_framed_by_nobody(stage: Assembly) -> None:
    policy = directives(policy_of(stage, behaviours(stage)["*"]))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in policy_of(stage, behaviours(stage)["*"])


def test_the_page_may_open_its_socket_and_upload(dev: Assembly) -> None:
    sources = directives(policy_of(dev, behaviours(dev)["*"]))["connect-src"]
    assert sources == [
        "'self'",
        "{service/WebSocket/Api.ApiEndpoint}",
        "https://{data/Media/Bucket.RegionalDomainName}",
        "https://{data/Media/Bucket.DomainName}",
    ]


def test_the_page_may_ask_the_issuer_it_signs_in_with(prod: Assembly) -> None:
    assert "https://issuer.example.com" in directives(policy_of(prod, behaviours(prod)["*"]))["connect-src"]


def test_somebodys_image_opened_on_its_own_runs_nothing(stage: Assembly) -> None:
    assert policy_of(stage, behaviours(stage)["/media/*"]) == "default-src 'none'; sandbox"


def test_every_answer_of_the_page_names_its_type_and_asks_for_https_for_a_year(stage: Assembly) -> None:
    for headers in stage.of_type("CloudFront::ResponseHeadersPolicy"):
        security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert security["ContentTypeOptions"] == {"Override": True}
        assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 24 * 3600


def readers(assembly: Assembly, bucket: Resource) -> list[dict[str, Any]]:
    (policy,) = [
        found
        for found in assembly.of_type("S3::BucketPolicy")
        if assembly.behind(found.stack, found["Bucket"]) == bucket
    ]
    return [statement for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == "Allow"]


def test_this_distribution_and_nobody_else_reads_the_buckets(stage: Assembly) -> None:
    for output, keys in (("MediaBucketName", "media/*"), ("SiteBucketName", "*")):
        bucket = stage.named_output(output)
        (statement,) = readers(stage, bucket)
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Action"] == "s3:GetObject"
        assert stage.text("edge", statement["Resource"]) == "{" + stage.label(bucket) + "}/" + keys
        source = stage.text("edge", statement["Condition"]["StringEquals"]["aws:SourceArn"])
        assert source.endswith(":distribution/{edge/Site/Distribution}")


def trusted_pairs(assembly: Assembly) -> list[str]:
    """Names of the key pairs that the media's distribution trusts, in the order of its key group."""
    (imported,) = behaviours(assembly)["/media/*"]["TrustedKeyGroups"]
    group = assembly.behind("edge", imported)
    assert group
    keys = [assembly.behind("media", key) for key in group["KeyGroupConfig"]["Items"]]
    return [assembly.text("media", key["PublicKeyConfig"]["EncodedKey"]) for key in keys if key]


def signing_secret(assembly: Assembly) -> str:
    (variables,) = [
        found["Environment"]["Variables"]
        for found in assembly.of_type("Lambda::Function")
        if "CHAT_MEDIA_KEY_PAIR_ID" in found["Environment"]["Variables"]
    ]
    return assembly.text("media", variables["CHAT_MEDIA_KEY_SECRET_ARN"])


def test_media_is_for_whom_the_stage_has_signed_and_all_else_is_not(stage: Assembly) -> None:
    assert trusted_pairs(stage) == ["{media/MediaKeyPair1.PublicKey}"]
    assert [path for path, found in behaviours(stage).items() if "TrustedKeyGroups" in found] == ["/media/*"]


def test_nothing_private_of_a_key_pair_is_in_a_template(stage: Assembly) -> None:
    (pair,) = stage.of_type("Custom::MediaKeyPair")
    assert set(pair.properties) == {"ServiceToken", "Secret"}
    secret = stage.behind("media", pair["Secret"])
    assert secret
    assert set(secret.properties) & {"SecretString", "GenerateSecretString"} == {"GenerateSecretString"}


def test_while_one_key_pair_follows_another_both_are_trusted_and_the_first_signs(
    tmp_path: Path, site_files: Path
) -> None:
    assembly = synthesize({**DEV, "media_keys": "2,1"}, tmp_path, site_files)
    assert trusted_pairs(assembly) == ["{media/MediaKeyPair2.PublicKey}", "{media/MediaKeyPair1.PublicKey}"]
    assert signing_secret(assembly) == "{media/MediaKeySecret2}"


@pytest.mark.parametrize("given", ["0", "1,1", "1,2,3", "one"])
def test_key_pairs_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="media_keys"):
        read_context({**DEV, "media_keys": given}.get)


def test_an_address_that_was_signed_can_be_read_by_scripts_of_any_site(stage: Assembly) -> None:
    headers = stage.behind("edge", behaviours(stage)["/media/*"]["ResponseHeadersPolicyId"])
    assert headers
    cors = headers["ResponseHeadersPolicyConfig"]["CorsConfig"]
    assert cors["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert cors["AccessControlAllowMethods"] == {"Items": ["GET", "HEAD"]}
    assert cors["AccessControlAllowCredentials"] is False


def test_both_buckets_are_origins_with_signed_requests(stage: Assembly) -> None:
    (access,) = stage.of_type("CloudFront::OriginAccessControl")
    assert access["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    origins = [found for found in distribution(stage)["Origins"] if "S3OriginConfig" in found]
    assert len(origins) == 2
    for origin in origins:
        assert stage.behind("edge", origin["OriginAccessControlId"]) == access


def test_stage_local_runs_nothing_of_cdks_own_while_it_is_deployed(local: Assembly) -> None:
    custom = [found.type for found in local.all if found.type.startswith(("Custom::", "AWS::CloudFormation::Custom"))]
    assert custom == ["Custom::MediaKeyPair"]
    assert len(local.of_type("Lambda::Function")) == len(local.functions())


def test_on_aws_hashed_files_stay_for_ever_and_the_page_is_asked_for_each_time(dev: Assembly) -> None:
    uploads = {found["SystemMetadata"]["cache-control"]: found for found in dev.of_type("Custom::CDKBucketDeployment")}
    assert set(uploads) == {"public, max-age=31536000, immutable", "no-cache"}
    assert uploads["no-cache"]["DistributionPaths"] == ["/", "/index.html", "/console.html"]
    for upload in uploads.values():
        # A page that is open somewhere still loads the parts it was built with.
        assert upload["Prune"] is False
        assert dev.behind(upload.stack, upload["DestinationBucketName"]) == dev.named_output("SiteBucketName")


def test_on_aws_the_hashed_files_are_there_before_the_page_that_names_them(dev: Assembly) -> None:
    uploads = {found["SystemMetadata"]["cache-control"]: found for found in dev.of_type("Custom::CDKBucketDeployment")}
    assert any("Hashed" in name for name in uploads["no-cache"].body["DependsOn"])


def test_on_aws_reads_of_buckets_and_distribution_are_logged(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        assert "Logging" in distribution(assembly)
        for output in ("MediaBucketName", "SiteBucketName"):
            assert "LoggingConfiguration" in assembly.named_output(output).properties


def test_a_domain_of_ones_own_brings_tls_1_2_and_is_the_only_place_to_upload_from(
    tmp_path: Path, site_files: Path
) -> None:
    context = {**DEV, "site_domain": "chat.example.com", "site_certificate_arn": CERTIFICATE}
    assembly = synthesize(context, tmp_path, site_files)
    config = distribution(assembly)
    assert config["Aliases"] == ["chat.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE
    assert assembly.output("SiteUrl") == "https://chat.example.com"
    (rule,) = assembly.named_output("MediaBucketName")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://chat.example.com"]


def test_a_page_with_other_addresses_is_told_of_them_may_ask_there_and_is_let_in_by_its_own_stages_api(
    tmp_path: Path, site_files: Path
) -> None:
    own = {"site_domain": "chat.example.com", "site_certificate_arn": CERTIFICATE}
    addresses = "https://api.example.com, https://eu.example.com,wss://sockets.example.com"
    assembly = synthesize({**DEV, **own, "addresses": addresses}, tmp_path, site_files)
    sources = directives(policy_of(assembly, behaviours(assembly)["*"]))["connect-src"]
    assert sources[-3:] == ["https://api.example.com", "https://eu.example.com", "wss://sockets.example.com"]
    told = assembly.functions()["ops.config"]["Environment"]["Variables"]["CHAT_ADDRESSES"]
    assert told == "https://api.example.com,https://eu.example.com"
    (api,) = (each for each in assembly.of_type("ApiGatewayV2::Api") if each["ProtocolType"] == "HTTP")
    assert api["CorsConfiguration"]["AllowOrigins"] == ["https://chat.example.com"]
    assert {"authorization", "last-event-id"} <= set(api["CorsConfiguration"]["AllowHeaders"])
    assert api["CorsConfiguration"]["AllowMethods"] == ["GET", "POST", "DELETE"]
    assert "AllowCredentials" not in api["CorsConfiguration"]


def test_a_page_without_other_addresses_is_told_of_none_and_no_other_page_is_let_in(dev: Assembly) -> None:
    assert "CHAT_ADDRESSES" not in dev.functions()["ops.config"]["Environment"]["Variables"]
    assert not [each for each in dev.of_type("ApiGatewayV2::Api") if "CorsConfiguration" in each.properties]
