"""What a stage runs and how it goes back, on functions that the emulator's CloudFormation has deployed two times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chat.storage.audit import Break, Records, verify
from local.ports import Ports
from operations import rollback, status
from operations.audit import ReadTable
from operations.deeds import about_what
from operations.errors import OperationError, UsageError
from operations.rollouts import LiveFunction, read_deployments, read_functions, read_stacks
from operations.stage import Stage
from tests.local.test_emulator import ROLE, Emulator

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
REASON = "sends fail since 14:02"

DATA = {
    "Resources": {
        "Rooms": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        }
    },
    "Outputs": {"RoomsTableName": {"Value": {"Ref": "Rooms"}}},
}


def service(**answers: str) -> dict[str, Any]:
    """The stack of functions, each of which is told a word, with a version that is called by it as CDK's by a hash."""
    resources: dict[str, Any] = {}
    for module, answer in answers.items():
        name, version = module.capitalize(), f"{module.capitalize()}{answer.capitalize()}"
        resources[name] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": "def handle(event, context): ..."},
                "Environment": {"Variables": {"ANSWER": answer}},
                "Handler": f"functions.message.{module}.handle",
                "Runtime": "python3.13",
                "Role": ROLE,
            },
        }
        resources[version] = {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": name}},
            "DeletionPolicy": "Retain",
        }
        resources[f"{name}Live"] = {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Name": "live",
                "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
            },
        }
    return {"Resources": resources}


@dataclass
class Deployed:
    """A stage in the emulator. Its CodeDeploy, which no emulator has, answers as it is told to."""

    stage: Stage
    codedeploy: Stubber

    def deploy(self, name: str, template: dict[str, Any]) -> None:
        """Creates or updates a stack, and waits until it is done."""
        client = self.stage.client("cloudformation")
        known = [each["StackName"] for each in client.describe_stacks()["Stacks"]]
        asked = {"StackName": f"chat-{self.stage.name}-{name}", "TemplateBody": json.dumps(template)}
        step = "update" if asked["StackName"] in known else "create"
        getattr(client, f"{step}_stack")(**asked, Capabilities=["CAPABILITY_IAM"])
        client.get_waiter(f"stack_{step}_complete").wait(
            StackName=asked["StackName"], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def quiet(self) -> None:
        """Nothing is being deployed."""
        self.codedeploy.add_client_error("list_deployment_groups", "ApplicationDoesNotExistException")

    def functions(self) -> dict[str, LiveFunction]:
        found = read_functions(self.stage, read_stacks(self.stage), about_what(self.stage, rollback.DEED))
        return {live.name: live for live in found}

    def live(self) -> dict[str, str]:
        """The version of each function."""
        return {name: live.version for name, live in self.functions().items()}

    def go_back(self, *arguments: str) -> int:
        """As the command does it, past its own answer to errors."""
        options = rollback.parse(["--stage", self.stage.name, *arguments])
        return rollback.roll_back(self.stage, options)

    def records(self) -> Records:
        table = self.stage.client("cloudformation").describe_stacks(StackName=f"chat-{self.stage.name}-data")
        (output,) = table["Stacks"][0]["Outputs"]
        return Records(ReadTable(self.stage.client("dynamodb"), output["OutputValue"]))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), Ports.free().emulator)
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()


@pytest.fixture
def deployed(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[Deployed]:
    """Deployed two times: the second deployment changed `message.command` and not `message.index`."""
    name = f"s{abs(hash(request.node.name))}"
    codedeploy = boto3.client("codedeploy", **KEYS)  # type: ignore[call-overload]
    stubber = Stubber(codedeploy)

    def client(wanted: str) -> Any:
        return codedeploy if wanted == "codedeploy" else emulator.endpoint.client(wanted)

    made = Deployed(Stage(name, client), stubber)
    made.deploy("data", DATA)
    made.deploy("service", service(command="one", index="one"))
    time.sleep(1 - time.time() % 1)  # times of versions are whole seconds
    made.deploy("service", service(command="two", index="one"))
    with stubber:
        yield made
        stubber.assert_no_pending_responses()


def test_a_function_is_shown_with_the_version_that_it_runs_and_the_one_before(deployed: Deployed) -> None:
    deployed.quiet()
    lines = list(status.report(deployed.stage))
    assert [line.split() for line in lines if line.startswith("message.")] == [
        ["message.command", "2", "1"],
        ["message.index", "1", "-"],
    ]
    assert [line.split()[:2] for line in lines if line.startswith("chat-")] == [
        [f"chat-{deployed.stage.name}-data", "CREATE_COMPLETE"],
        [f"chat-{deployed.stage.name}-service", "UPDATE_COMPLETE"],
    ]
    assert lines[-1] == "No alarm is on."


def test_the_share_of_a_version_beside_the_live_one_is_shown(deployed: Deployed) -> None:
    command = deployed.functions()["message.command"]
    deployed.stage.client("lambda").update_alias(
        FunctionName=command.function,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    deployed.quiet()
    (line,) = [line for line in status.report(deployed.stage) if line.startswith("message.command")]
    assert line.split() == ["message.command", "1", "-", "2", "takes", "10%"]


def test_an_alarm_that_is_on_is_shown_with_what_it_means(deployed: Deployed) -> None:
    watch = deployed.stage.client("cloudwatch")
    name = f"chat-{deployed.stage.name}-commands-failing"
    watch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="[page] More than 2 % of commands fail.",
        Namespace="Chat",
        MetricName="CommandsFailed",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="seen")
    assert list(status.alarms(deployed.stage)) == [f"ALARM {name}: [page] More than 2 % of commands fail."]


def test_going_back_takes_what_the_last_deployment_changed_and_nothing_else(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.quiet()
    assert deployed.go_back("--reason", REASON) == 0
    assert deployed.live() == {"message.command": "1", "message.index": "1"}
    command = deployed.functions()["message.command"].function
    live = deployed.stage.client("lambda").get_function_configuration(FunctionName=command, Qualifier="live")
    assert live["Environment"]["Variables"] == {"ANSWER": "one"}
    printed = capsys.readouterr().out
    assert "message.command: version 2 -> 1" in printed
    assert "what it stored does not" in printed


def test_who_went_back_from_what_and_why_is_in_the_audit_which_holds(deployed: Deployed) -> None:
    deployed.quiet()
    deployed.go_back("--reason", REASON)
    records = deployed.records()
    (row,) = [row for day in records.days() for row in records.of_day(day)]
    assert (row["what"], row["about"], row["why"]) == (rollback.DEED, "message.command:2", REASON)
    assert row["operator"].startswith("arn:aws:")
    assert not [found for found in verify(records) if isinstance(found, Break)]


def test_a_version_that_was_left_is_never_gone_back_to(deployed: Deployed) -> None:
    deployed.quiet()
    deployed.go_back("--reason", REASON)
    deployed.deploy("service", service(command="three", index="one"))
    command = deployed.functions()["message.command"]
    assert (command.version, command.before) == ("3", "1")


def test_a_rehearsal_of_going_back_moves_nothing_and_is_no_deed(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.quiet()
    before = deployed.live()
    assert deployed.go_back("--dry-run") == 0
    assert deployed.live() == before
    assert list(deployed.records().days()) == []
    assert "message.command: version 2 -> 1\nNothing was done." in capsys.readouterr().out


def test_a_function_goes_back_to_a_version_that_is_named(deployed: Deployed) -> None:
    deployed.deploy("service", service(command="three", index="one"))
    deployed.quiet()
    assert deployed.go_back("--reason", REASON, "--to", "1", "message.command") == 0
    assert deployed.live()["message.command"] == "1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["message.deliver"], "no function message.deliver; there are: message.command, message.index"),
        (["message.index"], "no version before of message.index"),
        (["--to", "7", "message.command"], "can't go back to version 7; to: 1"),
        (["--stack", "operations"], "operations changed no function"),
    ],
)
def test_there_must_be_something_to_go_back_to(deployed: Deployed, arguments: Sequence[str], said: str) -> None:
    deployed.quiet()
    with pytest.raises(UsageError, match=said):
        deployed.go_back("--reason", REASON, *arguments)
    assert deployed.live() == {"message.command": "2", "message.index": "1"}


def test_an_alias_that_somebody_moved_meanwhile_is_left_alone(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.quiet()

    def read_then_moved(*arguments: Any) -> list[LiveFunction]:
        return [replace(live, revision="another") for live in read_functions(*arguments)]

    monkeypatch.setattr(rollback, "read_functions", read_then_moved)
    assert deployed.go_back("--reason", REASON) == OperationError.status
    assert "message.command was not moved: PreconditionFailedException" in capsys.readouterr().out
    assert deployed.live()["message.command"] == "2"


def under_way(codedeploy: Stubber) -> None:
    """CodeDeploy is moving `message.command`."""
    codedeploy.add_response("list_deployment_groups", {"deploymentGroups": ["message.command", "message.index"]})
    codedeploy.add_response("list_deployments", {"deployments": ["d-1"]})
    codedeploy.add_response("list_deployments", {"deployments": []})
    info = {"deploymentId": "d-1", "deploymentGroupName": "message.command", "status": "InProgress"}
    codedeploy.add_response("batch_get_deployments", {"deploymentsInfo": [info]}, {"deploymentIds": ["d-1"]})


def test_what_is_being_deployed_is_stopped_and_taken_back_by_who_deploys_it(deployed: Deployed) -> None:
    before = deployed.live()
    under_way(deployed.codedeploy)
    deployed.codedeploy.add_response(
        "stop_deployment", {"status": "Pending"}, {"deploymentId": "d-1", "autoRollbackEnabled": True}
    )
    assert deployed.go_back("--reason", REASON) == 0
    assert deployed.live() == before


def test_what_is_being_deployed_is_not_stopped_by_looking(deployed: Deployed) -> None:
    under_way(deployed.codedeploy)
    assert deployed.go_back("--dry-run") == 0
    under_way(deployed.codedeploy)
    (found,) = read_deployments(deployed.stage)
    assert (found.id, found.name) == ("d-1", "message.command")


def test_a_stack_that_is_being_changed_is_waited_for(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.quiet()
    busy = [replace(each, status="UPDATE_IN_PROGRESS") for each in read_stacks(deployed.stage)]
    monkeypatch.setattr(rollback, "read_stacks", lambda _stage: busy)
    with pytest.raises(OperationError, match="cancel-update-stack"):
        deployed.go_back("--reason", REASON)


@pytest.mark.parametrize("command", [status.main, rollback.main])
def test_a_stage_that_is_not_there_is_said_to_be_so(
    emulator: Emulator,
    command: Callable[[Sequence[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint.url)
    arguments = ["--stage", "local", *(["--dry-run"] if command is rollback.main else [])]
    assert command(arguments) == UsageError.status
    assert "There is no stage local here" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--reason", " "], ["--dry-run", "--to", "1"], ["--to", "1", "a.b", "c.d"]])
def test_a_command_without_a_reason_or_with_a_version_for_several_is_refused(arguments: Sequence[str]) -> None:
    with pytest.raises(SystemExit):
        rollback.parse(["--stage", "dev", *arguments])
