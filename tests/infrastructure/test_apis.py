"""The two APIs: which routes there are, who answers them, and what happens before and after."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any, get_args

import pytest

from cdk.config import STAGES
from chat.protocol import AnyCommand
from tests.infrastructure.assembly import Assembly, Resource

COMMANDS = {command.__struct_config__.tag for command in get_args(AnyCommand)}
PUBLIC = {
    "POST /api/tickets": "connect.tickets",
    "POST /api/media": "media.uploads",
    "GET /api/rooms/{room}/media-access": "media.access",
}
UPLOADS = {
    f"{method} /api/media/{{media}}{path}": "media.uploads"
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/parts"), ("POST", "/complete"))
}
ACCOUNT = {
    f"{method} /api/account/{kind}": "ops.account" for method in ("GET", "POST") for kind in ("export", "erasure")
}
WEBHOOK = "/api/webhooks/{webhook}"
WEBHOOKS = {
    "GET /api/webhooks": "ops.webhook_settings",
    "POST /api/webhooks": "ops.webhook_settings",
    f"GET {WEBHOOK}": "ops.webhook_settings",
    f"DELETE {WEBHOOK}": "ops.webhook_settings",
    f"POST {WEBHOOK}/secret": "ops.webhook_settings",
    f"POST {WEBHOOK}/enable": "ops.webhook_settings",
    f"POST {WEBHOOK}/replay": "ops.webhook_settings",
}
PUSH = {
    f"{method} /api/push/{path}": "connect.push_subscriptions"
    for method, path in (
        ("GET", "subscriptions"),
        ("POST", "subscriptions"),
        ("DELETE", "subscriptions"),
        ("GET", "levels/{room}"),
        ("POST", "levels"),
    )
}
FALLBACK = {
    "POST /api/commands": "message.http_command",
    "GET /api/events": "message.http_events",
    "GET /api/tail/{room}/{capability}/{part+}": "message.tail",
}
OPERATIONS = {
    "GET /api/health": "ops.health",
    "GET /api/config": "ops.config",
    "POST /api/measurements": "ops.measurements",
    "GET /api/metrics": "ops.console",
    "GET /api/infrastructure/status": "ops.console",
    "GET /api/monitoring/alerts": "ops.console",
    "POST /api/monitoring/alerts/{name}/acknowledge": "ops.console",
    "GET /api/monitoring/dashboards": "ops.console",
    "GET /api/monitoring/dashboards/{name}": "ops.console",
    "GET /api/audit": "ops.console",
    "GET /api/audit/chain": "ops.console",
    "GET /api/dead-letters": "ops.dead_letters",
    "GET /api/dead-letters/{queue}": "ops.dead_letters",
    "POST /api/dead-letters/{queue}/redrive": "ops.dead_letters",
    "POST /api/dead-letters/{queue}/discard": "ops.dead_letters",
    "GET /api/oversight/rooms/{room}": "ops.oversight",
    "POST /api/oversight/rooms/{room}": "ops.oversight",
    "GET /api/oversight/users/{user}": "ops.oversight",
    "GET /api/scaling/config": "ops.scaling",
    "POST /api/scaling/config": "ops.scaling",
    "GET /api/scaling/versions": "ops.scaling",
    "POST /api/scaling/rollback": "ops.scaling",
    "GET /api/flags": "ops.flags",
    "POST /api/flags": "ops.flags",
}


def routes(assembly: Assembly, protocol: str) -> dict[str, Resource]:
    (api,) = [api for api in assembly.of_type("ApiGatewayV2::Api") if api["ProtocolType"] == protocol]
    found = assembly.of_type("ApiGatewayV2::Route")
    return {route["RouteKey"]: route for route in found if assembly.behind(route.stack, route["ApiId"]) == api}


def answered_by(assembly: Assembly, route: Resource) -> str:
    """GROUP.MODULE of the function behind a route."""
    integration = next(
        found
        for found in assembly.of_type("ApiGatewayV2::Integration")
        if "{" + assembly.label(found) + "}" in assembly.text(route.stack, route["Target"])
    )
    assert integration["IntegrationType"] == "AWS_PROXY"
    return answering(assembly, integration.stack, integration["IntegrationUri"])


def answering(assembly: Assembly, stack: str, reference: Any) -> str:
    """GROUP.MODULE of the function whose alias a value of a template has in it."""
    called = assembly.called(stack, reference)
    (name,) = [name for name, function in assembly.functions().items() if function == called]
    return name


def test_every_command_of_the_protocol_has_a_route_and_there_is_no_other(stage: Assembly) -> None:
    assert set(routes(stage, "WEBSOCKET")) == {*COMMANDS, "$connect", "$disconnect", "$default"}


def test_the_action_in_a_frame_selects_its_route(stage: Assembly) -> None:
    (api,) = [api for api in stage.of_type("ApiGatewayV2::Api") if api["ProtocolType"] == "WEBSOCKET"]
    assert api["RouteSelectionExpression"] == "$request.body.action"


@pytest.mark.parametrize("key", sorted([*COMMANDS, "$default"]))
def test_what_the_command_function_returns_goes_back_over_the_socket(stage: Assembly, key: str) -> None:
    route = routes(stage, "WEBSOCKET")[key]
    assert answered_by(stage, route) == "message.command"
    assert route["RouteResponseSelectionExpression"] == "$default"
    responses = [
        response["RouteResponseKey"]
        for response in stage.of_type("ApiGatewayV2::RouteResponse")
        if stage.behind(response.stack, response["RouteId"]) == route
    ]
    assert responses == ["$default"]


def test_only_opening_a_socket_is_authorized_and_by_its_ticket(stage: Assembly) -> None:
    found = routes(stage, "WEBSOCKET")
    authorized = {key for key, route in found.items() if route.properties.get("AuthorizationType", "NONE") != "NONE"}
    assert authorized == {"$connect"}
    connect = found["$connect"]
    authorizer = stage.behind(connect.stack, connect["AuthorizerId"])
    assert authorizer
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert authorizer["IdentitySource"] == ["route.request.querystring.ticket"]
    assert answering(stage, authorizer.stack, authorizer["AuthorizerUri"]) == "connect.authorize"


def test_opening_and_closing_have_their_own_functions(stage: Assembly) -> None:
    found = routes(stage, "WEBSOCKET")
    assert answered_by(stage, found["$connect"]) == "connect.connect"
    assert answered_by(stage, found["$disconnect"]) == "connect.disconnect"


def test_signing_in_by_name_or_wallet_is_deployed_where_the_stage_says_so(
    local: Assembly, dev: Assembly, prod: Assembly
) -> None:
    by_name = {
        "POST /api/sessions": "connect.sessions",
        "POST /api/wallet/nonces": "connect.wallet_nonces",
        "POST /api/wallet/sessions": "connect.wallet_sessions",
    }
    cached = {"POST /api/cache/invalidate": "ops.cache"}
    for assembly, expected in ((local, by_name | cached), (dev, by_name), (prod, cached)):
        found = {key: answered_by(assembly, route) for key, route in routes(assembly, "HTTP").items()}
        assert found == {**PUBLIC, **UPLOADS, **FALLBACK, **ACCOUNT, **WEBHOOKS, **PUSH, **OPERATIONS, **expected}


def test_every_route_may_invoke_its_function(stage: Assembly) -> None:
    permitted = [
        (
            answering(stage, permission.stack, permission["FunctionName"]),
            stage.text(permission.stack, permission["SourceArn"]).rpartition("execute-api:")[2],
        )
        for permission in stage.of_type("Lambda::Permission")
    ]
    for protocol, api in (("WEBSOCKET", "WebSocket"), ("HTTP", "Http")):
        for key, route in routes(stage, protocol).items():
            invoking = f"{{AWS::Region}}:{{AWS::AccountId}}:{{service/{api}/Api}}/STAGE/{key.replace(' ', '')}"
            patterns = [pattern for function, pattern in permitted if function == answered_by(stage, route)]
            assert any(fnmatchcase(invoking, pattern) for pattern in patterns), key


def test_routes_of_a_function_share_an_integration(stage: Assembly) -> None:
    found = [
        answering(stage, integration.stack, integration["IntegrationUri"])
        for integration in stage.of_type("ApiGatewayV2::Integration")
    ]
    assert sorted(found) == sorted(set(found))


def api_stages(assembly: Assembly) -> dict[str, Resource]:
    return {str(found["StageName"]): found for found in assembly.of_type("ApiGatewayV2::Stage")}


def test_stages_are_named_for_clients_and_throttled_as_configured(stage: Assembly) -> None:
    config = STAGES[stage.stage]
    found = api_stages(stage)
    green = f"{stage.stage}-green"
    assert set(found) == {"$default", stage.stage, green}
    for name, throttle in (("$default", config.http), (stage.stage, config.websocket), (green, config.websocket)):
        settings = found[name]["DefaultRouteSettings"]
        assert settings == {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst}
        assert found[name]["AutoDeploy"] is True


def test_streams_that_hold_a_function_have_a_limit_of_their_own(stage: Assembly) -> None:
    held = STAGES[stage.stage].held
    limits = api_stages(stage)["$default"]
    assert limits["RouteSettings"] == {
        "GET /api/events": {"ThrottlingRateLimit": held.rate, "ThrottlingBurstLimit": held.burst}
    }
    (route,) = [found for key, found in routes(stage, "HTTP").items() if key in limits["RouteSettings"]]
    assert route.logical_id in limits.body["DependsOn"]


def test_both_apis_have_access_logs_without_query_strings(stage: Assembly) -> None:
    for found in api_stages(stage).values():
        group = stage.behind(found.stack, found["AccessLogSettings"]["DestinationArn"])
        assert group
        assert group.type == "AWS::Logs::LogGroup"
        fields = json.loads(found["AccessLogSettings"]["Format"])
        assert fields["requestId"] == "$context.requestId"
        # A ticket opens a socket: it must not stand in a log.
        assert not [field for field in fields.values() if "query" in field.lower() or "path" in field.lower()]


def test_on_aws_api_gateway_may_write_the_logs_of_websocket_apis(dev: Assembly, local: Assembly) -> None:
    (account,) = dev.of_type("ApiGateway::Account")
    role = dev.behind(account.stack, account["CloudWatchRoleArn"])
    assert role
    # Others in the account and Region need it as well: deleting this stage must not take it away.
    assert account.body["DeletionPolicy"] == role.body["DeletionPolicy"] == "Retain"
    assert not local.of_type("ApiGateway::Account")


ADDRESSES = ("websocket-url", "http-api-url", "site-url", "distribution-id", "discarded-letters")


def test_addresses_are_found_in_outputs_and_parameters(stage: Assembly) -> None:
    names = {str(parameter["Name"]) for parameter in stage.of_type("SSM::Parameter")}
    # Queues of dead letters have parameters of their own.
    names = {name for name in names if not name.startswith(f"/chat/{stage.stage}/dead-letters/")}
    kept = {"capacity"} if stage.stage == "prod" else set()
    assert names == {f"/chat/{stage.stage}/{name}" for name in {*ADDRESSES, *kept}}
    for output in ("WebSocketApiId", "WebSocketUrl", "HttpApiId", "HttpApiUrl"):
        assert stage.stack_of_output(output) == "service"
    assert stage.stack_of_output("MediaStateMachineArn") == "media"
    for output in ("DistributionId", "DistributionDomainName", "SiteBucketName", "SiteUrl"):
        assert stage.stack_of_output(output) == "edge"
