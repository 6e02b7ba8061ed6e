"""How new versions of functions come to be called, and what calls them meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk.config import STAGES, ConfigError, Rollout, read_context
from cdk.constructs.function import LayerVersions, Platform
from cdk.constructs.names import application_name
from chat.aws.function_scaling import ALIAS
from chat.rehearsal import CALL_MS, CALLS, FUNCTIONS
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
    # CodeDeploy knows the function that it calls by its name alone.
    assert set(aliases(stage)) == set(stage.functions()) - {"ops.rehearsal"}


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


def groups(assembly: Assembly) -> dict[str, Resource]:
    """Deployment groups by what they are called."""
    return {str(group["DeploymentGroupName"]): group for group in assembly.of_type("CodeDeploy::DeploymentGroup")}


def test_what_users_wait_for_is_moved_by_codedeploy_after_a_rehearsal(dev: Assembly, prod: Assembly) -> None:
    for assembly, config in (
        (dev, "CodeDeployDefault.LambdaAllAtOnce"),
        (prod, "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
    ):
        found = groups(assembly)
        assert set(found) == set(FUNCTIONS)
        for name, group in found.items():
            policy = aliases(assembly)[name].body["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
            assert assembly.behind("service", policy["DeploymentGroupName"]) == group
            hook = assembly.behind("service", policy["BeforeAllowTrafficHook"])
            assert hook == assembly.functions()["ops.rehearsal"]
            assert group["DeploymentConfigName"] == config
        (application,) = assembly.of_type("CodeDeploy::Application")
        assert application["ApplicationName"] == application_name(assembly.stage)


def test_no_other_alias_and_none_in_stage_local_is_moved_by_codedeploy(stage: Assembly) -> None:
    moved = {name for name, alias in aliases(stage).items() if "UpdatePolicy" in alias.body}
    assert moved == (set() if stage.stage == "local" else set(FUNCTIONS))


def test_errors_of_the_new_versions_and_alarms_of_the_stage_take_a_gradual_deployment_back(
    dev: Assembly, prod: Assembly
) -> None:
    for group in groups(dev).values():
        assert "DEPLOYMENT_STOP_ON_ALARM" not in group["AutoRollbackConfiguration"]["Events"]
    (own,) = [alarm for alarm in prod.of_type("CloudWatch::Alarm") if "New versions" in alarm["AlarmDescription"]]
    for group in groups(prod).values():
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        first, *others = [alarm["Name"] for alarm in group["AlarmConfiguration"]["Alarms"]]
        assert prod.behind(group.stack, first) == own
        made = {
            str(alarm["AlarmName"]) for alarm in prod.of_type("CloudWatch::Alarm") if alarm.stack == "observability"
        }
        assert others
        assert set(others) <= made


def test_the_alarm_looks_at_the_version_that_is_new_of_each_function(prod: Assembly) -> None:
    (own,) = [alarm for alarm in prod.of_type("CloudWatch::Alarm") if "New versions" in alarm["AlarmDescription"]]
    metrics = [each["MetricStat"]["Metric"] for each in own["Metrics"] if "MetricStat" in each]
    watched = set()
    for metric in metrics:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        function = prod.behind(own.stack, dimensions["FunctionName"])
        version = prod.behind(own.stack, dimensions["ExecutedVersion"])
        assert function
        assert version
        assert prod.behind(own.stack, version["FunctionName"]) == function
        assert prod.text(own.stack, dimensions["Resource"]) == "{" + prod.label(function) + "}:live"
        watched.add(function)
    assert watched == {prod.functions()[name] for name in FUNCTIONS}
    # CloudWatch takes no more in one alarm.
    assert len(metrics) <= 10


def test_the_rehearsal_is_told_the_versions_that_the_aliases_are_moved_to(dev: Assembly) -> None:
    rehearsal = dev.functions()["ops.rehearsal"]
    told = dev.text("service", rehearsal["Environment"]["Variables"]["CHAT_REHEARSED_VERSIONS"])
    versions = [dev.behind("service", aliases(dev)[name]["FunctionVersion"]) for name in FUNCTIONS]
    named = [f"{name}={{{dev.label(found)}}}" for name, found in zip(FUNCTIONS, versions, strict=True) if found]
    assert told == ",".join(named)
    assert rehearsal["Timeout"] * 1_000 > CALLS * CALL_MS


def test_codedeploy_may_call_the_rehearsal_and_has_aws_own_rights_beside(dev: Assembly) -> None:
    roles = {dev.behind(group.stack, group["ServiceRoleArn"]) for group in groups(dev).values()}
    (role,) = roles
    assert role
    (statement,) = dev.statements(role)
    assert statement.actions == {"lambda:InvokeFunction"}
    assert statement.resources == {"{service/Rehearsal}"}
    assert "AWSCodeDeployRoleForLambdaLimited" in str(role["ManagedPolicyArns"])


def test_no_resource_waits_for_itself(stage: Assembly) -> None:
    for name, template in stage.templates.items():
        resources = template["Resources"]
        waits = {
            logical_id: {reference for part in walk(body) for reference in referred(part)} & set(resources)
            for logical_id, body in resources.items()
        }
        assert list(TopologicalSorter(waits).static_order()), name


def referred(part: Any) -> Iterator[str]:
    """Logical ids that one part of a resource names."""
    if not isinstance(part, dict):
        return
    if isinstance(part.get("Ref"), str):
        yield part["Ref"]
    if isinstance(part.get("Fn::GetAtt"), list):
        yield part["Fn::GetAtt"][0]
    depends = part.get("DependsOn", [])
    yield from [depends] if isinstance(depends, str) else depends


def test_every_stack_has_room_for_more(stage: Assembly) -> None:
    for name, template in stage.templates.items():
        assert len(template["Resources"]) <= 460, f"{name}: CloudFormation takes 500"


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
