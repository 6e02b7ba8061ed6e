"""The deployment skips what is unchanged, reads the CDK's output, and explains its failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local import deployment as module
from local.deployment import Deployment, describe_failure, read_milestone
from local.endpoints import Endpoint, Outputs
from local.errors import LocalError
from local.paths import StateDirectory


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(
        endpoint=Endpoint("http://127.0.0.1:1"),
        state=StateDirectory(tmp_path),
        websocket_endpoint="ws://127.0.0.1:2",
        site_endpoint="http://127.0.0.1:3",
        cache_endpoint="redis://127.0.0.1:4",
    )


def test_other_ports_are_another_deployment(deployment: Deployment) -> None:
    moved = replace(deployment, websocket_endpoint="ws://127.0.0.1:4")
    assert deployment.fingerprint() == deployment.fingerprint() != moved.fingerprint()


def test_a_changed_source_is_another_deployment(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    source = tmp_path / "functions" / "message" / "command.py"
    source.parent.mkdir(parents=True)
    source.write_text("first")
    before = deployment.fingerprint()
    source.write_text("second")
    assert deployment.fingerprint() != before


def test_bytecode_changes_no_deployment(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "functions" / "__pycache__").mkdir(parents=True)
    before = deployment.fingerprint()
    (tmp_path / "functions" / "__pycache__" / "command.pyc").write_bytes(b"1")
    assert deployment.fingerprint() == before


def test_a_reload_is_remembered_beside_what_was_deployed(deployment: Deployment) -> None:
    deployment.state.deployment.write_text(json.dumps({"inputs": "abc", "reloaded": False}))
    deployment.remember_reload()
    assert deployment.reloaded
    assert json.loads(deployment.state.deployment.read_text())["inputs"] == "abc"
    deployment.remember_reload(reloaded=False)
    assert not deployment.reloaded


def test_a_stack_that_begins_is_a_milestone() -> None:
    assert read_milestone("chat-local-data: deploying... [1/3]\n") == "deploying chat-local-data"
    assert read_milestone("chat-local-data |  3/12 | CREATE_COMPLETE | AWS::DynamoDB::GlobalTable | Rooms\n") is None


def test_a_failed_deployment_shows_the_lines_that_tell_why() -> None:
    said = [
        "chat-local-data: creating stack...",
        "chat-local-data | 1 | CREATE_FAILED | AWS::S3::Bucket | Media Bucket name is taken",
        *["chat-local-data | 2 | CREATE_COMPLETE | AWS::IAM::Role | Role"] * 40,
    ]
    explained = describe_failure("deploy", said, Path("/logs/deployment.log"))
    assert "Bucket name is taken" in explained
    assert "CREATE_COMPLETE" not in explained
    assert "/logs/deployment.log" in explained


def test_an_output_that_no_stack_has_is_named() -> None:
    with pytest.raises(LocalError, match=r"no output|output SiteUrl; there are: HttpApiId"):
        Outputs({"HttpApiId": "abc"})["SiteUrl"]
