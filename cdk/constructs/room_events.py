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
from cdk.constructs.function import ChatFunction
from chat.storage import keys


class RoomEvents(Construct):
    """The topic `room-events`. It is fed from tables' streams, so that nothing that was stored goes untold."""

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

    def feed(self, outbox: ChatFunction, *, messages: dynamodb.ITableV2, rooms: dynamodb.ITableV2) -> None:
        """New messages, changes to them, and what becomes of memberships go through `outbox`.

        What it can't publish within some 20 minutes is left to its dead letters.

        A dead letter says where in the stream the records are, and they stay there for 24 hours. Records that no filter
        lets through cost nothing: neither an invocation nor, read by Lambda, a request to the stream.
        """
        added = [_inserted(prefix) for prefix in (keys.MESSAGES, keys.CHANGES)]
        self._drain("OutboxDeadLetters", outbox, messages, "messages", added)
        self._drain("MembershipDeadLetters", outbox, rooms, "rooms", [_of_memberships()])

    def _drain(
        self,
        dead_letters_id: str,
        outbox: ChatFunction,
        table: dynamodb.ITableV2,
        name: str,
        filters: list[Mapping[str, object]],
    ) -> None:
        dead_letters = DeadLetters(self, dead_letters_id, source=f"the outbox (stream of {name})", alarms=self._alarms)
        dead_letters.read_again(outbox)
        outbox.live.add_event_source(
            sources.DynamoEventSource(
                table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                retry_attempts=20,
                max_record_age=cdk.Duration.hours(6),
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                on_failure=sources.SqsDlq(dead_letters.queue),
                # The table's other items are no events.
                filters=filters,
            )
        )

    def subscribe(
        self,
        construct_id: str,
        function: ChatFunction,
        *,
        timeout_s: int,
        events: list[str],
        batch_size: int = 10,
        window_s: int = 0,
    ) -> WorkQueue:
        """The named events go to `function` by a queue of its own, at least once and in no order.

        It gets up to `batch_size` at once; more than 10 are waited for, `window_s` seconds at most.
        """
        name = construct_id.lower()
        work = WorkQueue(self, construct_id, source=name, worker_timeout_s=timeout_s, alarms=self._alarms)
        undelivered = DeadLetters(
            self, f"{construct_id}Undelivered", source=f"the topic (events for {name})", alarms=self._alarms
        )
        undelivered.return_to(work.queue)
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                work.queue,
                raw_message_delivery=True,
                filter_policy={"event": sns.SubscriptionFilter.string_filter(allowlist=events)},
                dead_letter_queue=undelivered.queue,
            )
        )
        function.live.add_event_source(
            sources.SqsEventSource(
                work.queue,
                batch_size=batch_size,
                max_batching_window=cdk.Duration.seconds(window_s) if window_s else None,
                report_batch_item_failures=True,
            )
        )
        return work


def _inserted(prefix: str) -> Mapping[str, object]:
    """Lets new items through whose partition keys begin so."""
    return lambda_.FilterCriteria.filter(
        {
            "eventName": lambda_.FilterRule.is_equal("INSERT"),
            "dynamodb": {"Keys": {"pk": {"S": lambda_.FilterRule.begins_with(prefix)}}},
        }
    )


def _of_memberships() -> Mapping[str, object]:
    """Lets through whatever became of a membership."""
    prefixes = {"pk": keys.ROOM, "sk": keys.MEMBER}
    return lambda_.FilterCriteria.filter(
        {"dynamodb": {"Keys": {key: {"S": lambda_.FilterRule.begins_with(each)} for key, each in prefixes.items()}}}
    )
