"""A job of AWS Elemental MediaConvert as a step of a state machine, which waits for its end without running anything.

MediaConvert has no template of it: which sizes there are depends on the video, so a function says what is to be done.
The job works with a role of its own, which reads uploads and writes below what the site serves.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk.constructs.function import ChatFunction
from cdk.constructs.permissions import Pattern, accept_pattern

BUSY = "MediaConvert.TooManyRequestsException"
BROKEN = "MediaConvert.InternalServerErrorException"
"""An error after which there may be a job, or none."""

JOB_TIMEOUT_MIN = 90
"""A video of two hours waits in the queue, and is converted in less than its own length. Then the job is given up."""


@dataclass(frozen=True, kw_only=True)
class ConvertJob:
    """What a job needs: the function that says what is to be done, and the role that it is done with."""

    plan: ChatFunction
    role: iam.Role

    def task(self, scope: Construct, construct_id: str) -> tasks.MediaConvertCreateJob:
        """The step. Asked for again within a minute, MediaConvert answers with the first job of an upload.

        A job that did not complete is not tried again: what it choked on is still there.
        """
        task = tasks.MediaConvertCreateJob(
            scope,
            construct_id,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            create_job_request={
                "Role": self.role.role_arn,
                # An execution's name may have 80 characters, a token 64.
                "ClientRequestToken": sfn.JsonPath.string_at("$.inspected.upload"),
                "Settings": sfn.JsonPath.object_at("$.job.settings"),
            },
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(cdk.Duration.minutes(JOB_TIMEOUT_MIN)),
        )
        # Two tries of the second kind: 15 s, so that the first job is still known by its token.
        for error, attempts in ((BUSY, 5), (BROKEN, 2)):
            task.add_retry(
                errors=[error],
                interval=cdk.Duration.seconds(5),
                max_attempts=attempts,
                backoff_rate=2,
                jitter_strategy=sfn.JitterType.FULL,
            )
        return task


def convert_role(scope: Construct, construct_id: str, *, reads: Pattern, writes: Pattern) -> iam.Role:
    """For MediaConvert: from `reads` to `writes` and nowhere else."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(
            "mediaconvert.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
        ),
        description="MediaConvert: videos from uploads to what is served",
    )
    for pattern, action in ((reads, "s3:GetObject"), (writes, "s3:PutObject")):
        accept_pattern(role, pattern)
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[pattern.arn]))
    return role
