"""The service: functions, their APIs, queues and topics. What each concern consists of is in `cdk.service`."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import WorkQueue
from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi
from cdk.constructs.packages import Packages
from cdk.constructs.room_events import RoomEvents
from cdk.constructs.websocket import WebSocket
from cdk.service.accounts import JOBS_TIMEOUT_S, add_accounts
from cdk.service.addresses import publish_addresses
from cdk.service.cache import add_cache, make_tier
from cdk.service.capacity import keep_environments, publish_capacity
from cdk.service.client_config import add_client_config
from cdk.service.commands import add_commands
from cdk.service.delivery import DELIVER_TIMEOUT_S, add_delivery
from cdk.service.door import add_door
from cdk.service.events import add_events
from cdk.service.identity import Identity
from cdk.service.notices import NOTICES_TIMEOUT_S, add_notices
from cdk.service.posting import Posting
from cdk.service.protection import Protection
from cdk.service.push import PUSH_TIMEOUT_S, MobileApplications, add_push
from cdk.service.rollout import add_rollout
from cdk.service.sign_in import add_sign_in
from cdk.service.streams import add_streams
from cdk.service.tail import add_tail
from cdk.service.wallets import add_wallets
from cdk.service.webhooks import DELIVERIES_TIMEOUT_S, add_webhooks
from cdk.stacks.cache import CacheStack
from cdk.stacks.data import DataStack
from layers.build import Target


class ServiceStack(cdk.Stack):
    """Everything that the next deployment may replace."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        data: DataStack,
        cache: CacheStack | None,
        layer_target: Target,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            description=f"Chat {config.name}: functions, APIs, queues",
        )
        # What the concerns share.
        packages = Packages(self, "Layers", config=config, target=layer_target)
        self.platform = platform = Platform(stack=self, config=config, packages=packages)
        self.alarms = alarms = AlarmTopic(self, "Alarms", config=config)
        self.websocket = websocket = WebSocket(self, "WebSocket", config=config)
        self.http = http = HttpApi(self, "Http", config=config)
        self.delivery = delivery = WorkQueue(
            self, "Delivery", source="delivery", worker_timeout_s=DELIVER_TIMEOUT_S, alarms=alarms
        )
        self.notices = notices = WorkQueue(
            self, "Notices", source="notices", worker_timeout_s=NOTICES_TIMEOUT_S, alarms=alarms
        )
        jobs = WorkQueue(self, "Jobs", source="jobs on accounts", worker_timeout_s=JOBS_TIMEOUT_S, alarms=alarms)
        self.deliveries = deliveries = WorkQueue(
            self, "ToWebhooks", source="deliveries to webhooks", worker_timeout_s=DELIVERIES_TIMEOUT_S, alarms=alarms
        )
        later = WorkQueue(self, "PushLater", source="push messages", worker_timeout_s=PUSH_TIMEOUT_S, alarms=alarms)
        self.events = events = RoomEvents(self, "RoomEvents", config=config, alarms=alarms)
        self.identity = identity = Identity(config=config, session_secret=data.session_secret)
        self.tier = tier = make_tier(self, config=config, cache=cache, alarms=alarms)
        self.protection = protection = Protection(self, config=config)
        self.posting = posting = Posting(
            data=data,
            websocket=websocket,
            delivery=delivery,
            notices=notices,
            protection=protection,
            cache=tier,
            fanout=config.fanout or None,
            sockets=config.sockets,
        )

        # From the door to the room, then what follows.
        add_door(platform, data=data, websocket=websocket, notices=notices)
        add_sign_in(platform, data=data, websocket=websocket, http=http, identity=identity)
        add_wallets(platform, data=data, http=http, identity=identity)
        add_commands(platform, posting=posting, http=http, identity=identity)
        add_streams(platform, data=data, http=http, identity=identity)
        add_tail(platform, data=data, http=http)
        self.polled = {
            "message.deliver": add_delivery(platform, data=data, websocket=websocket, delivery=delivery),
            "message.notices": add_notices(platform, data=data, websocket=websocket, notices=notices),
        }
        """What its function is called for by its queue, where operators may change how much at once."""
        add_events(platform, data=data, events=events, notices=notices, jobs=jobs)
        applications = MobileApplications(platform)
        add_push(
            platform,
            data=data,
            events=events,
            later=later,
            http=http,
            identity=identity,
            applications=applications,
        )
        add_webhooks(platform, data=data, events=events, deliveries=deliveries)
        add_accounts(
            platform,
            data=data,
            websocket=websocket,
            delivery=delivery,
            jobs=jobs,
            http=http,
            identity=identity,
            applications=applications,
        )
        self.cache_upkeep = add_cache(platform, tier=tier, data=data, events=events, alarms=alarms) if tier else None
        if config.capacity:
            keep_environments(platform, kept=config.capacity)
            publish_capacity(platform, kept=config.capacity)
        add_rollout(platform, data=data, alarms=alarms)
        add_client_config(platform, data=data, websocket=websocket, http=http, identity=identity)
        # Last, when all queues are made.
        publish_addresses(
            self,
            config=config,
            websocket=websocket,
            http=http,
            bucket=data.media.bucket,
            alarms=alarms,
        )
