"""Which of all alarms and groups a stage has, by the parts that it has."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from cdk.signals import scaling
from cdk.signals.alarms import ALARMS, GROUPS, Alarm, Group
from cdk.signals.objectives import OBJECTIVES, burn_alarms, burn_groups

PARTS = frozenset({"backups", "cache", "canary", "capacity"})
"""What not every stage has."""


def alarms(parts: AbstractSet[str] = PARTS) -> tuple[Alarm, ...]:
    """All of a stage with these parts."""
    burning = (alarm for objective in OBJECTIVES for alarm in burn_alarms(objective))
    return tuple(
        alarm for alarm in (*ALARMS, *scaling.ALARMS, *burning) if alarm.part == "always" or alarm.part in parts
    )


def groups(parts: AbstractSet[str] = PARTS) -> tuple[Group, ...]:
    """All of a stage with these parts, with those members that it has."""
    there = {alarm.name for alarm in alarms(parts)}
    burning = (group for objective in OBJECTIVES for group in burn_groups(objective))
    return tuple(
        replace(group, members=tuple(name for name in group.members if name in there)) for group in (*GROUPS, *burning)
    )
