"""Rooms by Zipf's law, each device in three: a few are loud, most are quiet. With a spike of five times the rate."""

import random

from loadtest.load.scenario import Objective, Options, Phase, Scenario, zipf

FOLLOWED = 3
SPIKE = 5


def scenario(options: Options) -> Scenario:
    """A tenth of the time in the middle is the spike."""
    rooms = max(FOLLOWED, options.users // 5)
    weights = zipf(rooms)

    def follows(device: int) -> tuple[int, ...]:
        chance = random.Random(device)  # noqa: S311 - the same rooms in every process
        return tuple({*chance.choices(range(rooms), weights, k=FOLLOWED)})

    return Scenario(
        summary=f"{rooms} rooms by Zipf (s = 1), {FOLLOWED} a device; a spike of {SPIKE} times the rate in the middle.",
        users=options.users,
        open_per_s=options.open_per_s,
        rooms=rooms,
        follows=follows,
        weights=weights,
        phases=(
            Phase(options.rate, options.seconds * 0.45),
            Phase(options.rate * SPIKE, options.seconds * 0.1),
            Phase(options.rate, options.seconds * 0.45),
        ),
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("deliver_p99_ms", at_most=2_000),
        ),
    )
