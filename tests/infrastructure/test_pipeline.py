"""The way of a change to users: what is asked of a pipeline's context, and in which order it does what."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk.config import ConfigError
from cdk.config.pipeline import read_pipeline
from cdk.pipeline import build
from layers.build import HOST
from tests.infrastructure.assembly import command_line_context

CONTEXT = {
    "connection_arn": "arn:aws:codeconnections:eu-west-1:111111111111:connection/0f1e2d3c-4b5a",
    "repository": "acme/chat",
    "dev_account": "111111111111",
    "dev_region": "eu-west-1",
    "prod_account": "222222222222",
    "prod_region": "eu-west-1",
    "prod_oidc_issuer": "https://issuer.example.com",
    "prod_oidc_audience": "chat",
    "prod_alarm_email": "it's on call <night@example.com>",
}


@pytest.fixture(scope="module")
def said(site_files: Path) -> dict[str, str]:
    """A context that is right."""
    return {**CONTEXT, **{f"{stage}_site_files": str(site_files) for stage in ("dev", "prod")}}


def test_each_stage_is_told_what_is_said_of_it_and_nothing_else(said: dict[str, str]) -> None:
    config = read_pipeline({**said, "dev_operators": "ada", "aws:cdk:bundling-stacks": "*"})
    dev, prod = config.destinations
    assert (dev.config.name, dev.place.account, dev.config.operators) == ("dev", "111111111111", ("ada",))
    assert (prod.config.name, prod.place.account, prod.config.operators) == ("prod", "222222222222", ())
    assert prod.config.issuer
    assert dev.config.issuer is None
    assert (config.home, config.branch) == (dev.place, "main")
    assert config.context == {**said, "dev_operators": "ada"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"connection_arn": "acme"}, "connection_arn=…: the ARN of a connection"),
        ({"repository": "chat"}, "repository=…: OWNER/NAME, not 'chat'"),
        ({"prod_account": "22"}, "prod_account=…: the 12 digits of an AWS account, not '22'"),
        ({"dev_region": "Ireland"}, "dev_region=…: an AWS Region"),
        ({"prod_oidc_issuer": ""}, "oidc_issuer and oidc_audience belong together"),
        ({"dev_oidc_issuer": "https://x.example", "dev_oidc_audience": "chat"}, "rehearses in stage dev"),
        ({"prod_packaging": "tar"}, "packaging is zip or image"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_context_that_would_fail_later_is_refused(said: dict[str, str], wrong: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_pipeline({**said, **wrong})


@dataclass(frozen=True)
class Synthesized:
    """The pipeline with all that it deploys."""

    outdir: Path

    @cached_property
    def template(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.outdir / "chat-pipeline.template.json").read_text())
        return found

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [each["Properties"] for each in self.template["Resources"].values() if each["Type"] == f"AWS::{kind}"]

    @property
    def stages(self) -> dict[str, list[dict[str, Any]]]:
        (pipeline,) = self.of_type("CodePipeline::Pipeline")
        return {stage["Name"]: stage["Actions"] for stage in pipeline["Stages"]}

    def commands(self, containing: str) -> list[str]:
        """Of the one step that has such a command."""
        found = [spec for project in self.of_type("CodeBuild::Project") if containing in (spec := self.spec(project))]
        (only,) = found
        phases = json.loads(only)["phases"]
        return [command for phase in ("install", "build") for command in phases.get(phase, {}).get("commands", [])]

    @staticmethod
    def spec(project: dict[str, Any]) -> str:
        spec = project["Source"].get("BuildSpec", "")
        return spec if isinstance(spec, str) else ""

    def deployed(self, stage: str) -> dict[str, str]:
        """The stacks of a stage by name, and where they go."""
        manifest = json.loads((self.outdir / f"assembly-chat-pipeline-{stage}" / "manifest.json").read_text())
        assert "missing" not in manifest, "something would have to be looked up in an account"
        stacks = [each for each in manifest["artifacts"].values() if each["type"] == "aws:cloudformation:stack"]
        return {each["properties"].get("stackName", each["displayName"]): each["environment"] for each in stacks}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, said: dict[str, str]) -> Synthesized:
    """As `make pipeline` does it, judged by cdk-nag."""
    outdir = tmp_path_factory.mktemp("pipeline")
    app = cdk.App(outdir=str(outdir), context={**command_line_context(), **said, "nag": "true"})
    build(app, layer_target=HOST).synth()
    return Synthesized(outdir)


@pytest.mark.slow
def test_a_change_is_tested_then_in_dev_then_rehearsed_then_approved_then_in_prod(pipeline: Synthesized) -> None:
    assert list(pipeline.stages) == ["Source", "Build", "UpdatePipeline", "Assets", "Dev", "Prod"]
    dev, prod = (sorted(pipeline.stages[name], key=lambda each: each["RunOrder"]) for name in ("Dev", "Prod"))
    assert dev[-1]["Name"] == "Rehearse"
    assert dev[-1]["RunOrder"] > dev[-2]["RunOrder"]
    assert (prod[0]["Name"], prod[0]["ActionTypeId"]["Provider"]) == ("Approve", "Manual")
    assert prod[0]["RunOrder"] < prod[1]["RunOrder"]


@pytest.mark.slow
def test_what_is_deployed_are_the_stacks_of_make_deploy_in_their_accounts(pipeline: Synthesized) -> None:
    for stage, account in (("dev", "111111111111"), ("prod", "222222222222")):
        found = pipeline.deployed(stage.capitalize())
        assert {name for name in found if not name.startswith(f"chat-{stage}-")} == set()
        assert {f"chat-{stage}-{name}" for name in ("data", "service", "operations", "edge")} <= found.keys()
        assert set(found.values()) == {f"aws://{account}/eu-west-1"}


@pytest.mark.slow
def test_the_build_says_to_itself_what_was_said_to_the_pipeline(pipeline: Synthesized) -> None:
    commands = pipeline.commands("make test")
    assert commands.index("make setup") < commands.index("make test")
    (synth,) = [command for command in commands if "cdk synth" in command]
    words = shlex.split(synth)
    said = [words[at + 1].partition("=") for at, word in enumerate(words) if word == "-c"]
    again = {name: value for name, _, value in said}
    assert {name: again[name] for name in CONTEXT} == CONTEXT
    assert words[words.index("--app") + 1] == ".venv/bin/python -m cdk.pipeline"


@pytest.mark.slow
def test_the_rehearsal_puts_load_on_what_was_deployed(pipeline: Synthesized) -> None:
    assert any(command.startswith('make load URL="$URL"') for command in pipeline.commands("make load"))
    (rehearse,) = [each for each in pipeline.stages["Dev"] if each["Name"] == "Rehearse"]
    variables = json.loads(rehearse["Configuration"]["EnvironmentVariables"])
    assert "SiteUrl" in next(each["value"] for each in variables if each["name"] == "URL")


@pytest.mark.slow
def test_artifacts_are_under_a_key_that_rotates_and_go_away(pipeline: Synthesized) -> None:
    (key,) = pipeline.of_type("KMS::Key")
    assert key["EnableKeyRotation"] is True
    (bucket,) = pipeline.of_type("S3::Bucket")
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    assert (
        bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"][
            "SSEAlgorithm"
        ]
        == "aws:kms"
    )
