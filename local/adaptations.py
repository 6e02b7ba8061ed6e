"""What is changed in ministack 1.5.33 before it starts, each change with the reason for it.

The emulator is used as it is released. Where it differs from AWS in a way that this application would notice, the
difference is mended here, in its running process. Every change first checks that what it replaces is still what it was
written against, so that another release fails at the start instead of misbehaving later. Knows nothing of the chat.
"""

# ruff: noqa: SLF001  # the emulator has no public interface for any of this

from __future__ import annotations

import inspect
import json
import re
from contextvars import ContextVar
from functools import wraps
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import apigateway, cloudfront, dynamodb, lambda_svc
from ministack.services.cloudformation import provisioners

from local.errors import LocalError
from local.workers import LAYERS_VARIABLE, RAISED, FunctionError, FunctionLog, FunctionWorker, LayerDirectories

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EMULATOR_VERSION = "1.5.33"
REGION_PATTERN = r"[a-z]{2}(?:-[a-z]+)+-\d"

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""A CloudFormation resource's physical id, and the attributes that Fn::GetAtt can read."""


def adapt(port: int, function_log: Path, scratch: Path) -> None:
    """Makes all changes to the emulator that will listen on `port`; what functions print goes to `function_log`.

    `scratch` is an empty directory for as long as the emulator runs.

    Raises `LocalError` in front of another release.
    """
    found = version("ministack")
    expect(found == EMULATOR_VERSION, f"its version is {found}")
    answer_at_once()
    keep_functions_alive()
    use_own_workers(FunctionLog(function_log), scratch / "layers")
    tell_error_types()
    add_route_responses()
    complete_tables()
    serve_apis_by_their_names(port)
    count_every_request_as_tls()


def expect(as_known: bool, what: str) -> None:  # noqa: FBT001  # reads as the assertion it is
    """Raises `LocalError` when the emulator is not as these changes know it."""
    if not as_known:
        raise LocalError(
            f"The emulator is not the one that this repository was made for: {what}, and local/adaptations.py changes "
            f"ministack {EMULATOR_VERSION}. Install the locked one with `make setup`, or look through the changes "
            "there and raise EMULATOR_VERSION."
        )


def answer_at_once() -> None:
    """A function that prints nothing costs 50 ms an invocation there, spent waiting for output; on AWS it costs
    nothing.
    """
    drain = lambda_runtime.Worker._drain_stderr_bounded
    expect(drain.__defaults__ == (0.050, 0.005, 0.250), "an invocation waits for output in another way")
    drain.__defaults__ = (0.0, 0.001, 0.250)


def keep_functions_alive() -> None:
    """An exception of a handler ends its process there, so that the next invocation starts cold; AWS keeps it.

    The same script imports botocore into every process to count invocations that go in circles: 0.15 s and 20 MB for
    functions that have no use for it. Nothing here invokes itself, so the import goes.
    """
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    script = replace_once(script, "    _ms_install_invoke_depth()\n    try:", "    try:")
    script = replace_once(
        script, '{"status": "error", "error": str(e)}', '{"status": "error", "error": traceback.format_exc()}'
    )
    script = replace_once(
        script,
        '{"status": "error", "error": str(e), "trace": traceback.format_exc()}',
        f'{{"status": "ok", "result": None, "{RAISED}": {{"errorMessage": str(e), "errorType": type(e).__name__, '
        '"stackTrace": traceback.format_exc().splitlines()}}',
    )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script


def replace_once(text: str, old: str, new: str) -> str:
    """`text` with its only `old` replaced."""
    expect(text.count(old) == 1, f"a function's process no longer does {old.strip()!r}")
    return text.replace(old, new)


def use_own_workers(log: FunctionLog, layers: Path) -> None:
    """What a function prints would reach CloudWatch Logs alone, with its next invocation; it goes to one file as well.

    And each process unpacks its layers for itself there: up to 0.4 s of a cold start, and 30 MB on the disk.
    """
    expect("return Worker" in inspect.getsource(lambda_runtime._worker_class_for), "functions run in other processes")
    expect(LAYERS_VARIABLE in lambda_runtime._PYTHON_WORKER_SCRIPT, "a function finds its layers in another way")
    FunctionWorker.function_log = log
    FunctionWorker.layers = LayerDirectories(layers, lambda_svc._resolve_layer_zip)
    lambda_runtime.Worker = FunctionWorker


def tell_error_types() -> None:
    """Every exception is a `Runtime.HandlerError` there, so a state machine could not tell one from another."""
    expect(hasattr(lambda_svc, "_execute_function_warm"), "functions are invoked in another way")
    execute: Callable[..., dict[str, Any]] = lambda_svc._execute_function_warm

    @wraps(execute)
    def execute_with_types(*arguments: object) -> dict[str, Any]:
        result = execute(*arguments)
        message = result["body"].get("errorMessage") if result.get("error") else None
        if isinstance(message, FunctionError):
            result["body"] = message.payload
        return result

    lambda_svc._execute_function_warm = execute_with_types


def add_route_responses() -> None:
    """CloudFormation there has no AWS::ApiGatewayV2::RouteResponse, without which a WebSocket route answers nothing."""
    kind = "AWS::ApiGatewayV2::RouteResponse"
    expect(kind not in provisioners._RESOURCE_HANDLERS, f"it has {kind} now")
    expect(hasattr(apigateway, "_create_route_response"), "route responses are kept in another way")
    provisioners._RESOURCE_HANDLERS[kind] = {"create": create_route_response, "delete": delete_route_response}


def create_route_response(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Creates a route response from its CloudFormation properties; the id is API, route and response."""
    api, route = properties["ApiId"], properties["RouteId"].rpartition("/")[2]
    request = {name[0].lower() + name[1:]: value for name, value in properties.items()}
    made = succeed(apigateway._create_route_response(api, route, request))
    return f"{api}/{route}/{made['routeResponseId']}", {"RouteResponseId": made["routeResponseId"]}


def delete_route_response(physical_id: str, _properties: Properties) -> None:
    """Deletes what `create_route_response` made; one that went with its API or route is gone already."""
    api, route, response = physical_id.split("/")
    apigateway._delete_route_response(api, route, response)


def complete_tables() -> None:
    """AWS::DynamoDB::GlobalTable drops its expiry, point-in-time recovery and deletion protection there."""
    kind = "AWS::DynamoDB::GlobalTable"
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    expect(set(handlers) == {"create", "update", "delete"}, f"it treats {kind} in another way")
    create, update = handlers["create"], handlers["update"]

    def create_completely(logical_id: str, properties: Properties, stack: str) -> Created:
        made: Created = create(logical_id, replica_settings(properties), stack)
        complete_table(made[0], properties)
        return made

    def update_completely(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
        updated: Created = update(physical_id, replica_settings(old), replica_settings(new), stack)
        complete_table(updated[0], new)
        return updated

    provisioners._RESOURCE_HANDLERS[kind] = {**handlers, "create": create_completely, "update": update_completely}


def replica_settings(properties: Properties) -> Properties:
    """A global table's properties with those of its one replica, where the emulator looks for them."""
    protected = properties.get("Replicas", [{}])[0].get("DeletionProtectionEnabled", False)
    return {**properties, "DeletionProtectionEnabled": protected}


def complete_table(name: str, properties: Properties) -> None:
    """Applies the settings of a table that its creation left out."""
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        enabled = str(expiry.get("Enabled", False)).lower() == "true"
        request = {"TableName": name, "TimeToLiveSpecification": {**expiry, "Enabled": enabled}}
        succeed(dynamodb._update_ttl(request))
    recovery = properties.get("Replicas", [{}])[0].get("PointInTimeRecoverySpecification")
    if recovery:
        request = {"TableName": name, "PointInTimeRecoverySpecification": recovery}
        succeed(dynamodb._update_continuous_backups(request))


def serve_apis_by_their_names(port: int) -> None:
    """A distribution there refuses an origin under amazonaws.com, so that nothing reaches AWS, even one of its own
    APIs.

    The names of APIs now lead back to the emulator, which also takes them from a Host header.
    """
    shape = r"^([a-f0-9]{8})\.execute-api\."
    expect(app._EXECUTE_API_RE.pattern.startswith(shape), "it finds an API by another name")
    app._EXECUTE_API_RE = re.compile(rf"{shape}(?:localhost|{REGION_PATTERN}\.amazonaws\.com)(?::\d+)?$")
    expect(
        "_origin_connect_target(" in inspect.getsource(cloudfront._forward_to_origin), "origins are reached otherwise"
    )
    find_target = cloudfront._origin_connect_target

    def find_target_here(origin: Properties, viewer_is_https: bool) -> tuple[str, int, bool]:  # noqa: FBT001  # theirs
        if app._EXECUTE_API_RE.match(origin["domain_name"]):
            return "127.0.0.1", port, False
        target: tuple[str, int, bool] = find_target(origin, viewer_is_https)
        return target

    cloudfront._origin_connect_target = find_target_here


def count_every_request_as_tls() -> None:
    """Nobody speaks TLS on one machine, so distributions and buckets that insist on it would refuse everyone."""
    check = cloudfront._check_viewer_protocol_policy
    names = list(inspect.signature(check).parameters)
    expect(names[2] == "viewer_is_https", "a distribution looks at a viewer's protocol otherwise")

    def check_as_https(behavior: Properties, method: str, _viewer_is_https: object, *rest: object) -> None:
        check(behavior, method, True, *rest)

    cloudfront._check_viewer_protocol_policy = check_as_https
    expect(
        iam_evaluator._request_origin.get() == ("127.0.0.1", False), "policies learn of a request's transport otherwise"
    )
    iam_evaluator._request_origin = ContextVar("request_origin", default=("127.0.0.1", True))


def succeed(response: tuple[int, dict[str, str], bytes]) -> Any:  # noqa: ANN401  # JSON
    """The body of an answer from one of the emulator's services. Raises ValueError, which fails the deployment."""
    status, _headers, body = response
    if status >= 400:  # noqa: PLR2004  # HTTP
        raise ValueError(body.decode())
    return json.loads(body) if body else None
