"""What `/api/health` asks of the cache, which it can't reach itself: a function that stands beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chat import upkeep
from chat.aws import cache as cache_wiring
from chat.aws import probes
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.probes import Check
from chat.settings import Settings
from functions.ops import cache_invalidation
from tests.unit.aws_server import Answer, Hang, Reaction, Server, serving
from tests.unit.test_handlers import CONTEXT

SETTINGS = Settings(
    stage="test",
    rooms_table="r",
    messages_table="m",
    connections_table="c",
    delivery_queue_url="q",
    events_topic_arn="t",
    media_bucket="b",
    cache_upkeep="arn:aws:lambda:eu-west-1:1:function:upkeep:live",
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def checked(server: Server, reaction: Reaction) -> dict[str, Check]:
    """All dependencies are well, but for the cache, about which the function answers so."""
    server.answer = lambda received: reaction if "/functions/" in received.path else 200
    client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=server.url)
    return probes.check_all(client, SETTINGS)


def test_the_cache_is_as_the_function_beside_it_says(server: Server) -> None:
    checks = checked(server, Answer(200, b'{"ok":true,"latency_ms":0.6}'))
    assert checks["cache"] == Check(ok=True, latency_ms=0.6)
    assert all(check.ok for check in checks.values())
    (asked,) = [received for received in server.received if "/functions/" in received.path]
    assert json.loads(asked.body) == probes.CACHE_QUESTION
    assert asked.path.endswith("upkeep%3Alive/invocations")


@pytest.mark.parametrize(
    "reaction",
    [
        Answer(200, b'{"ok":false,"latency_ms":250.0}'),
        Answer(200, b'{"errorMessage":"it failed","errorType":"KeyError"}'),
        Answer(429, b"{}"),
        Hang(),
    ],
)
def test_a_cache_that_is_away_and_a_function_that_does_not_say_are_not_well(server: Server, reaction: Reaction) -> None:
    checks = checked(server, reaction)
    assert not checks.pop("cache").ok
    assert all(check.ok for check in checks.values())


def test_a_stage_goes_on_without_its_cache() -> None:
    assert probes.CACHE in probes.SPARED


@pytest.mark.parametrize("reached", [True, False])
def test_the_function_beside_the_cache_says_whether_it_answers(
    monkeypatch: pytest.MonkeyPatch, *, reached: bool
) -> None:
    monkeypatch.setattr(upkeep, "reach", lambda _: reached)
    monkeypatch.setattr(cache_wiring, "upkeep", lambda: None)
    told = cache_invalidation.handle(probes.CACHE_QUESTION, CONTEXT)
    assert told["ok"] is reached
    assert told["latency_ms"] >= 0
