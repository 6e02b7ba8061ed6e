"""Puts together what changing the stage takes, for one function instance."""

from __future__ import annotations

from functools import cache

from botocore.config import Config

from chat.aws import boto, function_scaling, wiring
from chat.aws.function_scaling import LambdaScaling
from chat.pace import LIMIT_PER_S
from chat.planning import Thresholds
from chat.scaling import ControlRoom
from chat.storage.audit import AuditTrail
from chat.storage.scaling import ScalingBook

PATIENCE = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2})
"""Two tries of a call are over before the function is."""


@cache
def control_room() -> ControlRoom:
    """The stage's."""
    table = wiring.rooms_table()
    settings = wiring.settings()
    return ControlRoom(
        book=ScalingBook(table),
        functions=LambdaScaling(
            boto.client("lambda", PATIENCE), function_scaling.parse(settings.need("scaled_functions"))
        ),
        deployed=Thresholds.parse(settings.fanout or ""),
        limits={
            "user_rate_per_s": int(settings.need("user_rate_per_s")),
            "user_burst": int(settings.need("user_burst")),
            "room_rate_per_s": LIMIT_PER_S,
        },
        audit=AuditTrail(table),
        ids=wiring.ids(),
        clock=wiring.clock(),
    )
