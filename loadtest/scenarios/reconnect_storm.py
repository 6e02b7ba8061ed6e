"""All sockets are lost at once in the middle of the traffic, as when a network or a Region goes away for a moment."""

from loadtest.load.scenario import Objective, Options, Phase, Scenario, Storm

MEMBERS = 10


def scenario(options: Options) -> Scenario:
    """Small rooms; the cut is at a third of the time, so that what was missed is there again before the end."""
    rooms = max(1, options.users // MEMBERS)
    return Scenario(
        summary=f"{rooms} rooms of about {MEMBERS} devices; every socket is cut after a third of the time.",
        users=options.users,
        open_per_s=options.open_per_s,
        rooms=rooms,
        follows=lambda device: (device % rooms,),
        phases=(Phase(options.rate, options.seconds),),
        storms=(Storm(options.seconds / 3),),
        settle_s=60,
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("not_audited", at_most=0),
            Objective("opened", at_least=2 * options.users),
        ),
    )
