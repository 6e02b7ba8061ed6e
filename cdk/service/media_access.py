"""Who may see media: key pairs that CloudFront trusts, and the endpoint that signs for members of a room with one.

A key pair is made from a secret (`chat.media_keys`), and CloudFormation asks a function for the public key. So nothing
private is in a template, an output or the function's environment.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.permissions import acknowledge
from cdk.service.addresses import parameter_arn, site_url_parameter
from cdk.service.identity import Identity
from cdk.service.partitions import ROOMS, only
from cdk.service.protection import Protection
from cdk.stacks.data import DataStack


def add_media_access(
    platform: Platform, *, data: DataStack, http: HttpApi, identity: Identity, protection: Protection
) -> cloudfront.KeyGroup:
    """`/api/rooms/{room}/media-access`; what the distribution is to trust."""
    stack = platform.stack
    public_key = platform.function(
        "PublicKey", "media.public_key", platform.settings(), timeout_s=30, layers=("identity",)
    )
    secrets = {number: _secret(stack, number) for number in platform.config.media_keys.numbers}
    public_key.allow([secret.secret_arn for secret in secrets.values()], "secretsmanager:GetSecretValue")
    keys = {number: _public_key(stack, number, secret, public_key) for number, secret in secrets.items()}
    signs = platform.config.media_keys.signs
    _add_endpoint(
        platform,
        data=data,
        http=http,
        identity=identity,
        settings={
            **protection.user_limit,
            "media_key_secret_arn": secrets[signs].secret_arn,
            "media_key_pair_id": keys[signs].public_key_id,
        },
        secret=secrets[signs],
    )
    return cloudfront.KeyGroup(
        stack, "MediaKeys", items=list(keys.values()), comment=f"Chat {platform.config.name}: access to media"
    )


def _secret(stack: cdk.Stack, number: int) -> secretsmanager.Secret:
    secret = secretsmanager.Secret(
        stack,
        f"MediaKeySecret{number}",
        description=f"What the key pair {number} is made from that signs access to media",
        # 64 letters and digits: 381 bits, more than the 256 of the curve.
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
    )
    acknowledge(secret, "SMG4", "Another key is another secret: CloudFront has to trust it before anything is signed.")
    return secret


def _public_key(
    stack: cdk.Stack, number: int, secret: secretsmanager.Secret, function: ChatFunction
) -> cloudfront.PublicKey:
    pair = cdk.CustomResource(
        stack,
        f"MediaKeyPair{number}",
        resource_type="Custom::MediaKeyPair",
        service_token=function.live.function_arn,
        properties={"Secret": secret.secret_arn},
    )
    # What the function may read has to be in force by the time that it is asked.
    pair.node.add_dependency(function.role or function)
    return cloudfront.PublicKey(
        stack,
        f"MediaKey{number}",
        encoded_key=pair.get_att_string("PublicKey"),
        comment=f"Access to media, key pair {number}",
    )


def _add_endpoint(
    platform: Platform,
    *,
    data: DataStack,
    http: HttpApi,
    identity: Identity,
    settings: dict[str, str | None],
    secret: secretsmanager.Secret,
) -> None:
    parameter = site_url_parameter(platform.config)
    access = platform.function(
        "MediaAccess",
        "media.access",
        platform.settings(
            rooms_table=data.rooms.table_name, site_url_parameter=parameter, **settings, **identity.settings
        ),
        timeout_s=10,
        layers=("identity",),
    )
    access.allow([data.rooms.table_arn], "dynamodb:GetItem", conditions=only(ROOMS))
    access.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
    access.allow([parameter_arn(platform.stack, parameter)], "ssm:GetParameter")
    identity.allow(access)
    http.add("GET", "/api/rooms/{room}/media-access", access)
