"""The project's own way: `chat.delivery`, the deployed wiring, the delivery function, and a queue in the process."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from chat import delivery
from chat.aws import wiring
from functions.message import deliver
from loadtest.fanout.job import ROOM

BATCH, RECEIVES = 10, 5
"""Bodies that one run of the delivery function gets, and times that each is received, as it is deployed."""

CONTEXT = SimpleNamespace(
    function_name="deliver",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:deliver",
    aws_request_id="bench",
    get_remaining_time_in_millis=lambda: 30_000,
)


@dataclass
class Held:
    """A body that waits."""

    body: bytes
    due_s: float
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    receives: int = 0


class HeldQueue:
    """A queue whose bodies are received as soon as they may be. The way through SQS (16 ms) is in no figure."""

    def __init__(self, pauses: float) -> None:
        self._pauses = pauses
        self._waiting: list[Held] = []

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """See `chat.ports.Queue`."""
        self._waiting += [Held(body, time.monotonic() + delay_s * self._pauses) for body in bodies]

    def receive(self) -> list[Held]:
        """Up to `BATCH` bodies that are due, once some are; none where none is left."""
        if not self._waiting:
            return []
        time.sleep(max(0.0, min(held.due_s for held in self._waiting) - time.monotonic()))
        now_s = time.monotonic()
        taken = [held for held in self._waiting if held.due_s <= now_s][:BATCH]
        self._waiting = [held for held in self._waiting if held not in taken]
        for held in taken:
            held.receives += 1
        return taken

    def give_back(self, held: Held) -> None:
        """Has a body that failed received again; past `RECEIVES` it is lost, which the report then shows."""
        if held.receives < RECEIVES:
            self._waiting.append(held)


class Engine:
    """A message function that posts, and a delivery function that works off what it left to the queue."""

    def __init__(self, pauses: float) -> None:
        logging.disable(logging.WARNING)  # as a deployed stage: warnings of posts that fail are a line a frame
        self._queue = HeldQueue(pauses)
        wiring.deliveries = lambda: self._queue  # type: ignore[assignment]  # before anything is wired
        self._fanout = wiring.fanout()
        self._seq = 0

    def send(self, frame: bytes) -> None:
        """One message, until nothing of it waits any more."""
        self._seq += 1
        wiring.time_left().begin(CONTEXT)
        delivery.deliver(self._fanout, ROOM, frame, seq=self._seq)
        while batch := self._queue.receive():
            records = [{"messageId": held.name, "body": held.body.decode()} for held in batch]
            answer = deliver.handle({"Records": records}, CONTEXT)
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for held in batch:
                if held.name in failed:
                    self._queue.give_back(held)

    def close(self) -> None:
        """Nothing to end."""
