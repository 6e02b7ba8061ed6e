"""Reads deployed WebSocket APIs through the `apigatewayv2` API into values of `api`. The only reader of that API.

It reads the API's current configuration, not a deployment's snapshot of it, which no AWS API hands out; emulators
serve the current configuration too. What this gateway can't serve faithfully is refused here, by route, at load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.gateway.api import (
    CONNECT,
    Api,
    ApiError,
    Authorizer,
    Deployment,
    FunctionUri,
    Integration,
    LambdaIntegration,
    MockIntegration,
    Route,
)
from local.gateway.authorizer import SOURCES
from local.gateway.selection import DEFAULT, RouteSelection, SelectionError, evaluate_constant

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

Document = Mapping[str, Any]
LoadDeployment = Callable[[], Deployment]

_PAGE_SIZE = "500"
_TEMPLATE_CODE = re.compile(r"#(?:set|if|else|foreach|end)\b|\$!?\{?(?!\{?context\.)[A-Za-z]")


def deployment_loader(endpoint_url: str | None, region: str, api: str | None) -> LoadDeployment:
    """A blocking function that reads what is deployed now. `endpoint_url` None: AWS itself.

    `api` (name or id) limits the gateway to one API. The function raises `ApiError`, or boto's own errors.
    """
    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})
    client = boto3.client("apigatewayv2", endpoint_url=endpoint_url, region_name=region, config=config)
    return lambda: load_deployment(client, api)


def load_deployment(client: ApiGatewayV2Client, wanted: str | None) -> Deployment:
    """About three calls an API, one more a route, and one more a MOCK integration. Raises `ApiError`."""
    documents = [item for item in _pages(client.get_apis) if item.get("ProtocolType") == "WEBSOCKET"]
    if wanted is not None:
        documents = [item for item in documents if wanted in {item["ApiId"], item["Name"]}]
        if not documents:
            raise ApiError(f"no WebSocket API has the name or id {wanted!r}")
    apis = {item["ApiId"]: _load_api(client, item) for item in documents}
    return Deployment(apis, next(iter(apis.values())) if len(apis) == 1 else None)


def _load_api(client: ApiGatewayV2Client, document: Document) -> Api:
    api_id, name = document["ApiId"], document["Name"]
    integrations = {item["IntegrationId"]: item for item in _pages(client.get_integrations, ApiId=api_id)}
    authorizers = {item["AuthorizerId"]: item for item in _pages(client.get_authorizers, ApiId=api_id)}
    routes: dict[str, Route] = {}
    for item in _pages(client.get_routes, ApiId=api_id):
        key = item["RouteKey"]
        try:
            routes[key] = Route(
                key,
                _read_target(client, api_id, item, integrations),
                replies=bool(_pages(client.get_route_responses, ApiId=api_id, RouteId=item["RouteId"])),
                authorizer=_read_authorizer(item, authorizers),
            )
        except ApiError as error:
            raise ApiError(f"API {name} ({api_id}), route {key}: {error}") from error
    try:
        selection = RouteSelection.parse(document["RouteSelectionExpression"])
    except SelectionError as error:
        raise ApiError(f"API {name} ({api_id}): {error}") from error
    stages = {item["StageName"]: item.get("StageVariables") or {} for item in _pages(client.get_stages, ApiId=api_id)}
    return Api(api_id, name, selection, routes, stages)


def _read_target(
    client: ApiGatewayV2Client, api_id: str, route: Document, integrations: Mapping[str, Document]
) -> Integration | None:
    target = route.get("Target")
    if not target:
        return None
    document = integrations.get(target.removeprefix("integrations/"))
    if document is None:
        raise ApiError(f"its target {target} does not exist")
    kind = document["IntegrationType"]
    if kind == "AWS_PROXY":
        timeout_ms = document.get("TimeoutInMillis")
        return LambdaIntegration(_function_uri(document["IntegrationUri"]), timeout_ms / 1000 if timeout_ms else None)
    if kind == "MOCK":
        integration_id = document["IntegrationId"]
        responses = _pages(client.get_integration_responses, ApiId=api_id, IntegrationId=integration_id)
        return read_mock(document, responses)
    raise ApiError(f"integration type {kind} is not served here; use AWS_PROXY or MOCK")


def _read_authorizer(route: Document, authorizers: Mapping[str, Document]) -> Authorizer | None:
    kind = route.get("AuthorizationType") or "NONE"
    if kind == "NONE":
        return None
    if kind != "CUSTOM" or route["RouteKey"] != CONNECT:
        raise ApiError(f"authorization {kind} is not served here; use a Lambda REQUEST authorizer on $connect")
    document = authorizers.get(route.get("AuthorizerId") or "")
    if document is None or document["AuthorizerType"] != "REQUEST":
        raise ApiError("its authorizer does not exist or is not of type REQUEST")
    sources = tuple(document.get("IdentitySource") or ())
    for source in sources:
        if not source.startswith(SOURCES):
            raise ApiError(f"identity source {source!r} is not one of {', '.join(f'{known}…' for known in SOURCES)}")
    return Authorizer(_function_uri(document["AuthorizerUri"]), sources)


def _function_uri(text: str) -> FunctionUri:
    uri = FunctionUri(text)
    if "${stageVariables." not in text:
        uri.resolve({})
    return uri


def read_mock(integration: Document, responses: Sequence[Document]) -> MockIntegration:
    """Selects a MOCK integration's templates. Raises `ApiError` for template code other than `$context.…`."""
    request = _select_template(integration.get("RequestTemplates"), integration.get("TemplateSelectionExpression"))
    try:
        status = int(json.loads(request)["statusCode"]) if request else 200
    except (ValueError, KeyError, TypeError) as error:
        raise ApiError(f'a MOCK request template here is {{"statusCode": N}}, not {request!r}') from error
    response = _select_response(responses, status)
    if response is None:
        return MockIntegration(status, None)
    reply = _select_template(response.get("ResponseTemplates"), response.get("TemplateSelectionExpression"))
    if reply is not None and (code := _TEMPLATE_CODE.search(reply)):
        raise ApiError(f"response templates here may use $context.… only, not {code[0]!r}")
    return MockIntegration(status, reply)


def _select_response(responses: Sequence[Document], status: int) -> Document | None:
    by_key = {response["IntegrationResponseKey"]: response for response in responses}
    for key, response in by_key.items():
        if key != DEFAULT and re.fullmatch(key.strip("/"), str(status)):
            return response
    return by_key.get(DEFAULT)


def _select_template(templates: Mapping[str, str] | None, expression: str | None) -> str | None:
    """The selected template, or `$default`, or the only one there is."""
    if not templates:
        return None
    key = evaluate_constant(expression)
    only = next(iter(templates.values())) if len(templates) == 1 else None
    return templates.get(key) or templates.get(DEFAULT) or only


def _pages(call: Callable[..., Any], **arguments: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = call(**arguments, MaxResults=_PAGE_SIZE, **token)
        items += page["Items"]
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}
