"""The stage's dead letters behind `chat.dead_letters.LetterOffice`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chat.aws.dead_letters.discarding import AuditDestination, Discarding
from chat.aws.dead_letters.hops import Hop, published
from chat.aws.dead_letters.letters import Letter
from chat.aws.dead_letters.outlines import outline
from chat.aws.dead_letters.queue import BATCH, DeadLetterQueue
from chat.aws.dead_letters.redriving import destination_of
from chat.aws.dead_letters.selection import Contains, Selection
from chat.aws.dead_letters.treatment import Destination, Tally, Treatment
from chat.dead_letters import Action, Failed, LetterView, QueueNotFoundError, QueueView, Treat, Treated
from chat.errors import UnavailableError

BUDGET_S = 8.0
"""For the letters of one request: the last ten of them may take as long again, and the page waits for 15 s."""

AT_THE_SAME_TIME = 12
AGE_PERIOD_S = 60
AGE_BACK = timedelta(minutes=15)
"""SQS tells CloudWatch of ages once a minute, and of a queue that nobody uses later."""


@dataclass(frozen=True, kw_only=True)
class SqsLetterOffice:
    """`client` makes a boto3 client of a service; `discarded` are bucket and prefix of letters that were given up."""

    stage: str
    client: Callable[[str], Any]
    discarded: tuple[str, str]

    def queues(self) -> list[QueueView]:
        """See `LetterOffice`."""
        with _answering():
            hops, sqs = published(self.client("ssm"), self.stage), self.client("sqs")
            with ThreadPoolExecutor(AT_THE_SAME_TIME) as pool:
                depths = list(pool.map(lambda hop: DeadLetterQueue(sqs, hop.queue).depth(), hops))
            ages = self._ages([hop for hop, depth in zip(hops, depths, strict=True) if depth.waiting])
        return [
            QueueView(
                name=hop.name,
                waiting=depth.waiting,
                hidden=depth.hidden,
                oldest_s=ages.get(hop.name),
                redrive=hop.redrive,
            )
            for hop, depth in zip(hops, depths, strict=True)
        ]

    def show(self, queue: str, contains: str, limit: int) -> Treated:
        """See `LetterOffice`."""
        shown = _Shown()
        with _answering():
            tally = self._treat(self._hop(queue), contains, limit, shown, remove=False)
        return _treated(tally, shown.letters, dry_run=True)

    def treat(self, queue: str, action: Action, wanted: Treat, operator: str) -> Treated:
        """See `LetterOffice`."""
        with _answering():
            hop = self._hop(queue)
            destination = self._destination(hop, action, operator, wanted.why.strip())
            tally = self._treat(hop, wanted.contains, wanted.limit, destination, remove=True)
        return _treated(tally, [], dry_run=False)

    def _hop(self, name: str) -> Hop:
        hops = {hop.name: hop for hop in published(self.client("ssm"), self.stage)}
        if name not in hops:
            raise QueueNotFoundError(f"The stage has no queue {name} of dead letters.")
        return hops[name]

    def _destination(self, hop: Hop, action: Action, operator: str, why: str) -> Destination:
        if action == "redrive":
            return destination_of(hop, self.client)
        discarding = Discarding(stage=self.stage, hop=hop, who=operator, reason=why)
        return AuditDestination(self.client("s3"), self.discarded, discarding)

    def _treat(self, hop: Hop, contains: str, limit: int, destination: Destination, *, remove: bool) -> Tally:
        end_s, tally = time.monotonic() + BUDGET_S, Tally()
        Treatment(
            queue=DeadLetterQueue(self.client("sqs"), hop.queue),
            selection=Selection(conditions=[Contains(contains)] if contains else [], limit=limit),
            destination=destination,
            remove=remove,
            report=lambda _: None,
            in_time=lambda: time.monotonic() < end_s,
        ).carry_out(tally)
        return tally

    def _ages(self, hops: Sequence[Hop]) -> dict[str, int]:
        """How long the oldest letter of each has waited, in seconds, where CloudWatch knows; one call for all."""
        if not hops:
            return {}
        now = datetime.now(UTC)
        queries = [_age(number, hop) for number, hop in enumerate(hops)]
        found = self.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=now - AGE_BACK, EndTime=now, ScanBy="TimestampDescending"
        )["MetricDataResults"]
        return {hops[int(each["Id"][1:])].name: round(each["Values"][0]) for each in found if each["Values"]}


@dataclass
class _Shown:
    """A destination that takes no letter, and remembers what was to be seen of each."""

    letters: list[LetterView] = field(default_factory=list)
    at_once: int = BATCH
    sent: frozenset[str] = frozenset()

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        self.letters += [
            LetterView(id=each.id, sent_at_ms=each.sent_at_ms, receives=each.receives, outline=outline(each))
            for each in letters
        ]
        return [None] * len(letters)


def _treated(tally: Tally, letters: list[LetterView], *, dry_run: bool) -> Treated:
    return Treated(
        dry_run=dry_run,
        looked_at=tally.looked_at,
        chosen=tally.chosen,
        done=0 if dry_run else tally.done,
        failed=[Failed(id=letter.id, why=why) for letter, why in tally.failed],
        letters=letters,
    )


def _age(number: int, hop: Hop) -> dict[str, Any]:
    name = hop.queue.rpartition("/")[2]
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": name}],
    }
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": AGE_PERIOD_S, "Stat": "Maximum"}}


@contextmanager
def _answering() -> Iterator[None]:
    """What AWS refuses, or leaves unanswered, is `UnavailableError`; a letter's own failures are its tally's."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError("The queues don't answer right now; try again.", retry_after_ms=1_000) from error
