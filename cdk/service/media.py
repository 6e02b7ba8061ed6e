"""Permission to upload, then the steps of the state machine that makes a message of an upload."""

from __future__ import annotations

from cdk.config import MediaScan
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.media_bucket import VARIANTS
from cdk.constructs.media_convert import ConvertJob, convert_role
from cdk.constructs.media_pipeline import MediaPipeline, MediaSteps
from cdk.service.identity import Identity
from cdk.service.posting import Posting
from cdk.service.protection import signing_secret
from cdk.stacks.data import DataStack

LAMBDA_TIMEOUT_S = 900
TRANSCODE_MB = 3538
"""Two cores: more of them encode little faster what is scaled and decoded by one."""
SCRATCH_MB = 2048
"""All rungs of ten minutes, and the segments of them once more: 1.3 GB at the most that the ladder lets through."""


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
            sound=_sound(platform, data),
            document=_document(platform, data),
            convert=_convert(platform, data),
            video=_video(platform, data),
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
        platform.settings(
            rooms_table=data.rooms.table_name,
            media_bucket=data.media.bucket.bucket_name,
            video_max_s=str(platform.config.videos.max_minutes * 60),
        ),
        timeout_s=60,
        memory_mb=1024,
        layers=("imaging", "transcoding", "data"),
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
    return _maker(platform, data, "Variants", "media.variants", timeout_s=60, layers=("imaging", "data"))


def _sound(platform: Platform, data: DataStack) -> ChatFunction:
    layers = ("imaging", "transcoding", "data")
    return _maker(platform, data, "Sound", "media.sound", timeout_s=LAMBDA_TIMEOUT_S, layers=layers)


def _document(platform: Platform, data: DataStack) -> ChatFunction:
    return _maker(platform, data, "Document", "media.document", timeout_s=60, layers=("imaging", "data"))


def _video(platform: Platform, data: DataStack) -> ChatFunction:
    video = _maker(platform, data, "Video", "media.video", timeout_s=60, layers=("imaging", "data"))
    # What it works on was converted before.
    video.allow([data.media.variants], "s3:GetObject")
    _let_list(video, data)
    return video


def _convert(platform: Platform, data: DataStack) -> ChatFunction | ConvertJob:
    if platform.config.videos.transcoder == "ffmpeg":
        return _transcode(platform, data)
    plan = platform.function(
        "VideoJob",
        "media.video_job",
        platform.settings(rooms_table=data.rooms.table_name, media_bucket=data.media.bucket.bucket_name),
        timeout_s=30,
        layers=("data",),
    )
    plan.allow([data.rooms.table_arn], "dynamodb:GetItem")
    role = convert_role(platform.stack, "ConvertRole", reads=data.media.uploads, writes=data.media.variants)
    return ConvertJob(plan=plan, role=role)


def _transcode(platform: Platform, data: DataStack) -> ChatFunction:
    transcode = platform.function(
        "Transcode",
        "media.transcode",
        platform.settings(
            rooms_table=data.rooms.table_name,
            media_bucket=data.media.bucket.bucket_name,
            video_max_s=str(platform.config.videos.max_minutes * 60),
        ),
        timeout_s=LAMBDA_TIMEOUT_S,
        memory_mb=TRANSCODE_MB,
        scratch_mb=SCRATCH_MB,
        layers=("transcoding", "data"),
    )
    transcode.allow([data.rooms.table_arn], "dynamodb:GetItem")
    transcode.allow([data.media.uploads], "s3:GetObject")
    transcode.allow([data.media.variants], "s3:PutObject")
    return transcode


def _maker(
    platform: Platform, data: DataStack, construct_id: str, handler: str, *, timeout_s: int, layers: tuple[str, ...]
) -> ChatFunction:
    """A function of one core that makes something of an upload."""
    made = platform.function(
        construct_id,
        handler,
        platform.settings(rooms_table=data.rooms.table_name, media_bucket=data.media.bucket.bucket_name),
        timeout_s=timeout_s,
        memory_mb=1769,
        layers=layers,
    )
    made.allow([data.rooms.table_arn], "dynamodb:GetItem")
    made.allow([data.media.uploads], "s3:GetObject")
    made.allow([data.media.variants], "s3:PutObject")
    return made


def _let_list(function: ChatFunction, data: DataStack) -> None:
    """Below what the site serves."""
    listed = {"StringLike": {"s3:prefix": [f"{VARIANTS}*"]}}
    function.allow([data.media.bucket.bucket_arn], "s3:ListBucket", conditions=listed)


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
    announce.allow([posting.websocket.connections_elsewhere()], "execute-api:ManageConnections")
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
    reject.allow([websocket.connections_elsewhere()], "execute-api:ManageConnections")
    reject.allow([data.media.uploads, data.media.variants], "s3:DeleteObject")
    _let_list(reject, data)
    return reject
