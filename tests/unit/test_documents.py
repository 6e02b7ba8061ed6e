"""Documents say what is true: paths exist, frames decode, codes are the code's."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat import commands, errors, protocol
from contracts import catalog

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FRAMES = (ROOT / "docs/protocol/index.md").read_text()
REQUIREMENTS = (ROOT / "docs/requirements.md").read_text()
GROUPS = {
    "LB": 6,
    "DB": 6,
    "DBP": 6,
    "CA": 6,
    "MQ": 6,
    "MS": 6,
    "CO": 6,
    "RT": 6,
    "CD": 6,
    "AP": 6,
    "NP": 6,
    "IM": 6,
    "AM": 6,
    "CP": 6,
    "EN": 4,
    "EP": 6,
    "TS": 15,
    "NF": 8,
    "SE": 6,
    "CL": 4,
    "DO": 7,
    "EV": 8,
}
"""How many requirements each group has."""
IDS = [f"{group}{number}" for group, count in GROUPS.items() for number in range(1, count + 1)]


def examples() -> Iterator[Any]:
    """The frames of the protocol's page, lists taken apart."""
    for block in re.findall(r"```json[^\n]*\n(.*?)```", FRAMES, re.DOTALL):
        frame = json.loads(block)
        yield from frame if isinstance(frame, list) else [frame]


def test_every_command_has_an_example_that_decodes() -> None:
    shown = [example for example in examples() if "action" in example and "type" not in example]
    for example in shown:
        commands.decode(json.dumps(example))
    assert {example["action"] for example in shown} == {command.action for command in catalog.commands()}


def test_every_reply_and_event_shown_is_one_that_is_sent() -> None:
    kinds: dict[str, Any] = {event.type: event.struct for event in catalog.events()} | {"error": protocol.Refusal}
    acks = {command.action: command.ack for command in catalog.commands()}
    shown = [example for example in examples() if "type" in example]
    assert {example["type"] for example in shown} == {*kinds, "ack"}
    for example in shown:
        kind = acks[example["action"]] if example["type"] == "ack" else kinds[example["type"]]
        assert json.loads(msgspec.json.encode(msgspec.convert(example, kind))) == example


def test_the_frames_in_the_source_decode() -> None:
    source = (protocol.__doc__ or "").replace("\n     ", "")
    shown = [json.loads(line) for line in source.splitlines() if line.startswith("    {")]
    sent = [frame for frame in shown if "type" not in frame]
    for frame in sent:
        commands.decode(json.dumps(frame))
    assert [frame["action"] for frame in sent] == [command.action for command in catalog.commands()]
    types = {frame["type"] for frame in shown if "type" in frame}
    assert types == {"ack", "error", *(event.type for event in catalog.events())}


def test_the_codes_of_errors_are_the_ones_that_are_sent() -> None:
    documents = FRAMES + (ROOT / "docs/protocol/http.md").read_text()
    for error in errors.ChatError.__subclasses__():
        assert f"`{error.code}`" in documents, error


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def rows() -> dict[str, str]:
    """What the table of requirements says of each id."""
    found = re.findall(r"^\| ([A-Z]+\d+) \|(.*)\|$", REQUIREMENTS, re.MULTILINE)
    assert len(found) == len({requirement for requirement, _ in found})
    return dict(found)


def test_every_requirement_has_its_row() -> None:
    assert sorted(rows()) == sorted(IDS)


@pytest.mark.parametrize("requirement", IDS)
def test_what_a_requirement_names_exists(requirement: str) -> None:
    text = rows()[requirement]
    paths = [
        name for name in re.findall(r"`([^`]+)`", text) if "/" in name and " " not in name and not name.startswith("/")
    ]
    for path in paths:
        assert (ROOT / path).exists(), path
    assert paths or "not yet" in text or "`make " in text


def test_requirements_txt_is_the_lock() -> None:
    exported = subprocess.run(
        ["uv", "export", "--frozen", "--quiet", "--no-emit-workspace"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    without_header = "\n".join(line for line in exported.splitlines() if not line.startswith("#"))
    kept = "\n".join(line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#"))
    assert kept == without_header, "run `make requirements`"
