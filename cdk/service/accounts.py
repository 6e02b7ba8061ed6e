"""Users' rights to their own data: they ask over HTTP, and a queue of jobs is worked off behind."""

from __future__ import annotations

from aws_cdk import aws_lambda_event_sources as sources

from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.websocket import WebSocket
from cdk.service.identity import Identity
from cdk.service.partitions import ACCOUNTS, TRACES, only
from cdk.service.push import MobileApplications
from cdk.stacks.data import DataStack

JOBS_TIMEOUT_S = 120
"""Twice what a slice takes (`chat.accounts`)."""


def add_accounts(
    platform: Platform,
    *,
    data: DataStack,
    websocket: WebSocket,
    delivery: WorkQueue,
    jobs: WorkQueue,
    http: HttpApi,
    identity: Identity,
    applications: MobileApplications,
) -> None:
    """`/api/account/export` and `/api/account/erasure`, and who works the jobs off."""
    _add_desk(platform, data=data, jobs=jobs, http=http, identity=identity)
    _add_worker(platform, data=data, websocket=websocket, delivery=delivery, jobs=jobs, applications=applications)


def _add_desk(platform: Platform, *, data: DataStack, jobs: WorkQueue, http: HttpApi, identity: Identity) -> None:
    desk = platform.function(
        "Account",
        "ops.account",
        platform.settings(
            rooms_table=data.rooms.table_name,
            media_bucket=data.media.bucket.bucket_name,
            jobs_queue_url=jobs.queue.queue_url,
            **identity.settings,
        ),
        timeout_s=10,
        layers=("identity", "data"),
    )
    desk.allow(
        [data.rooms.table_arn],
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        conditions=only(ACCOUNTS, TRACES),
    )
    desk.allow([jobs.queue.queue_arn], "sqs:SendMessage")
    # Users fetch their archives with this function's authority, by presigned links.
    desk.allow([data.media.exports], "s3:GetObject")
    identity.allow(desk)
    for path in ("/api/account/export", "/api/account/erasure"):
        http.add("POST", path, desk)
        http.add("GET", path, desk)


def _add_worker(
    platform: Platform,
    *,
    data: DataStack,
    websocket: WebSocket,
    delivery: WorkQueue,
    jobs: WorkQueue,
    applications: MobileApplications,
) -> None:
    bucket = data.media.bucket
    worker = platform.function(
        "AccountJobs",
        "ops.account_jobs",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            connections_table=data.connections.table_name,
            connections_url=websocket.connections_url,
            delivery_queue_url=delivery.queue.queue_url,
            fanout=platform.config.fanout or None,
            jobs_queue_url=jobs.queue.queue_url,
            media_bucket=bucket.bucket_name,
            push_applications=applications.setting,
        ),
        timeout_s=JOBS_TIMEOUT_S,
        memory_mb=1024,
        layers=("data",),
    )
    worker.allow(
        [data.rooms.table_arn, data.messages.table_arn],
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    )
    worker.allow([data.connections.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteItem")
    worker.allow([websocket.connections], "execute-api:ManageConnections")
    worker.allow([delivery.queue.queue_arn, jobs.queue.queue_arn], "sqs:SendMessage")
    worker.allow([data.media.variants], "s3:GetObject")
    worker.allow([data.media.exports], "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
    worker.allow([data.media.ledger], "s3:PutObject")
    listed = {"StringLike": {"s3:prefix": ["exports/*"]}}
    worker.allow([bucket.bucket_arn], "s3:ListBucket", conditions=listed)
    applications.allow_forgetting(worker)
    worker.live.add_event_source(sources.SqsEventSource(jobs.queue, batch_size=1, report_batch_item_failures=True))
