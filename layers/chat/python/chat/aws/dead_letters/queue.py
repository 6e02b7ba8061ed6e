"""One SQS queue of dead letters: how many there are, and going round all of them without losing any.

A letter that was received is hidden from everybody else, and comes back by itself unless it is deleted. Going round
relies on that: what is not meant stays hidden until the round is over, since SQS would hand out the same letters again,
and is shown again at that very moment. Whoever is killed in the middle leaves letters hidden for `HIDDEN_S` at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chat.aws.dead_letters.letters import Letter

BATCH = 10
"""Messages in one call (SQS quota)."""

HIDDEN_S = 900
"""Longer than ten letters take, whatever is done with them, and short enough to wait for after an accident."""

WAIT_S = 1
"""A receive that waits asks all of a queue's servers: an empty answer means an empty queue."""

STALE_RECEIVES = 10
"""Receives in a row that brought nothing new, after which a round is over: its hidden letters have come back to it."""


@dataclass(frozen=True)
class Depth:
    """Letters that can be received now, and those that somebody else is looking at; about right, as SQS counts."""

    waiting: int
    hidden: int


class DeadLetterQueue:
    """The queue at a URL."""

    def __init__(self, sqs: Any, url: str) -> None:  # noqa: ANN401  # a boto3 client
        self._sqs = sqs
        self._url = url

    def depth(self) -> Depth:
        """One call."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(names))["Attributes"]
        return Depth(*(int(found[name]) for name in names))

    @contextmanager
    def round(self, *, at_once: int = BATCH) -> Iterator[Round]:
        """Every letter once, up to `at_once` (10) at a time; at the end those that are left are shown to others."""
        going = Round(self._sqs, self._url, at_once)
        try:
            yield going
        finally:
            going.release()


class Round:
    """Letters that were received and not deleted are held: nobody else gets them before the round is over."""

    def __init__(self, sqs: Any, url: str, at_once: int) -> None:  # noqa: ANN401  # a boto3 client
        self._sqs = sqs
        self._url = url
        self._at_once = at_once
        self._held: dict[str, str] = {}
        self._removed: set[str] = set()

    def __iter__(self) -> Iterator[list[Letter]]:
        stale = 0
        while stale < STALE_RECEIVES and (received := self._receive()):
            fresh = [letter for letter in received if letter.id not in self._held and letter.id not in self._removed]
            self._held.update({letter.id: letter.handle for letter in received})
            stale = 0 if fresh else stale + 1
            if fresh:
                yield fresh

    def remove(self, letters: Sequence[Letter]) -> dict[str, str]:
        """Deletes the letters; those that are still there are returned by id, each with why."""
        answers = self._in_batches(self._sqs.delete_message_batch, [letter.id for letter in letters])
        failed = {identity: f"done, but still here: {why}" for identity, why in answers.items()}
        for letter in letters:
            if letter.id not in failed:
                self._held.pop(letter.id, None)
                self._removed.add(letter.id)
        return failed

    def release(self) -> None:
        """Shows what is held again. What SQS does not take back at once comes back by itself."""
        self._in_batches(self._sqs.change_message_visibility_batch, list(self._held), VisibilityTimeout=0)
        self._held.clear()

    def _receive(self) -> list[Letter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=self._at_once,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=WAIT_S,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [Letter.of(message) for message in answer.get("Messages", [])]

    def _in_batches(self, call: Any, identities: Sequence[str], **fields: object) -> Mapping[str, str]:  # noqa: ANN401
        """One call for ten letters that are held; returns why by id for those that it was refused for."""
        refused: dict[str, str] = {}
        for at in range(0, len(identities), BATCH):
            part = identities[at : at + BATCH]
            entries = [
                {"Id": str(number), "ReceiptHandle": self._held[identity], **fields}
                for number, identity in enumerate(part)
            ]
            answer = call(QueueUrl=self._url, Entries=entries)
            refused |= {part[int(entry["Id"])]: entry["Code"] for entry in answer.get("Failed", [])}
        return refused
