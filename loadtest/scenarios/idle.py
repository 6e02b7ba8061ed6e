"""Sockets that are open and silent, but for a little talk that shows that they work. `--rate` is that talk."""

from loadtest.load.scenario import Objective, Options, Phase, Scenario

DEVICES = 20
TALKING = 20


def scenario(options: Options) -> Scenario:
    """Twenty devices a user, so that signing in is not what is measured. The first twenty devices talk, in one room."""
    devices = min(DEVICES, options.users)
    users = -(-options.users // devices)
    return Scenario(
        summary=f"{users * devices} open sockets of {users} users, and little talk.",
        users=users,
        devices=devices,
        open_per_s=options.open_per_s,
        follows=lambda device: (0,) if device < TALKING else (),
        phases=(Phase(options.rate, options.seconds),),
        audit_s=10,
        objectives=(
            Objective("violations", at_most=0),
            Objective("failed", at_most=0),
            Objective("cut", at_most=0),
            Objective("opened", at_least=users * devices),
        ),
    )
