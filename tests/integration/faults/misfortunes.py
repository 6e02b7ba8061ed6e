"""What can go wrong between a function and its cloud, one class each."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field

from chat.aws.sockets import TIMEOUT_MS
from tests.integration.faults.proxy import CONNECTIONS, Answer, Asked, Fault, PassOn

REPEAT_DELAY_S = 1
"""Between the two deliveries of a body, so that they come in different batches as they do on AWS."""


THROTTLED, SILENT, DEADLY = 0.15, 0.05, 0.03
"""Shares of the calls of a bad day."""

MOST_DEATHS = 8
"""Each costs a start of the function: a second, on a busy machine ten."""


@dataclass
class Death:
    """The function's process is killed: before a call is made or, `late`, once it was done and before it is answered.

    It is the call number `at`, from 0, of those to `operation`, or of all. Others are as they should be.
    """

    at: int = 0
    operation: str = ""
    late: bool = False
    struck: bool = False
    _seen: int = 0

    @property
    def name(self) -> str:
        """When it comes, in words."""
        return f"{'after' if self.late else 'before'} {self.operation} {self.at}"

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        try:
            process = asked.process
        except LookupError:  # what a process asked that was killed meanwhile
            return None
        if self.operation not in {"", asked.operation}:
            return await pass_on(asked.body)
        at, self._seen = self._seen, self._seen + 1
        if at != self.at:
            return await pass_on(asked.body)
        if self.late:
            await pass_on(asked.body)
        self.struck = True
        os.kill(process, signal.SIGKILL)
        return None


@dataclass
class Throttling:
    """A share of the calls to some tables is refused, in each of the ways that DynamoDB has for it."""

    tables: tuple[str, ...]
    share: float
    chance: random.Random
    refused: int = 0

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        ours = any(name.encode() in asked.body for name in self.tables)
        if not ours or self.chance.random() >= self.share:
            return await pass_on(asked.body)
        self.refused += 1
        return Answer(400, json.dumps(self._refusal(asked)).encode())

    def _refusal(self, asked: Asked) -> dict[str, object]:
        refusals: list[dict[str, object]] = [
            {
                "__type": f"com.amazonaws.dynamodb.v20120810#{name}",
                "message": "The level of configured provisioned throughput for the table was exceeded.",
            }
            for name in ("ProvisionedThroughputExceededException", "RequestLimitExceeded")
        ]
        refusals.append({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded"})
        if asked.operation == "TransactWriteItems":
            reasons = [{"Code": "None"}] * (len(json.loads(asked.body)["TransactItems"]) - 1)
            refusals.append(
                {
                    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                    "message": "Transaction cancelled",
                    "CancellationReasons": [
                        *reasons,
                        {"Code": self.chance.choice(("ThrottlingError", "ProvisionedThroughputExceeded"))},
                    ],
                }
            )
        return self.chance.choice(refusals)


@dataclass
class Repeats:
    """What is put into a queue comes out of it twice, the second time a little later."""

    repeated: int = 0

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        answer = await pass_on(asked.body)
        if asked.operation == "SendMessageBatch":
            again = json.loads(asked.body)
            for entry in again["Entries"]:
                entry["DelaySeconds"] += REPEAT_DELAY_S
            self.repeated += len(again["Entries"])
            await pass_on(json.dumps(again).encode())
        return answer


@dataclass
class Unreachable:
    """Nobody can be posted to: calls are cut at once or, with `hangs`, when the caller has given up long ago."""

    hangs: bool = False
    refused: int = 0

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        if asked.operation != CONNECTIONS:
            return await pass_on(asked.body)
        self.refused += 1
        if self.hangs:
            await asyncio.sleep(2 * TIMEOUT_MS / 1_000)
        return None


@dataclass
class BadDay:
    """All of it at once: each call has a chance to be refused and, where that may be `lasting`, to be the function's
    last or to get no answer. These may burn a number, for which all readers wait a minute.
    """

    chance: random.Random
    tables: tuple[str, ...]
    lasting: bool
    struck: Counter[str] = field(default_factory=Counter)

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        fault = self._draw()
        if fault is None:
            return await pass_on(asked.body)
        self.struck[type(fault).__name__] += 1
        return await fault.meet(asked, pass_on)

    def _draw(self) -> Fault | None:
        drawn = self.chance.random()
        if drawn < THROTTLED:
            return Throttling(self.tables, 1.0, self.chance)
        if self.lasting and drawn < THROTTLED + SILENT:
            return Silence()
        if self.lasting and drawn < THROTTLED + SILENT + DEADLY and self.struck["Death"] < MOST_DEATHS:
            return Death(late=self.chance.random() < 1 / 2)
        return None


class Silence:
    """The call is carried out, and its answer gets lost."""

    async def meet(self, asked: Asked, pass_on: PassOn) -> Answer | None:
        await pass_on(asked.body)
        return None
