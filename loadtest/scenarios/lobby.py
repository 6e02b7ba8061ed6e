"""Small rooms of up to ten devices, alike: what most messages of most products are."""

from loadtest.load.scenario import Objective, Options, Phase, Scenario

MEMBERS = 10


def scenario(options: Options) -> Scenario:
    """Rises to the rate over a fifth of the time."""
    rooms = max(1, options.users // MEMBERS)
    return Scenario(
        summary=f"{rooms} rooms of about {MEMBERS} devices each; the rate rises, then stays.",
        users=options.users,
        open_per_s=options.open_per_s,
        rooms=rooms,
        follows=lambda device: (device % rooms,),
        phases=(
            Phase(0, options.seconds * 0.2, to_rate=options.rate),
            Phase(options.rate, options.seconds * 0.8),
        ),
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("not_audited", at_most=0),
            Objective("deliver_p99_ms", at_most=1_000),
        ),
    )
