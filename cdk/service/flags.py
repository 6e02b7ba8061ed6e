"""`/api/flags`: operators' rules for what is tried out on whom. Functions that post read them beside their messages."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.identity import Identity
from cdk.service.partitions import FLAGS, only
from cdk.stacks.data import DataStack


def add_flags(platform: Platform, *, data: DataStack, http: HttpApi, identity: Identity) -> None:
    """The operators' endpoint."""
    flags = platform.function(
        "Flags",
        "ops.flags",
        platform.settings(rooms_table=data.rooms.table_name, **identity.settings, **identity.operators),
        timeout_s=10,
        layers=("identity",),
    )
    flags.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:PutItem", conditions=only(FLAGS))
    allow_deeds(flags, data)
    allow_answers(flags, data)
    identity.allow(flags)
    http.add("GET", "/api/flags", flags)
    http.add("POST", "/api/flags", flags)
