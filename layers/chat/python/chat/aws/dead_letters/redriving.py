"""Where letters go back to: the queue they died in, a state machine, a function; `streams` has another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chat.aws.dead_letters.hops import Hop
from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.queue import BATCH
from chat.aws.dead_letters.stream_records import StreamReader
from chat.aws.dead_letters.streams import StreamDestination
from chat.aws.dead_letters.treatment import Destination

BATCH_BYTES = 256 * 1024
"""All messages of one call together, attributes included: the smallest limit that SQS has had."""

TRACE = "AWSTraceHeader"
"""The one attribute of SQS' own that a sender may give."""


def destination_of(hop: Hop, client: Callable[[str], Any]) -> Destination:
    """What redriving means for the letters of a hop; `client` makes a boto3 client of a service."""
    if hop.redrive == "queue":
        return QueueDestination(client("sqs"), hop.to)
    if hop.redrive == "state-machine":
        return MachineDestination(client("stepfunctions"), hop.to)
    if hop.redrive == "function":
        return FunctionDestination(client("lambda"), hop.to)
    return StreamDestination(StreamReader(client("dynamodbstreams")), client("lambda"), hop.to)


class QueueDestination:
    """The queue at a URL gets each letter as it was: its body and its attributes."""

    at_once = BATCH

    def __init__(self, sqs: Any, url: str) -> None:  # noqa: ANN401  # a boto3 client
        self._sqs = sqs
        self._url = url
        self.sent: set[str] = set()

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """One call for ten letters, or fewer that are large."""
        return [reason for part in _parts(letters) for reason in self._send(part)]

    def _send(self, letters: Sequence[Letter]) -> list[str | None]:
        entries = [_entry(str(at), letter) for at, letter in enumerate(letters)]
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        except ClientError as error:
            return [_code(error)] * len(letters)
        self.sent.update(entry["MessageId"] for entry in answer.get("Successful", []))
        refused = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}
        return [refused.get(entry["Id"]) for entry in entries]


class MachineDestination:
    """A state machine is started once for each letter, with its body as the input.

    Executions are named for their letters, so that one whose deletion failed starts nothing twice.
    """

    at_once = BATCH
    sent: frozenset[str] = frozenset()

    def __init__(self, stepfunctions: Any, arn: str) -> None:  # noqa: ANN401  # a boto3 client
        self._stepfunctions = stepfunctions
        self._arn = arn

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """A call a letter."""
        return [self._start(letter) for letter in letters]

    def _start(self, letter: Letter) -> str | None:
        if not isinstance(letter.content, dict):
            return "its body is no event that could be an input"
        try:
            self._stepfunctions.start_execution(
                stateMachineArn=self._arn, name=f"redriven-{letter.id}", input=letter.body
            )
        except ClientError as error:
            return None if _code(error) == "ExecutionAlreadyExists" else _code(error)
        return None


class FunctionDestination:
    """A function is called once for each letter, with its body as the event; what it raises keeps the letter."""

    at_once = BATCH
    sent: frozenset[str] = frozenset()

    def __init__(self, functions: Any, arn: str) -> None:  # noqa: ANN401  # a boto3 client
        self._functions = functions
        self._arn = arn

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """A call a letter, which waits for what becomes of it."""
        return [self._call(letter) for letter in letters]

    def _call(self, letter: Letter) -> str | None:
        try:
            answer = self._functions.invoke(FunctionName=self._arn, Payload=letter.body.encode())
        except ClientError as error:
            return _code(error)
        return f"the function ended with {answer['FunctionError']}" if "FunctionError" in answer else None


def _parts(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """The letters in order, each part small enough for one call."""
    part: list[Letter] = []
    size = 0
    for letter in letters:
        added = len(json.dumps(_entry("0", letter), default=str).encode())
        if part and size + added > BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(letter)
        size += added
    if part:
        yield part


def _entry(identity: str, letter: Letter) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": identity, "MessageBody": letter.body}
    if letter.attributes:
        entry["MessageAttributes"] = letter.attributes
    if TRACE in letter.system:
        entry["MessageSystemAttributes"] = {TRACE: {"DataType": "String", "StringValue": letter.system[TRACE]}}
    return entry


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
