"""Each function as it is deployed: its logs, its runtime, what it is told and what it carries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields

import pytest

from cdk.config import LOG_RETENTION_DAYS, ROOT, STAGES
from cdk.constructs.logs import _RETENTION
from chat.settings import PREFIX, Settings
from layers.build import HOST, LAMBDA_PYTHON
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.test_permissions import NOT_IN_LOCAL, NOT_IN_PROD, SHARING

LAYERS = {
    "connect.authorize": set(),
    "connect.connect": set(),
    "connect.disconnect": set(),
    "connect.sessions": {"identity"},
    "connect.tickets": {"identity"},
    "connect.push_subscriptions": {"identity"},
    "connect.wallet_nonces": set(),
    "connect.wallet_sessions": {"identity", "wallet"},
    "message.command": set(),
    "message.http_command": {"identity"},
    "message.http_events": {"identity"},
    "message.tail": set(),
    "message.deliver": set(),
    "message.notices": set(),
    "message.outbox": set(),
    "message.activity": set(),
    "message.index": set(),
    "message.webhooks": set(),
    "message.push": {"identity"},
    "message.webhook_deliveries": set(),
    "media.uploads": {"identity", "data"},
    "media.access": {"identity"},
    "media.public_key": {"identity"},
    "media.inspect": {"imaging", "transcoding", "data"},
    "media.variants": {"imaging", "data"},
    "media.sound": {"imaging", "transcoding", "data"},
    "media.document": {"imaging", "data"},
    "media.transcode": {"transcoding", "data"},
    "media.video_job": {"data"},
    "media.video": {"imaging", "data"},
    "media.announce": {"data"},
    "media.reject": {"data"},
    "media.purge": {"data"},
    "ops.account": {"identity", "data"},
    "ops.account_jobs": {"data"},
    "ops.webhook_settings": {"identity"},
    "ops.cache": {"identity"},
    "ops.cache_invalidation": set(),
    "ops.canary": set(),
    "ops.rehearsal": set(),
    "ops.health": {"identity"},
    "ops.console": {"identity"},
    "ops.scaling": {"identity"},
    "ops.dead_letters": {"identity"},
    "ops.flags": {"identity"},
    "ops.oversight": {"identity"},
    "ops.edge_logs": set(),
    "ops.collect_media": {"data"},
    "ops.capacity": set(),
    "ops.quota_forecast": set(),
    "ops.config": set(),
    "ops.measurements": set(),
}
"""On top of the domain and the core libraries."""

OFF_BY_DEFAULT = {
    "addresses",
    "blocked_words",
    "fanout",
    "moderation_hook",
    "moderation_deadline_ms",
    "moderation_failure",
    "moderation_secret_arn",
    "media_scan",
    "media_scan_deadline_ms",
    "media_scan_failure",
    "media_scan_secret_arn",
    "upload_max_mb",
    "operators",
    "push_applications",
    "regions",
    "sockets",
    "sockets_opened_per_s",
    "push_hide_text",
    "push_contact",
}
"""Settings of what a stage has only where its context asks for it."""

SETTINGS = {field.name for field in fields(Settings)}
ADAPTERS = ROOT / "layers" / "chat" / "python" / "chat" / "aws"


def layers_of(assembly: Assembly, function: Resource) -> set[str]:
    found = set()
    for reference in function["Layers"]:
        layer = assembly.behind(function.stack, reference)
        assert layer
        found.add(str(layer["Description"]).rpartition(": ")[2])
    return found


def test_a_function_carries_the_layers_it_uses_and_no_other(stage: Assembly) -> None:
    for handler, function in stage.functions().items():
        assert layers_of(stage, function) == {"chat", "core", *LAYERS[handler]}, handler


def test_every_log_group_has_the_retention_of_its_stage(stage: Assembly) -> None:
    for group in stage.of_type("Logs::LogGroup"):
        assert group["RetentionInDays"] == STAGES[stage.stage].log_retention_days


def test_every_function_logs_into_a_group_of_its_own(stage: Assembly) -> None:
    groups = []
    for function in stage.of_type("Lambda::Function"):
        group = stage.behind(function.stack, function["LoggingConfig"]["LogGroup"])
        assert group, stage.label(function)
        assert group.type == "AWS::Logs::LogGroup"
        groups.append(group.key)
    assert len(set(groups)) == len(groups)


def test_config_and_cdk_know_the_same_retentions() -> None:
    assert tuple(_RETENTION) == LOG_RETENTION_DAYS


def test_every_function_is_traced_and_writes_json(stage: Assembly) -> None:
    for function in stage.functions().values():
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["LoggingConfig"]["LogFormat"] == "JSON"


def test_on_aws_functions_run_on_arm_and_the_python_of_their_layers(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        for function in assembly.functions().values():
            assert function["Architectures"] == ["arm64"]
            assert function["Runtime"] == f"python{LAMBDA_PYTHON}"


def test_stage_local_runs_on_this_machines_python(local: Assembly) -> None:
    for function in local.functions().values():
        assert function["Runtime"] == f"python{HOST.python}"


def test_a_layer_says_what_it_runs_on(stage: Assembly) -> None:
    (function, *_) = stage.functions().values()
    for layer in stage.of_type("Lambda::LayerVersion"):
        if layer.stack != "service":
            continue  # CDK's own, for the function that copies the page's files
        assert layer["CompatibleRuntimes"] == [function["Runtime"]]
        assert layer["CompatibleArchitectures"] == function["Architectures"]


def test_no_function_outlives_what_waits_for_it(stage: Assembly) -> None:
    for integration in stage.of_type("ApiGatewayV2::Integration"):
        function = stage.called(integration.stack, integration["IntegrationUri"])
        assert function["Timeout"] < 29, "API Gateway gives up after 29 s"


class Needs(ast.NodeVisitor):
    """The settings that a module's functions ask for, and which of the adapters' functions they call."""

    def __init__(self, names: set[str]) -> None:
        self.settings: set[str] = set()
        self.calls: set[str] = set()
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> None:  # the visitor's interface
        """`wiring.rooms`, `settings().session_secret_arn`, `settings.oidc_issuer`."""
        if isinstance(node.value, ast.Name) and (ADAPTERS / f"{node.value.id}.py").exists():
            self.calls.add(f"{node.value.id}.{node.attr}")
        elif node.attr in SETTINGS and "settings" in ast.dump(node.value):
            self.settings.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:  # the visitor's interface
        """`settings().need("rooms_table")`."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "need":
            self.settings |= {str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)}
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:  # the visitor's interface
        """A function of the same module."""
        if node.id in self._names:
            self.calls.add(node.id)


def adapter_needs() -> dict[str, Needs]:
    """The needs of every function of the adapters, by `module.function`."""
    found = {}
    for path in sorted(ADAPTERS.glob("*.py")):
        functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        names = {function.name for function in functions}
        for function in functions:
            needs = Needs(names)
            needs.visit(function)
            needs.calls = {call if "." in call else f"{path.stem}.{call}" for call in needs.calls}
            found[f"{path.stem}.{function.name}"] = needs
    return found


IN_SEVERAL_REGIONS = {"message.tail": {"rooms_table"}, "message.outbox": {"rooms_table", "messages_table"}}
"""What a function asks for only where a stage has several, which none can have yet: `docs/how-to/regions.md`."""


def settings_used(handler: str) -> set[str]:
    """What a handler's module and all adapters that it reaches ask the settings for."""
    group, _, module = handler.partition(".")
    needs = Needs(set())
    needs.visit(ast.parse((ROOT / "functions" / group / f"{module}.py").read_text()))
    adapters = adapter_needs()
    used, waiting, seen = set(needs.settings), list(needs.calls), set()
    while waiting:
        name = waiting.pop()
        if name in adapters and name not in seen:
            seen.add(name)
            used |= adapters[name].settings
            waiting += adapters[name].calls
    return used


def told(function: Resource) -> Iterator[str]:
    for name in function["Environment"]["Variables"]:
        assert name.startswith(PREFIX), name
        yield name.removeprefix(PREFIX).lower()


@pytest.mark.parametrize("handler", LAYERS)
@pytest.mark.parametrize("name", ["local", "prod"])
def test_a_function_is_told_what_its_code_asks_for_and_nothing_else(
    request: pytest.FixtureRequest, name: str, handler: str
) -> None:
    assembly: Assembly = request.getfixturevalue(name)
    function = assembly.functions().get(handler)
    if function is None:
        assert handler in {"prod": NOT_IN_PROD, "local": NOT_IN_LOCAL}[name]
        return
    other_sign_in = {"session_secret_arn", "wallet_chains"} if name == "prod" else {"oidc_issuer", "oidc_audience"}
    not_on_aws = {"outbound_private"} if name == "prod" else set()
    used = settings_used(handler) - IN_SEVERAL_REGIONS.get(handler, set())
    used -= set() if handler in SHARING else {"cache_url", "cache_queue_url"}
    expected = {"stage", *used} - other_sign_in - not_on_aws - OFF_BY_DEFAULT
    assert set(told(function)) == expected


def test_functions_are_told_their_stage(stage: Assembly) -> None:
    for function in stage.functions().values():
        assert function["Environment"]["Variables"]["CHAT_STAGE"] == stage.stage


def test_stage_local_is_told_the_gateways_addresses(local: Assembly) -> None:
    functions = local.functions()
    posting = functions["message.command"]["Environment"]["Variables"]["CHAT_CONNECTIONS_URL"]
    opening = functions["ops.config"]["Environment"]["Variables"]["CHAT_WEBSOCKET_URL"]
    assert (posting, opening) == ("http://127.0.0.1:4510/local", "ws://127.0.0.1:4510/local")


def test_on_aws_functions_are_told_api_gateways_addresses(dev: Assembly) -> None:
    command = dev.functions()["message.command"]
    posting = dev.text(command.stack, command["Environment"]["Variables"]["CHAT_CONNECTIONS_URL"])
    assert posting == "https://{service/WebSocket/Api}.execute-api.{AWS::Region}.{AWS::URLSuffix}/dev"
    config = dev.functions()["ops.config"]
    opening = dev.text(config.stack, config["Environment"]["Variables"]["CHAT_WEBSOCKET_URL"])
    assert opening == "wss://{service/WebSocket/Api}.execute-api.{AWS::Region}.{AWS::URLSuffix}/dev"
