"""Permission to upload, then the steps of the state machine that makes a message of an upload."""

from __future__ import annotations

from cdk.config import MediaScan
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_pipeline import MediaPipeline, MediaSteps
from cdk.service.identity import Identity
from cdk.service.posting import Posting
from cdk.service.protection import signing_secret
from cdk.stacks.data import DataStack


def add_media(
    platform: Platform, *, posting: Posting, http: HttpApi, identity: Identity, alarms: AlarmTopic
) -> MediaPipeline:
    """`/api/media`, and what happens to what is uploaded with its permission."""
    data = posting.data
    _add_uploads(platform, posting=posting, http=http, identity=identity)
    return MediaPipeline(
        platform.stack,
        "MediaPipeline",
        config=platform.config,
        bucket=data.media.bucket,
        steps=MediaSteps(
            inspect=_inspect(platform, data),
            scan=_scan(platform, data, platform.config.media_scan) if platform.config.media_scan else None,
            variants=_variants(platform, data),
            announce=_announce(platform, posting),
            reject=_reject(platform, posting),
        ),
        alarms=alarms,
    )


def _add_uploads(platform: Platform, *, posting: Posting, http: HttpApi, identity: Identity) -> None:
    data = posting.data
    uploads = platform.function(
        "Uploads",
        "media.uploads",
        platform.settings(
            rooms_table=data.rooms.table_name,
            media_bucket=data.media.bucket.bucket_name,
            **posting.protection.user_limit,
            uploads_per_day=str(platform.config.upload_quota.per_day),
            upload_mb_per_day=str(platform.config.upload_quota.mb_per_day),
            upload_max_mb=platform.config.upload_quota.max_mb or None,
            **identity.settings,
        ),
        timeout_s=10,
        layers=("identity", "data"),
    )
    uploads.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
    # The client uploads with this function's authority: a form or address can't do more than the function may.
    uploads.allow([data.media.uploads], "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
    identity.allow(uploads)
    http.add("POST", "/api/media", uploads)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/parts"), ("POST", "/complete")):
        http.add(method, f"/api/media/{{media}}{path}", uploads)


def _inspect(platform: Platform, data: DataStack) -> ChatFunction:
    inspect = platform.function(
        "Inspect",
        "media.inspect",
        platform.settings(rooms_table=data.rooms.table_name, media_bucket=data.media.bucket.bucket_name),
        timeout_s=30,
        memory_mb=512,
        layers=("imaging", "data"),
    )
    inspect.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:UpdateItem")
    inspect.allow([data.media.uploads], "s3:GetObject")
    return inspect


def _scan(platform: Platform, data: DataStack, asked: MediaScan) -> ChatFunction:
    secret = None if asked.function else signing_secret(platform.stack, "MediaScanSecret", "the hook that scans images")
    scan = platform.function(
        "Scan",
        "media.scan",
        platform.settings(
            rooms_table=data.rooms.table_name,
            media_bucket=data.media.bucket.bucket_name,
            media_scan=asked.target,
            media_scan_deadline_ms=str(asked.deadline_ms),
            media_scan_failure=asked.failure,
            media_scan_secret_arn=secret.secret_arn if secret else None,
        ),
        timeout_s=asked.deadline_ms // 1000 + 15,
        layers=("data",),
    )
    scan.allow([data.rooms.table_arn], "dynamodb:GetItem")
    # The hook fetches the upload with this function's authority, by a presigned link.
    scan.allow([data.media.uploads], "s3:GetObject")
    if asked.function:
        scan.allow([asked.target], "lambda:InvokeFunction")
    if secret:
        scan.allow([secret.secret_arn], "secretsmanager:GetSecretValue")
    return scan


def _variants(platform: Platform, data: DataStack) -> ChatFunction:
    variants = platform.function(
        "Variants",
        "media.variants",
        platform.settings(rooms_table=data.rooms.table_name, media_bucket=data.media.bucket.bucket_name),
        timeout_s=60,
        memory_mb=1769,
        layers=("imaging", "data"),
    )
    variants.allow([data.rooms.table_arn], "dynamodb:GetItem")
    variants.allow([data.media.uploads], "s3:GetObject")
    variants.allow([data.media.variants], "s3:PutObject")
    return variants


def _announce(platform: Platform, posting: Posting) -> ChatFunction:
    data = posting.data
    announce = platform.function(
        "Announce", "media.announce", platform.settings(**posting.settings), timeout_s=25, layers=("data",)
    )
    announce.allow(
        [data.rooms.table_arn],
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    )
    announce.allow(
        [data.messages.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
    )
    announce.allow(
        [data.connections.table_arn],
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    )
    announce.allow([posting.websocket.connections], "execute-api:ManageConnections")
    announce.allow([posting.delivery.queue.queue_arn], "sqs:SendMessage")
    return announce


def _reject(platform: Platform, posting: Posting) -> ChatFunction:
    data, websocket = posting.data, posting.websocket
    reject = platform.function(
        "Reject",
        "media.reject",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            connections_table=data.connections.table_name,
            connections_url=websocket.connections_url,
            media_bucket=data.media.bucket.bucket_name,
        ),
        timeout_s=30,
        layers=("data",),
    )
    reject.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:UpdateItem")
    reject.allow([data.messages.table_arn], "dynamodb:GetItem")
    reject.allow([data.connections.table_arn], "dynamodb:Query", "dynamodb:DeleteItem")
    reject.allow([websocket.connections], "execute-api:ManageConnections")
    reject.allow([data.media.uploads, data.media.variants], "s3:DeleteObject")
    listed = {"StringLike": {"s3:prefix": ["media/*"]}}
    reject.allow([data.media.bucket.bucket_arn], "s3:ListBucket", conditions=listed)
    return reject
