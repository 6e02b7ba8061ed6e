"""Dead letters of a DynamoDB stream: they say where the records are that a function did not take.

Redriving one reads those records from the stream again, which keeps them for 24 hours, and invokes the function with
them as Lambda did. A letter is done when the function has taken every record and none was missing; else it stays, and
what was taken is taken once more the next time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from chat.aws.dead_letters.filters import UnknownFilterError, lets_through, patterns_of
from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.stream_records import Batch, Record, StreamReader, number_of

RECORDS_AT_ONCE = 100
"""As the stage's mapping hands them over."""

NO_BATCH = "its body does not say where in a stream its records are"


class StreamDestination:
    """The function that takes records of streams, by name or ARN."""

    at_once = 1
    """A letter may stand for a hundred records."""
    sent: frozenset[str] = frozenset()

    def __init__(self, reader: StreamReader, functions: Any, function: str) -> None:  # noqa: ANN401  # a boto3 client
        self._reader = reader
        self._functions = functions
        self._function = function
        self._patterns: dict[str, list[dict[str, Any]]] = {}

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """A few calls to the stream for each letter, and an invocation for a hundred records."""
        return [self._redrive(letter) for letter in letters]

    def _redrive(self, letter: Letter) -> str | None:
        try:
            batch = Batch.of_letter(letter.body)
        except ValueError:
            return NO_BATCH
        try:
            return self._carry_out(batch)
        except ParamValidationError:
            return NO_BATCH
        except UnknownFilterError as error:
            return str(error)
        except ClientError as error:
            return f"{error.operation_name} was refused: {error.response['Error']['Code']}"

    def _carry_out(self, batch: Batch) -> str | None:
        patterns = self._patterns_of(batch.stream_arn)
        if patterns is None:
            return f"the function does not read {batch.stream_arn} any more"
        left = self._reader.read(batch)
        due = [record for record in left if lets_through(patterns, record)]
        refused = list(self._hand_over(due))
        reasons = [_what_is_gone(batch, left, len(due))] if not left or number_of(left[0]) != batch.start else []
        reasons += [f"the function did not take {', '.join(refused)}"] if refused else []
        return "; ".join(reasons) or None

    def _patterns_of(self, stream_arn: str) -> list[dict[str, Any]] | None:
        """What the deployed mapping lets through; None where there is no mapping."""
        if stream_arn not in self._patterns:
            asked = {"FunctionName": self._function, "EventSourceArn": stream_arn}
            found = self._functions.list_event_source_mappings(**asked)["EventSourceMappings"]
            if not found:
                return None
            self._patterns[stream_arn] = patterns_of(found[0])
        return self._patterns[stream_arn]

    def _hand_over(self, records: Sequence[Record]) -> Iterator[str]:
        """Invokes the function with all records in their order; yields the numbers of those that it did not take.

        A record that it refuses is given to it once more, alone, and then left behind, so that it blocks no other.
        """
        rest = list(records)
        while rest:
            part = rest[:RECORDS_AT_ONCE]
            taken = self._invoke(part)
            if taken < len(part):
                refused, taken = part[taken], taken + 1
                if not self._invoke([refused]):
                    yield refused["dynamodb"]["SequenceNumber"]
            rest = rest[taken:]

    def _invoke(self, records: Sequence[Record]) -> int:
        """How many records from the first one on the function has taken, by its partial batch response."""
        answer = self._functions.invoke(FunctionName=self._function, Payload=json.dumps({"Records": records}).encode())
        payload = json.loads(answer["Payload"].read() or b"null") or {}
        if answer.get("FunctionError"):
            return 0
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        failed = {failure.get("itemIdentifier") for failure in payload.get("batchItemFailures") or []}
        if failed - set(numbers):
            return 0  # a number that nobody knows: nothing of the batch, as Lambda understands it
        return next((at for at, number in enumerate(numbers) if number in failed), len(numbers))


def _what_is_gone(batch: Batch, left: Sequence[Record], due: int) -> str:
    """Everything before what is left; of the records between, only the function's own count."""
    end = (
        f"up to {left[0]['dynamodb']['SequenceNumber']}, which is there," if left else f"to {batch.end_sequence_number}"
    )
    count = f"{batch.batch_size - due} of {batch.batch_size} records"
    return f"{count} are in the stream no more: {batch.start_sequence_number} {end} of {batch.shard_id}"
