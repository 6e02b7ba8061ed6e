"""Going round real queues: what is taken is gone, what is not is still there, and nothing is ever neither."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chat.aws.dead_letters import queue as letter_queue
from local.paths import ROOT
from local.ports import Ports
from operations import redrive
from operations.stage import Stage
from tests.local.test_emulator import ROLE, Emulator

BUCKET = "stage-of-drills"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), Ports.free().emulator)
    try:
        emulator.start()
        emulator.endpoint.client("s3").create_bucket(Bucket=BUCKET)
        yield emulator
    finally:
        emulator.stop()


@dataclass
class Drill:
    """A stage with one hop, whose letters this class puts where SQS would, and a command to treat them with."""

    emulator: Emulator
    run: Callable[..., int]
    name: str = field(default_factory=lambda: f"drill-{uuid.uuid4().hex[:8]}")
    attributes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sqs = self.emulator.endpoint.client("sqs")
        self.source = self.sqs.create_queue(QueueName=f"{self.name}-source", Attributes=self.attributes)["QueueUrl"]
        self.dead = self.sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        self.publish("index", "queue", self.source)
        self.put("discarded-letters", f"s3://{BUCKET}/audit/discarded/{self.name}/")

    def publish(self, hop: str, kind: str, to: str) -> None:
        hops = [{"name": hop, "queue": self.dead, "redrive": kind, "to": to}]
        self.put(f"dead-letters/{hop}", json.dumps(hops))

    def put(self, name: str, value: str) -> None:
        place = f"/chat/{self.name}/{name}"
        self.emulator.endpoint.client("ssm").put_parameter(Name=place, Value=value, Type="String", Overwrite=True)

    def die(self, *bodies: str, **fields: Any) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=body, **fields)

    def __call__(self, *options: str, queue: str = "index") -> int:
        return self.run(["--stage", self.name, "--queue", queue, *options])

    def bodies(self, url: str) -> list[str]:
        """What can be received from a queue at this moment, left as it is."""
        found: dict[str, dict[str, Any]] = {}
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30, MessageAttributeNames=["All"]
        ).get("Messages"):
            found |= {message["MessageId"]: message for message in messages}
        for message in found.values():
            self.sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return sorted(message["Body"] for message in found.values())

    def discarded(self) -> list[dict[str, Any]]:
        s3 = self.emulator.endpoint.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"audit/discarded/{self.name}/index/").get("Contents", [])
        return [json.loads(s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()) for each in listed]


@pytest.fixture(autouse=True)
def _account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that is not local is looked for with the caller's own credentials, as AWS' tools are told."""
    for name, value in emulator.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(letter_queue, "WAIT_S", 0)


@pytest.fixture
def drill(emulator: Emulator) -> Drill:
    return Drill(emulator, redrive.main)


def body(room: str, seq: int) -> str:
    return json.dumps({"event": "MessagePosted", "room": room, "seq": seq, "text": "secret soup"})


Printed = pytest.CaptureFixture[str]


class Faulty:
    """Another client, but for some of its operations."""

    def __init__(self, client: Any, **operations: Callable[..., Any]) -> None:
        self._client = client
        self._operations = operations

    def __getattr__(self, name: str) -> Any:
        return self._operations.get(name) or getattr(self._client, name)


def break_client(monkeypatch: pytest.MonkeyPatch, service: str, **operations: Callable[..., Any]) -> None:
    """From now on the service does as it is told here, whatever stage is found."""
    find = Stage.find

    def find_faulty(name: str) -> Stage:
        stage = find(name)

        def client(asked: str) -> Any:
            made = stage.client(asked)
            return Faulty(made, **operations) if asked == service else made

        return Stage(name, client)

    monkeypatch.setattr(Stage, "find", find_faulty)


def refuse(code: str) -> Callable[..., Any]:
    def operation(**_fields: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "any")

    return operation


def test_all_letters_of_a_queue_go_back_to_where_they_came_from(drill: Drill, capsys: Printed) -> None:
    sent = sorted(body("lunch", seq) for seq in range(25))
    drill.die(*sent, MessageAttributes={"event": {"DataType": "String", "StringValue": "MessagePosted"}})
    assert drill("redrive") == 0
    assert drill.bodies(drill.source) == sent
    assert drill.bodies(drill.dead) == []
    (message,) = drill.sqs.receive_message(QueueUrl=drill.source, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["event"]["StringValue"] == "MessagePosted"
    assert capsys.readouterr().out == "index: 25 letters looked at, 25 meant, 25 redriven, 0 failed\n"


def test_letters_that_are_not_meant_can_be_received_again_at_once(drill: Drill) -> None:
    drill.die(*(body("tea", seq) for seq in range(15)), *(body("lunch", seq) for seq in range(15)))
    assert drill("redrive", "--match", "room=lunch", "--match", '"seq": 1') == 0
    assert drill.bodies(drill.source) == sorted(body("lunch", seq) for seq in (1, 10, 11, 12, 13, 14))
    left = [body("tea", seq) for seq in range(15)] + [body("lunch", seq) for seq in (0, *range(2, 10))]
    assert drill.bodies(drill.dead) == sorted(left)


def test_no_more_letters_than_asked_for_are_touched(drill: Drill) -> None:
    drill.die(*(body("lunch", seq) for seq in range(15)))
    assert drill("redrive", "--limit", "12") == 0
    assert (len(drill.bodies(drill.source)), len(drill.bodies(drill.dead))) == (12, 3)


def test_young_letters_are_left_where_they_are(drill: Drill) -> None:
    drill.die(body("lunch", 1))
    assert drill("redrive", "--older-than", "1h") == 0
    assert (drill.bodies(drill.source), len(drill.bodies(drill.dead))) == ([], 1)
    time.sleep(0.01)
    assert drill("redrive", "--older-than", "0s") == 0
    assert drill.bodies(drill.dead) == []


def test_inspecting_shows_letters_and_leaves_them(drill: Drill, capsys: Printed) -> None:
    drill.die(body("lunch", 1), body("tea", 2))
    assert drill("--match", "room=lunch") == 0
    shown = capsys.readouterr().out
    assert '"room": "lunch", "seq": 1, "text": "(11 characters)"' in shown
    assert "received        1 times" in shown
    assert shown.endswith("index: 2 letters looked at, 1 meant, 1 shown, 0 failed\n")
    assert "tea" not in shown
    assert drill("inspect", "--bodies") == 0
    assert body("tea", 2) in capsys.readouterr().out
    assert len(drill.bodies(drill.dead)) == 2


@pytest.mark.parametrize(
    ("action", "done"), [(["redrive"], "redriven"), (["discard", "--reason", "why not"], "discarded")]
)
def test_trying_it_out_does_nothing(drill: Drill, capsys: Printed, action: list[str], done: str) -> None:
    drill.die(body("lunch", 1))
    assert drill(*action, "--dry-run") == 0
    assert f"1 meant, 1 would be {done}, 0 failed" in capsys.readouterr().out
    assert (drill.bodies(drill.source), len(drill.bodies(drill.dead)), drill.discarded()) == ([], 1, [])


def test_a_letter_that_is_refused_stays_and_holds_up_no_other(emulator: Emulator, capsys: Printed) -> None:
    drill = Drill(emulator, redrive.main, attributes={"MaximumMessageSize": "1024"})
    poison = "x" * 2_000
    drill.die(body("lunch", 1), poison, body("lunch", 2))
    assert drill("redrive") == 1
    assert drill.bodies(drill.source) == [body("lunch", 1), body("lunch", 2)]
    assert drill.bodies(drill.dead) == [poison]
    assert "InvalidParameterValue\nindex: 3 letters looked at, 3 meant, 2 redriven, 1 failed" in capsys.readouterr().out


def test_a_queue_that_is_gone_takes_nothing_and_loses_nothing(drill: Drill, capsys: Printed) -> None:
    drill.die(body("lunch", 1))
    drill.sqs.delete_queue(QueueUrl=drill.source)
    assert drill("redrive") == 1
    assert "NonExistentQueue" in capsys.readouterr().out
    assert len(drill.bodies(drill.dead)) == 1


def test_a_letter_that_dies_again_at_once_is_not_sent_in_circles(drill: Drill, capsys: Printed) -> None:
    drill.publish("index", "queue", drill.dead)  # whatever is sent is dead at once
    drill.die(body("lunch", 1), body("lunch", 2))
    assert drill("redrive") == 1
    assert "4 letters looked at, 4 meant, 2 redriven, 2 failed" in (said := capsys.readouterr().out)
    assert said.count(": died again\n") == 2
    assert len(drill.bodies(drill.dead)) == 2


def test_a_letter_that_was_sent_and_could_not_be_deleted_is_still_there(
    drill: Drill, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    def delete(**fields: Any) -> dict[str, Any]:
        return {"Failed": [{"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid"} for entry in fields["Entries"]]}

    drill.die(body("lunch", 1))
    break_client(monkeypatch, "sqs", delete_message_batch=delete)
    assert drill("redrive") == 1
    assert "done, but still here: ReceiptHandleIsInvalid" in capsys.readouterr().out
    assert (len(drill.bodies(drill.source)), len(drill.bodies(drill.dead))) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [(refuse("AccessDenied"), 1, "AWS does not do what stage"), (KeyboardInterrupt, 130, "Stopped.")],
    ids=["refused", "interrupted"],
)
def test_whatever_ends_it_between_sending_and_deleting_no_letter_is_lost_or_hidden(
    drill: Drill, monkeypatch: pytest.MonkeyPatch, capsys: Printed, fault: Any, status: int, said: str
) -> None:
    def delete(**fields: Any) -> Any:
        if fault is KeyboardInterrupt:
            raise KeyboardInterrupt
        return fault(**fields)

    letters = sorted(body("lunch", seq) for seq in range(12))
    drill.die(*letters)
    with monkeypatch.context() as broken:
        break_client(broken, "sqs", delete_message_batch=delete)
        assert drill("redrive") == status
    assert said in capsys.readouterr().err
    assert drill.bodies(drill.dead) == letters
    assert drill("redrive") == 0
    assert set(drill.bodies(drill.source)) == set(letters)


def test_a_discarded_letter_is_kept_whole_with_who_and_why(drill: Drill, capsys: Printed) -> None:
    attributes = {
        "event": {"DataType": "String", "StringValue": "MessagePosted"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    drill.die(body("tea", 1), MessageAttributes=attributes)
    drill.die(body("lunch", 1))
    assert drill("discard", "--match", "room=tea", "--reason", "  spam of 26 November ") == 0
    (record,) = drill.discarded()
    letter = record.pop("letter")
    assert record.pop("discarded_at").startswith("20")
    assert record == {
        "stage": drill.name,
        "queue": "index",
        "queue_url": drill.dead,
        "discarded_by": "arn:aws:iam::000000000000:root",
        "reason": "spam of 26 November",
    }
    assert letter["body"] == body("tea", 1)
    assert letter["attributes"]["event"] == attributes["event"]
    assert letter["attributes"]["raw"] == {"DataType": "Binary", "BinaryValue": "AP8="}
    assert int(letter["system"]["SentTimestamp"]) > 0
    assert drill.bodies(drill.dead) == [body("lunch", 1)]
    assert drill.bodies(drill.source) == []
    assert capsys.readouterr().out == "index: 2 letters looked at, 1 meant, 1 discarded, 0 failed\n"


def test_make_hands_words_and_reasons_over_as_they_were_given(drill: Drill) -> None:
    drill.die(body("lunch", 1), body("tea", 1))
    reason = """it's "spam"; `date` $(date) ok"""
    # `true` in place of the Python that would look whether everything is installed.
    command = ["make", "redrive", f"STAGE={drill.name}", "QUEUE=index", "PYTHON=true", "ACTION=discard"]
    options = ["MATCH=room=lunch soup", f"REASON={reason.replace('$', '$$')}", "ARGS=--older-than 0s"]
    subprocess.run([*command, *options], cwd=ROOT, check=True, timeout=60, stdout=subprocess.DEVNULL)
    (record,) = drill.discarded()
    assert (record["reason"], record["letter"]["body"]) == (reason, body("lunch", 1))


def test_a_letter_that_can_not_be_kept_is_not_discarded(drill: Drill, capsys: Printed) -> None:
    drill.put("discarded-letters", "s3://no-such-bucket/audit/discarded/")
    drill.die(body("lunch", 1))
    assert drill("discard", "--reason", "why not") == 1
    assert "not discarded, since it could not be kept: NoSuchBucket" in capsys.readouterr().out
    assert len(drill.bodies(drill.dead)) == 1


def test_a_second_record_of_the_same_letter_replaces_none(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    drill.die(body("lunch", 1))
    with monkeypatch.context() as broken:
        break_client(broken, "sqs", delete_message_batch=refuse("InternalError"))
        assert drill("discard", "--reason", "first") == 1
    assert drill("discard", "--reason", "second") == 0
    assert sorted(record["reason"] for record in drill.discarded()) == ["first", "second"]


def test_each_letter_starts_the_state_machine_once(
    drill: Drill, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    machines = drill.emulator.endpoint.client("stepfunctions")
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    arn = machines.create_state_machine(name=drill.name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    drill.publish("uploaded", "state-machine", arn)
    event = json.dumps({"detail": {"object": {"key": "uploads/1"}}})
    drill.die(event, "no event")
    with monkeypatch.context() as broken:
        break_client(broken, "sqs", delete_message_batch=refuse("InternalError"))
        assert drill("redrive", "--match", "detail.object.key=uploads/1", queue="uploaded") == 1
    assert drill("redrive", queue="uploaded") == 1
    assert "its body is no event that could be an input" in capsys.readouterr().out
    assert drill.bodies(drill.dead) == ["no event"]
    (execution,) = machines.list_executions(stateMachineArn=arn)["executions"]
    assert machines.describe_execution(executionArn=execution["executionArn"])["input"] == event


def test_a_function_is_called_with_each_letter_and_one_that_fails_keeps_it(drill: Drill, capsys: Printed) -> None:
    source = (
        "def handle(event, context):\n    if event.get('fail'):\n        raise ValueError('no')\n    return 'done'\n"
    )
    drill.emulator.create_function(drill.name, source)
    drill.publish("canary", "function", drill.name)
    drill.die(json.dumps({"id": "one"}), json.dumps({"fail": True}))
    assert drill("redrive", queue="canary") == 1
    assert "the function ended with" in capsys.readouterr().out
    assert drill.bodies(drill.dead) == [json.dumps({"fail": True})]


def test_all_queues_are_listed_with_their_depth_and_their_oldest_letter(drill: Drill, capsys: Printed) -> None:
    drill.publish("delivery", "state-machine", "arn:any")
    drill.die(body("lunch", 1), body("lunch", 2))
    assert redrive.main(["--stage", drill.name]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["queue", "letters", "hidden", "oldest", "redriven", "to"]
    assert [row.split()[:3] for row in rows] == [["delivery", "2", "0"], ["index", "2", "0"]]
    assert all(" 0 s  " in row or " 1 s  " in row for row in rows)
    assert len(drill.bodies(drill.dead)) == 2


def test_a_queue_or_a_stage_that_is_not_there_is_a_mistake_of_usage(drill: Drill, capsys: Printed) -> None:
    assert drill("redrive", queue="indexx") == 2
    assert "there are: index." in capsys.readouterr().err
    assert redrive.main(["--stage", "nowhere"]) == 2
    assert "There is no stage nowhere here" in capsys.readouterr().err


def test_two_rounds_at_the_same_time_share_the_letters_and_send_none_twice(drill: Drill) -> None:
    drill.die(*(body("lunch", seq) for seq in range(15)))
    queue = letter_queue.DeadLetterQueue(drill.sqs, drill.dead)
    with queue.round() as first:
        assert len(next(iter(first))) == 10
        assert queue.depth() == letter_queue.Depth(waiting=5, hidden=10)
        assert drill("redrive") == 0
    assert (len(drill.bodies(drill.source)), len(drill.bodies(drill.dead))) == (5, 10)


def test_a_round_ends_though_its_hidden_letters_come_back_to_it(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_queue, "HIDDEN_S", 0)
    drill.die(body("lunch", 1), body("lunch", 2))
    assert drill("inspect") == 0
