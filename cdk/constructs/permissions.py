"""Permissions that name a pattern instead of a resource, and accepted findings of cdk-nag: each with its reason.

The reasons stand where the resources are made; `cdk synth -c nag=true` fails on whatever has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

PACK = "AwsSolutions"


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """An ARN with a wildcard in it. `finding` is the ARN as cdk-nag prints it, references in angle brackets."""

    arn: str
    finding: str
    reason: str


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Accepts the findings of `rule` (`S1`, `IAM5[Resource::*]`) on the construct and all below it."""
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"{PACK}::{PACK}-{rule}", reason=reason))


def accept_pattern(scope: IConstruct, pattern: Pattern) -> None:
    """Accepts that policies below `scope` allow something on `pattern`."""
    acknowledge(scope, f"IAM5[Resource::{pattern.finding}]", pattern.reason)


def pattern_in(scope: IConstruct, arn: str, reason: str) -> Pattern:
    """The pattern `arn`, all of whose references are to resources of the stack that `scope` is in."""
    return Pattern(arn=arn, finding=_flatten(cdk.Stack.of(scope).resolve(arn)), reason=reason)


def exported_pattern(owner: IConstruct, arn: str, suffix: str, reason: str) -> Pattern:
    """The pattern `arn` + `suffix` for the policies of other stacks, which import `arn` from the one `owner` is in."""
    imported = cdk.Stack.of(owner).resolve(cdk.Stack.of(owner).export_value(arn))
    return Pattern(arn=arn + suffix, finding=_flatten(imported) + suffix, reason=reason)


def imported_pattern(owner: IConstruct, pattern: Pattern, reference: str) -> Pattern:
    """`pattern` of the stack that `owner` is in, for policies of other stacks, which import its one `reference`."""
    stack = cdk.Stack.of(owner)
    imported = _flatten(stack.resolve(stack.export_value(reference)))
    finding = pattern.finding.replace(_flatten(stack.resolve(reference)), imported)
    return Pattern(arn=pattern.arn, finding=finding, reason=pattern.reason)


def _flatten(value: Any) -> str:  # noqa: ANN401  # a piece of a template
    """A resolved value in the notation of cdk-nag's findings."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        delimiter, parts = argument
        return str(delimiter).join(_flatten(part) for part in parts)
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    return f"<{argument}>" if function == "Ref" else _flatten(argument)
