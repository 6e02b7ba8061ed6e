"""The figures that the documentation has of the caches, on a smaller scale: they hold, and the shared tier is why."""

from __future__ import annotations

from dataclasses import replace

from simulation.cache_load import RECENT, Load, Simulation

SMALL = Load(users=500, rooms=50, messages_per_s=100, instances=300, warm_s=60, measured_s=20, crowd=500)


def test_of_frequently_read_data_the_tiers_know_95_percent() -> None:
    rates = Simulation(SMALL).run()
    assert rates["all"].hits >= 0.95
    assert rates["membership"].hits >= 0.95
    assert rates[RECENT].hits >= 0.75  # five readers a message, of whom the first one reads it for the others


def test_memory_alone_knows_little_where_instances_are_many() -> None:
    rates = Simulation(replace(SMALL, shared=False)).run()
    assert rates["membership"].hits < 0.25
