"""Throttles, injected faults and latencies."""

from __future__ import annotations

import asyncio
import json

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.gateway import Limits
from local.gateway.faults import Fault, FaultError, FaultInjector, Latency
from local.gateway.throttle import TokenBucket
from tests.gateway.stage import Start

SLOW = 1e-6
"""A rate so low that a test's bucket never refills."""


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    """AWS, "Protecting your WebSocket API": token bucket with a rate and a burst."""
    bucket = TokenBucket(rate=8, burst=3, now_s=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(100.125), bucket.take(100.125)] == [True, False]
    assert [bucket.take(200.0) for _ in range(4)] == [True, True, True, False]


def test_a_limit_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="rate must be above 0"):
        Limits(rate=0)


async def test_messages_over_the_rate_are_answered_by_too_many_requests(start: Start) -> None:
    """AWS: clients get "Too Many Requests" over the account's rate and burst; the socket stays open."""
    stage = await start(limits=Limits(rate=SLOW, burst=2))
    async with stage.connect() as socket:
        for _ in range(3):
            await socket.send("hello")
        replies = [await socket.recv() for _ in range(3)]
    assert sorted(replies)[:2] == ["hello", "hello"]
    frame = json.loads(sorted(replies)[2])
    assert frame.keys() == {"message", "connectionId", "requestId"}
    assert frame["message"] == "Too Many Requests"
    assert len(stage.functions.events["default"]) == 2


async def test_messages_and_connections_calls_share_one_bucket(start: Start) -> None:
    """AWS: one rate for all calls of an account and Region, @connections included; there it is 429."""
    stage = await start(limits=Limits(rate=SLOW, burst=2))
    async with stage.connect() as socket:
        connection_id = await stage.connection_id(socket)
        await stage.management("get_connection", connection_id)
        with pytest.raises(ClientError) as caught:
            await stage.management("get_connection", connection_id)
    assert caught.value.response["Error"]["Code"] == "LimitExceededException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


async def test_new_connections_over_their_rate_are_429(start: Start) -> None:
    """AWS: 500 new connections a second, burst 500 (L-9ED1E49A, L-E1465507)."""
    stage = await start(limits=Limits(connect_rate=SLOW, connect_burst=2))
    async with stage.connect(), stage.connect():
        with pytest.raises(InvalidStatus) as caught:
            await stage.connect().__aenter__()
    assert caught.value.response.status_code == 429
    assert len(stage.functions.events["connect"]) == 2


# Faults


async def test_an_injected_410_is_answered_and_not_carried_out(start: Start) -> None:
    stage = await start(faults=[Fault.parse("connections:410:1")])
    async with stage.connect() as socket:
        with pytest.raises(ClientError, match="GoneException"):
            await stage.management("post_to_connection", await stage.connection_id(socket), Data=b"lost")
        await socket.send("next")
        assert await socket.recv() == "next"


async def test_an_injected_message_fault_answers_without_invoking(start: Start) -> None:
    stage = await start(faults=[Fault.parse("message:500:1")])
    async with stage.connect() as socket:
        await socket.send("hello")
        assert json.loads(await socket.recv())["message"] == "Internal server error"
    assert "default" not in stage.functions.events


async def test_an_injected_reset_cuts_the_connection(start: Start) -> None:
    stage = await start(faults=[Fault.parse("message:reset:1")])
    async with stage.connect() as socket:
        await socket.send("hello")
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
    assert caught.value.rcvd is None


async def test_an_injected_connect_fault_refuses_without_invoking(start: Start) -> None:
    stage = await start(faults=[Fault.parse("connect:502:1")])
    with pytest.raises(InvalidStatus, match="502"):
        await stage.connect().__aenter__()
    assert stage.functions.events == {}


async def test_an_injected_drop_loses_the_disconnect_event(start: Start) -> None:
    """AWS: `$disconnect` is best effort, so functions must do without it."""
    stage = await start(faults=[Fault.parse("disconnect:drop:1")])
    async with stage.connect():
        pass
    await asyncio.sleep(0.05)
    assert "disconnect" not in stage.functions.events


async def test_an_injected_latency_delays_each_event_at_its_site(start: Start) -> None:
    stage = await start(latencies=[Latency.parse("message:60-80")])
    async with stage.connect() as socket:
        started_s = asyncio.get_running_loop().time()
        await socket.send("hello")
        await socket.recv()
        assert asyncio.get_running_loop().time() - started_s >= 0.06


def test_faults_come_with_their_probability_and_repeat_with_their_seed() -> None:
    def draw(seed: int) -> list[str | None]:
        injector = FaultInjector([Fault.parse("connections:429:0.25")], [], seed)
        return [injector.strike("connections") for _ in range(2000)]

    assert draw(1) == draw(1) != draw(2)
    assert 400 < draw(1).count("429") < 600


@pytest.mark.parametrize(
    "text", ["", "connections", "connections:404:1", "nowhere:429:1", "message:500:2", "message:500:x"]
)
def test_a_fault_outside_the_grammar_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(FaultError):
        Fault.parse(text)


@pytest.mark.parametrize("text", ["", "message", "message:x", "message:9-3", "disconnect:5", "message:-5"])
def test_a_latency_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(FaultError):
        Latency.parse(text)
