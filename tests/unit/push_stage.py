"""A stage in memory whose users have devices: what is stored becomes events, and the queue hands out what is due."""

from __future__ import annotations

import json
from typing import Any

from chat import events, presence
from chat.outbound import Outbound
from chat.ports import Principal
from chat.push import notify, registration
from chat.push.encryption import Vapid
from chat.push.office import DeviceDesk, Notifier
from chat.push.registration import Keys, Subscription, Wish
from chat.storage.push_subscriptions import Level, PushBook
from simulation.world import MemoryQueue, World
from tests.unit.aftermath import ask
from tests.unit.browser_device import Browser


class PushStage:
    """One stage; `outbound` is the world outside."""

    def __init__(self, outbound: Outbound, *, shows_text: bool = True) -> None:
        self.world = World()
        self.queue = MemoryQueue()
        self.vapid = Vapid.made_from("the stage's own secret", None)
        self.book = PushBook(self.world.rooms_table)
        services, clock = self.world.services, self.world.clock
        self.desk = DeviceDesk(
            book=self.book, mobile=self.world.mobile, clock=clock, vapid=lambda: self.vapid, private=True
        )
        self.notifier = Notifier(
            book=self.book,
            rooms=services.rooms,
            presence=services.notices.presence,
            queue=self.queue,
            outbound=outbound,
            mobile=self.world.mobile,
            clock=clock,
            vapid=lambda: self.vapid,
            shows_text=shows_text,
        )
        self._heard = 0

    def room(self, *members: str, name: str = "lunch") -> None:
        """A room of the first, with the others in it."""
        owner, *others = members
        self.ask(owner, action="create", title=f"About {name}", room=name, kind="private", members=others)

    def ask(self, user: str, /, **command: Any) -> dict[str, Any]:
        """The reply to a command, which must be carried out."""
        reply = ask(self.world, user, **command)
        assert reply["type"] == "ack", reply
        return reply

    def say(self, user: str, text: str, *, room: str = "lunch") -> bytes:
        """A message is posted; its event."""
        seq = self.ask(user, action="send", room=room, text=text)["result"]["seq"]
        entry = self.world.services.messages.find(room, seq)
        assert entry
        self.world.services.rooms.show_latest(room, events.preview_of(entry))
        return events.message_posted(entry).body

    def tell(self, *bodies: bytes) -> list[bool]:
        """Events, or what is due, are worked off."""
        return notify.work_off(self.notifier, list(bodies))

    def said(self, user: str, text: str, *, room: str = "lunch") -> None:
        """A message is posted and its event worked off."""
        assert self.tell(self.say(user, text, room=room)) == [True]

    def let_pass(self, duration_s: int) -> None:
        """Time passes, and the queue hands out what is due within it."""
        until_ms = self.world.clock.now_ms() + duration_s * 1_000
        while self.queue.bodies and self.world.clock.now_ms() + min(self.queue.delays_s) * 1_000 <= until_ms:
            wait_s = min(self.queue.delays_s)
            self.world.clock.pass_ms(wait_s * 1_000)
            waiting = list(zip(self.queue.bodies, self.queue.delays_s, strict=True))
            self.queue.bodies, self.queue.delays_s = [], []
            for body, delay_s in waiting:
                if delay_s > wait_s:
                    self.queue.send([body], delay_s=delay_s - wait_s)
            assert all(self.tell(*(body for body, delay_s in waiting if delay_s == wait_s)))
        passed_s = (until_ms - self.world.clock.now_ms()) // 1_000
        self.queue.delays_s = [delay_s - passed_s for delay_s in self.queue.delays_s]
        self.world.clock.at_ms = until_ms

    def device(self, user: str, url: str, browser: Browser | None = None) -> Browser:
        """A browser of the user's, registered."""
        browser = browser or Browser()
        registration.register(self.desk, person(user), Subscription(endpoint=url, keys=Keys(**browser.keys)))
        return browser

    def telephone(self, user: str, token: str, platform: str = "apns") -> str:
        """A telephone of the user's, registered; its id."""
        asked = Subscription(platform=platform, token=token)
        return str(registration.register(self.desk, person(user), asked)["id"])

    def wish(self, user: str, level: Level, *, room: str = "lunch") -> None:
        """The user says what they want to hear of."""
        registration.wish(self.desk, person(user), Wish(room, level))

    def come(self, user: str) -> None:
        """The user opens a socket, and others are told."""
        self.world.connect(user)
        presence.settle(self.world.services.notices, user)


def person(user: str) -> Principal:
    return Principal(user, user.capitalize())


def alert(browser: Browser, body: bytes) -> dict[str, Any]:
    """What a browser reads."""
    read: dict[str, Any] = json.loads(browser.read(body))
    return read
