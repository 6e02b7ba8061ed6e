"""A deployed WebSocket API as the data plane needs it: routes, integrations, authorizer, stages. Values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from local.gateway.selection import DEFAULT

if TYPE_CHECKING:
    from local.gateway.selection import RouteSelection

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"

_FUNCTION = re.compile(
    r"(?:arn:[\w-]+:apigateway:[^:]*:lambda:path/[^/]+/functions/)?"
    r"(?P<name>(?:arn:[\w-]+:lambda:(?P<region>[\w-]*):(?P<account>\d*):function:)?[\w-]+)"
    r"(?::(?P<qualifier>[\w$-]+))?"
    r"(?:/invocations)?"
)
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


class ApiError(Exception):
    """The deployed API can't be served as it stands; the text names the API, the route and what to change."""


@dataclass(frozen=True, slots=True)
class FunctionUri:
    """Where an integration or authorizer points: a Lambda ARN, or the `apigateway` URI around one.

    A qualifier (version or alias) is part of it, and `${stageVariables.x}` may stand anywhere in it.
    """

    template: str

    def resolve(self, stage_variables: Mapping[str, str]) -> Function:
        """Raises `ApiError` where no function name results."""
        uri = _STAGE_VARIABLE.sub(lambda match: stage_variables.get(match[1], ""), self.template)
        match = _FUNCTION.fullmatch(uri)
        if match is None:
            raise ApiError(f"{uri!r} names no Lambda function")
        return Function(match["name"], match["qualifier"], match["region"] or "", match["account"] or "")


@dataclass(frozen=True, slots=True)
class Function:
    """`name` is an ARN without qualifier, or a bare name; `qualifier` None: `$LATEST`."""

    name: str
    qualifier: str | None = None
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class LambdaIntegration:
    """An AWS_PROXY integration. `timeout_s` None: the gateway's own limit."""

    uri: FunctionUri
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class MockIntegration:
    """A MOCK integration, its templates already selected: `status` is what the request template states.

    `reply` is the response template for that status (None: nothing to send); `$context.…` in it is filled in.
    """

    status: int
    reply: str | None


Integration = LambdaIntegration | MockIntegration


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A Lambda REQUEST authorizer. Its results are not cached: WebSocket APIs have no TTL for them."""

    uri: FunctionUri
    identity_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """`replies`: a route response is deployed, so the integration's result is sent back to the client."""

    key: str
    integration: Integration | None
    replies: bool = False
    authorizer: Authorizer | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """One WebSocket API. `stages` maps each stage's name to its variables."""

    api_id: str
    name: str
    selection: RouteSelection
    routes: Mapping[str, Route]
    stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def select(self, body: str) -> Route | None:
        """The route that a message takes; None where nothing fits and there is no `$default`.

        `$connect` and `$disconnect` are not for clients to choose.
        """
        key = self.selection.evaluate(body)
        route = self.routes.get(key) if key is not None and key not in {CONNECT, DISCONNECT} else None
        return route or self.routes.get(DEFAULT)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Every API this gateway serves, and how a URL's path finds one."""

    apis: Mapping[str, Api]
    default: Api | None
    """The API that `/{stage}` means: the chosen one, or the only one."""

    def resolve(self, segments: list[str]) -> tuple[Api, str, list[str]] | None:
        """API, stage and what is left of the path: `/{apiId}/{stage}/…` for any API, `/{stage}/…` for the default.

        None where there is no such API or stage.
        """
        for api, rest in ((self.apis.get(segments[0]) if segments else None, segments[1:]), (self.default, segments)):
            if api is not None and rest and rest[0] in api.stages:
                return api, rest[0], rest[1:]
        return None
