"""Which version of each function a stage runs, which one it ran before, and what is being deployed. Changes nothing.

A function runs what its alias `live` stands for. While CodeDeploy moves the alias, a part of the traffic goes to the
new version beside it. A version that an operator went back from (`operations.rollback`) is never gone back to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cdk.constructs.names import application_name
from chat.aws.function_scaling import ALIAS
from local.endpoints import STAGE
from operations.errors import UsageError
from operations.stage import Stage

LATEST = "$LATEST"
"""What an alias stands for where no versions are published."""

UNDER_WAY = ("Created", "Queued", "InProgress", "Ready")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack of the stage, and when it was deployed last: when that began."""

    name: str
    status: str
    deployed_at: datetime

    @property
    def in_progress(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS")


@dataclass(frozen=True, kw_only=True)
class LiveFunction:
    """A function of the stage. `name` is GROUP.MODULE, `function` what Lambda calls it."""

    name: str
    function: str
    stack: str
    version: str
    revision: str
    """Of the alias: another one means that somebody moved it meanwhile."""
    beside: tuple[tuple[str, float], ...] = ()
    """Versions that take a share of the traffic at the moment, from 0 to 1."""
    earlier: tuple[str, ...] = ()
    """Versions before the live one that it could go back to, the newest first."""
    changed: bool = False
    """Whether the last deployment of its stack brought this version."""

    @property
    def before(self) -> str | None:
        """The version that it goes back to; None where there is none."""
        return self.earlier[0] if self.earlier else None


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment of CodeDeploy that is not over. `name` is the function's."""

    id: str
    name: str
    status: str


def read_stacks(stage: Stage) -> list[Stack]:
    """All stacks of the stage by name. Raises `UsageError` where there is none."""
    prefix = f"chat-{stage.name}-"
    pages = stage.client("cloudformation").get_paginator("describe_stacks").paginate()
    found = [
        Stack(
            name=each["StackName"],
            status=each["StackStatus"],
            deployed_at=each.get("LastUpdatedTime") or each["CreationTime"],
        )
        for page in pages
        for each in page["Stacks"]
        if each["StackName"].startswith(prefix)
    ]
    if not found:
        raise UsageError(f"There is no stage {stage.name} here: no stack is called {prefix}….")
    return sorted(found, key=lambda stack: stack.name)


def read_functions(stage: Stage, stacks: Sequence[Stack], abandoned: Collection[str] = ()) -> list[LiveFunction]:
    """All functions with an alias, by name: two calls for each of them. `abandoned` are versions as NAME:VERSION."""
    functions = stage.client("lambda")
    handlers = _handlers(functions)
    found = [
        live
        for stack in stacks
        for function in _functions_of(stage, stack)
        if (live := _read(functions, stack, function, handlers.get(function, ""), abandoned))
    ]
    return sorted(found, key=lambda live: live.name)


def _handlers(functions: Any) -> dict[str, str]:  # noqa: ANN401  # a boto3 client
    pages = functions.get_paginator("list_functions").paginate()
    return {each["FunctionName"]: each.get("Handler", "") for page in pages for each in page["Functions"]}


def _functions_of(stage: Stage, stack: Stack) -> Iterator[str]:
    pages = stage.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.name)
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Lambda::Function":
                yield resource["PhysicalResourceId"]


def _read(
    functions: Any,  # noqa: ANN401  # a boto3 client
    stack: Stack,
    function: str,
    handler: str,
    abandoned: Collection[str],
) -> LiveFunction | None:
    """None for a function that is none of ours, or that nobody calls by its alias."""
    if not handler.startswith("functions."):
        return None
    try:
        alias = functions.get_alias(FunctionName=function, Name=ALIAS)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    name = handler.removeprefix("functions.").removesuffix(".handle")
    published = _versions(functions, function)
    version = alias["FunctionVersion"]
    earlier = [int(each) for each in published if version != LATEST and int(each) < int(version)]
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return LiveFunction(
        name=name,
        function=function,
        stack=stack.name,
        version=version,
        revision=alias.get("RevisionId", ""),
        beside=tuple(sorted(weights.items())),
        earlier=tuple(str(each) for each in sorted(earlier, reverse=True) if f"{name}:{each}" not in abandoned),
        changed=version in published and published[version] >= stack.deployed_at.astimezone(UTC).replace(microsecond=0),
    )


def _versions(functions: Any, function: str) -> dict[str, datetime]:  # noqa: ANN401  # a boto3 client
    """When each published version was made."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    found = {each["Version"]: each["LastModified"] for page in pages for each in page["Versions"]}
    return {version: datetime.fromisoformat(at) for version, at in found.items() if version != LATEST}


def read_deployments(stage: Stage) -> list[Deployment]:
    """What CodeDeploy is at: a call for each of its groups. Stage `local` has no CodeDeploy."""
    if stage.name == STAGE:
        return []
    deploying, application = stage.client("codedeploy"), application_name(stage.name)
    try:
        pages = deploying.get_paginator("list_deployment_groups").paginate(applicationName=application)
        groups = [group for page in pages for group in page["deploymentGroups"]]
    except deploying.exceptions.ApplicationDoesNotExistException:
        return []
    ids = [found for group in groups for found in _under_way(deploying, application, group)]
    if not ids:
        return []
    details = deploying.batch_get_deployments(deploymentIds=ids)["deploymentsInfo"]
    return [
        Deployment(id=each["deploymentId"], name=each["deploymentGroupName"], status=each["status"]) for each in details
    ]


def _under_way(deploying: Any, application: str, group: str) -> list[str]:  # noqa: ANN401  # a boto3 client
    asked = {"applicationName": application, "deploymentGroupName": group, "includeOnlyStatuses": list(UNDER_WAY)}
    ids: list[str] = deploying.list_deployments(**asked)["deployments"]
    return ids
