"""From an uploaded object to a message: S3 event, state machine, and what happens when a step fails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.alarms import AlarmTopic
from cdk.constructs.dead_letters import DeadLetters
from cdk.constructs.function import ChatFunction
from cdk.constructs.logs import log_retention
from cdk.constructs.media_bucket import UPLOADS
from cdk.constructs.permissions import acknowledge

DOMAIN_ERROR = "MediaError"
"""Class of what is wrong with the upload itself: trying again would not help."""
TAKEN = "TakenError"
"""Class of what another execution has: the event of an object may come twice."""
STEP_TIMEOUT_S = 90
"""Longer than any step's function runs, start included."""


@dataclass(frozen=True, kw_only=True)
class MediaSteps:
    """The function of each step."""

    inspect: ChatFunction
    scan: ChatFunction | None
    """None where the operator has no look at images of their own."""
    variants: ChatFunction
    announce: ChatFunction
    reject: ChatFunction


class MediaPipeline(Construct):
    """Inspect, Scan if any, Variants, Announce; whatever fails for good ends in Reject, which tells the uploader."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        bucket: s3.IBucket,
        steps: MediaSteps,
        alarms: AlarmTopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(steps)),
            timeout=cdk.Duration.minutes(15),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=log_retention(config), removal_policy=cdk.RemovalPolicy.DESTROY
                ),
                level=sfn.LogLevel.ALL,
            ),
        )
        acknowledge(
            self.machine.role, "IAM5[Resource::*]", "Delivery of logs, and X-Ray: neither has a resource to name."
        )
        alarms.add(
            self,
            "FailedAlarm",
            metric=self.machine.metric_failed(period=cdk.Duration.minutes(1), statistic="Sum"),
            means="An upload was neither announced nor rejected: see the failed executions of the media state machine.",
            runbook="media-failed",
        )
        dead_letters = DeadLetters(self, "UploadedDeadLetters", source="the event of an upload", alarms=alarms)
        dead_letters.start_again(self.machine)
        events.Rule(
            self,
            "Uploaded",
            description="An upload arrived: make its variants and announce it",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [{"prefix": UPLOADS}]}},
            ),
            targets=[targets.SfnStateMachine(self.machine, dead_letter_queue=dead_letters.queue)],
        )

    def _definition(self, steps: MediaSteps) -> sfn.Chain:
        """The event stays the state throughout, so that Reject knows the object whichever step failed."""
        key = sfn.JsonPath.string_at("$.detail.object.key")
        inspection = self._task(
            "Inspect",
            steps.inspect,
            payload=sfn.TaskInput.from_object({"key": key, "execution": sfn.JsonPath.execution_name}),
            result_path="$.inspected",
        )
        variants = self._task(
            "Variants", steps.variants, payload=sfn.TaskInput.from_object({"key": key}), result_path="$.made"
        )
        announcement = self._task("Announce", steps.announce, input_path="$.made", result_path=sfn.JsonPath.DISCARD)
        rejection = self._task("Reject", steps.reject, result_path=sfn.JsonPath.DISCARD)
        inspection.add_catch(sfn.Succeed(self, "Repeated"), errors=[TAKEN], result_path="$.error")
        chain = [inspection, *self._scanning(steps.scan), variants, announcement]
        for task in chain:
            task.add_catch(rejection, errors=[sfn.Errors.ALL], result_path="$.error")
        return reduce(lambda done, task: done.next(task), chain[1:], sfn.Chain.start(chain[0]))

    def _scanning(self, scan: ChatFunction | None) -> list[tasks.LambdaInvoke]:
        if scan is None:
            return []
        key, facts = sfn.JsonPath.string_at("$.detail.object.key"), sfn.JsonPath.object_at("$.inspected")
        payload = sfn.TaskInput.from_object({"key": key, "inspected": facts})
        return [self._task("Scan", scan, payload=payload, result_path=sfn.JsonPath.DISCARD)]

    def _task(
        self,
        name: str,
        function: ChatFunction,
        *,
        payload: sfn.TaskInput | None = None,
        input_path: str | None = None,
        result_path: str,
    ) -> tasks.LambdaInvoke:
        task = tasks.LambdaInvoke(
            self,
            name,
            lambda_function=function.live,
            payload=payload,
            input_path=input_path,
            payload_response_only=True,
            result_path=result_path,
            retry_on_service_exceptions=False,
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(STEP_TIMEOUT_S)),
        )
        task.add_retry(errors=[DOMAIN_ERROR, TAKEN], max_attempts=0)
        task.add_retry(
            errors=[sfn.Errors.ALL],
            interval=cdk.Duration.seconds(1),
            max_attempts=3,
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return task
