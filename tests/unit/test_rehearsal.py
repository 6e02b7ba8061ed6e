"""The rehearsal with the real functions on a stage in memory, one of which is not as it should be; and its outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat import rehearsal
from chat.aws import rehearsal as wired
from chat.aws import wiring
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.rehearsal import LambdaVersions
from chat.canary import KEPT
from chat.rehearsal import CALLS, FUNCTIONS, Answer, Rehearsal, RehearsalError, rehearse
from chat.settings import Settings
from chat.storage import keys
from chat.websocket import Event
from functions.connect import authorize, connect, disconnect, tickets
from functions.message import command, deliver, http_command, http_events, tail
from functions.ops import rehearsal as function
from simulation.world import World
from tests.unit import aws_server
from tests.unit.aws_server import Hang, Received, Server
from tests.unit.test_handlers import CONTEXT, world

__all__ = ["world"]

HANDLERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "connect.authorize": authorize.handle,
    "connect.connect": connect.handle,
    "connect.disconnect": disconnect.handle,
    "connect.tickets": tickets.handle,
    "message.command": command.handle,
    "message.deliver": deliver.handle,
    "message.http_command": http_command.handle,
    "message.http_events": http_events.handle,
    "message.tail": tail.handle,
}
HOOK = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "an execution"}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:Command:7"


@dataclass
class MemoryVersions:
    """Functions of this process; `broken` ones answer something else, or raise."""

    broken: dict[str, Callable[[Answer], Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def call(self, function: str, event: Event) -> Answer:
        self.calls.append(function)
        answer: Answer = HANDLERS[function](json.loads(json.dumps(event)), CONTEXT)
        broken = self.broken.get(function)
        return answer if broken is None else dict(broken(answer))


def make(world: World, **broken: Callable[[Answer], Any]) -> Rehearsal:
    """Of a stage in memory; broken functions by module, with underscores for the full stop."""
    versions = MemoryVersions({name.replace("__", "."): act for name, act in broken.items()})
    return Rehearsal(versions, world.tickets, world.messages_table, world.ids, world.clock)


@pytest.fixture(autouse=True)
def capabilities(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "tail_access", lambda: world.services.fanout.tails)
    monkeypatch.setattr(wiring, "clock", lambda: world.clock)


def test_every_function_that_users_wait_for_takes_part(world: World) -> None:
    rehearsed = make(world)
    rehearse(rehearsed)
    assert isinstance(rehearsed.versions, MemoryVersions)
    assert set(rehearsed.versions.calls) == set(FUNCTIONS) == set(HANDLERS)
    assert len(rehearsed.versions.calls) == CALLS


def test_it_leaves_no_connection_and_no_litter(world: World) -> None:
    rehearse(make(world))
    world.messages_table.items[keys.counter(keys.CANARY_ROOM)]["seq"] = KEPT
    rehearse(make(world))
    assert world.services.fanout.connections.of_user("canary:stage") == []
    left = [key for key in world.messages_table.items if str(key[0]).startswith(f"m#{keys.CANARY_ROOM}#")]
    assert [int(seq) for _, seq in left] == [KEPT + 1]
    assert not world.sockets.received


def raising(_: Answer) -> Any:
    raise RehearsalError("message.command failed: KeyError")


def replied(**reply: object) -> Callable[[Answer], Answer]:
    """In the place of each ack."""
    return lambda _: {"statusCode": 200, "body": json.dumps(reply)}


def without_messages(answer: Answer) -> Answer:
    """A history that forgets."""
    reply = json.loads(answer["body"])
    if "messages" in (reply.get("result") or {}):
        reply["result"]["messages"] = []
    return {**answer, "body": json.dumps(reply)}


@pytest.mark.parametrize(
    ("module", "act", "said"),
    [
        ("message__command", raising, "message.command failed: KeyError"),
        ("message__command", replied(type="error", code="internal"), "the reply to hello is none.*internal"),
        ("message__command", replied(type="ack", result={}), "an ack without a number"),
        ("message__command", without_messages, "message 1 is not in its room"),
        ("message__command", lambda _: {}, "the reply to hello is none"),
        ("connect__authorize", lambda _: {"context": {"user": "somebody"}}, "a good ticket opens no socket"),
        ("connect__connect", lambda _: {"statusCode": 500}, "the socket does not open"),
        ("connect__disconnect", lambda _: {"statusCode": 500}, "the socket does not close"),
        ("connect__tickets", lambda _: {"statusCode": 201}, "it does not answer with 401"),
        ("message__http_command", lambda _: {"statusCode": 200}, "it does not answer with 401"),
        ("message__http_events", lambda _: {"statusCode": 500}, "it does not answer with 401"),
        ("message__tail", lambda _: {"statusCode": 200}, "it does not answer with 403"),
        ("message__deliver", lambda _: {"batchItemFailures": [{}]}, "an empty batch fails"),
    ],
)
def test_a_version_that_is_not_as_it_should_be_fails_it(
    world: World, module: str, act: Callable[[Answer], Any], said: str
) -> None:
    with pytest.raises(RehearsalError, match=said):
        rehearse(make(world, **{module: act}))


@pytest.fixture
def aws(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Lambda and CodeDeploy. Versions are functions of this process, called over HTTP as Lambda is."""

    def answer(received: Received) -> aws_server.Answer:
        if "/functions/" not in received.path:
            return aws_server.Answer(200, b"{}")
        name = received.path.split("/functions/")[1].split("%3A")[6]
        return aws_server.Answer(200, json.dumps(HANDLERS[name](json.loads(received.body), CONTEXT)).encode())

    with aws_server.serving() as server:
        server.answer = answer
        client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=server.url)
        versions = LambdaVersions(client, {name: ARN.replace("Command", name) for name in FUNCTIONS})
        made = Rehearsal(versions, world.tickets, world.messages_table, world.ids, world.clock)
        monkeypatch.setattr(wiring, "client", lambda: client)
        monkeypatch.setattr(wired, "rehearsal", lambda: made)
        yield server


def told(server: Server) -> dict[str, str]:
    """What CodeDeploy heard."""
    (received,) = [each for each in server.received if "/functions/" not in each.path]
    target = {name.lower(): value for name, value in received.headers.items()}["x-amz-target"]
    assert target == "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
    heard: dict[str, str] = json.loads(received.body)
    return heard


def test_with_good_versions_the_deployment_goes_on(aws: Server) -> None:
    assert function.handle(HOOK, CONTEXT) == {"ok": True, "why": None}
    assert told(aws) == {
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "an execution",
        "status": "Succeeded",
    }


@pytest.mark.parametrize(
    ("reaction", "said"),
    [
        (
            aws_server.Answer(200, b'{"errorMessage":"no module named chat","errorType":"ImportModuleError"}'),
            "no module",
        ),
        (aws_server.Answer(200, b'{"errorMessage":"Task timed out after 15.00 seconds"}'), "timed out"),
        (aws_server.Answer(200, b"null"), "message.command failed: null"),
        (aws_server.Answer(404, b""), "message.command was not called: status 404"),
        (Hang(), "message.command was not called: .*"),
    ],
)
def test_with_a_bad_version_the_deployment_is_taken_back_and_the_log_says_why(
    aws: Server,
    reaction: aws_server.Reaction,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(wired, "CALL_MS", 300)
    good = aws.answer
    aws.answer = lambda received: reaction if "message.command" in received.path else good(received)
    outcome = function.handle(HOOK, CONTEXT)
    assert not outcome["ok"]
    assert told(aws)["status"] == "Failed"
    (line,) = [record for record in caplog.records if record.message == "rehearsal failed"]
    assert said.removesuffix(".*") in vars(line)["why"]


def test_a_fault_of_the_rehearsal_itself_takes_the_deployment_back_too(
    aws: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Rehearsal) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(function, "rehearse", fail)
    assert function.handle(HOOK, CONTEXT) == {"ok": False, "why": "ZeroDivisionError"}
    assert told(aws)["status"] == "Failed"


def test_versions_are_read_from_what_the_function_is_told(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    settings = Settings(
        stage="test",
        connections_table="connections",
        messages_table="messages",
        rehearsed_versions=f"message.command={ARN},connect.connect={ARN}8",
    )
    client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=aws.url)
    monkeypatch.setattr(wiring, "settings", lambda: settings)
    monkeypatch.setattr(wiring, "client", lambda: client)
    versions = wired.rehearsal().versions
    assert isinstance(versions, LambdaVersions)
    assert versions.arns == {"message.command": ARN, "connect.connect": f"{ARN}8"}
    with pytest.raises(RehearsalError, match=r"which version of message\.deliver"):
        versions.call("message.deliver", {})


def test_the_room_of_the_rehearsal_is_the_canary_s() -> None:
    assert keys.CANARY_ROOM in rehearsal.REFUSING["message.tail"][1]
