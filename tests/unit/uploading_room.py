"""A room in memory whose members upload to moto's bucket; the functions of the media pipeline find both.

Ada made the room, Grace listens. Records of uploads are in a table of moto's, messages and sockets in `World`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chat import rooms, subscriptions
from chat.aws import files, media_store, secrets, wiring
from chat.media import upload_key
from chat.protocol import CreateRoom, JoinRoom, Subscribe
from chat.settings import Settings
from chat.storage.upload_quotas import UploadQuotas
from chat.tokens import BuiltInIssuer
from functions.media import uploads
from simulation.world import World

CONTEXT = SimpleNamespace(
    function_name="media",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:media",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")
BUCKET = "media"
ROOM = "lunch"


@contextmanager
def open_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 client and its empty bucket; the table of upload records beside it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        boto3.client("dynamodb").create_table(
            TableName="rooms",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        for cached in (media_store.bucket, media_store.uploads, files.files):
            cached.cache_clear()
        yield s3
        for cached in (media_store.bucket, media_store.uploads, files.files):
            cached.cache_clear()


def furnished(monkeypatch: pytest.MonkeyPatch) -> World:
    """Ada and Grace in a room, beside a bucket that is open; Grace listens."""
    world = World()
    world.clock.at_ms = wiring.SystemClock().now_ms()  # tokens are held against the real time
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room=ROOM))
    grace = world.connect("grace")
    rooms.join(world.services, grace, JoinRoom(id="1", room=ROOM))
    subscriptions.subscribe(world.services, grace, Subscribe(id="2", room=ROOM))
    built: dict[str, Any] = {
        "services": world.services,
        "messages": world.services.messages,
        "reactions": world.services.reactions,
        "rooms": world.services.rooms,
        "members": world.services.members,
        "user_buckets": world.services.protection.buckets,
        "upload_quotas": UploadQuotas(world.rooms_table, 1_000, 10**12),
        "connections": world.services.fanout.connections,
        "sockets": world.sockets,
        "clock": world.clock,
        "ids": world.ids,
        "settings": Settings(stage="test", rooms_table="rooms", media_bucket=BUCKET, video_max_s="60"),
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    return world


def ask(body: Any, user: str = "Ada") -> dict[str, Any]:
    """The answer to `POST /api/media`."""
    token = ISSUER.sign_in(user, wiring.clock().now_ms()).token
    event = {
        "routeKey": "POST /api/media",
        "headers": {"authorization": f"Bearer {token}"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
    answer = uploads.handle(event, CONTEXT)
    decoded: dict[str, Any] = {"status": answer["statusCode"], **json.loads(answer["body"])}
    return decoded


def uploaded(bucket: Any, body: bytes, content_type: str, name: str = "file") -> str:
    """The id of an upload of Ada's whose bytes have arrived."""
    wanted = {"room": ROOM, "name": name, "content_type": content_type, "size_bytes": len(body)}
    upload = str(ask(wanted)["media"])
    bucket.put_object(Bucket=BUCKET, Key=upload_key(upload), Body=body)
    return upload


def key_state(upload: str) -> dict[str, Any]:
    """The state of the state machine for an upload, as its event makes it."""
    return {"detail": {"object": {"key": upload_key(upload)}}}


def keys_in(bucket: Any) -> list[str]:
    """All but what is noted for good: uploads, and what is made of them."""
    found = [each["Key"] for each in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return [key for key in found if not key.startswith("audit/")]
