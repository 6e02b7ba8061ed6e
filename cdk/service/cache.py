"""The cache that function instances share, what keeps it fresh, and who of the functions has a part in it.

Only the function of commands: all others either keep nothing that others could use, or wait for something else anyway.
They need not reach it to be right about what they change: see `chat.storage.memberships` and `chat.storage.recent`.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_events as cloudwatch_events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources

from cdk.config import ConfigError, StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters, WorkQueue
from cdk.constructs.function import ChatFunction, Platform
from cdk.constructs.network import Network
from cdk.constructs.room_events import RoomEvents
from cdk.stacks.cache import CacheStack
from cdk.stacks.data import DataStack
from chat.events import MEMBERSHIP_CHANGED, MESSAGE_CHANGED, MESSAGE_DELETED

UPKEEP_TIMEOUT_S = 60
"""Warming a hundred rooms takes some ten seconds."""

BATCH, WINDOW_S = 100, 1
"""Events that one invocation follows: they make the cache quicker, and nothing true, so they may wait a second."""


@dataclass(frozen=True, kw_only=True)
class SharedTier:
    """The cache as functions are given it. `network` is where those that use it run, None where it is elsewhere."""

    url: str
    queue: WorkQueue
    network: Network | None

    @property
    def settings(self) -> dict[str, str | None]:
        """For whoever has a part in it."""
        return {"cache_url": self.url, "cache_queue_url": self.queue.queue.queue_url}

    def allow(self, function: ChatFunction) -> None:
        """Lets `function` ask for rooms to be warmed."""
        function.allow([self.queue.queue.queue_arn], "sqs:SendMessage")


def make_tier(
    stack: cdk.Stack, *, config: StageConfig, cache: CacheStack | None, alarms: AlarmTopic
) -> SharedTier | None:
    """The stage's, in a stack of its own or where its configuration says; None where it has none."""
    if config.cache is None:
        return None
    url = cache.url if cache else config.cache.endpoint
    if not url:
        raise ConfigError("A stage's cache is either in a stack of its own or has an endpoint.")
    queue = WorkQueue(stack, "Cache", source="the cache", worker_timeout_s=UPKEEP_TIMEOUT_S, alarms=alarms)
    return SharedTier(url=url, queue=queue, network=cache.network if cache else None)


def add_cache(
    platform: Platform,
    *,
    tier: SharedTier,
    data: DataStack,
    events: RoomEvents,
    alarms: AlarmTopic,
) -> ChatFunction:
    """Who follows operators, events and deployments; returned, as it is also who can say how the cache is."""
    worker = platform.function(
        "CacheUpkeep",
        "ops.cache_invalidation",
        platform.settings(
            rooms_table=data.rooms.table_name,
            messages_table=data.messages.table_name,
            **tier.settings,
        ),
        timeout_s=UPKEEP_TIMEOUT_S,
        network=tier.network,
    )
    worker.allow([data.rooms.table_arn], "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
    # Who reads a number that nobody stored closes it with a `void` entry.
    worker.allow([data.messages.table_arn], "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
    tier.allow(worker)
    worker.live.add_event_source(
        sources.SqsEventSource(tier.queue.queue, batch_size=10, report_batch_item_failures=True)
    )
    events.subscribe(
        "CacheEvents",
        worker,
        timeout_s=UPKEEP_TIMEOUT_S,
        events=[MESSAGE_CHANGED, MESSAGE_DELETED, MEMBERSHIP_CHANGED],
        batch_size=BATCH,
        window_s=WINDOW_S,
    )
    _warm_after_deployments(platform.stack, tier, alarms)
    return worker


def _warm_after_deployments(stack: cdk.Stack, tier: SharedTier, alarms: AlarmTopic) -> None:
    """CloudFormation tells of the stack's end of a deployment, so that warming can neither hold one up nor fail it."""
    unsent = DeadLetters(stack, "WarmingDeadLetters", source="the rule that warms the cache", alarms=alarms)
    unsent.return_to(tier.queue.queue)
    rule = cloudwatch_events.Rule(
        stack,
        "Deployed",
        description="Warms the cache after a deployment",
        event_pattern=cloudwatch_events.EventPattern(
            source=["aws.cloudformation"],
            detail_type=["CloudFormation Stack Status Change"],
            detail={
                "stack-id": [stack.stack_id],
                "status-details": {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]},
            },
        ),
    )
    due = cloudwatch_events.RuleTargetInput.from_object({"event": "WarmingDue"})
    rule.add_target(targets.SqsQueue(tier.queue.queue, message=due, dead_letter_queue=unsent.queue))
