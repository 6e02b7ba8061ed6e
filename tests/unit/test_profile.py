"""`make profile` runs real handlers on recorded events, and finds where their time goes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from operations import profile
from operations.errors import UsageError
from operations.profiling import events_of, flame
from operations.profiling.call_tree import Call, CallTree
from operations.profiling.recording import Recording

ROOT = Path(__file__).resolve().parents[2]
SEND = ROOT / "operations" / "profiling" / "events" / "send.json"
GATEWAY = ROOT / "tests" / "gateway" / "events"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it puts a stage in memory behind the handlers of whatever process it runs in."""
    command = [sys.executable, "-m", "operations.profile", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120, check=False)


def test_a_message_s_way_through_the_code_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "profile.html"
    ended = run(str(SEND), "--rounds", "50", "--output", str(page))
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"message\.command: [\d,]+ µs a round, over 50 rounds", ended.stdout)
    assert "Most of its own time is in" in ended.stdout
    html = page.read_text()
    svg = ET.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])  # noqa: S314  # made here
    titles = " ".join(title.text or "" for title in svg.iter("title"))
    for function in ("answer", "send", "deliver", "[stage in memory] MemoryTable.transact"):
        assert function in titles


def test_a_refused_event_is_not_worth_looking_at(tmp_path: Path) -> None:
    event = events_of.read(SEND)
    event["body"] = '{"action":"echo"}'
    (tmp_path / "echo.json").write_text(json.dumps(event))
    ended = run(str(tmp_path / "echo.json"), "--rounds", "5", "--output", str(tmp_path / "profile.html"))
    assert ended.returncode == 1
    assert "message.command refuses the event" in ended.stderr
    assert "unknown_action" in ended.stderr


def test_a_socket_that_opens_is_seen(tmp_path: Path) -> None:
    event = json.loads((GATEWAY / "connect.json").read_text())
    event["requestContext"]["authorizer"] = {"user": "ada", "name": "Ada"}
    (tmp_path / "connect.json").write_text(json.dumps(event))
    ended = run(str(tmp_path / "connect.json"), "--rounds", "20", "--output", str(tmp_path / "profile.html"))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("connect.connect: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "can't be read"), ("{", "is no JSON"), ("[]", "is no event"), ("{}", "does not say which function")],
)
def test_what_is_no_event_is_refused(
    text: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = tmp_path / "event.json"
    if text is not None:
        event.write_text(text)
    assert profile.main([str(event)]) == UsageError.status
    assert said in capsys.readouterr().err


def test_a_function_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert profile.main([str(SEND), "--function", "message.nothing"]) == UsageError.status
    assert "no function message.nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("message", "message.command"),
        ("connect", "connect.connect"),
        ("disconnect", "connect.disconnect"),
        ("authorizer", "connect.authorize"),
    ],
)
def test_an_event_says_which_function_it_is_for(name: str, function: str) -> None:
    assert events_of.function_of(events_of.read(GATEWAY / f"{name}.json")) == function


def test_each_round_sends_a_command_of_its_own() -> None:
    event = events_of.read(SEND)
    ids = {json.loads(events_of.fresh(event, number)["body"])["id"] for number in range(3)}
    assert len(ids) == 3
    assert events_of.fresh({"Records": []}, 1) == {"Records": []}


def test_a_call_is_as_wide_as_it_took_long_and_stands_above_its_caller() -> None:
    root = Call("handle", "f.py:1", 1.0, 0.2, [Call("slow", "g.py:1", 0.6, 0.6), Call("fast", "g.py:9", 0.2, 0.2)])
    recorded = Recording("message.command", 10, root)
    assert [spot.name for spot in recorded.spots()] == ["slow", "handle", "fast"]
    boxes = {
        str(group[0].text).split(" ")[0]: group[1].attrib
        for group in ET.fromstring(flame.graph(recorded))  # noqa: S314
    }
    assert float(boxes["handle"]["width"]) == flame.WIDTH
    assert float(boxes["slow"]["width"]) == pytest.approx(0.6 * flame.WIDTH)
    assert float(boxes["fast"]["x"]) == pytest.approx(0.6 * flame.WIDTH)
    assert float(boxes["slow"]["y"]) < float(boxes["handle"]["y"])


def test_what_stands_in_for_aws_is_no_hot_spot() -> None:
    root = Call("handle", "f.py:1", 1.0, 0.1, [Call("[stage in memory] put", "simulation/table.py:1", 0.9, 0.9)])
    recorded = Recording("message.command", 10, root)
    assert [spot.name for spot in recorded.spots()] == ["handle"]
    assert recorded.code_s == pytest.approx(0.1)


def test_calls_are_counted_where_they_were_made() -> None:
    def inner() -> int:
        return len("four")

    def handle(_event: object, _context: object) -> int:
        return inner() + inner()

    tree = CallTree("handle")
    for _ in range(3):
        tree.watch(handle, {})
    (outer,) = [call for call in tree.root.calls if call.name.endswith("handle")]
    (called,) = outer.calls
    assert (tree.root.times, outer.times, called.times) == (3, 3, 6)
    assert [call.name for call in called.calls] == ["len"]
    assert outer.total_s >= called.total_s >= called.own_s > 0
