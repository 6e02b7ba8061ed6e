"""One room that everybody is in: every message goes to all."""

from loadtest.load.scenario import Objective, Options, Phase, Scenario


def scenario(options: Options) -> Scenario:
    """The same rate from the beginning to the end."""
    return Scenario(
        summary=f"One room with {options.users} devices.",
        users=options.users,
        open_per_s=options.open_per_s,
        phases=(Phase(options.rate, options.seconds),),
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("deliver_p99_ms", at_most=2_000),
        ),
    )
