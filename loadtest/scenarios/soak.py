"""The same small traffic for hours: leaks, expiries, and the two hours after which API Gateway cuts sockets."""

from loadtest.load.scenario import Objective, Options, Phase, Scenario

MEMBERS = 10


def scenario(options: Options) -> Scenario:
    """Give it `--seconds 10800`. Cuts are no failure here: devices come back and must have everything."""
    rooms = max(1, options.users // MEMBERS)
    return Scenario(
        summary=f"{rooms} rooms of about {MEMBERS} devices, for {options.seconds / 3600:.1f} hours.",
        users=options.users,
        open_per_s=options.open_per_s,
        rooms=rooms,
        follows=lambda device: (device % rooms,),
        phases=(Phase(options.rate, options.seconds),),
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("not_audited", at_most=0),
        ),
    )
