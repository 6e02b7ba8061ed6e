"""Media: permissions to upload, what is made of uploads, and who may see it.

A stack of its own, since the service's is near the 500 resources that CloudFormation takes in one. It refers to the
service, whose rooms its announcements go to, and the service never to it.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import Platform
from cdk.constructs.packages import Packages
from cdk.service.addresses import publish_dead_letters
from cdk.service.media import add_media
from cdk.service.media_access import add_media_access
from cdk.stacks.data import DataStack
from cdk.stacks.service import ServiceStack
from layers.build import Target


class MediaStack(cdk.Stack):
    """Functions whose routes are the service's API's, and the state machine. `keys` are for the distribution."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        data: DataStack,
        service: ServiceStack,
        layer_target: Target,
    ) -> None:
        super().__init__(
            scope, construct_id, stack_name=construct_id, description=f"Chat {config.name}: what becomes of uploads"
        )
        packages = Packages(self, "Layers", config=config, target=layer_target)
        self.platform = platform = Platform(stack=self, config=config, packages=packages)
        alarms = AlarmTopic(self, "Alarms", config=config, topic=service.alarms.topic)
        http, identity = service.http, service.identity
        self.pipeline = add_media(platform, posting=service.posting, http=http, identity=identity, alarms=alarms)
        self.keys = add_media_access(platform, data=data, http=http, identity=identity, protection=service.protection)
        cdk.CfnOutput(self, "MediaStateMachineArn", value=self.pipeline.machine.state_machine_arn)
        # Last, when all queues are made.
        publish_dead_letters(self, alarms=alarms, part="media-")
