"""A queue for what could not be processed, and the alarm that says so."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.permissions import acknowledge

KEPT_DAYS = 14
"""The longest that SQS keeps a message: time to repair and to redrive."""
MAX_RECEIVES = 5


class DeadLetters(Construct):
    """The dead letters of one asynchronous hop. `source` names it in the alarm."""

    def __init__(self, scope: Construct, construct_id: str, *, source: str, alarms: AlarmTopic) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            retention_period=cdk.Duration.days(KEPT_DAYS),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(
            self.queue, "SQS3", "These are the dead letters: whoever the alarm wakes decides what becomes of them."
        )
        alarms.add(
            self,
            "Alarm",
            metric=self.queue.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(1), statistic="Maximum"
            ),
            means=f"Dead letters from {source}: look at one, repair the cause, then redrive them.",
        )

    @property
    def after_retries(self) -> sqs.DeadLetterQueue:
        """As the redrive policy of a queue whose messages end here."""
        return sqs.DeadLetterQueue(queue=self.queue, max_receive_count=MAX_RECEIVES)


class WorkQueue(Construct):
    """A queue that one function works off, with its dead letters. Messages come back after six times its time limit."""

    def __init__(
        self, scope: Construct, construct_id: str, *, source: str, worker_timeout_s: int, alarms: AlarmTopic
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(self, "DeadLetters", source=source, alarms=alarms)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=cdk.Duration.seconds(6 * worker_timeout_s),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=self.dead_letters.after_retries,
        )
