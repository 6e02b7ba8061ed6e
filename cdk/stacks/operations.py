"""What operators use: health, the canary, and the endpoints that change and look after the stage.

A stack of its own: people of the chat lose nothing while it is made anew, and the service's is near the 500 resources
that CloudFormation takes in one. It refers to the service and the edge, and neither to it.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.packages import Packages
from cdk.service.addresses import publish_dead_letters
from cdk.service.cache_desk import add_cache_desk
from cdk.service.canary import add_canary
from cdk.service.capacity import add_capacity_review, add_quota_forecast
from cdk.service.collect_media import add_collect_media
from cdk.service.console import add_console
from cdk.service.edge_logs import add_edge_logs
from cdk.service.flags import add_flags
from cdk.service.health import add_health
from cdk.service.letter_desk import add_letter_desk
from cdk.service.measurements import add_measurements
from cdk.service.oversight import add_oversight
from cdk.service.scaling import add_scaling, scaled_of
from cdk.service.webhook_settings import add_webhook_settings
from cdk.stacks.data import DataStack
from cdk.stacks.edge import EdgeStack
from cdk.stacks.media import MediaStack
from cdk.stacks.service import ServiceStack
from layers.build import Target


class OperationsStack(cdk.Stack):
    """Functions whose routes are the service's API's."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        data: DataStack,
        service: ServiceStack,
        media: MediaStack,
        edge: EdgeStack,
        layer_target: Target,
    ) -> None:
        super().__init__(
            scope, construct_id, stack_name=construct_id, description=f"Chat {config.name}: what operators use"
        )
        packages = Packages(self, "Layers", config=config, target=layer_target)
        self.platform = platform = Platform(stack=self, config=config, packages=packages)
        alarms = AlarmTopic(self, "Alarms", config=config, topic=service.alarms.topic)
        http, identity = service.http, service.identity
        pollers = config.capacity.pollers if config.capacity else {}

        add_health(
            platform,
            data=data,
            delivery=service.delivery,
            events=service.events,
            http=http,
            identity=identity,
            cache_upkeep=service.cache_upkeep,
        )
        add_canary(platform, data=data, websocket=service.websocket, alarms=alarms)
        add_webhook_settings(platform, data=data, deliveries=service.deliveries, http=http, identity=identity)
        if service.tier:
            add_cache_desk(platform, tier=service.tier, data=data, http=http, identity=identity)
        add_console(platform, data=data, websocket=service.websocket, http=http, identity=identity)
        add_scaling(
            platform,
            data=data,
            http=http,
            identity=identity,
            protection=service.protection,
            scaled=scaled_of(service.platform.functions, service.polled, pollers),
        )
        add_flags(platform, data=data, http=http, identity=identity)
        add_edge_logs(platform, data=data, bucket=edge.logs, files=edge.log_files, alarms=alarms)
        add_collect_media(platform, data=data, alarms=alarms)
        add_oversight(platform, posting=service.posting, http=http, identity=identity)
        add_letter_desk(platform, data=data, machine=media.pipeline.machine, http=http, identity=identity)
        add_measurements(platform, http=http)
        self.review = self._keep_capacity(config, data, service, alarms)
        # Last, when all queues are made.
        publish_dead_letters(self, alarms=alarms, part="operations-")

    def _keep_capacity(
        self, config: StageConfig, data: DataStack, service: ServiceStack, alarms: AlarmTopic
    ) -> ChatFunction | None:
        """Whom alarms of capacity call; None in a stage that keeps none."""
        if config.capacity is None:
            return None
        add_quota_forecast(self.platform, data=data, websocket=service.websocket, http=service.http, alarms=alarms)
        queues = {"delivery": service.delivery, "notices": service.notices}
        return add_capacity_review(self.platform, kept=config.capacity, data=data, queues=queues, alarms=alarms)
