"""The installer leaves alone what is as the locks say, and says in one paragraph what it can't get."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

from local import install
from local.install import InstallError


def write_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with locks, an environment that claims to be installed, and nothing else."""
    for name in ("pyproject.toml", "uv.lock", "package.json", "package-lock.json"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    write_program(tmp_path / ".venv" / "bin" / "python", "exit 0")
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv" / ".installed.json")
    monkeypatch.setattr(install, "LOG", tmp_path / ".local" / "logs" / "install.log")
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that would have been run."""
    ran: list[list[str]] = []
    monkeypatch.setattr(install, "run", lambda command, _failure: ran.append(list(command)))
    monkeypatch.setattr(install, "find_uv", lambda: Path("uv"))
    return ran


def test_a_second_installation_runs_nothing(tree: Path, commands: list[list[str]]) -> None:
    assert tree.exists()
    assert install.main([]) == 0
    assert [command[1] for command in commands] == ["sync", "ci"]
    commands.clear()
    assert install.main([]) == 0
    assert commands == []


def test_an_environment_whose_python_is_gone_is_made_anew_with_this_one(tree: Path, commands: list[list[str]]) -> None:
    write_program(tree / ".venv" / "bin" / "python", "exit 1")
    install.main([])
    assert commands[0] == ["uv", "sync", "--frozen", "--python", sys.executable]


@pytest.mark.parametrize(("changed", "expected"), [("uv.lock", "sync"), ("package-lock.json", "ci")])
def test_a_changed_lock_installs_its_packages_alone(
    tree: Path, commands: list[list[str]], changed: str, expected: str
) -> None:
    install.main([])
    commands.clear()
    (tree / changed).write_text("changed")
    install.main([])
    assert [command[1] for command in commands] == [expected]


def test_a_failure_leaves_no_stamp_and_tells_what_was_said(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = write_program(tree / "uv", "echo no route to the index >&2; exit 2")
    monkeypatch.setattr(install, "find_uv", lambda: failing)
    assert install.main([]) == 1
    said = capsys.readouterr().err
    assert "The Python packages could not be installed." in said
    assert "no route to the index" in said
    assert not install.STAMP.exists()


def test_an_old_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(InstallError, match=r"Python 3\.11 to 3\.14, and .* is 3\.9\.2.*make setup PYTHON="):
        install.check_python()


def test_without_pip_and_without_rights_one_paragraph_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(InstallError, match="sudo apt install python3-venv"):
        install.make_tool_environment(Path("/nonexistent"))


def test_a_missing_browser_is_only_installed_when_it_is_asked_for(
    tree: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    assert tree.exists()
    monkeypatch.delenv("CHAT_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(install, "apt_install", lambda package, _otherwise: asked.append(package))
    install.main([])
    assert asked == []
    install.main(["--browser"])
    assert asked == ["chromium"]
    assert commands


def test_one_certificate_file_serves_all_package_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CERT", "/etc/company.pem")
    values = install.environment()
    assert values["SSL_CERT_FILE"] == values["NODE_EXTRA_CA_CERTS"] == "/etc/company.pem"


def test_the_lock_pins_uv_with_hashes() -> None:
    version, hashes = install.locked_uv()
    assert version.count(".") == 2
    assert all(value.startswith("sha256:") for value in hashes)
    assert hashes


def test_the_stamp_survives_other_kinds(tree: Path) -> None:
    assert tree.exists()
    install.remember("python", "a")
    install.remember("node", "b")
    assert json.loads(install.STAMP.read_text()) == {"python": "a", "node": "b"}
