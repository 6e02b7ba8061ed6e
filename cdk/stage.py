"""One stage: stacks by how long their content lives, and what each hands to the next."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from cdk.config import StageConfig
from cdk.stacks.backups import BackupsStack
from cdk.stacks.cache import CacheStack
from cdk.stacks.data import DataStack
from cdk.stacks.edge import EdgeStack
from cdk.stacks.media import MediaStack
from cdk.stacks.observability import ObservabilityStack
from cdk.stacks.operations import OperationsStack
from cdk.stacks.service import ServiceStack
from layers.build import Target, target_of


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The stacks of a stage, in the order they are deployed in."""

    data: DataStack
    backups: BackupsStack | None
    """None where nothing is kept beside the tables."""
    cache: CacheStack | None
    """None where there is no cache, or where it is elsewhere."""
    service: ServiceStack
    media: MediaStack
    edge: EdgeStack
    operations: OperationsStack
    observability: ObservabilityStack


def add_stage(app: Construct, config: StageConfig, *, layer_target: Target | None = None) -> Stage:
    """Adds `chat-STAGE-data`, `-service`, `-media`, `-edge`, `-operations` and `-observability` to `app`.

    And `-cache` and `-backups` where the stage has them. They belong to no account or Region until the CDK CLI deploys
    them: one template serves every account.
    `layer_target` is what layers are built for; None is what the stage's functions run on.
    """
    data = DataStack(app, f"chat-{config.name}-data", config=config)
    backups = (
        BackupsStack(app, f"chat-{config.name}-backups", config=config, backups=config.backups, data=data)
        if config.backups
        else None
    )
    own = config.cache if config.cache and not config.cache.endpoint else None
    cache = CacheStack(app, f"chat-{config.name}-cache", config=config, cache=own) if own else None
    target = layer_target or target_of(config.name)
    service = ServiceStack(
        app,
        f"chat-{config.name}-service",
        config=config,
        data=data,
        cache=cache,
        layer_target=target,
    )
    media = MediaStack(app, f"chat-{config.name}-media", config=config, data=data, service=service, layer_target=target)
    edge = EdgeStack(app, f"chat-{config.name}-edge", config=config, data=data, service=service, media=media)
    operations = OperationsStack(
        app,
        f"chat-{config.name}-operations",
        config=config,
        data=data,
        service=service,
        media=media,
        edge=edge,
        layer_target=target,
    )
    observability = ObservabilityStack(
        app,
        f"chat-{config.name}-observability",
        config=config,
        data=data,
        service=service,
        media=media,
        operations=operations,
        backups=backups,
    )
    for stack in filter(None, (data, backups, cache, service, media, edge, operations, observability)):
        cdk.Tags.of(stack).add("application", "chat")
        cdk.Tags.of(stack).add("stage", config.name)
    return Stage(
        data=data,
        backups=backups,
        cache=cache,
        service=service,
        media=media,
        operations=operations,
        edge=edge,
        observability=observability,
    )
