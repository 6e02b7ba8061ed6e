"""What `local.adaptations` promises, seen through the emulator's public API; and that a clean stop keeps everything."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.endpoints import Endpoint
from local.front.distribution import read_distribution
from local.paths import ROOT
from local.ports import Ports
from local.processes import Process
from local.stack import answers

ROLE = "arn:aws:iam::000000000000:role/any"
HANDLER = """
import os
class MediaError(Exception): pass
def handle(event, context):
    print("heard", event)
    if event.get("fail"):
        raise MediaError("not an\\nimage")
    return {"pid": os.getpid(), "secret": os.environ.get("NOT_FOR_FUNCTIONS")}
"""
CACHING_OPTIMIZED, SECURITY_HEADERS = "658327ea-f89d-4fab-a63d-7e88639e58f6", "67f7725c-6f97-4210-82d7-5512b31e9d03"
"""Policies that CloudFront has by itself."""
HTTPS_ONLY = {"OriginProtocolPolicy": "https-only"}
TEMPLATE = {
    "Resources": {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "sockets",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.a",
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "MOCK"},
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "$default",
                "RouteResponseSelectionExpression": "$default",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
            },
        },
        "RouteResponse": {
            "Type": "AWS::ApiGatewayV2::RouteResponse",
            "Properties": {"ApiId": {"Ref": "Api"}, "RouteId": {"Ref": "Route"}, "RouteResponseKey": "$default"},
        },
        "Table": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "expires_at_s", "Enabled": True},
                "Replicas": [
                    {
                        "Region": "us-east-1",
                        "DeletionProtectionEnabled": True,
                        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    }
                ],
            },
        },
        "Plain": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "plain",
                "Namespace": "Test",
                "MetricName": "Failures",
                "Dimensions": [{"Name": "queue", "Value": "mine"}],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 1,
                "Threshold": 2,
                "ComparisonOperator": "GreaterThanThreshold",
                "TreatMissingData": "notBreaching",
            },
        },
        "Share": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "share",
                "Metrics": [
                    {"Id": "s", "Expression": "FILL(bad, 0) / all"},
                    *(
                        {
                            "Id": name,
                            "ReturnData": False,
                            "MetricStat": {
                                "Metric": {"Namespace": "Test", "MetricName": name},
                                "Period": 60,
                                "Stat": "Sum",
                            },
                        }
                        for name in ("bad", "all")
                    ),
                ],
                "EvaluationPeriods": 1,
                "Threshold": 0.5,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
        "Either": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {
                "AlarmName": "either",
                "AlarmRule": {"Fn::Sub": 'ALARM("${Plain}") OR ALARM("${Share}")'},
            },
        },
        "Saved": {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {"Name": "chat/faults", "QueryString": "fields @message"},
        },
        "Open": {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {
                "ResponseHeadersPolicyConfig": {
                    "Name": "open",
                    "CorsConfig": {
                        "AccessControlAllowCredentials": False,
                        "AccessControlAllowHeaders": {"Items": ["Range"]},
                        "AccessControlAllowMethods": {"Items": ["GET"]},
                        "AccessControlAllowOrigins": {"Items": ["*"]},
                        "AccessControlExposeHeaders": {"Items": ["ETag"]},
                        "OriginOverride": True,
                    },
                }
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Origins": [{"Id": "o", "DomainName": "example.com", "CustomOriginConfig": HTTPS_ONLY}],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "o",
                        "ViewerProtocolPolicy": "allow-all",
                        "CachePolicyId": CACHING_OPTIMIZED,
                        "ResponseHeadersPolicyId": SECURITY_HEADERS,
                        "Compress": True,
                    },
                    "CacheBehaviors": [
                        {
                            "PathPattern": "/media/*",
                            "TargetOriginId": "o",
                            "ViewerProtocolPolicy": "allow-all",
                            "CachePolicyId": CACHING_OPTIMIZED,
                            "ResponseHeadersPolicyId": {"Ref": "Open"},
                            "Compress": False,
                        }
                    ],
                }
            },
        },
    },
    "Outputs": {
        "Api": {"Value": {"Ref": "Api"}},
        "Table": {"Value": {"Ref": "Table"}},
        "Distribution": {"Value": {"Ref": "Distribution"}},
    },
}


@dataclass
class Emulator:
    """The emulator alone, as a developer would start it."""

    directory: Path
    port: int
    process: Process | None = None

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"http://127.0.0.1:{self.port}")

    @property
    def function_log(self) -> Path:
        return self.directory / "functions.log"

    def start(self) -> None:
        options = ["--port", str(self.port), "--state", str(self.directory / "state")]
        command = [sys.executable, "-m", "local.emulator", *options, "--function-log", str(self.function_log)]
        environment = {**os.environ, "NOT_FOR_FUNCTIONS": "a developer's own"}
        self.process = Process("emulator", command, log=self.directory / "log", env=environment, cwd=ROOT)
        self.process.wait_until(lambda: answers(self.endpoint.url), timeout_s=60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def create_function(self, name: str, source: str = HANDLER) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("app.py", source)
        runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.endpoint.client("lambda").create_function(
            FunctionName=name, Runtime=runtime, Role=ROLE, Handler="app.handle", Code={"ZipFile": packed.getvalue()}
        )

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        answer = self.endpoint.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), Ports.free().emulator)
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def outputs(emulator: Emulator) -> dict[str, str]:
    client = emulator.endpoint.client("cloudformation")
    client.create_stack(StackName="gaps", TemplateBody=json.dumps(TEMPLATE))
    client.get_waiter("stack_create_complete").wait(StackName="gaps", WaiterConfig={"Delay": 1})
    outputs = emulator.endpoint.stack_outputs("gaps")
    assert outputs is not None
    return outputs


def test_a_route_response_of_a_template_is_deployed(emulator: Emulator, outputs: dict[str, str]) -> None:
    gateway = emulator.endpoint.client("apigatewayv2")
    (route,) = gateway.get_routes(ApiId=outputs["Api"])["Items"]
    (response,) = gateway.get_route_responses(ApiId=outputs["Api"], RouteId=route["RouteId"])["Items"]
    assert response["RouteResponseKey"] == "$default"


def test_the_front_reads_what_a_distribution_of_a_template_compresses_and_tells_other_sites(
    emulator: Emulator, outputs: dict[str, str]
) -> None:
    read = read_distribution(emulator.endpoint.client("cloudfront"), outputs["Distribution"])
    page, media = read.behaviour_of("/index.html"), read.behaviour_of("/media/lunch/m1/480.webp")
    assert (page.compresses, page.cross_origin) == (True, None)
    assert not media.compresses
    assert media.cross_origin is not None
    assert media.cross_origin.headers_for("https://elsewhere.example", {}) == {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag",
    }


def test_a_table_of_a_template_expires_recovers_and_is_protected(emulator: Emulator, outputs: dict[str, str]) -> None:
    tables = emulator.endpoint.client("dynamodb")
    name = outputs["Table"]
    expiry = tables.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at_s"}
    backups = tables.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert tables.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True


def test_an_exception_keeps_its_type_and_its_function_alive(emulator: Emulator) -> None:
    emulator.create_function("failing")
    before = emulator.invoke("failing", {})
    error = emulator.invoke("failing", {"fail": True})
    after = emulator.invoke("failing", {})
    assert (error["errorType"], error["errorMessage"]) == ("MediaError", "not an\nimage")
    assert after["pid"] == before["pid"]


def test_what_a_function_prints_and_raises_is_in_one_log(emulator: Emulator) -> None:
    emulator.create_function("printing")
    emulator.invoke("printing", {"room": "general"})
    emulator.invoke("printing", {"fail": True})
    lines = emulator.function_log.read_text()
    assert "printing | heard {'room': 'general'}" in lines
    assert "printing | app.MediaError: not an" in lines


def test_a_function_that_cannot_be_loaded_says_why(emulator: Emulator) -> None:
    emulator.create_function("unloadable", "import nonesuch")
    error = emulator.invoke("unloadable", {})
    assert error["errorMessage"] == "ModuleNotFoundError: No module named 'nonesuch'"
    assert "unloadable | ModuleNotFoundError: No module named 'nonesuch'" in emulator.function_log.read_text()


def test_a_function_sees_nothing_of_the_developers_environment(emulator: Emulator) -> None:
    emulator.create_function("curious")
    assert emulator.invoke("curious", {})["secret"] is None


def test_a_clean_stop_ends_the_functions_and_keeps_tables_objects_and_code(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, Ports.free().emulator)
    try:
        emulator.start()
        tables, objects = emulator.endpoint.client("dynamodb"), emulator.endpoint.client("s3")
        tables.create_table(
            TableName="rooms",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        tables.put_item(TableName="rooms", Item={"pk": {"S": "general"}})
        objects.create_bucket(Bucket="media")
        objects.put_object(Bucket="media", Key="cat.jpg", Body=b"meow", ContentType="image/jpeg")
        emulator.create_function("keeper")
        function = emulator.invoke("keeper", {})["pid"]
        emulator.stop()
        assert not Path(f"/proc/{function}").exists()
        assert not (tmp_path / "state" / "scratch").exists()

        emulator.start()
        assert tables.get_item(TableName="rooms", Key={"pk": {"S": "general"}})["Item"] == {"pk": {"S": "general"}}
        stored = objects.get_object(Bucket="media", Key="cat.jpg")
        assert (stored["Body"].read(), stored["ContentType"]) == (b"meow", "image/jpeg")
        assert emulator.invoke("keeper", {})["pid"] != function
    finally:
        emulator.stop()


def put(emulator: Emulator, name: str, value: float, **dimensions: str) -> None:
    among = [{"Name": key, "Value": each} for key, each in dimensions.items()]
    data = [{"MetricName": name, "Value": value, "Dimensions": among}]
    emulator.endpoint.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=data)


def states(emulator: Emulator) -> dict[str, str]:
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = emulator.endpoint.client("cloudwatch").describe_alarms(AlarmTypes=kinds)
    return {each["AlarmName"]: each["StateValue"] for each in found["MetricAlarms"] + found["CompositeAlarms"]}


@pytest.mark.usefixtures("outputs")
def test_an_alarm_is_judged_by_its_own_dimensions_and_its_group_follows(emulator: Emulator) -> None:
    put(emulator, "Failures", 9, queue="another")
    assert states(emulator)["plain"] == "OK"
    put(emulator, "Failures", 3, queue="mine")
    assert (states(emulator)["plain"], states(emulator)["either"]) == ("ALARM", "ALARM")
    put(emulator, "Failures", -3, queue="mine")
    assert (states(emulator)["plain"], states(emulator)["either"]) == ("OK", "OK")


@pytest.mark.usefixtures("outputs")
def test_an_alarm_is_judged_by_metric_math(emulator: Emulator) -> None:
    put(emulator, "all", 10)
    assert states(emulator)["share"] == "OK"
    put(emulator, "bad", 6)
    assert states(emulator)["share"] == "ALARM"
    put(emulator, "all", 10)
    assert states(emulator)["share"] == "OK"
