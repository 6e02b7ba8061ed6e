"""The media state machine as it was synthesized, run in this process: each state, retry and catch of its definition.

The interpreter is the emulator's, which runs the stage of one machine. What a Task names is called as a function here,
its input and answer cross as JSON, and its errors come as Lambda tells them. Nobody waits between two tries. A time-out
is an error that a test injects; that of the whole execution is none of the interpreter's, and held against the
definition in `test_hops.py`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from ministack.services import stepfunctions

Task = Callable[[Any], Any]
"""What a Task does with its input."""

NAME_CHARACTERS = 80
"""The most that the name of an execution has; those that EventBridge gives have nearly as many."""

ROLE = "arn:aws:iam::000000000000:role/machine"


class Fault(Exception):  # noqa: N818 - what goes wrong outside of any function
    """An error as Step Functions names it: `States.Timeout`, `Lambda.TooManyRequestsException`."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


@dataclass(frozen=True)
class Execution:
    """How one ended: SUCCEEDED or FAILED."""

    status: str
    entered: tuple[str, ...]
    """States, in the order in which they were entered."""
    error: str | None


@dataclass
class Machine:
    """One definition. `tasks` are by the resource that they are in it; `around` stands between a state and its task.

    Given the name of a state and what its task would do with this input, `around` answers in the task's place.
    """

    definition: Mapping[str, Any]
    tasks: Mapping[str, Task]
    around: Callable[[str, Callable[[], Any]], Any] = lambda _state, work: work()
    tried: Counter[str] = field(default_factory=Counter)
    """How often the task of each state was asked for, in all executions."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """What the task of each state was given last."""

    def __post_init__(self) -> None:
        states = self.definition["States"]
        self._state_of = {body["Resource"]: name for name, body in states.items() if "Resource" in body}
        created = {"name": "media", "definition": json.dumps(self.definition), "roleArn": ROLE}
        self._arn = _call("CreateStateMachine", created)["stateMachineArn"]

    def run(self, event: Mapping[str, Any], name: str = "one") -> Execution:
        """Until its end. May be called while a task is at work: then there are two executions at once."""
        wanted = {"stateMachineArn": self._arn, "name": name.ljust(NAME_CHARACTERS, "-"), "input": json.dumps(event)}
        ended = _call("StartSyncExecution", wanted)
        history = _call("GetExecutionHistory", {"executionArn": ended["executionArn"]})["events"]
        entered = tuple(each["stateEnteredEventDetails"]["name"] for each in history if "StateEntered" in each["type"])
        return Execution(ended["status"], entered, ended.get("error"))

    def answer(self, resource: str, given: Any) -> Any:
        """In the place of the interpreter's own call of that resource."""
        state = self._state_of[resource]
        self.tried[state] += 1
        self.inputs[state] = given
        try:
            answer = self.around(state, lambda: self.tasks[resource](json.loads(json.dumps(given))))
        except Fault as fault:
            raise stepfunctions._ExecutionError(fault.error, fault.cause) from fault
        except Exception as error:
            kind = type(error).__name__
            cause = json.dumps({"errorType": kind, "errorMessage": str(error)})
            raise stepfunctions._ExecutionError(kind, cause) from error
        return json.loads(json.dumps(answer))


@contextmanager
def interpreted(definition: Mapping[str, Any], tasks: Mapping[str, Task]) -> Iterator[Machine]:
    """The machine of a definition, as long as its interpreter calls these tasks."""
    machine = Machine(definition, tasks)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stepfunctions, "_invoke_resource", machine.answer)
        patched.setattr(stepfunctions, "time", _Unwaiting())
        yield machine
    stepfunctions.reset()


class _Unwaiting:
    """The interpreter's clock: nobody sleeps."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, _seconds: float) -> None:
        """Not at all."""


def _call(action: str, request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"x-amz-target": f"AWSStepFunctions.{action}"}
    status, _, body = asyncio.run(stepfunctions.handle_request("POST", "/", headers, json.dumps(request), {}))
    answer: dict[str, Any] = json.loads(body)
    assert status == 200, answer
    return answer
