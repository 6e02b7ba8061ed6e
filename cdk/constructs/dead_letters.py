"""A queue for what could not be processed, the alarm that says so, and the way back out of it."""

from __future__ import annotations

import re

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk.config import Range
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.function import ChatFunction
from cdk.constructs.permissions import acknowledge
from chat.aws.batches import MAX_RECEIVES

KEPT_DAYS = 14
"""The longest that SQS keeps a message: time to repair and to redrive."""


class DeadLetters(Construct):
    """The dead letters of one asynchronous hop. `source` names it in the alarm.

    Whoever makes them says how they are redriven, by one of `return_to`, `read_again`, `start_again` and `call_again`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, source: str, alarms: AlarmTopic) -> None:
        super().__init__(scope, construct_id)
        self._alarms = alarms
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
            means=f"Dead letters from {source}: `make redrive STAGE={alarms.stage} QUEUE={self.name}` shows them. "
            "Repair the cause, then redrive them.",
            runbook="dead-letters",
        )

    @property
    def name(self) -> str:
        """By which operators ask for them: `delivery`, `index-undelivered`. It is made of the construct's id."""
        own = self.node.id.removesuffix("DeadLetters") or self.node.path.split("/")[-2]
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", own).lower()

    @property
    def after_retries(self) -> sqs.DeadLetterQueue:
        """As the redrive policy of a queue whose messages end here."""
        return sqs.DeadLetterQueue(queue=self.queue, max_receive_count=MAX_RECEIVES)

    def return_to(self, queue: sqs.IQueue) -> None:
        """Redriven, letters go into `queue`: they are bodies of it."""
        self._register("queue", queue.queue_url)

    def read_again(self, function: ChatFunction) -> None:
        """Redriven, `function` gets the records of a stream that letters only name."""
        self._register("stream", function.live.function_arn)

    def start_again(self, machine: sfn.IStateMachine) -> None:
        """Redriven, each letter is the input of an execution of `machine`."""
        self._register("state-machine", machine.state_machine_arn)

    def call_again(self, function: ChatFunction) -> None:
        """Redriven, each letter is the event that `function` is called with."""
        self._register("function", function.live.function_arn)

    def _register(self, redrive: str, to: str) -> None:
        """As `chat.aws.dead_letters.hops.Hop` has it."""
        hop = {"name": self.name, "queue": self.queue.queue_url, "redrive": redrive, "to": to}
        self._alarms.dead_letters.append(hop)


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
        self.dead_letters.return_to(self.queue)
        self.mapping_id = ""
        """Of the event source mapping by which it is worked off, once `feed` has made it."""
        alarms.queues[self.dead_letters.name] = self.queue

    def feed(self, function: ChatFunction, *, pollers: Range | None) -> sources.SqsEventSource:
        """`function` works it off, ten at once; with `pollers` by so many at least that are its own."""
        source = sources.SqsEventSource(
            self.queue,
            batch_size=10,
            report_batch_item_failures=True,
            provisioned_poller_config=lambda_.ProvisionedPollerConfig(
                minimum_pollers=pollers.least, maximum_pollers=pollers.most
            )
            if pollers
            else None,
        )
        function.live.add_event_source(source)
        self.mapping_id = source.event_source_mapping_id
        return source
