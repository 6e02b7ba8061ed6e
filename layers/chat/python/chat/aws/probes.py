"""Health checks: one cheap read of each dependency, all at once, none longer than its limit."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
import orjson

from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.settings import Settings

LIMIT_MS = 1_000
"""What a dependency may take: the check of a load balancer gives up after 2 s or more."""

CACHE = "cache"
SPARED = frozenset({CACHE})
"""What the stage goes on without, slower: it makes nobody unhealthy."""

CACHE_QUESTION: Final = {"event": "HealthAsked"}
"""What the function beside the cache is called with: the cache can be reached from its own network alone."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """One dependency's answer."""

    ok: bool
    latency_ms: float


def check_all(client: AwsClient, settings: Settings) -> dict[str, Check]:
    """One request for each dependency, tried once; takes as long as the slowest, at most `LIMIT_MS`."""
    requests = {
        "rooms_table": _table(client, settings.need("rooms_table")),
        "messages_table": _table(client, settings.need("messages_table")),
        "connections_table": _table(client, settings.need("connections_table")),
        "delivery_queue": _queue(client, settings.need("delivery_queue_url")),
        "events_topic": _topic(client, settings.need("events_topic_arn")),
        "media_bucket": _bucket(client, settings.need("media_bucket")),
    }
    if settings.cache_upkeep:
        requests[CACHE] = _beside_cache(client, settings.cache_upkeep)
    answers = dict(zip(requests, client.call_all(list(requests.values()), attempts=1), strict=True))
    for name, answer in answers.items():
        if not answer.ok:
            detail = answer.error or answer.body[:200].decode(errors="replace")
            logger.warning("dependency failed", extra={"dependency": name, "status": answer.status, "detail": detail})
    checks = {name: Check(answer.ok, round(answer.elapsed_ms, 1)) for name, answer in answers.items()}
    if CACHE in checks and checks[CACHE].ok:
        checks[CACHE] = _heard(answers[CACHE].body)
    return checks


def tell(reached: Callable[[], bool]) -> dict[str, Any]:
    """What the function beside the cache answers: a `Check`, with the time of the cache's own answer."""
    begun_s = time.perf_counter()
    ok = reached()
    return {"ok": ok, "latency_ms": round((time.perf_counter() - begun_s) * 1_000, 1)}


def _heard(body: bytes) -> Check:
    """What `tell` said. A function that failed says something else."""
    try:
        return msgspec.json.decode(body, type=Check)
    except msgspec.MsgspecError:
        logger.warning("dependency failed", extra={"dependency": CACHE, "detail": body[:200].decode(errors="replace")})
        return Check(ok=False, latency_ms=0.0)


def _json(client: AwsClient, service: str, version: str, target: str, body: Mapping[str, object]) -> Request:
    headers = (f"Content-Type: application/x-amz-json-{version}", f"X-Amz-Target: {target}")
    return Request(service, client.url(service), orjson.dumps(body), headers=headers, timeout_ms=LIMIT_MS)


def _beside_cache(client: AwsClient, function: str) -> Request:
    path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
    return Request("lambda", client.url("lambda", path), orjson.dumps(CACHE_QUESTION), timeout_ms=LIMIT_MS)


def _table(client: AwsClient, name: str) -> Request:
    return _json(client, "dynamodb", "1.0", "DynamoDB_20120810.DescribeTable", {"TableName": name})


def _queue(client: AwsClient, url: str) -> Request:
    body = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    return _json(client, "sqs", "1.0", "AmazonSQS.GetQueueAttributes", body)


def _topic(client: AwsClient, arn: str) -> Request:
    form = urlencode({"Action": "GetTopicAttributes", "Version": "2010-03-31", "TopicArn": arn}).encode()
    headers = ("Content-Type: application/x-www-form-urlencoded",)
    return Request("sns", client.url("sns"), form, headers=headers, timeout_ms=LIMIT_MS)


def _bucket(client: AwsClient, name: str) -> Request:
    # The regional host with the bucket in the path serves every bucket name, and an emulator, too.
    headers = (f"X-Amz-Content-Sha256: {hashlib.sha256(b'').hexdigest()}",)
    return Request("s3", client.url("s3", f"/{name}"), method="HEAD", headers=headers, timeout_ms=LIMIT_MS)
