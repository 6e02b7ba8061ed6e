"""SQS and SNS: at least once, in no order, worked off by as many pollers as a backlog has called for.

A body that its function failed is hidden until its visibility time-out ends, and received again; past the fifth receipt
it is a dead letter. A poller takes what is there, up to a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from chat.errors import UnavailableError
from chat.ports import Event
from simulation.cloud.disturbance import BodyStrike, Delay, Strike
from simulation.cloud.functions import Access, End, Function, Outcome
from simulation.cloud.scheduler import US
from simulation.cloud.stage import MAX_RECEIVES, QueueSpec, visibility_ms

if TYPE_CHECKING:
    from simulation.cloud.cloud import Cloud

BATCH = 10
"""Bodies of one SendMessageBatch or PublishBatch."""

BODY_BYTES = 256 * 1024


class Body:
    """One message of a queue."""

    __slots__ = ("first_sent_us", "id", "receives", "text")

    def __init__(self, body_id: str, text: str, now_us: int) -> None:
        self.id = body_id
        self.text = text
        self.first_sent_us = now_us
        self.receives = 0


class Queue:
    """One standard queue, its dead letters, and who works it off."""

    def __init__(self, cloud: Cloud, spec: QueueSpec, worker: Function, *, visible_again_ms: int | None = None) -> None:
        self.cloud = cloud
        self.spec = spec
        self.dead: list[Body] = []
        self.received = 0
        self._worker = worker
        self._hidden_us = (visible_again_ms or visibility_ms(worker.spec)) * US
        self._ready: deque[Body] = deque()
        self._pollers = float(cloud.figures.pollers)
        self._polling = 0
        self._grown_us = cloud.scheduler.now_us

    @property
    def waiting(self) -> int:
        """Bodies that nobody has received yet."""
        return len(self._ready)

    @property
    def under_way(self) -> int:
        """Batches that are being worked off."""
        return self._polling

    def put(self, text: str, *, delay_ms: int = 0) -> None:
        """Takes a body in."""
        strike = self.cloud.disturbance.body(self.spec.name)
        if strike is not None:
            self.cloud.note(self.spec.name, "body", str(strike))
        if strike is BodyStrike.LOST:
            return
        late_ms = strike.duration_ms if isinstance(strike, Delay) else 0
        copies = 2 if strike is BodyStrike.TWICE else 1
        scheduler = self.cloud.scheduler
        body_id = self.cloud.new_id()
        for _ in range(copies):
            body = Body(body_id, text, scheduler.now_us)
            hop_us = self.cloud.figures.queue.draw_us(scheduler.chance)
            scheduler.after((delay_ms + late_ms) * US + hop_us, self._arrive, body)

    def resume(self) -> None:
        """Its Region is back."""
        self._poll()

    def redrive(self) -> int:
        """Puts dead letters back, as an operator does; how many."""
        dead, self.dead = self.dead, []
        for body in dead:
            body.receives = 0
            self._arrive(body)
        return len(dead)

    def _arrive(self, body: Body) -> None:
        self._ready.append(body)
        self._poll()

    def _poll(self) -> None:
        self._grow()
        if self.cloud.lost:
            return
        while self._ready and self._polling < int(self._pollers):
            batch = [self._ready.popleft() for _ in range(min(self.spec.batch_size, len(self._ready)))]
            for body in batch:
                body.receives += 1
            self._polling += 1
            self.received += len(batch)
            self._worker.invoke(_event(batch, self.spec.name), partial(self._done, batch))

    def _grow(self) -> None:
        """More pollers while they don't keep up, fewer again when there is nothing to do."""
        now_us, figures = self.cloud.scheduler.now_us, self.cloud.figures
        elapsed_us, self._grown_us = now_us - self._grown_us, now_us
        by = figures.pollers_per_min * elapsed_us / 60e6
        busy = self._polling >= int(self._pollers)
        self._pollers += by if busy else -by
        self._pollers = min(max(self._pollers, figures.pollers), figures.pollers_most)

    def _done(self, batch: Sequence[Body], outcome: Outcome) -> None:
        self._polling -= 1
        failed = _failed(outcome)
        for body in batch:
            if failed is None or body.id in failed:
                self._fail(body)
        self._poll()

    def _fail(self, body: Body) -> None:
        if body.receives >= MAX_RECEIVES:
            self.dead.append(body)
            self.cloud.note(self.spec.name, "dead letter", body.text[:200])
        else:
            self.cloud.scheduler.after(self._hidden_us, self._arrive, body)


def _failed(outcome: Outcome) -> set[str] | None:
    """Which bodies are to be received again; None for all of them."""
    if outcome.end is not End.RETURNED:
        return None
    return {each["itemIdentifier"] for each in (outcome.answer or {}).get("batchItemFailures", [])}


def _event(batch: Sequence[Body], name: str) -> Mapping[str, Any]:
    return {
        "Records": [
            {
                "messageId": body.id,
                "receiptHandle": body.id,
                "body": body.text,
                "attributes": {
                    "ApproximateReceiveCount": str(body.receives),
                    "SentTimestamp": str(body.first_sent_us // US),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{name}",
                "awsRegion": "us-east-1",
            }
            for body in batch
        ]
    }


class CloudQueue:
    """One instance's access to a queue. See `chat.ports.Queue`."""

    __slots__ = ("_access", "_queue")

    def __init__(self, client: Access, url: str) -> None:
        self._access = client
        self._queue = client.cloud.queues[url]

    def send(self, bodies: Sequence[bytes], *, delay_s: int = 0) -> None:
        """A call for ten bodies, all calls at once. One that is refused leaves the others taken."""
        if not bodies:
            return
        texts = [body.decode() for body in bodies]
        cloud = self._access.cloud
        strike = self._access.strike("sqs", "send")
        self._access.wait(cloud.figures.enqueue.draw_us(cloud.scheduler.chance))
        refused = any(len(body) > BODY_BYTES for body in bodies)
        taken = 0 if refused else cloud.scheduler.chance.randrange(len(texts)) if strike is Strike.UNHEARD else None
        for text in texts[:taken]:
            for _ in range(2 if strike is Strike.REPEATED else 1):
                self._queue.put(text, delay_ms=delay_s * 1_000)
        self._access.after(strike)
        if refused:
            raise UnavailableError("The delivery queue did not take everything.", retry_after_ms=1_000)


class Topic:
    """The topic, and the queues that subscribe to some of its events."""

    def __init__(self, cloud: Cloud, queues: Sequence[Queue]) -> None:
        self.cloud = cloud
        self.published = 0
        self.delivered = 0
        """Bodies put into queues: SQS bills each."""
        self._queues = [queue for queue in queues if queue.spec.events]

    def publish(self, event: Event) -> None:
        """On its way to each queue whose filter lets it through."""
        self.published += 1
        text = event.body.decode()
        for queue in self._queues:
            if event.name in queue.spec.events:
                self.delivered += 1
                delay_us = self.cloud.figures.topic.draw_us(self.cloud.scheduler.chance)
                self.cloud.scheduler.after(delay_us, queue.put, text)


class CloudTopic:
    """One instance's access to the topic. See `chat.ports.Topic`."""

    __slots__ = ("_access",)

    def __init__(self, client: Access, arn: str) -> None:
        del arn  # there is one topic
        self._access = client

    def publish(self, events: Sequence[Event]) -> list[bool]:
        """A call for ten events, each with its own answer."""
        if not events:
            return []
        cloud = self._access.cloud
        try:
            strike = self._access.strike("sns", "publish")
        except UnavailableError:
            return [False] * len(events)
        self._access.wait(cloud.figures.enqueue.draw_us(cloud.scheduler.chance))
        for event in events:
            for _ in range(2 if strike is Strike.REPEATED else 1):
                cloud.topic.publish(event)
        try:
            self._access.after(strike)
        except UnavailableError:
            return [cloud.scheduler.chance.random() < 0.5 for _ in events]  # noqa: PLR2004 - of ten at a time some
        return [True] * len(events)
