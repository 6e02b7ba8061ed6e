"""What is deployed, read through the real `apigatewayv2` API of an emulator that is not ours."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from websockets.asyncio.client import connect

from local.gateway import GatewayConfig, serve
from local.gateway.api import ApiError, Authorizer, FunctionUri, LambdaIntegration, MockIntegration
from local.gateway.control_plane import load_deployment, read_mock

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_lambda import LambdaClient

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}

SOURCE = """
import json

def handler(event, context):
    if event.get("type") == "REQUEST":
        effect = "Allow" if event["queryStringParameters"]["ticket"] == "good" else "Deny"
        statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"principalId": "ada", "policyDocument": policy, "context": {"room": "general"}}
    if event.get("body") == "fail":
        raise KeyError("secret")
    return {"statusCode": 200, "body": json.dumps([context.invoked_function_arn, event])}
"""


@pytest.fixture(scope="module")
def endpoint_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A ministack of this module's own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("ministack")
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local", "LOG_LEVEL": "ERROR"}
    program = Path(sys.executable).with_name("ministack")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program], env=os.environ | settings, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/_ministack/health", process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        assert process.poll() is None, "it ended early"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  # a loopback URL
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"{url} does not answer")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def apigateway(endpoint_url: str) -> Iterator[ApiGatewayV2Client]:
    """A client, and no API left behind."""
    client = boto3.client("apigatewayv2", endpoint_url=endpoint_url, region_name="us-east-1")
    yield client
    for item in client.get_apis()["Items"]:
        client.delete_api(ApiId=item["ApiId"])


@pytest.fixture(scope="module")
def function_arn(endpoint_url: str) -> str:
    """A deployed function, by its alias `live`."""
    client: LambdaClient = boto3.client(
        "lambda",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", SOURCE)
    client.create_function(
        FunctionName="chat",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/chat",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=10,
        Publish=True,
    )
    return client.create_alias(FunctionName="chat", Name="live", FunctionVersion="1")["AliasArn"]


def create_api(client: ApiGatewayV2Client, name: str = "chat") -> str:
    api_id = client.create_api(Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")[
        "ApiId"
    ]
    client.create_stage(ApiId=api_id, StageName="local", StageVariables={"colour": "green"})
    return api_id


def create_route(
    client: ApiGatewayV2Client, api_id: str, key: str, *, replies: bool = False, **integration: Any
) -> None:
    authorization = integration.pop("authorization", {})
    target = client.create_integration(ApiId=api_id, **integration)["IntegrationId"]
    route = client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{target}", **authorization)
    if replies:
        client.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")


def proxy(function_arn: str) -> dict[str, Any]:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    return {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri}


def create_chat(client: ApiGatewayV2Client, function_arn: str) -> str:
    api_id = create_api(client)
    authorizer_id = client.create_authorizer(
        ApiId=api_id,
        Name="tickets",
        AuthorizerType="REQUEST",
        AuthorizerUri=proxy(function_arn)["IntegrationUri"],
        IdentitySource=["route.request.querystring.ticket"],
    )["AuthorizerId"]
    authorization = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer_id}
    create_route(client, api_id, "$connect", authorization=authorization, **proxy(function_arn))
    create_route(client, api_id, "$default", replies=True, **proxy(function_arn))
    return api_id


def test_an_api_is_read_with_its_routes_authorizer_and_stages(
    apigateway: ApiGatewayV2Client, function_arn: str
) -> None:
    api_id = create_chat(apigateway, function_arn)
    apigateway.create_api(Name="http", ProtocolType="HTTP")
    deployment = load_deployment(apigateway, None)
    assert deployment.apis.keys() == {api_id}
    api = deployment.apis[api_id]
    assert deployment.default is api
    assert api.stages == {"local": {"colour": "green"}}
    uri = FunctionUri(proxy(function_arn)["IntegrationUri"])
    assert api.routes["$connect"].authorizer == Authorizer(uri, ("route.request.querystring.ticket",))
    assert not api.routes["$connect"].replies
    integration = api.routes["$default"].integration
    assert isinstance(integration, LambdaIntegration)
    assert integration.uri.resolve({}).qualifier == "live"
    assert api.routes["$default"].replies


def test_one_of_several_apis_is_chosen_by_name_or_id(apigateway: ApiGatewayV2Client) -> None:
    first, second = create_api(apigateway, "one"), create_api(apigateway, "two")
    everything = load_deployment(apigateway, None)
    assert everything.apis.keys() == {first, second}
    assert everything.default is None
    assert load_deployment(apigateway, "two").default == load_deployment(apigateway, second).default
    with pytest.raises(ApiError, match="'three'"):
        load_deployment(apigateway, "three")


@pytest.mark.parametrize(
    ("integration", "expected"),
    [
        ({"IntegrationType": "AWS", "IntegrationUri": "x"}, "integration type AWS is not served"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://x"}, "integration type HTTP_PROXY is not served"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": "arn:aws:sqs:x"}, "names no Lambda function"),
    ],
)
def test_what_cannot_be_served_is_refused_by_route(
    apigateway: ApiGatewayV2Client, integration: dict[str, Any], expected: str
) -> None:
    api_id = create_api(apigateway)
    create_route(apigateway, api_id, "send", **integration)
    with pytest.raises(ApiError, match=f"API chat .*, route send: .*{expected}"):
        load_deployment(apigateway, None)


def test_iam_authorization_is_refused_rather_than_left_unchecked(
    apigateway: ApiGatewayV2Client, function_arn: str
) -> None:
    api_id = create_api(apigateway)
    create_route(apigateway, api_id, "$connect", authorization={"AuthorizationType": "AWS_IAM"}, **proxy(function_arn))
    with pytest.raises(ApiError, match=r"route \$connect: authorization AWS_IAM is not served"):
        load_deployment(apigateway, None)


def test_a_mock_is_read_with_its_templates(apigateway: ApiGatewayV2Client) -> None:
    """AWS, MOCK integrations: request template by template selection expression, response by status."""
    api_id = create_api(apigateway)
    target = apigateway.create_integration(
        ApiId=api_id,
        IntegrationType="MOCK",
        RequestTemplates={"200": '{"statusCode":200}'},
        TemplateSelectionExpression="200",
    )["IntegrationId"]
    apigateway.create_integration_response(
        ApiId=api_id,
        IntegrationId=target,
        IntegrationResponseKey="$default",
        ResponseTemplates={"200": '{"id":"$context.connectionId"}'},
        TemplateSelectionExpression="200",
    )
    apigateway.create_route(ApiId=api_id, RouteKey="ping", Target=f"integrations/{target}")
    route = load_deployment(apigateway, None).apis[api_id].routes["ping"]
    assert route.integration == MockIntegration(200, '{"id":"$context.connectionId"}')


@pytest.mark.parametrize(
    ("key", "status", "reply"), [("/2\\d\\d/", 200, "matched"), ("/4\\d\\d/", 200, None), ("$default", 404, "matched")]
)
def test_a_mocks_response_is_chosen_by_status(key: str, status: int, reply: str | None) -> None:
    """AWS, integration responses: the key is a regular expression on the status, or `$default`."""
    request = {"RequestTemplates": {"$default": json.dumps({"statusCode": status})}}
    response = {"IntegrationResponseKey": key, "ResponseTemplates": {"$default": "matched"}}
    assert read_mock(request, [response]) == MockIntegration(status, reply)


@pytest.mark.parametrize("template", ["$input.body", "#set($x = 1)", "${stageVariables.x}", "$util.escape('x')"])
def test_a_response_template_with_code_is_refused(template: str) -> None:
    response = {"IntegrationResponseKey": "$default", "ResponseTemplates": {"$default": template}}
    with pytest.raises(ApiError, match="response templates here"):
        read_mock({}, [response])


async def test_a_client_talks_to_a_deployed_function(
    apigateway: ApiGatewayV2Client, function_arn: str, endpoint_url: str
) -> None:
    """From the socket through the Lambda Invoke API to a function behind an alias, and back."""
    api_id = create_chat(apigateway, function_arn)
    async with serve(GatewayConfig(endpoint_url=endpoint_url)) as gateway:
        url = f"ws://127.0.0.1:{gateway.port}/local"
        with pytest.raises(Exception, match="401"):
            await connect(url, proxy=None).__aenter__()
        with pytest.raises(Exception, match="403"):
            await connect(f"{url}?ticket=bad", proxy=None).__aenter__()
        async with connect(f"{url}?ticket=good", proxy=None) as client:
            await client.send("hello")
            arn, event = json.loads(await client.recv())
            await client.send("fail")
            assert json.loads(await client.recv())["message"] == "Internal server error"
    assert arn == function_arn
    assert event["body"] == "hello"
    assert event["requestContext"]["apiId"] == api_id
    assert event["requestContext"]["authorizer"]["room"] == "general"
    assert event["requestContext"]["authorizer"]["principalId"] == "ada"


async def test_a_reload_on_demand_finds_a_new_route(
    apigateway: ApiGatewayV2Client, function_arn: str, endpoint_url: str
) -> None:
    """A deployment's last step is `POST /_gateway/reload`; sockets stay open over it."""
    api_id = create_api(apigateway)
    async with (
        serve(GatewayConfig(endpoint_url=endpoint_url, refresh_s=3600)) as gateway,
        connect(f"ws://127.0.0.1:{gateway.port}/local", proxy=None) as client,
    ):
        await client.send("hello")
        assert json.loads(await client.recv())["message"] == "Forbidden"
        await asyncio.to_thread(create_route, apigateway, api_id, "$default", replies=True, **proxy(function_arn))
        request = urllib.request.Request(f"http://127.0.0.1:{gateway.port}/_gateway/reload", method="POST")
        with await asyncio.to_thread(urllib.request.urlopen, request) as response:
            assert json.load(response)["apis"][0]["routes"] == ["$default"]
        await client.send("hello")
        assert json.loads(await client.recv())[1]["body"] == "hello"


async def test_an_unreadable_control_plane_leaves_what_was_read(
    apigateway: ApiGatewayV2Client, function_arn: str, endpoint_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken deployment must not take down the sockets of the one before."""
    api_id = create_api(apigateway)
    create_route(apigateway, api_id, "$default", replies=True, **proxy(function_arn))
    async with serve(GatewayConfig(endpoint_url=endpoint_url, refresh_s=0.1)) as gateway:
        create_route(apigateway, api_id, "send", IntegrationType="HTTP", IntegrationUri="http://x")
        for _ in range(100):
            if "integration type HTTP is not served" in caplog.text:
                break
            await asyncio.sleep(0.05)
        assert "integration type HTTP is not served" in caplog.text
        async with connect(f"ws://127.0.0.1:{gateway.port}/local", proxy=None) as client:
            await client.send("hello")
            assert json.loads(await client.recv())[1]["body"] == "hello"
