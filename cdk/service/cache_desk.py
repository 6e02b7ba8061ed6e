"""Where operators ask for what is cached to be forgotten. Who does it is in `cdk.service.cache`."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.service.answers import allow_answers
from cdk.service.audit import allow_deeds
from cdk.service.cache import SharedTier
from cdk.service.identity import Identity
from cdk.stacks.data import DataStack


def add_cache_desk(platform: Platform, *, tier: SharedTier, data: DataStack, http: HttpApi, identity: Identity) -> None:
    """`/api/cache/invalidate`."""
    desk = platform.function(
        "CacheDesk",
        "ops.cache",
        platform.settings(
            rooms_table=data.rooms.table_name,
            cache_queue_url=tier.queue.queue.queue_url,
            **identity.settings,
            **identity.operators,
        ),
        timeout_s=10,
        layers=("identity",),
    )
    allow_deeds(desk, data)
    allow_answers(desk, data)
    tier.allow(desk)
    identity.allow(desk)
    http.add("POST", "/api/cache/invalidate", desk)
