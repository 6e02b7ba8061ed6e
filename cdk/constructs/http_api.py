"""The HTTP API under `/api`. Functions check the caller's token themselves: the API has no authorizer."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from cdk.config import ConfigError, StageConfig, Throttle
from cdk.config.values import SiteDomain
from cdk.constructs.function import ChatFunction
from cdk.constructs.logs import HTTP_FIELDS, AccessLog
from cdk.constructs.permissions import acknowledge

CROSS_ORIGIN_HEADERS = ["authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id"]
CROSS_ORIGIN_METHODS = ["GET", "POST", "DELETE"]
CROSS_ORIGIN_EXPOSED = ["etag"]
"""What a page sends to an API of another origin, and reads of its answers: `clients/javascript/src/stage.ts`."""

WITHOUT_AUTHORIZER = (
    "APIG4",
    "What needs a user checks the bearer token in its function; the rest is public: sign-in, health.",
)


class HttpApi(Construct):
    """The API and its default stage. The page calls it on its own origin, through CloudFront.

    So it needs no CORS, but where the page may also ask at other addresses, of which it is one.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self._limits: dict[str, dict[str, int]] = {}
        self._integrations: dict[str, HttpLambdaIntegration] = {}
        self.api = apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=f"chat-{config.name}",
            create_default_stage=False,
            cors_preflight=_lets_in(config.site_domain) if config.addresses and config.site_domain else None,
        )
        acknowledge(self.api, *WITHOUT_AUTHORIZER)
        self.stage = apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigatewayv2.ThrottleSettings(rate_limit=config.http.rate, burst_limit=config.http.burst),
            access_log_settings=AccessLog(self, "AccessLog", config=config, fields=HTTP_FIELDS),
        )

    def add(self, method: str, path: str, function: ChatFunction, *, throttle: Throttle | None = None) -> None:
        """One route, answered by `function` (payload format 2.0); None: throttled with all others of its stage.

        It stands in the stack of its function. The API's own knows nothing of stacks that follow it, so only functions
        of its own have a throttle of their own: raises `ConfigError` for others.
        """
        name = function.node.id
        # Routes of a function share it and its permission: a stack has at most 500 resources (CloudFormation quota).
        integration = self._integrations.setdefault(
            name, HttpLambdaIntegration(name, function.live, scope_permission_to_route=False)
        )
        if cdk.Stack.of(function) is cdk.Stack.of(self):
            self._add_own(method, path, integration, throttle)
        elif throttle:
            raise ConfigError(f"{method} {path} is throttled with all other routes of functions that are elsewhere.")
        else:
            self._add_of_another(method, path, integration, cdk.Stack.of(function))

    def _add_own(self, method: str, path: str, integration: HttpLambdaIntegration, throttle: Throttle | None) -> None:
        routes = self.api.add_routes(path=path, methods=[apigatewayv2.HttpMethod(method)], integration=integration)
        if not throttle:
            return
        # The stage can only set what a route takes once the route is there.
        self.stage.node.add_dependency(*routes)
        self._limits[f"{method} {path}"] = {
            "ThrottlingRateLimit": throttle.rate,
            "ThrottlingBurstLimit": throttle.burst,
        }
        stage = cast("apigatewayv2.CfnStage", self.stage.node.default_child)
        stage.add_property_override("RouteSettings", self._limits)

    def _add_of_another(self, method: str, path: str, integration: HttpLambdaIntegration, stack: cdk.Stack) -> None:
        route = apigatewayv2.HttpRoute(
            stack,
            f"{method}{path}",
            http_api=self.api,
            route_key=apigatewayv2.HttpRouteKey.with_(path, apigatewayv2.HttpMethod(method)),
            integration=integration,
        )
        acknowledge(route, *WITHOUT_AUTHORIZER)


def _lets_in(page: SiteDomain) -> apigatewayv2.CorsPreflightOptions:
    return apigatewayv2.CorsPreflightOptions(
        allow_origins=[f"https://{page.name}"],
        allow_methods=[apigatewayv2.CorsHttpMethod(method) for method in CROSS_ORIGIN_METHODS],
        allow_headers=CROSS_ORIGIN_HEADERS,
        expose_headers=CROSS_ORIGIN_EXPOSED,
        max_age=cdk.Duration.hours(1),
    )
