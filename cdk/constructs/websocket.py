"""The WebSocket API: an authorizer at the door, one route a command, and a reply for each."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_authorizers import WebSocketLambdaAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import WebSocketLambdaIntegration
from constructs import Construct

from cdk.config import StageConfig
from cdk.constructs.function import ChatFunction
from cdk.constructs.logs import WEBSOCKET_FIELDS, AccessLog, allow_websocket_logs
from cdk.constructs.permissions import Pattern, acknowledge, imported_pattern, pattern_in
from chat.colours import BLUE, GREEN, stage_name

DEFAULT = "$default"


class WebSocket(Construct):
    """The API and its two stages (`chat.colours`). Routes are added when their functions exist."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.api = apigatewayv2.WebSocketApi(
            self,
            "Api",
            api_name=f"chat-{config.name}",
            route_selection_expression="$request.body.action",
            # Functions in a network post to it over IPv6: see `cdk.constructs.network`.
            ip_address_type=apigatewayv2.IpAddressType.DUAL_STACK if config.cache and not config.local else None,
        )
        access_log = AccessLog(self, "AccessLog", config=config, fields=WEBSOCKET_FIELDS)
        self.stage = self._add_stage("Stage", BLUE, config, access_log)
        green = self._add_stage("Green", GREEN, config, access_log)
        local = config.local
        self.url = f"{local.websocket}/{config.name}" if local else self.stage.url
        """Where clients open sockets of the blue stage, without a trailing slash."""
        self.connections_url = f"{local.connections}/{config.name}" if local else self.stage.callback_url
        """Where frames are posted."""
        self.origin = local.websocket if local else self.api.api_endpoint
        """The same without the stage, as content security policies name it."""
        self.connections = pattern_in(
            self,
            cdk.Stack.of(self).format_arn(
                service="execute-api", resource=self.api.api_id, resource_name=f"{config.name}*/POST/@connections/*"
            ),
            "Connections have no ids before they are opened; this is posting to those of both stages and nothing else.",
        )
        acknowledge(
            self.api, "APIG4", "WebSocket APIs authorize $connect, and the connection keeps what its authorizer found."
        )
        if not local:
            logging = allow_websocket_logs(self, "Logging")
            for each in (self.stage, green):
                each.node.add_dependency(logging)

    def connections_elsewhere(self) -> Pattern:
        """`connections` for the policies of other stacks."""
        return imported_pattern(self, self.connections, self.api.api_id)

    def _add_stage(
        self, construct_id: str, colour: str, config: StageConfig, access_log: AccessLog
    ) -> apigatewayv2.WebSocketStage:
        return apigatewayv2.WebSocketStage(
            self,
            construct_id,
            web_socket_api=self.api,
            stage_name=stage_name(config.name, colour),
            auto_deploy=True,
            throttle=apigatewayv2.ThrottleSettings(
                rate_limit=config.websocket.rate, burst_limit=config.websocket.burst
            ),
            access_log_settings=access_log,
        )

    def add_door(self, *, authorizer: ChatFunction, connect: ChatFunction, disconnect: ChatFunction) -> None:
        """`$connect` behind the authorizer, which reads the ticket in the query string, and `$disconnect`."""
        self.api.add_route(
            "$connect",
            integration=WebSocketLambdaIntegration("Connect", connect.live),
            authorizer=WebSocketLambdaAuthorizer(
                "Authorizer", authorizer.live, identity_source=["route.request.querystring.ticket"]
            ),
        )
        self.api.add_route("$disconnect", integration=WebSocketLambdaIntegration("Disconnect", disconnect.live))

    def add_commands(self, actions: Sequence[str], function: ChatFunction) -> None:
        """A route for each action and one for all else. What the function returns goes back over the socket.

        They share an integration and a permission: a stack has at most 500 resources (CloudFormation quota).
        """
        # CDK would permit each route by itself, were it not for the reference.
        reference = lambda_.Function.from_function_attributes(
            self, "CommandReference", function_arn=function.live.function_arn, skip_permissions=True
        )
        integration = WebSocketLambdaIntegration("Command", reference)
        for action in (*actions, DEFAULT):
            self.api.add_route(action, integration=integration, return_response=True)
        function.live.add_permission(
            "Commands",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=self.api.arn_for_execute_api_v2("*"),
            scope=self,
        )
