"""What operators say about letters, what they are shown of them, and what they may not ask for."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from chat.aws.dead_letters.filters import UnknownFilterError, lets_through, patterns_of
from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.outlines import outline
from chat.aws.dead_letters.queue import Depth
from chat.aws.dead_letters.redriving import BATCH_BYTES, QueueDestination
from chat.aws.dead_letters.selection import Selection, read_age_s, read_condition
from chat.aws.dead_letters.treatment import Tally
from operations import redrive
from operations.progress import Progress
from operations.showing import Row, age, letter, table
from operations.stage import Stage

NOW_MS = 1_790_000_000_000
POSTED = {"event": "MessagePosted", "id": "lunch/1", "room": "lunch", "seq": 1, "name": "Ada", "text": "secret soup"}


def dead(body: Any = POSTED, *, aged_s: int = 60, system: dict[str, str] | None = None) -> Letter:
    return Letter(
        id="6d0c",
        body=body if isinstance(body, str) else json.dumps(body),
        handle="receipt",
        system={
            "SentTimestamp": str(NOW_MS - aged_s * 1_000),
            "ApproximateFirstReceiveTimestamp": str(NOW_MS - aged_s * 1_000 + 5),
            "ApproximateReceiveCount": "6",
            **(system or {}),
        },
        attributes={"event": {"DataType": "String", "StringValue": "MessagePosted"}},
    )


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("room=lunch", POSTED),
        ("seq=1", POSTED),
        ("soup", POSTED),
        ("detail.object.key=uploads/1", {"detail": {"object": {"key": "uploads/1"}}}),
        ("connections=c2", {"connections": ["c1", "c2"]}),
        ("rooms.id=lunch", [{"rooms": [{"id": "tea"}, {"id": "lunch"}]}]),
        ("muted=false", {"muted": False}),
        ("user=null", {"user": None}),
        ("text=a=b\nc", {"text": "a=b\nc"}),
        ("detail-type=Object Created", {"detail-type": "Object Created"}),
        ("not json", "this is not json"),
        ("=", "a=b"),
    ],
)
def test_a_letter_is_meant_by_its_text_or_by_a_field(condition: str, body: Any) -> None:
    assert read_condition(condition).holds(dead(body))


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("room=lunc", POSTED),
        ("room.id=lunch", POSTED),
        ("seq=01", POSTED),
        ("tea", POSTED),
        ("room=lunch", "room=lunch"),
        ("room=lunch", {"detail": {"room": "lunch"}}),
        ("user=null", {}),
    ],
)
def test_a_letter_that_says_something_else_is_not_meant(condition: str, body: Any) -> None:
    assert not read_condition(condition).holds(dead(body))


def test_all_conditions_must_hold_and_a_letter_must_be_older_than_asked() -> None:
    both = Selection(conditions=[read_condition("room=lunch"), read_condition("soup")])
    assert both.choose([dead(), dead({**POSTED, "room": "tea"}), dead({**POSTED, "text": "bread"})], NOW_MS) == [dead()]
    old = Selection(older_than_s=read_age_s("10m"))
    assert old.choose([dead(aged_s=600), dead(aged_s=601)], NOW_MS) == [dead(aged_s=601)]


def test_ages_are_a_number_and_a_unit() -> None:
    assert [read_age_s(text) for text in ("90s", "10m", "2h", "3d")] == [90, 600, 7_200, 259_200]
    for wrong in ("", "10", "m", "-1m", "1.5h", "1 h", "1w", "\u0661m"):
        with pytest.raises(ValueError, match="no age"):
            read_age_s(wrong)


@given(st.integers(min_value=0, max_value=10**12))
def test_an_age_is_told_in_its_two_largest_units(duration_ms: int) -> None:
    units = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    words = age(duration_ms).split()
    counted = list(zip(map(int, words[::2]), words[1::2], strict=True))
    assert 1 <= len(counted) <= 2
    told_s = sum(count * units[unit] for count, unit in counted)
    assert 0 <= duration_ms // 1_000 - told_s < units[counted[-1][1]]


def test_a_letter_is_shown_with_its_times_and_attributes_and_without_what_people_wrote() -> None:
    shown = letter(dead(aged_s=7_260), NOW_MS, bodies=False)
    assert shown.splitlines() == [
        "6d0c",
        "  sent            2026-09-21 12:12:20Z, 2 h 1 min ago",
        "  first received  2026-09-21 12:12:20Z",
        "  received        6 times, this time included",
        "  event = MessagePosted",
        f"  body            {json.dumps({**POSTED, 'name': '(3 characters)', 'text': '(11 characters)'})}",
    ]
    assert "secret soup" in letter(dead(), NOW_MS, bodies=True)


def test_text_in_fields_that_nobody_has_named_yet_is_hidden_however_deep() -> None:
    body = {"frame": '{"text":"secret"}', "new": {"words": ["secret", 1, None, True]}, "connections": ["c1"]}
    assert json.loads(outline(dead(body))) == {
        "frame": "(17 characters)",
        "new": {"words": ["(6 characters)", 1, None, True]},
        "connections": ["c1"],
    }
    assert outline(dead("secret soup")) == "(11 characters that are no JSON)"
    assert outline(dead('"secret soup"')) == '"(11 characters)"'


def test_the_list_says_when_an_older_letter_may_be_behind_those_that_were_looked_at() -> None:
    rows = [
        Row("delivery", Depth(0, 0), None, more=False, redrive="its queue"),
        Row("index", Depth(2_000, 3), 3_600_000, more=True, redrive="its queue"),
    ]
    assert table(rows).splitlines() == [
        "queue     letters  hidden  oldest               redriven to",
        "delivery  0        0       -                    its queue",
        "index     2000     3       more than 1 h 0 min  its queue",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_of_a_terminal_and_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now_s[0])
    for terminal in (Terminal(), io.StringIO()):
        now_s[0] = 0.0
        progress = Progress(terminal, "index", 300)
        for looked_at in (10, 20, 100):
            now_s[0] += 0.15
            progress(Tally(looked_at=looked_at, chosen=looked_at, done=looked_at))
        progress.end()
        if terminal.isatty():
            line = "index: 20 done, 0 failed, about 280 left, 67 letters/s"
            assert terminal.getvalue() == f"\r{line}\r{' ' * len(line)}\r"
        else:
            assert not terminal.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--stage",
        "--stage local redrive",
        "--stage local --match room=lunch",
        "--stage local --older-than 0s",
        "--stage local --limit 1",
        "--stage local --bodies",
        "--stage local --dry-run",
        "--stage local --reason why",
        "--stage local --queue index destroy",
        "--stage local --queue index discard",
        "--stage local --queue index discard --reason=",
        "--stage local --queue index redrive --reason why",
        "--stage local --queue index --dry-run",
        "--stage local --queue index inspect --dry-run",
        "--stage local --queue index redrive --bodies",
        "--stage local --queue index --limit 0",
        "--stage local --queue index --limit many",
        "--stage local --queue index --older-than soon",
        "--stage local --queue index --match=",
        "--stage local --queue index redrive discard",
    ],
)
def test_what_makes_no_sense_is_refused_with_status_2_before_anybody_is_asked(
    options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "find", pytest.fail)
    with pytest.raises(SystemExit) as ended:
        redrive.main(options.split())
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_stage_local_is_the_emulator_and_never_somebodys_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("CHAT_PORT_OFFSET", "100")
    client = Stage.find("local").client("sqs")
    assert client.meta.endpoint_url == "http://127.0.0.1:4666"
    assert client._request_signer._credentials.access_key == "test"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9999")
    assert Stage.find("local").client("sqs").meta.endpoint_url == "http://127.0.0.1:9999"


def test_an_offset_that_is_none_is_a_mistake_of_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("CHAT_PORT_OFFSET", "many")
    assert redrive.main(["--stage", "local"]) == 2
    assert "CHAT_PORT_OFFSET" in capsys.readouterr().err


def test_an_emulator_that_does_not_run_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert redrive.main(["--stage", "local"]) == 1
    assert capsys.readouterr().err.startswith("AWS does not do what stage local needs for this: Could not connect")


def test_a_letters_trace_goes_on_and_its_attributes_with_it() -> None:
    sqs = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    entry = {
        "Id": "0",
        "MessageBody": "body",
        "MessageAttributes": {"event": {"DataType": "String", "StringValue": "MessagePosted"}},
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988"}},
    }
    answer = {"Successful": [{"Id": "0", "MessageId": "new", "MD5OfMessageBody": "x"}], "Failed": []}
    with Stubber(sqs) as stubber:
        stubber.add_response("send_message_batch", answer, {"QueueUrl": "url", "Entries": [entry]})
        destination = QueueDestination(sqs, "url")
        assert destination.take([dead("body", system={"AWSTraceHeader": "Root=1-5759e988"})]) == [None]
        stubber.assert_no_pending_responses()
    assert destination.sent == {"new"}


def test_letters_that_are_too_large_for_one_call_together_go_in_several() -> None:
    sizes: list[int] = []

    class Sqs:
        def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ARG002, N803
            sizes.append(sum(len(entry["MessageBody"]) for entry in Entries))
            return {"Successful": [{"Id": entry["Id"], "MessageId": "new"} for entry in Entries]}

    letters = [dead("x" * size) for size in (100_000, 100_000, 100_000, BATCH_BYTES, 1_000)]
    assert QueueDestination(Sqs(), "url").take(letters) == [None] * 5
    assert sizes == [200_000, 100_000, BATCH_BYTES, 1_000]


ADDED = {
    "FilterCriteria": {
        "Filters": [
            {"Pattern": json.dumps(pattern)}
            for pattern in (
                {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "m#"}]}}}},
                {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "e#"}]}}}},
            )
        ]
    }
}


@pytest.mark.parametrize(
    ("name", "pk", "passes"),
    [("INSERT", "m#lunch", True), ("INSERT", "e#lunch", True), ("MODIFY", "m#lunch", False), ("INSERT", "n#", False)],
)
def test_a_function_gets_the_records_that_its_mapping_lets_through(name: str, pk: str, *, passes: bool) -> None:
    record = {"eventName": name, "dynamodb": {"Keys": {"pk": {"S": pk}}}}
    assert lets_through(patterns_of(ADDED), record) is passes


def test_without_a_filter_a_function_gets_everything() -> None:
    assert lets_through(patterns_of({}), {"eventName": "REMOVE"})


def test_a_missing_part_of_a_record_fits_only_a_rule_that_says_so() -> None:
    assert not lets_through([{"dynamodb": {"NewImage": {"pk": {"S": [{"prefix": ""}]}}}}], {"dynamodb": {}})
    assert lets_through([{"userIdentity": [{"exists": False}]}], {"dynamodb": {}})
    assert not lets_through([{"userIdentity": [{"exists": True}]}], {"dynamodb": {}})


def test_a_rule_that_is_not_known_stops_everything_instead_of_guessing() -> None:
    with pytest.raises(UnknownFilterError, match="anything-but"):
        lets_through([{"eventName": [{"anything-but": ["REMOVE"]}]}], {"eventName": "INSERT"})
