"""The guide to the environment has every variable and every context value that the code reads, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cdk.config import context as reading
from chat.settings import PREFIX, Settings
from operations.doctor.variables import KNOWN

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "environment.md").read_text()


def listed(heading: str) -> list[str]:
    """The names in the table below a heading."""
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([A-Za-z_]+)` \|", section, re.MULTILINE)


def test_every_variable_of_the_functions_is_listed() -> None:
    assert listed("Variables of deployed functions") == [PREFIX + field.name.upper() for field in fields(Settings)]


def test_every_variable_of_the_commands_is_listed() -> None:
    assert listed("Variables of the commands") == list(KNOWN)


def test_every_context_value_is_listed() -> None:
    sources = [Path(str(reading.__file__)), ROOT / "cdk" / "app.py"]
    pattern = re.compile(r"(?:context|try_get_context)\(\"([a-z_]+)\"\)")
    read = {name for source in sources for name in pattern.findall(source.read_text())}
    assert set(listed("Context of a stage")) == read
    assert len(listed("Context of a stage")) == len(read)


@pytest.mark.parametrize("variable", KNOWN)
def test_each_variable_of_the_commands_is_read_somewhere(variable: str) -> None:
    folders = [ROOT / "local", ROOT / "clients", ROOT / "web"]
    sources = [path for folder in folders for path in folder.rglob("*.*") if "node_modules" not in path.parts]
    assert any(variable in path.read_text() for path in sources if path.suffix in {".py", ".ts"})
