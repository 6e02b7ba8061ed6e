"""A stage in memory with webhooks: what operators do, what is routed, and what time and the queue do to deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from chat import events
from chat.days import DAY_MS
from chat.outbound import Outbound
from chat.storage.audit import AuditTrail
from chat.storage.webhooks import WebhookBook
from chat.webhooks import delivery, registration, routing, signing
from chat.webhooks.office import Dispatch, Endpoints, Registry, Router
from chat.webhooks.registration import Registration
from chat.webhooks.routing import Delivery
from simulation.world import MemoryQueue, World

MASTER = "the stage's own secret"


class WebhookStage:
    """One stage; `outbound` is the world outside. Jitter is always in the middle."""

    def __init__(self, outbound: Outbound, *, private: bool = True) -> None:
        self.world = World()
        self.queue = MemoryQueue()
        self.book = WebhookBook(self.world.rooms_table)
        endpoints = Endpoints(self.book, self.world.clock)
        self.registry = Registry(
            book=self.book,
            rooms=self.world.services.rooms,
            messages=self.world.services.messages,
            queue=self.queue,
            audit=AuditTrail(self.world.rooms_table),
            clock=self.world.clock,
            ids=self.world.ids,
            master=lambda: MASTER,
            private=private,
        )
        self.router = Router(endpoints=endpoints, queue=self.queue)
        self.dispatch = Dispatch(
            endpoints=endpoints,
            book=self.book,
            queue=self.queue,
            outbound=outbound,
            clock=self.world.clock,
            master=lambda: MASTER,
            chance=lambda: 0.5,
            disable_after_ms=5 * DAY_MS,
        )

    def register(self, url: str, **asked: Any) -> dict[str, Any]:
        """A new endpoint, of messages in all rooms where nothing else is asked for."""
        given: dict[str, Any] = {"events": [events.MESSAGE_POSTED], **asked, "url": url}
        made = registration.register(self.registry, "operator", Registration(**given))
        self.dispatch.endpoints.forget()
        return registration.with_secret(self.registry, made)

    def tell(self, *bodies: bytes) -> None:
        """Routes events."""
        assert routing.route(self.router, list(bodies)) == [True] * len(bodies)

    def send(self) -> list[bool]:
        """Hands out what waits in the queue, whatever its delay, as one batch."""
        bodies, self.queue.bodies, self.queue.delays_s = self.queue.bodies, [], []
        return delivery.work_off(self.dispatch, bodies)

    def let_pass(self, hours: float) -> None:
        """Lets time pass, with the queue handing out each body when its delay is over."""
        until_ms = self.world.clock.now_ms() + int(hours * 3_600_000)
        while self.queue.bodies and self.world.clock.now_ms() + min(self.queue.delays_s) * 1_000 <= until_ms:
            wait_s = min(self.queue.delays_s)
            self.world.clock.pass_ms(wait_s * 1_000)
            waiting = list(zip(self.queue.bodies, self.queue.delays_s, strict=True))
            self.queue.bodies, self.queue.delays_s = [], []
            ready = [body for body, delay_s in waiting if delay_s == wait_s]
            for body, delay_s in waiting:
                if delay_s > wait_s:
                    self.queue.send([body], delay_s=delay_s - wait_s)
            assert all(delivery.work_off(self.dispatch, ready))
        passed_s = (until_ms - self.world.clock.now_ms()) // 1_000
        self.queue.delays_s = [delay_s - passed_s for delay_s in self.queue.delays_s]
        self.world.clock.at_ms = until_ms

    def waiting(self) -> list[Delivery]:
        """The deliveries in the queue."""
        return [msgspec.json.decode(body, type=Delivery) for body in self.queue.bodies]


def posted(seq: int, room: str = "lunch", text: str = "Hello") -> bytes:
    """An event."""
    return msgspec.json.encode(events.MessagePosted(f"{room}/{seq}", room, seq, "text", "ada", "Ada", text, 0))


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver does, written from the specification: any of the signatures is the right one."""
    key = base64.b64decode(secret.removeprefix(signing.PREFIX))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in headers["webhook-signature"].split(" "))
