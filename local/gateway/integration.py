"""Runs what a route points at and says what goes back. Knows neither sockets nor HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.gateway import authorizer
from local.gateway.api import ApiError, Function, FunctionUri, LambdaIntegration, MockIntegration
from local.gateway.errors import Refusal
from local.gateway.invoker import Invocation, InvokeError, Invoker

if TYPE_CHECKING:
    from local.gateway.api import Integration
    from local.gateway.events import Event
    from local.gateway.limits import Limits

_CONTEXT = re.compile(r"\$!?(?:\{context\.([\w.]+)\}|context\.([\w.]+))")


@dataclass(frozen=True, slots=True)
class Reply:
    """What an integration answered. `body` None: there is nothing to send. Header names are in lower case."""

    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] | None = None


class Integrations:
    """Invokes functions within the limits on time and concurrency."""

    def __init__(self, invoker: Invoker, limits: Limits) -> None:
        self._invoker = invoker
        self._limits = limits
        self.under_way = 0

    async def run(self, integration: Integration | None, event: Event, variables: Mapping[str, str]) -> Reply:
        """Raises `Refusal`: 502 for a function that failed or whose answer is malformed, 504 for one too slow.

        500 where it could not be invoked. A route without integration answers nothing.
        """
        match integration:
            case LambdaIntegration(uri, timeout_s):
                limit_s = self._limits.integration_timeout_s
                invocation = await self._invoke(_resolve(uri, variables), event, min(timeout_s or limit_s, limit_s))
                if invocation.failed:
                    raise Refusal(502, f"{uri.template}: {authorizer.describe_failure(invocation.payload)}")
                return read_reply(invocation.payload)
            case MockIntegration(status, reply):
                return Reply(status, None if reply is None else fill_in(reply, event["requestContext"]))
            case None:
                return Reply()

    async def authorize(self, function: Function, event: Event) -> dict[str, str | int]:
        """The authorizer's context for later events. Raises `Refusal` 401, 403 or 500, whatever went wrong."""
        try:
            invocation = await self._invoke(function, event, self._limits.integration_timeout_s)
        except Refusal as refusal:
            raise Refusal(500, f"the authorizer could not be asked: {refusal}") from refusal
        if invocation.failed:
            raise authorizer.refuse_failure(invocation.payload)
        return authorizer.read_result(invocation.payload, event["methodArn"], self._limits.authorizer_result_bytes)

    async def _invoke(self, function: Function, event: Event, timeout_s: float) -> Invocation:
        if self.under_way >= self._limits.concurrency:
            raise Refusal(500, f"{function.name}: {self.under_way} invocations under way, none further is allowed")
        self.under_way += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await self._invoker.invoke(function, json.dumps(event).encode())
        except TimeoutError as error:
            raise Refusal(504, f"{function.name} did not answer within {timeout_s:g} s") from error
        except InvokeError as error:
            raise Refusal(500, str(error)) from error
        finally:
            self.under_way -= 1


def read_reply(payload: bytes) -> Reply:
    """Reads a proxy function's answer. Raises `Refusal` 502 where it has no `statusCode` or a `body` not a string."""
    try:
        answer = json.loads(payload)
        reply = Reply(int(answer["statusCode"]), answer.get("body"), _headers(answer))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _malformed(payload, repr(error)) from error
    if not 100 <= reply.status <= 599:  # noqa: PLR2004  # RFC 9110, section 15
        raise _malformed(payload, "no HTTP status")
    if reply.body is not None and not isinstance(reply.body, str):
        raise _malformed(payload, "body is not a string")
    return reply


def fill_in(template: str, context: Mapping[str, Any]) -> str:
    """A response template with its `$context.…` variables replaced; unknown ones are empty."""

    def value(match: re.Match[str]) -> str:
        found: Any = context
        for step in (match[1] or match[2]).split("."):
            found = found.get(step, "") if isinstance(found, Mapping) else ""
        return str(found)

    return _CONTEXT.sub(value, template)


def _malformed(payload: bytes, why: str) -> Refusal:
    return Refusal(502, f"malformed answer of a proxy integration ({why}): {payload[:200].decode(errors='replace')}")


def _headers(answer: Mapping[str, Any]) -> dict[str, str]:
    listed = {
        name.lower(): str(values[-1]) for name, values in (answer.get("multiValueHeaders") or {}).items() if values
    }
    return listed | {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}


def _resolve(uri: FunctionUri, variables: Mapping[str, str]) -> Function:
    try:
        return uri.resolve(variables)
    except ApiError as error:
        raise Refusal(500, str(error)) from error
