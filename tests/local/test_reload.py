"""A change in the sources reaches the running functions as the same code that a deployment would give them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import reload as module
from local.endpoints import Endpoint
from local.paths import ROOT
from local.reload import BrokenCodeError, Reloader, check_code, zip_group
from local.stack import LocalStack


def members(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def assets(stack: LocalStack) -> list[dict[str, bytes]]:
    """The code assets of the last deployment, as the CDK staged them."""
    folders = [path for path in stack.state.assembly.glob("asset.*") if (path / "functions").is_dir()]
    return [
        {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in folders
    ]


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def reloader(stack: LocalStack, lines: list[str]) -> Reloader:
    return Reloader(Endpoint(stack.endpoint_url), stack.deployment, lines.append)


@pytest.fixture
def functions_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the tree's functions for the reloader to look at, so that a test can change it."""
    copy = tmp_path / "functions"
    for path in (ROOT / "functions").rglob("*.py"):
        target = copy / path.relative_to(ROOT / "functions")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "FUNCTIONS", copy)
    yield copy
    monkeypatch.undo()


def test_a_groups_zip_is_its_asset(stack: LocalStack) -> None:
    groups = sorted(path.name for path in (ROOT / "functions").iterdir() if (path / "__init__.py").exists())
    deployed = assets(stack)
    assert len(deployed) == len(groups)
    for group in groups:
        assert members(zip_group(group)) in deployed


def test_a_changed_handler_is_live_and_the_original_can_be_given_back(
    stack: LocalStack, reloader: Reloader, lines: list[str], functions_copy: Path, aws: Callable[[str], Any]
) -> None:
    source = functions_copy / "ops" / "config.py"
    original = source.read_text()
    source.write_text(
        original + "\n\ndef handle(_event, _context):\n    return {'statusCode': 200, 'body': 'changed'}\n"
    )
    reloader.apply({source})
    assert lines[-1].startswith("reloaded functions/ops in ")
    assert stack.deployment.reloaded
    assert invoke(aws, "ops.config")["body"] == "changed"
    source.write_text(original)
    reloader.apply({source})
    assert json.loads(invoke(aws, "ops.config")["body"])["stage"] == "local"


def test_code_that_does_not_compile_is_reported_and_not_deployed(
    reloader: Reloader, lines: list[str], functions_copy: Path, aws: Callable[[str], Any]
) -> None:
    source = functions_copy / "ops" / "config.py"
    source.write_text("def handle(:\n")
    reloader.apply({source})
    assert "not reloaded, the functions keep their code" in lines[-1]
    assert "config.py, line 1" in lines[-1]
    assert invoke(aws, "ops.config")["statusCode"] == 200


def test_code_that_cannot_be_imported_is_reported_and_not_deployed(
    reloader: Reloader, lines: list[str], functions_copy: Path, aws: Callable[[str], Any]
) -> None:
    source = functions_copy / "ops" / "config.py"
    source.write_text(
        "from chat import nonesuch\n" + source.read_text().replace("from __future__ import annotations", "")
    )
    reloader.apply({source})
    assert "cannot import name 'nonesuch'" in lines[-1]
    assert invoke(aws, "ops.config")["statusCode"] == 200


def test_a_changed_domain_reaches_every_function(
    reloader: Reloader, lines: list[str], aws: Callable[[str], Any]
) -> None:
    before = {layer for function in chat_functions(aws) for layer in function["Layers"]}
    reloader.apply({ROOT / "layers" / "chat" / "python" / "chat" / "rooms.py"})
    functions = chat_functions(aws)
    assert lines[-1].startswith(f"reloaded the domain in {len(functions)} functions")
    assert all(len(set(function["Layers"]) - before) == 1 for function in functions)
    assert invoke(aws, "ops.config")["statusCode"] == 200


def test_what_compiles_and_imports_is_sound() -> None:
    check_code({ROOT / "functions" / "ops" / "config.py"}, [])


def test_a_syntax_error_names_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("\n\nreturn =\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    with pytest.raises(BrokenCodeError, match=r"broken\.py, line 3"):
        check_code({broken}, [])


def chat_functions(aws: Callable[[str], Any]) -> list[dict[str, Any]]:
    found = [each for page in aws("lambda").get_paginator("list_functions").paginate() for each in page["Functions"]]
    mine = [each for each in found if each["Handler"].startswith("functions.")]
    return [{**each, "Layers": [layer["Arn"] for layer in each["Layers"]]} for each in mine]


def invoke(aws: Callable[[str], Any], handler: str) -> dict[str, Any]:
    """Calls the deployed function as the HTTP API does."""
    name = next(
        each["FunctionName"] for each in chat_functions(aws) if each["Handler"] == f"functions.{handler}.handle"
    )
    event = {"version": "2.0", "routeKey": "GET /api/config", "requestContext": {"requestId": "1"}, "headers": {}}
    answer: dict[str, Any] = json.loads(
        aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read()
    )
    return answer
