"""The rules of a Lambda REQUEST authorizer: identity sources before, policy and context after. Pure: invokes nothing.

Statuses follow API Gateway: a missing identity source is 401 and the function isn't invoked, a policy that doesn't
allow is 403, a function that raises exactly "Unauthorized" is 401, and whatever else goes wrong is 500.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from local.gateway.errors import Refusal
from local.gateway.events import Handshake

_HEADER: Final = "route.request.header."
_QUERY_STRING: Final = "route.request.querystring."
_STAGE_VARIABLE: Final = "stageVariables."
_CONTEXT: Final = "context."
SOURCES: Final = (_HEADER, _QUERY_STRING, _STAGE_VARIABLE, _CONTEXT)
_INVOKE: Final = "execute-api:invoke"


def require_identity(
    sources: tuple[str, ...], handshake: Handshake, variables: Mapping[str, str], context: Mapping[str, Any]
) -> None:
    """Raises `Refusal` 401 where an identity source is absent or empty."""
    parameters = dict(handshake.parameters())
    for source in sources:
        if source.startswith(_HEADER):
            value = handshake.header(source.removeprefix(_HEADER))
        elif source.startswith(_QUERY_STRING):
            value = parameters.get(source.removeprefix(_QUERY_STRING))
        elif source.startswith(_STAGE_VARIABLE):
            value = variables.get(source.removeprefix(_STAGE_VARIABLE))
        else:
            value = context.get(source.removeprefix(_CONTEXT))
        if not value:
            raise Refusal(401, f"identity source {source} is missing")


def read_result(payload: bytes, method_arn: str, max_bytes: int) -> dict[str, str | int]:
    """What every later event shows as `requestContext.authorizer`: the flat context, as strings, and `principalId`.

    Raises `Refusal`: 403 where the policy doesn't allow, 500 where the result is malformed or over `max_bytes`.
    """
    if len(payload) > max_bytes:
        raise Refusal(500, f"the authorizer's result has {len(payload)} bytes, over the limit of {max_bytes}")
    try:
        result = json.loads(payload)
        principal, policy = result["principalId"], result["policyDocument"]
        statements = policy["Statement"]
        context = result.get("context") or {}
        allowed = _allows(statements if isinstance(statements, list) else [statements], method_arn)
        flat = {str(key): _flatten(value) for key, value in context.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(500, f"the authorizer's result is malformed: {error!r}") from error
    if not allowed:
        raise Refusal(403, f"the authorizer's policy does not allow {method_arn}")
    return {**flat, "principalId": str(principal)}


def refuse_failure(payload: bytes) -> Refusal:
    """The refusal for an authorizer that raised: 401 for the message "Unauthorized" (exactly), else 500."""
    try:
        failure = json.loads(payload)
    except ValueError:
        failure = None
    message = failure.get("errorMessage") if isinstance(failure, dict) else None
    if message == "Unauthorized":
        return Refusal(401, "the authorizer raised Unauthorized")
    return Refusal(500, f"the authorizer failed: {describe_failure(payload)}")


def describe_failure(payload: bytes) -> str:
    """A function's error as one line for the log: `KeyError: 'room'`."""
    try:
        failure = json.loads(payload)
        text = f"{failure.get('errorType', 'Error')}: {failure.get('errorMessage', '')}"
    except (ValueError, AttributeError):
        text = payload.decode(errors="replace")
    return " ".join(text.split())[:500]


def _flatten(value: object) -> str:
    """Context values are strings, numbers or booleans, passed on as strings; anything nested is an error at AWS."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"context value {value!r} is neither string, number nor boolean")


def _allows(statements: list[dict[str, Any]], method_arn: str) -> bool:
    """IAM's rule: a matching Deny wins, otherwise one matching Allow is needed.

    Conditions aren't evaluated: with one, a Deny holds and an Allow doesn't, so that nothing is let in by mistake.
    """
    allowed = False
    for statement in statements:
        actions = any(_matches(pattern.lower(), _INVOKE) for pattern in _listed(statement["Action"]))
        resources = any(_matches(pattern, method_arn) for pattern in _listed(statement["Resource"]))
        if not (actions and resources):
            continue
        if statement["Effect"] != "Allow":
            return False
        allowed = allowed or not statement.get("Condition")
    return allowed


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _matches(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text) is not None
