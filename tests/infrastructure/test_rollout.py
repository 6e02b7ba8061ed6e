"""How new versions of functions come to be called, and what calls them meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk.config import STAGES, ConfigError, Rollout, read_context
from cdk.constructs.function import LayerVersions, Platform
from cdk.constructs.names import ALIAS
from layers.build import HOST
from tests.infrastructure.assembly import DEV, LOCAL, OWN_VALIDATION, Assembly, Resource, command_line_context, walk


def aliases(assembly: Assembly) -> dict[str, Resource]:
    """The alias of each function, by GROUP.MODULE."""
    found = {}
    for alias in assembly.of_type("Lambda::Alias"):
        function = assembly.behind(alias.stack, alias["FunctionName"])
        (name,) = [name for name, each in assembly.functions().items() if each == function]
        assert alias["Name"] == ALIAS
        found[name] = alias
    return found


def test_each_function_has_the_alias_that_its_callers_call(stage: Assembly) -> None:
    assert set(aliases(stage)) == set(stage.functions())


def callers(assembly: Assembly) -> Iterator[tuple[Resource, Any]]:
    """Everything that calls functions, or lets others call them, with what it names them by."""
    for integration in assembly.of_type("ApiGatewayV2::Integration"):
        yield integration, integration["IntegrationUri"]
    for authorizer in assembly.of_type("ApiGatewayV2::Authorizer"):
        yield authorizer, authorizer["AuthorizerUri"]
    for resource in assembly.of_type("Lambda::EventSourceMapping", "Lambda::Permission"):
        yield resource, resource["FunctionName"]
    for machine in assembly.of_type("StepFunctions::StateMachine"):
        yield machine, machine["DefinitionString"]
    for rule in assembly.of_type("Events::Rule"):
        yield rule, rule["Targets"]


def test_nothing_calls_a_function_past_its_alias(stage: Assembly) -> None:
    own = set(stage.functions().values())
    named = 0
    for caller, value in callers(stage):
        behind = [stage.behind(caller.stack, part) for part in walk(value)]
        assert not own & set(filter(None, behind)), stage.label(caller)
        named += sum(found.type == "AWS::Lambda::Alias" for found in behind if found)
    assert named > len(own)


def test_on_aws_the_alias_stands_for_a_version_that_stays_when_the_next_one_comes(
    dev: Assembly, prod: Assembly
) -> None:
    for assembly in (dev, prod):
        for name, alias in aliases(assembly).items():
            version = assembly.behind(alias.stack, alias["FunctionVersion"])
            assert version, name
            assert version.type == "AWS::Lambda::Version"
            assert assembly.behind(version.stack, version["FunctionName"]) == assembly.functions()[name]
            assert version.body["DeletionPolicy"] == "Retain"


def test_in_stage_local_it_stands_for_what_the_function_has_so_that_reloading_is_seen(local: Assembly) -> None:
    assert {alias["FunctionVersion"] for alias in aliases(local).values()} == {"$LATEST"}
    assert not local.of_type("Lambda::Version")


def version_of(*, memory_mb: int = 512, connections_table: str = "one", comment: str = "") -> str:
    """The logical id of the version of a function, in a stack of its own."""
    stack = cdk.Stack(cdk.App(context={**command_line_context(), OWN_VALIDATION: False}), "one", description=comment)
    config = STAGES["dev"]
    platform = Platform(stack=stack, config=config, layers=LayerVersions(stack, "Layers", config=config, target=HOST))
    settings = platform.settings(connections_table=connections_table)
    assert platform.function("Connect", "connect.connect", settings, timeout_s=5, memory_mb=memory_mb).live
    (version,) = Template.from_stack(stack).find_resources("AWS::Lambda::Version")
    return version


def test_a_function_has_a_new_version_when_it_changes_and_only_then() -> None:
    version = version_of()
    assert version_of(comment="something else in the stack") == version
    assert version_of(memory_mb=1024) != version
    assert version_of(connections_table="another") != version


@pytest.mark.parametrize(
    ("text", "rollout"),
    [
        ("at-once", Rollout(how="at-once")),
        ("canary-10", Rollout(how="canary", minutes=10)),
        ("linear-1", Rollout(how="linear", minutes=1)),
    ],
)
def test_the_context_says_how_versions_follow_each_other(text: str, rollout: Rollout, site_files: Path) -> None:
    assert read_context({**DEV, "site_files": str(site_files), "rollout": text}.get).rollout == rollout


@pytest.mark.parametrize("text", ["canary", "canary-7", "linear-x", "at-once-5", "slowly"])
def test_a_rollout_that_codedeploy_has_not_is_refused_with_those_that_it_has(text: str, site_files: Path) -> None:
    with pytest.raises(ConfigError, match=r"at-once, canary-5, .*linear-10"):
        read_context({**DEV, "site_files": str(site_files), "rollout": text}.get)


def test_stage_local_takes_no_rollout(site_files: Path) -> None:
    with pytest.raises(ConfigError, match="Stage local has no rollout"):
        read_context({**LOCAL, "site_files": str(site_files), "rollout": "at-once"}.get)
