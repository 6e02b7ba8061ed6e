"""The way of a change to users: tests, stage dev, a rehearsal there, somebody's approval, stage prod.

The pipeline is changed by itself: the first thing that a change does is to replace it. It deploys each stage with the
roles that `cdk bootstrap` makes in that stage's account, which have to trust this one.
"""

from __future__ import annotations

import shlex

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines
from constructs import Construct

from cdk.config.pipeline import Destination, PipelineConfig
from cdk.constructs.permissions import acknowledge
from cdk.stage import Stage, add_stage
from layers.build import LAMBDA_PYTHON, Target

OUTPUT = "build/pipeline"
ENTRY = ".venv/bin/python -m cdk.pipeline"
SETUP = "make setup"
NODE = "22"

REHEARSAL_USERS, REHEARSAL_S = 50, 120
"""A small crowd: `make load` ends with a failure where its messages are late or lost."""

ARTIFACT_DAYS = 30
ARTIFACT_ACTIONS = (
    "s3:Abort*",
    "s3:DeleteObject*",
    "s3:GetBucket*",
    "s3:GetObject*",
    "s3:List*",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
"""What CDK grants for reading and writing a bucket and its key."""


class PipelineStack(cdk.Stack):
    """Source, build, and a wave for each destination."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: PipelineConfig,
        layer_target: Target | None = None,
    ) -> None:
        home = cdk.Environment(account=config.home.account, region=config.home.region)
        super().__init__(scope, construct_id, env=home, description="Chat: the way of a change to users")
        self._layer_target = layer_target
        self._artifacts = _artifacts(self)
        self._pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            synth=_build(config),
            artifact_bucket=self._artifacts,
            cross_account_keys=True,
            code_build_defaults=_DEFAULTS,
            pipeline_type=codepipeline.PipelineType.V2,
            use_change_sets=True,
        )
        for destination in config.destinations:
            self._add(destination)
        self._pipeline.build_pipeline()
        self._accept_what_cdk_grants()

    def _add(self, destination: Destination) -> None:
        """A wave of one stage: prod is approved before it, any other rehearsed after it."""
        name = destination.config.name
        environment = cdk.Environment(account=destination.place.account, region=destination.place.region)
        scope = cdk.Stage(self, name.capitalize(), env=environment)
        stage = add_stage(scope, destination.config, layer_target=self._layer_target)
        wave = self._pipeline.add_wave(name.capitalize())
        if name == "prod":
            wave.add_pre(pipelines.ManualApprovalStep("Approve", comment="It was rehearsed in stage dev. To users?"))
        else:
            wave.add_post(_rehearsal(stage))
        wave.add_stage(scope)

    def _accept_what_cdk_grants(self) -> None:
        """Policies that CDK writes: each is for artifacts, for logs and reports, or for roles of `cdk bootstrap`."""
        for action in ARTIFACT_ACTIONS:
            acknowledge(self._pipeline, f"IAM5[Action::{action}]", "Steps hand artifacts on; it is this bucket alone.")
        bucket = self.resolve(self._artifacts.bucket_arn)["Fn::GetAtt"][0]
        acknowledge(self._pipeline, f"IAM5[Resource::<{bucket}.Arn>/*]", "Artifacts have names of their run.")
        projects = [node for node in self.node.find_all() if isinstance(node, codebuild.CfnProject)]
        named = [f"<{self.resolve(project.ref)['Ref']}>" for project in projects]
        here = f"{self.region}:{self.account}"
        for logs, reports in [("*", "*"), *((f"{name}:*", f"{name}-*") for name in named)]:
            for arn in (
                f"arn:{self.partition}:logs:{here}:log-group:/aws/codebuild/{logs}",
                f"arn:{self.partition}:codebuild:{here}:report-group/{reports}",
            ):
                acknowledge(self._pipeline, f"IAM5[Resource::{arn}]", "Logs and reports of a step are made by it.")
        acknowledge(
            self._pipeline,
            f"IAM5[Resource::arn:*:iam::{self.account}:role/*]",
            "Deploying itself takes the roles of `cdk bootstrap`, which a condition on their tag names.",
        )
        acknowledge(
            self._pipeline, "IAM5[Resource::*]", "What describes stacks and buckets, and asks for a token, names none."
        )


_DEFAULTS = pipelines.CodeBuildOptions(
    build_environment=codebuild.BuildEnvironment(
        # Ubuntu, with the Chrome that tests of the page use.
        build_image=codebuild.LinuxBuildImage.STANDARD_7_0,
        compute_type=codebuild.ComputeType.LARGE,
    ),
    partial_build_spec=codebuild.BuildSpec.from_object(
        {"phases": {"install": {"runtime-versions": {"python": LAMBDA_PYTHON, "nodejs": NODE}}}}
    ),
    timeout=cdk.Duration.minutes(60),
)


def _build(config: PipelineConfig) -> pipelines.CodeBuildStep:
    """Tests everything, then writes the templates of this pipeline and of all its stages."""
    source = pipelines.CodePipelineSource.connection(
        config.repository, config.branch, connection_arn=config.connection_arn
    )
    said = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in sorted(config.context.items()))
    return pipelines.CodeBuildStep(
        "Build",
        input=source,
        install_commands=[SETUP],
        commands=[
            "make check",
            "make test",
            "npm run --silent build --workspace web",
            f"node_modules/.bin/cdk synth --quiet --no-notices --app '{ENTRY}' {said} --output {OUTPUT}",
        ],
        primary_output_directory=OUTPUT,
    )


def _rehearsal(stage: Stage) -> pipelines.CodeBuildStep:
    """A small crowd in what was just deployed: fails where its messages are late or lost."""
    crowd = f"USERS={REHEARSAL_USERS} ARGS='--seconds {REHEARSAL_S}'"
    return pipelines.CodeBuildStep(
        "Rehearse",
        env_from_cfn_outputs={"URL": stage.edge.site_url},
        install_commands=[SETUP],
        commands=[f'make load URL="$URL" {crowd}'],
    )


def _artifacts(stack: cdk.Stack) -> s3.Bucket:
    """What goes from step to step, under a key that the accounts of the stages may use."""
    key = kms.Key(stack, "ArtifactsKey", enable_key_rotation=True, description="Artifacts of chat's pipeline")
    bucket = s3.Bucket(
        stack,
        "Artifacts",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        enforce_ssl=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(ARTIFACT_DAYS))],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    acknowledge(bucket, "S1", "Only the pipeline's own roles read it, and CloudTrail has what they did.")
    return bucket
