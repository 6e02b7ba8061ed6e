"""From an uploaded object to a message: S3 event, state machine, and what happens when a step fails."""

from __future__ import annotations

from collections.abc import Sequence
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
from cdk.constructs.media_convert import ConvertJob
from cdk.constructs.permissions import acknowledge
from chat.protocol import MediaKind

DOMAIN_ERROR = "MediaError"
"""Class of what is wrong with the upload itself: trying again would not help."""
TAKEN = "TakenError"
"""Class of what another execution has: the event of an object may come twice."""
MADE = "$.made"
"""Where the steps of a kind leave what is to be announced."""

_KEY = sfn.JsonPath.string_at("$.detail.object.key")
INSPECTED_BY = sfn.TaskInput.from_object({"key": _KEY, "execution": sfn.JsonPath.execution_name})
MADE_FROM = sfn.TaskInput.from_object({"key": _KEY, "inspected": sfn.JsonPath.object_at("$.inspected")})

Task = tasks.LambdaInvoke | tasks.MediaConvertCreateJob

STEP_TIMEOUT_S = 90
"""Longer than any step's function runs that waits for no recording, start included."""
LONG_STEP_TIMEOUT_S = 930
"""As above, of the rest: Lambda's quarter of an hour, and the start."""
EXECUTION_TIMEOUT_MIN = 150
"""Longer than all tries of all steps of a video together: an execution that is cut off tells nobody."""


@dataclass(frozen=True, kw_only=True)
class MediaSteps:
    """The function of each step."""

    inspect: ChatFunction
    scan: ChatFunction | None
    """None where the operator has no look at uploads of their own."""
    variants: ChatFunction
    sound: ChatFunction
    document: ChatFunction
    convert: ChatFunction | ConvertJob
    video: ChatFunction
    announce: ChatFunction
    reject: ChatFunction


class MediaPipeline(Construct):
    """Inspect, Scan if any, what its kind needs, Announce; what fails for good ends in Reject, which says why.

    Images take Variants, sounds Sound, documents Document, and videos Convert and Video.
    """

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
            timeout=cdk.Duration.minutes(EXECUTION_TIMEOUT_MIN),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self, "Logs", retention=log_retention(config), removal_policy=cdk.RemovalPolicy.DESTROY
                ),
                level=sfn.LogLevel.ALL,
            ),
        )
        acknowledge(
            self.machine.role,
            "IAM5[Resource::*]",
            "Delivery of logs, X-Ray, jobs to be made: none has a resource to name.",
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
        inspection = self._task("Inspect", steps.inspect, payload=INSPECTED_BY, result_path="$.inspected")
        announcement = self._task("Announce", steps.announce, input_path="$.made", result_path=sfn.JsonPath.DISCARD)
        rejection = self._task("Reject", steps.reject, result_path=sfn.JsonPath.DISCARD)
        inspection.add_catch(sfn.Succeed(self, "Repeated"), errors=[TAKEN], result_path="$.error")
        scanning = self._scanning(steps.scan)
        kinds = self._kinds(steps)
        for task in [inspection, *scanning, *(task for kind in kinds.values() for task in kind), announcement]:
            task.add_catch(rejection, errors=[sfn.Errors.ALL], result_path="$.error")
        by_kind = sfn.Choice(self, "Kind")
        for kind, tasks_of_kind in kinds.items():
            by_kind.when(sfn.Condition.string_equals("$.inspected.kind", kind), _in_order(tasks_of_kind))
            tasks_of_kind[-1].next(announcement)
        return _in_order([inspection, *scanning]).next(by_kind)

    def _kinds(self, steps: MediaSteps) -> dict[MediaKind, list[Task]]:
        """What is done with each kind, the last of which leaves in `made` what Announce announces."""
        return {
            "image": [self._task("Variants", steps.variants, payload=MADE_FROM, result_path=MADE)],
            "audio": [self._task("Sound", steps.sound, payload=MADE_FROM, result_path=MADE, is_long=True)],
            "document": [self._task("Document", steps.document, payload=MADE_FROM, result_path=MADE)],
            "video": [
                *self._converting(steps.convert),
                self._task("Video", steps.video, payload=MADE_FROM, result_path=MADE),
            ],
        }

    def _converting(self, convert: ChatFunction | ConvertJob) -> list[Task]:
        """One function that does it all, or one that says what MediaConvert is to do, and the wait for its job."""
        if isinstance(convert, ConvertJob):
            settings = self._task("Plan", convert.plan, payload=MADE_FROM, result_path="$.job")
            return [settings, convert.task(self, "Convert")]
        return [
            self._task("Convert", convert, payload=MADE_FROM, result_path=sfn.JsonPath.DISCARD, is_long=True),
        ]

    def _scanning(self, scan: ChatFunction | None) -> list[Task]:
        if scan is None:
            return []
        return [self._task("Scan", scan, payload=MADE_FROM, result_path=sfn.JsonPath.DISCARD)]

    def _task(
        self,
        name: str,
        function: ChatFunction,
        *,
        payload: sfn.TaskInput | None = None,
        input_path: str | None = None,
        result_path: str,
        is_long: bool = False,
    ) -> tasks.LambdaInvoke:
        """`is_long` where it may take Lambda's quarter of an hour: then it is tried twice, not four times."""
        task = tasks.LambdaInvoke(
            self,
            name,
            lambda_function=function.live,
            payload=payload,
            input_path=input_path,
            payload_response_only=True,
            result_path=result_path,
            retry_on_service_exceptions=False,
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(LONG_STEP_TIMEOUT_S if is_long else STEP_TIMEOUT_S)),
        )
        task.add_retry(errors=[DOMAIN_ERROR, TAKEN], max_attempts=0)
        task.add_retry(
            errors=[sfn.Errors.ALL],
            interval=cdk.Duration.seconds(1),
            max_attempts=1 if is_long else 3,
            backoff_rate=2,
            jitter_strategy=sfn.JitterType.FULL,
        )
        return task


def _in_order(steps: Sequence[Task]) -> sfn.Chain:
    return reduce(lambda done, task: done.next(task), steps[1:], sfn.Chain.start(steps[0]))
