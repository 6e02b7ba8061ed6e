"""What the delivery pipeline is told by context: where the source is, and which account each of its stages lives in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cdk.config.context import Context, read_context
from cdk.config.stages import StageConfig
from cdk.config.values import ConfigError

STAGES = ("dev", "prod")
"""In the order in which a change reaches them."""

OWN = ("connection_arn", "repository", "branch")

_CONNECTION = re.compile(r"arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[\w-]+")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stage is deployed."""

    account: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A stage that the pipeline deploys, and where."""

    config: StageConfig
    place: Place


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """`context` is all that was said, so that the pipeline can say it to itself when it changes."""

    connection_arn: str
    repository: str
    branch: str
    home: Place
    destinations: tuple[Destination, ...]
    context: Mapping[str, str]


def read_pipeline(context: Mapping[str, object]) -> PipelineConfig:
    """Raises `ConfigError` with what to change.

    `dev_NAME` and `prod_NAME` are the context NAME of that stage, beside `dev_account`, `dev_region` and so on; the
    pipeline itself is in `account` and `region`, and those of stage dev unless told otherwise.
    """
    said = {name: str(value) for name, value in context.items() if _is_said(name)}
    dev = _place(said, "dev_")
    if "dev_oidc_issuer" in said:
        raise ConfigError("The pipeline rehearses in stage dev with users by name: say no dev_oidc_issuer.")
    return PipelineConfig(
        connection_arn=_matching(said, "connection_arn", _CONNECTION, "the ARN of a connection (CodeConnections)"),
        repository=_matching(said, "repository", _REPOSITORY, "OWNER/NAME"),
        branch=said.get("branch", "main"),
        home=_place({"account": dev.account, "region": dev.region, **said}, ""),
        destinations=tuple(
            Destination(config=read_context(_of_stage(said, name)), place=_place(said, f"{name}_")) for name in STAGES
        ),
        context=said,
    )


def _is_said(name: str) -> bool:
    return name in {*OWN, "account", "region"} or name.startswith(tuple(f"{stage}_" for stage in STAGES))


def _of_stage(said: Mapping[str, str], stage: str) -> Context:
    """What the stage alone would be told."""
    own = {name.removeprefix(f"{stage}_"): value for name, value in said.items() if name.startswith(f"{stage}_")}
    return {**own, "stage": stage}.get


def _place(said: Mapping[str, str], prefix: str) -> Place:
    return Place(
        account=_matching(said, f"{prefix}account", _ACCOUNT, "the 12 digits of an AWS account"),
        region=_matching(said, f"{prefix}region", _REGION, "an AWS Region, such as eu-west-1"),
    )


def _matching(said: Mapping[str, str], name: str, pattern: re.Pattern[str], what: str) -> str:
    value = said.get(name, "")
    if not pattern.fullmatch(value):
        raise ConfigError(f"The pipeline needs -c {name}=…: {what}" + (f", not {value!r}." if value else "."))
    return value
