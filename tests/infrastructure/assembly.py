"""A synthesized stage as tests ask about it: resources by property and by what they refer to, not by generated ids."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from cdk.app import build
from cdk.config import ROOT
from layers.build import HOST

LOCAL = {
    "stage": "local",
    "websocket_endpoint": "ws://127.0.0.1:4510",
    "cache_endpoint": "redis://127.0.0.1:6380",
}
DEV = {"stage": "dev"}
IDENTIFYING = {"Arn", "TopicArn", "StreamArn", "Id"}
"""Attributes that name their resource itself."""
PROD = {"stage": "prod", "oidc_issuer": "https://issuer.example.com", "oidc_audience": "chat"}


def command_line_context() -> dict[str, Any]:
    """The context that the CDK CLI hands to the application."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return {**context, "aws:cdk:enable-path-metadata": True}


OWN_VALIDATION = "@aws-cdk/core:validateAgainstDefaultRules"
"""CDK's own rules take seconds a synthesis: the test of rules applies them, no other needs to."""


def synthesize(context: Mapping[str, Any], outdir: Path, site_files: Path) -> Assembly:
    """Synthesizes in this process, with layers for this machine: what Lambda's own need is not on every machine."""
    defaults = {**command_line_context(), OWN_VALIDATION: False, "site_files": str(site_files)}
    app = cdk.App(outdir=str(outdir), context={**defaults, **context})
    build(app, layer_target=HOST).synth()
    return Assembly(outdir)


@dataclass(frozen=True)
class Resource:
    """One resource of one stack."""

    stack: str
    logical_id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> dict[str, Any]:
        properties: dict[str, Any] = self.body.get("Properties", {})
        return properties

    @property
    def key(self) -> tuple[str, str]:
        return self.stack, self.logical_id

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy with its resources as text: references as `{stack:output or id}`."""

    effect: str
    actions: frozenset[str]
    resources: frozenset[str]
    conditions: str


class Assembly:
    """The templates of one stage."""

    def __init__(self, outdir: Path) -> None:
        self.outdir = outdir
        paths = {path.name.removesuffix(".template.json"): path for path in sorted(outdir.glob("*.template.json"))}
        self.templates = {name.rpartition("-")[2]: json.loads(path.read_text()) for name, path in paths.items()}
        (self.stage,) = {name.split("-")[1] for name in paths}

    @cached_property
    def all(self) -> list[Resource]:
        return [
            Resource(stack, logical_id, body)
            for stack, template in self.templates.items()
            for logical_id, body in template["Resources"].items()
        ]

    def of_type(self, *types: str) -> list[Resource]:
        """All resources of the given types; `AWS::` may be left out."""
        wanted = {name if "::" in name and name.startswith(("AWS", "Custom")) else f"AWS::{name}" for name in types}
        return [resource for resource in self.all if resource.type in wanted]

    def output(self, name: str) -> Any:
        """The value of the one output with that name."""
        (value,) = [
            template["Outputs"][name]["Value"]
            for template in self.templates.values()
            if name in template.get("Outputs", {})
        ]
        return value

    def stack_of_output(self, name: str) -> str:
        (stack,) = [stack for stack, template in self.templates.items() if name in template.get("Outputs", {})]
        return stack

    def behind(self, stack: str, value: Any) -> Resource | None:
        """The resource that a value refers to, through exports as well; None for text, or for several in one text."""
        if isinstance(value, dict) and len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._find(stack, argument)
            if function == "Fn::GetAtt":
                return self._find(stack, argument[0])
            if function == "Fn::ImportValue":
                exporter, exported = self._exported(argument)
                return self.behind(exporter, exported)
        return None

    def named_output(self, name: str) -> Resource:
        """The resource that an output names."""
        resource = self.behind(self.stack_of_output(name), self.output(name))
        assert resource, name
        return resource

    def functions(self) -> dict[str, Resource]:
        """The service's own functions by GROUP.MODULE; CDK's for copying files is none of them."""
        found = {}
        for function in self.of_type("Lambda::Function"):
            handler = str(function["Handler"])
            if handler.startswith("functions."):
                found[handler.removeprefix("functions.").removesuffix(".handle")] = function
        return found

    def called(self, stack: str, value: Any) -> Resource:
        """The function whose alias a value has in it: nothing may call a function itself."""
        found = [self.behind(stack, part) for part in walk(value)]
        (alias,) = [resource for resource in found if resource and resource.type == "AWS::Lambda::Alias"]
        function = self.behind(alias.stack, alias["FunctionName"])
        assert function, alias.logical_id
        return function

    def text(self, stack: str, value: Any) -> str:
        """A value as text: each reference in braces, as stack and path of its resource, with what is asked of it."""
        if isinstance(value, str):
            return value
        ((function, argument),) = value.items()
        resource = self.behind(stack, value) if function in {"Ref", "Fn::GetAtt"} else None
        if resource:
            attribute = f".{argument[1]}" if function == "Fn::GetAtt" and argument[1] not in IDENTIFYING else ""
            return "{" + self.label(resource) + attribute + "}"
        if function == "Fn::Join":
            return str(argument[0]).join(self.text(stack, part) for part in argument[1])
        if function == "Ref":
            return f"{{{argument}}}"
        if function == "Fn::Sub":
            return str(argument)
        if function == "Fn::ImportValue":
            exporter, exported = self._exported(argument)
            return self.text(exporter, exported)
        raise AssertionError(f"an intrinsic that these tests don't know: {value}")

    def label(self, resource: Resource) -> str:
        """`data/Rooms`: the construct's path without CDK's own last parts."""
        path = str(resource.body.get("Metadata", {}).get("aws:cdk:path", resource.logical_id)).split("/")
        return "/".join([resource.stack, *[part for part in path[1:] if part not in {"Resource", "Default"}]])

    def statements(self, role: Resource) -> list[Statement]:
        """All that a role may do: its own policies and those attached to it."""
        documents = [(role.stack, policy["PolicyDocument"]) for policy in role.properties.get("Policies", [])]
        documents += [
            (policy.stack, policy["PolicyDocument"])
            for policy in self.of_type("IAM::Policy")
            if any(self.behind(policy.stack, name) == role for name in policy["Roles"])
        ]
        return [
            self.statement(stack, statement) for stack, document in documents for statement in document["Statement"]
        ]

    def statement(self, stack: str, body: Mapping[str, Any]) -> Statement:
        """A policy statement, read."""
        return Statement(
            effect=body["Effect"],
            actions=frozenset(_listed(body["Action"])),
            resources=frozenset(self.text(stack, resource) for resource in _listed(body.get("Resource", []))),
            conditions=json.dumps(body.get("Condition", {}), sort_keys=True),
        )

    def role_of(self, function: Resource) -> Resource:
        """A function's role."""
        role = self.behind(function.stack, function["Role"])
        assert role, function.logical_id
        return role

    def _find(self, stack: str, logical_id: str) -> Resource | None:
        body = self.templates[stack]["Resources"].get(logical_id)
        return Resource(stack, logical_id, body) if body else None

    def _exported(self, name: str) -> tuple[str, Any]:
        for stack, template in self.templates.items():
            for output in template.get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == name:
                    return stack, output["Value"]
        raise AssertionError(f"nothing exports {name}")


def walk(value: Any) -> Iterator[Any]:
    """Every value inside a value, itself first."""
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from walk(child)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
