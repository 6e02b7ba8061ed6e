"""The plan of a room's delivery: as the load grows it never does more, at an edge it stays, and costs have bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.planning import (
    FRAME_BYTES,
    MAX_SHARDS,
    QUIET,
    RELEASE,
    SLICE,
    STEPS,
    Plan,
    Thresholds,
    Tier,
    load_of,
    plan,
    posts_per_s,
    shards_for,
    tells,
)

RANK = {"direct": 0, "slices": 1, "coalesced": 2, "tail": 3}
DEFAULTS = Thresholds()

online = st.integers(0, 100_000)
rates = st.floats(0, 500)
sizes = st.integers(100, 128 * 1024)
thresholds = st.builds(
    lambda direct, coalesce, steps, digest: Thresholds(
        direct=direct,
        coalesce=min(coalesce, digest),
        no_typing=min(steps[0], digest),
        no_receipts=min(steps[1], digest),
        counts_only=min(steps[2], digest),
        digest=digest,
    ),
    st.integers(10, 1_000),
    st.integers(1, 10_000),
    st.lists(st.integers(1, 50_000), min_size=3, max_size=3).map(sorted),
    st.integers(1, 100_000),
)
plans = st.builds(plan, online, rates, sizes, st.just(QUIET), thresholds)


@pytest.mark.parametrize(
    ("sockets", "rate_per_s", "tier", "step", "window_ms"),
    [
        (2, 500, "direct", "full", 0),
        (10, 100, "direct", "full", 0),
        (100, 10, "direct", "full", 0),
        (101, 10, "slices", "full", 0),
        (100, 20, "coalesced", "no_typing", 40),
        (1_000, 1, "slices", "full", 0),
        (1_000, 4, "slices", "no_receipts", 0),
        (1_000, 5, "coalesced", "no_receipts", 100),
        (1_000, 6, "coalesced", "counts_only", 100),
        (10_000, 1, "slices", "counts_only", 0),
        (10_001, 0.1, "tail", "full", 0),
        (10_000, 2, "coalesced", "digest", 1_000),
        (10_001, 2, "tail", "counts_only", 0),
        (100_000, 500, "tail", "counts_only", 0),
        (100, 500, "coalesced", "digest", 1_000),
    ],
)
def test_a_room_gets_what_its_size_and_rate_ask_for(
    sockets: int, rate_per_s: float, tier: str, step: str, window_ms: int
) -> None:
    planned = plan(sockets, rate_per_s, 400, QUIET, DEFAULTS)
    assert (planned.tier, planned.step, planned.window_ms) == (tier, step, window_ms)


@given(online, online, rates, rates, sizes, plans, thresholds)
def test_more_sockets_or_messages_never_lead_to_more_posts_each_or_fewer_steps(
    some: int, more: int, slow: float, fast: float, size_bytes: int, before: Plan, limits: Thresholds
) -> None:
    (some, more), (slow, fast) = sorted((some, more)), sorted((slow, fast))
    lower, higher = (plan(*room, size_bytes, before, limits) for room in ((some, slow), (more, fast)))
    assert RANK[lower.tier] <= RANK[higher.tier]
    if higher.tier == "tail":
        assert posts_per_s(higher, more, fast, size_bytes) == 0
        assert STEPS.index(min(lower.step, "counts_only", key=STEPS.index)) <= STEPS.index(higher.step)
        return
    assert STEPS.index(lower.step) <= STEPS.index(higher.step)
    assert lower.window_ms <= higher.window_ms


@given(online, rates, sizes, plans, thresholds)
def test_a_plan_that_is_in_force_is_the_plan_again(
    sockets: int, rate_per_s: float, size_bytes: int, before: Plan, limits: Thresholds
) -> None:
    settled = plan(sockets, rate_per_s, size_bytes, before, limits)
    assert plan(sockets, rate_per_s, size_bytes, settled, limits) == settled


@given(st.integers(101, 100_000), st.floats(8, 500), thresholds)
def test_a_room_at_its_edge_stays_as_it_is(sockets: int, rate_per_s: float, limits: Thresholds) -> None:
    reached = plan(sockets, rate_per_s, 400, QUIET, limits)
    a_little_less = plan(sockets, rate_per_s * (RELEASE + 0.01), 400, reached, limits)
    assert (a_little_less.tier, a_little_less.step) == (reached.tier, reached.step)
    quiet = plan(sockets, 0, 400, reached, limits)
    assert quiet.busy is (quiet.tier == "tail")


@pytest.mark.parametrize(
    ("sockets", "before", "tier"),
    [(7_001, "tail", "tail"), (7_000, "tail", "slices"), (10_000, "slices", "slices"), (10_001, "coalesced", "tail")],
)
def test_a_room_comes_back_from_its_tail_below_a_part_of_the_threshold(sockets: int, before: Tier, tier: str) -> None:
    assert plan(sockets, 0.1, 400, Plan(before), DEFAULTS).tier == tier


@given(online, rates, sizes, plans, thresholds)
def test_no_plan_costs_more_than_posting_each_message_and_windows_bound_it(
    sockets: int, rate_per_s: float, size_bytes: int, before: Plan, limits: Thresholds
) -> None:
    planned = plan(sockets, rate_per_s, size_bytes, before, limits)
    cost = posts_per_s(planned, sockets, rate_per_s, size_bytes)
    assert cost <= load_of(sockets, rate_per_s, size_bytes) * (1 + 1e-9)  # floats round
    if planned.tier == "coalesced":
        assert planned.window_ms >= limits.window_ms
        bound = sockets * (1_000 / limits.window_ms + rate_per_s * size_bytes * 2 / FRAME_BYTES)
        assert cost <= bound or cost == pytest.approx(bound)


def test_each_step_goes_without_what_those_before_it_go_without() -> None:
    assert all(tells(step, "activity") for step in STEPS)
    assert [[tells(step, notice) for notice in ("typing", "receipts", "presence")] for step in STEPS] == [
        [True, True, True],
        [False, True, True],
        [False, False, True],
        [False, False, False],
        [False, False, False],
    ]


@given(online, st.integers(0, 10).map(lambda power: 2**power))
def test_a_shard_has_at_most_a_slice_and_its_number_stays_at_the_edge(sockets: int, before: int) -> None:
    shards = shards_for(sockets, before)
    assert shards.bit_count() == 1
    assert sockets <= shards * SLICE or shards == MAX_SHARDS
    assert shards_for(sockets, shards) == shards


@pytest.mark.parametrize(("sockets", "before", "shards"), [(0, 1, 1), (100, 1, 1), (101, 1, 2), (60, 2, 2), (50, 2, 1)])
def test_shards_double_and_halve_with_room_between(sockets: int, before: int, shards: int) -> None:
    assert shards_for(sockets, before) == shards


def test_thresholds_are_written_as_names_with_values() -> None:
    assert Thresholds.parse("") == DEFAULTS
    assert Thresholds.parse(" direct=50, window_ms=20") == Thresholds(direct=50, window_ms=20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed=1", "no threshold speed"),
        ("direct=many", "direct is a whole number"),
        ("direct", "direct is a whole number"),
        ("direct=9", "direct is 10 to 1000"),
        ("tail=100", "tail is above direct"),
        ("coalesce=30000", "coalesce is"),
        ("no_typing=0", "no_typing"),
        ("no_receipts=100", "none below another"),
        ("window_ms=200", "window_ms"),
        ("digest_messages=51", "digest_messages is 1 to 50"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Thresholds.parse(text)
