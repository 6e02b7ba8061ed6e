"""What the shared tier promises, kept by a real server and by the one in memory alike."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest

from chat.aws.valkey import Valkey
from chat.aws.valkey_tier import ValkeyTier
from chat.aws.wiring import SystemClock
from chat.caching.counts import Counts
from chat.caching.shared import Shared, Value
from simulation.cache import MemoryShared
from simulation.world import ManualClock
from tests.caching.server import Server

MINUTE_MS = 60_000


class Subject:
    """A tier, and how its time passes."""

    def __init__(self, tier: Shared, pass_ms: Callable[[int], None]) -> None:
        self.tier, self.pass_ms = tier, pass_ms


@pytest.fixture(params=["memory", "valkey"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "memory":
        clock = ManualClock()
        return Subject(MemoryShared(clock), clock.pass_ms)
    server: Server = request.getfixturevalue("server")
    # The time limit is that of a machine that does other things beside: what it is on AWS is not tested here.
    tier = ValkeyTier(Valkey(server.url, call_ms=2_000, connect_ms=2_000), uuid.uuid4().hex, SystemClock(), Counts())
    return Subject(tier, lambda duration_ms: time.sleep(duration_ms / 1_000))


def bodies(tier: Shared, *keys: str) -> list[bytes | None]:
    answer = tier.read(keys)
    assert answer is not None
    return list(answer.bodies)


def test_values_come_back_in_the_order_of_their_keys(subject: Subject) -> None:
    assert subject.tier.write([Value("a", b"1", MINUTE_MS), Value("b", b"\r\n$-1\r\n\x00", MINUTE_MS)])
    assert bodies(subject.tier, "b", "none", "a") == [b"\r\n$-1\r\n\x00", None, b"1"]


def test_a_value_ends_with_its_life(subject: Subject) -> None:
    subject.tier.write([Value("short", b"1", 100), Value("long", b"2", MINUTE_MS)])
    subject.pass_ms(150)
    assert bodies(subject.tier, "short", "long") == [None, b"2"]


def test_a_value_that_is_written_again_is_the_later_one(subject: Subject) -> None:
    subject.tier.write([Value("a", b"1", MINUTE_MS)])
    subject.tier.write([Value("a", b"2", MINUTE_MS)])
    assert bodies(subject.tier, "a") == [b"2"]


def test_what_is_dropped_is_gone_and_dropping_nothing_is_no_error(subject: Subject) -> None:
    subject.tier.write([Value("a", b"1", MINUTE_MS)])
    assert subject.tier.drop(["a", "none"])
    assert bodies(subject.tier, "a") == [None]


def test_one_of_several_gets_a_claim_until_it_ends(subject: Subject) -> None:
    assert [subject.tier.claim("a", 600) for _ in range(3)] == [True, False, False]
    assert subject.tier.claim("b", 600)
    subject.pass_ms(650)
    assert subject.tier.claim("a", 100)


def test_a_count_begins_anew_when_its_time_is_over(subject: Subject) -> None:
    assert [subject.tier.count("a", 600) for _ in range(3)] == [1, 2, 3]
    subject.pass_ms(650)
    assert subject.tier.count("a", 600) == 1


def test_the_log_is_read_with_the_values_in_the_order_of_its_lines(subject: Subject) -> None:
    for line in (b"first", b"second"):
        assert subject.tier.append(line, life_ms=MINUTE_MS, most=2, over=b"all")
    answer = subject.tier.read(["none"], log=True)
    assert answer is not None
    assert (list(answer.bodies), list(answer.log)) == ([None], [b"first", b"second"])


def test_a_log_that_is_full_becomes_one_line_that_says_it_all(subject: Subject) -> None:
    for line in (b"first", b"second", b"third"):
        assert subject.tier.append(line, life_ms=MINUTE_MS, most=2, over=b"all")
    answer = subject.tier.read([], log=True)
    assert answer is not None
    assert list(answer.log) == [b"all"]


def test_large_values_and_many_of_them_come_back_whole(subject: Subject) -> None:
    values = [Value(str(number), b"%d" % number * 10_000, MINUTE_MS) for number in range(250)]
    assert subject.tier.write(values)
    assert bodies(subject.tier, *(value.key for value in values)) == [value.body for value in values]
