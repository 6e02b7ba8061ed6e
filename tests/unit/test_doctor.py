"""The doctor against set-ups that are broken: each failure is found, and says in a line what mends it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from local import install
from local.ports import Ports
from operations.doctor import account, configuration, local_stage, locks, machine, neighbours, reaching, variables
from operations.doctor.__main__ import main, shown
from operations.doctor.findings import FAILED, OK, SKIPPED, Finding, failed

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
ARN = "arn:aws:sts::123456789012:assumed-role/Operator/ada"


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


def broken(finding: Finding, said: str) -> None:
    assert finding.state == FAILED
    assert said in finding.said
    assert finding.mend
    assert "\n" not in finding.mend


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 10, 0), (3, 15, 1)])
def test_a_python_that_is_too_old_or_too_new_is_named(version: tuple[int, int, int]) -> None:
    broken(machine.python(version, "/usr/bin/python3"), f"is {version[0]}.{version[1]}.{version[2]}")


def test_the_doctor_and_the_installer_take_the_same_pythons() -> None:
    assert (machine.OLDEST, machine.NEWEST) == (install.OLDEST, install.NEWEST)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The locks of this tree, with nothing installed."""
    for name in (
        "pyproject.toml",
        "uv.lock",
        "requirements.txt",
        "package.json",
        "package-lock.json",
        "clients/javascript/package.json",
        "web/package.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_missing_environment_is_found(tree: Path) -> None:
    broken(machine.libraries(tree), ".venv is missing")
    broken(locks.installed(tree), "nothing is installed")


def test_a_missing_node_is_found(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree))
    broken(machine.node(tree), "there is no Node")


@pytest.mark.parametrize(("script", "said"), [("echo v18.20.0", "is v18.20.0"), ("exit 1", "does not start")])
def test_a_node_that_is_too_old_or_broken_is_found(tree: Path, script: str, said: str) -> None:
    node = tree / ".venv" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.write_text(f"#!/bin/sh\n{script}\n")
    node.chmod(0o755)
    broken(machine.node(tree), said)


def test_a_full_disk_and_few_open_files_are_found() -> None:
    broken(machine.disk(10**9), "1.0 GB free")
    broken(machine.files(256), "256 a process")
    assert machine.files(-1).state == OK


def test_locks_that_are_as_their_sources_are_in_order(tree: Path) -> None:
    found = {finding.name: finding.state for finding in locks.look(tree)}
    assert found == {"uv.lock": OK, "requirements.txt": OK, "package-lock.json": OK, "installed": FAILED}


@pytest.mark.parametrize(
    ("file", "was", "becomes", "lock"),
    [
        ("pyproject.toml", '"hypothesis>=6.170",', '"hypothesis>=6.170", "pytest-benchmark",', "uv.lock"),
        ("requirements.txt", "orjson==", "orjson==0.", "requirements.txt"),
        ("package.json", '"wscat":', '"wscat2":', "package-lock.json"),
        ("clients/javascript/package.json", '"idb":', '"idb2":', "package-lock.json"),
        ("web/package.json", '"vite":', '"vite2":', "package-lock.json"),
    ],
)
def test_a_lock_that_has_drifted_is_named(tree: Path, file: str, was: str, becomes: str, lock: str) -> None:
    text = (tree / file).read_text()
    assert was in text
    (tree / file).write_text(text.replace(was, becomes))
    found = {finding.name: finding for finding in locks.look(tree)}
    broken(found[lock], "is not of this")


def test_a_lock_that_is_no_lock_is_named(tree: Path) -> None:
    (tree / "uv.lock").write_text("<<<<<<< HEAD")
    broken(next(locks.look(tree)), "can't be read")


def test_packages_of_an_older_lock_are_found(tree: Path) -> None:
    (tree / ".venv").mkdir()
    (tree / ".venv" / ".installed.json").write_text(json.dumps({"python": "old", "node": "old"}))
    broken(locks.installed(tree), "python and node")


@pytest.mark.parametrize(
    ("environ", "stage", "said"),
    [
        ({"CHAT_PORT_OFSET": "1"}, "local", "CHAT_PORT_OFSET is read by no command"),
        ({"CHAT_PORT_OFFSET": "ten"}, "local", "CHAT_PORT_OFFSET is 'ten'"),
        ({"CHAT_PORT_OFFSET": "70000"}, "local", "CHAT_PORT_OFFSET is '70000'"),
        ({"CHAT_BROWSER": "/nowhere/chromium"}, "local", "/nowhere/chromium"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "prod", "stage prod is not looked for on AWS"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(environ: dict[str, str], stage: str, said: str) -> None:
    broken(only(variables.look(environ, stage)), said)


def test_a_sensible_environment_is_in_order() -> None:
    found = only(variables.look({"CHAT_PORT_OFFSET": "100", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "local"))
    assert found.state == OK


@pytest.mark.parametrize(
    ("stage", "context", "said"),
    [
        ("staging", [], "Choose a stage"),
        ("prod", [], "signs users in by OpenID Connect"),
        ("dev", ["user_rate=fast"], "user_rate has a number that is none"),
        ("dev", ["oidc_isuer=https://issuer.example.com"], "reads no context oidc_isuer"),
        ("dev", ["user_rate"], "NAME=VALUE, not user_rate"),
    ],
)
def test_a_context_that_describes_no_stage_is_refused(stage: str, context: list[str], said: str) -> None:
    broken(only(configuration.look(stage, context, ROOT)), said)


def test_each_stage_can_be_described() -> None:
    context = ["oidc_issuer=https://issuer.example.com", "oidc_audience=chat"]
    for stage, given in (("local", []), ("dev", []), ("prod", context)):
        assert only(configuration.look(stage, given, ROOT)).state == OK


@contextmanager
def site(pages: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Pages by their path, each with its status; anything else is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pages.get(self.path, (404, "{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.replace("BASE", f"http://{self.headers['Host']}").encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({}, "404"),
        ({DISCOVERY: (200, "[]")}, "no JSON object"),
        ({DISCOVERY: (200, '{"issuer": "BASE"}')}, "no http:// or https:// address"),
        ({DISCOVERY: (200, '{"issuer": "https://other", "jwks_uri": "BASE/k"}'), "/k": (200, "{}")}, "it calls itself"),
    ],
)
def test_an_issuer_that_is_none_is_found(pages: dict[str, tuple[int, str]], said: str) -> None:
    with site(pages) as base:
        broken(neighbours.issuer(base), said)


def test_an_issuer_that_describes_itself_is_in_order() -> None:
    pages = {DISCOVERY: (200, '{"issuer": "BASE", "jwks_uri": "BASE/k"}'), "/k": (200, '{"keys": []}')}
    with site(pages) as base:
        assert neighbours.issuer(base).state == OK


def test_dead_endpoints_are_found() -> None:
    port = Ports.free().cache
    broken(neighbours.issuer(f"http://127.0.0.1:{port}"), "refused")
    broken(neighbours.hook(f"http://127.0.0.1:{port}"), "refused")
    broken(neighbours.cache(f"redis://127.0.0.1:{port}"), "refused")


def test_a_hook_that_fails_is_found_and_one_that_refuses_a_get_is_not() -> None:
    with site({"/broken": (503, ""), "/hook": (405, "")}) as base:
        broken(neighbours.hook(f"{base}/broken"), "503")
        assert neighbours.hook(f"{base}/hook").state == OK


def test_what_is_no_cache_is_found() -> None:
    with site({}) as base, pytest.raises(reaching.UnreachableError):
        reaching.ping(base.replace("http", "redis"))


def test_nobody_on_the_ports_means_that_the_stage_may_start() -> None:
    ports = Ports.free()
    found = only(local_stage.look_at(local_stage.parts(vars(ports))))
    assert found.state == OK
    assert "are free" in found.said
    assert vars(Ports()) == local_stage.PORTS


def test_a_port_that_something_else_has_is_named_and_so_is_what_does_not_run() -> None:
    ports = vars(Ports.free())
    with site({}) as base:
        taken = {**ports, "emulator": int(base.rpartition(":")[2])}
        found = {finding.name: finding for finding in local_stage.look_at(local_stage.parts(taken))}
    broken(found["emulator"], "taken by something else")
    broken(found["page"], "while other parts run")


def clients(**stubbed: Stubber) -> Callable[[str], Any]:
    for stubber in stubbed.values():
        stubber.activate()
    return lambda service: stubbed[service.replace("-", "_")].client


def stub(service: str) -> Stubber:
    return Stubber(boto3.client(service, **KEYS))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("code", "said"), [("ExpiredToken", "have expired"), ("InvalidClientTokenId", "does not take")]
)
def test_credentials_that_aws_does_not_take_are_found(code: str, said: str) -> None:
    sts = stub("sts")
    sts.add_client_error("get_caller_identity", code)
    finding, arn = account.credentials(clients(sts=sts))
    broken(finding, said)
    assert arn is None


def test_no_credentials_at_all_are_found() -> None:
    class Nobody:
        def get_caller_identity(self) -> None:
            raise NoCredentialsError

    findings = list(account.look("dev", lambda _: Nobody()))
    broken(findings[0], "none that work")
    assert len(findings) == 1


def test_actions_that_iam_would_refuse_are_named() -> None:
    iam = stub("iam")
    results = [
        {"EvalActionName": trial.action, "EvalDecision": "implicitDeny" if "sqs" in trial.action else "allowed"}
        for trial in account.TRIALS
    ]
    expected = {
        "PolicySourceArn": "arn:aws:iam::123456789012:role/Operator",
        "ActionNames": [trial.action for trial in account.TRIALS],
    }
    iam.add_response("simulate_principal_policy", {"EvaluationResults": results, "IsTruncated": False}, expected)
    broken(account.permissions(clients(iam=iam), ARN), "refused are sqs:ListQueues")


def test_who_may_not_ask_iam_tries_each_call() -> None:
    stubs = {trial.service: stub(trial.service) for trial in account.TRIALS}
    for trial in account.TRIALS:
        code = "AccessDenied" if trial.service == "lambda" else "ThrottlingException"
        stubs[trial.service].add_client_error(trial.operation, code, expected_params=trial.arguments)
    iam = stub("iam")
    iam.add_client_error("simulate_principal_policy", "AccessDenied")
    found = account.permissions(clients(iam=iam, **stubs), ARN)
    broken(found, "calls that were tried: refused are lambda:ListFunctions")
    for each in stubs.values():
        each.assert_no_pending_responses()


def stacks(**states: str | None) -> Stubber:
    """CloudFormation, asked for one stack after another; None: there is none."""
    cloudformation = stub("cloudformation")
    for name, status in states.items():
        names = {"StackName": f"chat-dev-{name}"}
        if status is None:
            cloudformation.add_client_error("describe_stacks", "ValidationError", "does not exist")
        else:
            told = {**names, "CreationTime": "2026-11-26", "StackStatus": status}
            cloudformation.add_response("describe_stacks", {"Stacks": [told]}, names)
    return cloudformation


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"])
def test_a_stack_that_can_t_be_used_is_found(status: str) -> None:
    client = clients(cloudformation=stacks(data="CREATE_COMPLETE", service=status))
    broken(account.deployed("dev", client), f"chat-dev-service is {status}")


def test_a_stack_that_is_not_there_is_found() -> None:
    client = clients(cloudformation=stacks(data="CREATE_COMPLETE", service="UPDATE_COMPLETE", media=None))
    found = account.deployed("dev", client)
    broken(found, "chat-dev-media: ")
    broken(found, "does not exist")


def test_a_stage_whose_stacks_can_all_be_used_is_in_order() -> None:
    states = dict.fromkeys(account.STACKS, "UPDATE_ROLLBACK_COMPLETE")
    assert account.deployed("dev", clients(cloudformation=stacks(**states))).state == OK


def test_each_quota_that_is_lower_than_aws_gives_it_is_found() -> None:
    asked = stub("service-quotas")
    asked.add_response("get_service_quota", {"Quota": {"Value": 600.0}})
    asked.add_client_error("get_service_quota", "NoSuchResourceException")
    asked.add_response("get_service_quota", {"Quota": {"Value": 10.0}})
    asked.add_client_error("get_service_quota", "AccessDeniedException")
    asked.add_response("get_service_quota", {"Quota": {"Value": 80_000.0}})
    requests, opened, running, writes, reads = account.quotas(clients(service_quotas=asked))
    broken(requests, "600 1/s, less than the 10,000")
    broken(running, "10 functions, less than the 1,000")
    broken(writes, "Service Quotas does not say")
    assert "L-B99A9384" in running.mend
    assert (opened.state, reads.state) == (OK, OK)


def test_the_status_says_whether_anything_failed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variables, "look", lambda *_: iter([failed("variables", "wrong", "mend it")]))
    assert main(["--json", "--stage", "local"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {"name": "variables", "state": "failed", "said": "wrong", "mend": "mend it"} in told["findings"]
    assert shown(failed("variables", "wrong", "mend it")).endswith("mend: mend it")


def test_a_python_without_any_library_is_helped(tmp_path: Path) -> None:
    for name in ("operations", "layers", "cdk"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "package.json", tmp_path)
    (tmp_path / "web").mkdir()
    shutil.copy(ROOT / "web" / "index.html", tmp_path / "web")
    command = [sys.executable, "-S", "-m", "operations.doctor", "--stage", "dev", "--json"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1, ended.stderr
    found = {finding["name"]: finding for finding in json.loads(ended.stdout)["findings"]}
    assert found["libraries"]["mend"] == "make setup"
    assert found["node"]["state"] == FAILED
    assert found["account"]["state"] == SKIPPED


def test_a_listener_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert reaching.listens(server.getsockname()[1])
