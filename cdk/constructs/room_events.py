"""What happened in rooms, for whoever wants to know: the topic, its source and the queues that subscribe to it."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters, WorkQueue
from chat.storage import keys


class RoomEvents(Construct):
    """The topic `room-events`. It is fed from the messages table's stream, so that no stored message goes untold."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, alarms: AlarmTopic) -> None:
        super().__init__(scope, construct_id)
        self._alarms = alarms
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=f"Chat {config.name} room events",
            master_key=kms.Alias.from_alias_name(self, "Key", "alias/aws/sns"),
            enforce_ssl=True,
        )

    def feed(self, outbox: lambda_.IFunction, messages: dynamodb.ITableV2) -> None:
        """New messages, and changes to them, go through `outbox`.

        What it can't publish within some 20 minutes is left to its dead letters.

        A dead letter says where in the stream the records are, and they stay there for 24 hours.
        """
        dead_letters = DeadLetters(
            self, "OutboxDeadLetters", source="the outbox (stream of messages)", alarms=self._alarms
        )
        outbox.add_event_source(
            sources.DynamoEventSource(
                messages,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                retry_attempts=20,
                max_record_age=cdk.Duration.hours(6),
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                on_failure=sources.SqsDlq(dead_letters.queue),
                # The table's other items are no events.
                filters=[_inserted(prefix) for prefix in (keys.MESSAGES, keys.CHANGES)],
            )
        )

    def subscribe(self, construct_id: str, function: lambda_.IFunction, *, timeout_s: int, events: list[str]) -> None:
        """The named events go to `function` by a queue of its own, at least once and in no order."""
        name = construct_id.lower()
        work = WorkQueue(self, construct_id, source=name, worker_timeout_s=timeout_s, alarms=self._alarms)
        undelivered = DeadLetters(
            self, f"{construct_id}Undelivered", source=f"the topic (events for {name})", alarms=self._alarms
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                work.queue,
                raw_message_delivery=True,
                filter_policy={"event": sns.SubscriptionFilter.string_filter(allowlist=events)},
                dead_letter_queue=undelivered.queue,
            )
        )
        function.add_event_source(sources.SqsEventSource(work.queue, batch_size=10, report_batch_item_failures=True))


def _inserted(prefix: str) -> Mapping[str, object]:
    """Lets new items through whose partition keys begin so."""
    return lambda_.FilterCriteria.filter(
        {
            "eventName": lambda_.FilterRule.is_equal("INSERT"),
            "dynamodb": {"Keys": {"pk": {"S": lambda_.FilterRule.begins_with(prefix)}}},
        }
    )
