"""Light clients: each is a few counters. Together they know what was said, and who has heard it when.

They keep the product's rules where load depends on them: one id for a message however often it is sent, full jitter
between attempts (`agent_chat.outbox`), and a message that was not acknowledged is sent again until it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from agent_chat.backoff import full_jitter_ms
from agent_chat.connection import REPLY_TIMEOUT_S
from agent_chat.outbox import FIRST_RETRY_MS, MOST_RETRY_MS
from simulation.capacity.frames import Heard, parse
from simulation.capacity.tally import Second
from simulation.cloud.cloud import Cloud
from simulation.cloud.gateway import Socket
from simulation.cloud.scheduler import US

WORDS = "tonight the red boat leaves from pier seven at nine"
"""A message's text is this and its number: what the search index gets to do is that of an ordinary sentence."""

CATCH_UP = "catch-up"
"""The id of the command by which a client asks for what it lacks."""

REMEMBERED_FRAMES = 4_096
"""Frames of which it is remembered what they say: the same one goes to many."""


class Client:
    """One socket's other end. Its bits stand for messages of its room by number: which it has heard, which it wrote."""

    __slots__ = ("crowd", "heard_bits", "own_bits", "pending", "room", "socket", "user")

    def __init__(self, crowd: Crowd, room: str, user: str) -> None:
        self.crowd = crowd
        self.room = room
        self.user = user
        self.socket: Socket | None = None
        self.heard_bits = 0
        self.own_bits = 0
        self.pending: list[str] = []
        """Ids of what it has sent and has no answer to, the oldest first."""

    def opened(self, socket: Socket) -> None:
        """See `simulation.cloud.gateway.Listener`."""
        self.socket = socket

    def refused(self, status: int) -> None:
        """A load's sockets are open from its beginning, and nobody opens another."""
        self.crowd.errors[f"refused {status}"] += 1

    def received(self, text: str) -> None:
        """As `heard`, now."""
        self.heard(text, self.crowd.cloud.scheduler.now_us)

    def heard(self, text: str, at_us: int) -> None:
        """A frame that arrives at that moment, which is now or soon."""
        self.crowd.hear(self, text, at_us)

    def closed(self, code: int) -> None:
        """Nobody takes it up again: a load is too short for that."""
        self.crowd.errors[f"closed {code}"] += 1
        self.socket = None


@dataclass(slots=True)
class Sending:
    """A message that has no ack yet. `first_us` is when it was sent for the first time."""

    client: Client
    text: str
    first_us: int
    attempts: int = 0


class Crowd:
    """Everybody of one cell."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.clients: list[Client] = []
        self.began_us = cloud.scheduler.now_us
        self.seconds: dict[int, Second] = {}
        """By the second since the beginning."""
        self.acked: Counter[str] = Counter()
        """Of each room, the acknowledged messages' numbers as bits."""
        self.pending: dict[str, Sending] = {}
        self.errors: Counter[str] = Counter()
        self.offered = self.resent = self.duplicates = self.heard = self.refused = 0
        self._first_us: dict[str, int] = {}
        self._parsed: dict[str, list[Heard]] = {}

    def second(self, at_us: int) -> Second:
        """The one that a moment belongs to."""
        number = (at_us - self.began_us) // 1_000_000
        second = self.seconds.get(number)
        if second is None:
            second = self.seconds[number] = Second()
        return second

    def say(self, client: Client) -> None:
        """A new message. Who has no socket says nothing."""
        if client.socket is None:
            return
        self.offered += 1
        command_id, now_us = f"m{self.offered}", self.cloud.scheduler.now_us
        frame = {"action": "send", "id": command_id, "room": client.room, "text": f"{WORDS} {self.offered}"}
        self.pending[command_id] = Sending(client, msgspec.json.encode(frame).decode(), now_us)
        self._first_us[command_id] = now_us
        client.pending.append(command_id)
        self.second(now_us).sent += 1
        self._send(command_id)

    def beat(self, client: Client) -> None:
        """A heartbeat: whether the room has got further than the client knows."""
        if client.socket is not None:
            newest = max(client.heard_bits.bit_length() - 1, 0)
            frame = {"action": "sync", "id": "beat", "rooms": {client.room: newest}}
            self.cloud.gateway.send(client.socket, msgspec.json.encode(frame).decode())

    def catch_up(self, client: Client, lacking: int) -> None:
        """Asks for a page of the log that begins with the first of what the client lacks (bits, by number)."""
        if client.socket is not None:
            first = (lacking & -lacking).bit_length() - 1
            frame = {"action": "history", "id": CATCH_UP, "room": client.room, "after": first - 1}
            self.cloud.gateway.send(client.socket, msgspec.json.encode(frame).decode())

    def hear(self, client: Client, text: str, at_us: int) -> None:
        """What a frame says has come to a client."""
        for heard in self._understood(text):
            if heard.type == "message":
                self._hear_message(client, heard, at_us)
            elif heard.type == "ack":
                self._hear_ack(client, heard, at_us)
            elif heard.type == "error":
                self._hear_refusal(client, heard, at_us)

    def _understood(self, text: str) -> list[Heard]:
        known = self._parsed.get(text)
        if known is None:
            if len(self._parsed) >= REMEMBERED_FRAMES:
                self._parsed.clear()
            known = self._parsed[text] = parse(text)
        return known

    def _hear_message(self, client: Client, heard: Heard, at_us: int) -> None:
        bit = 1 << heard.seq
        if client.heard_bits & bit:
            self.duplicates += 1
            return
        client.heard_bits |= bit
        first_us = self._first_us.get(heard.id)
        # In a hot room a message also comes back to whoever sent it; that is no delivery.
        if first_us is not None and not client.own_bits & bit:
            self.heard += 1
            self.second(first_us).deliveries.add(at_us - first_us)

    def _hear_ack(self, client: Client, heard: Heard, at_us: int) -> None:
        if heard.id == CATCH_UP:
            client.heard_bits |= sum(1 << seq for seq in heard.missed)
            return
        sending = self._settled(client, heard.id)
        if sending is None:
            return
        bit = 1 << heard.seq
        self.acked[client.room] |= bit
        client.own_bits |= bit
        second = self.second(sending.first_us)
        second.acked += 1
        second.acks.add(at_us - sending.first_us)

    def _hear_refusal(self, client: Client, heard: Heard, at_us: int) -> None:
        self.errors[heard.code] += 1
        # API Gateway does not say which frame it has refused: the oldest is sent again, and its number keeps it one.
        command_id = heard.id or (client.pending[0] if client.pending else "")
        if not heard.temporary:
            self.refused += self._settled(client, command_id) is not None
        elif command_id in self.pending:
            jitter_ms = full_jitter_ms(
                self.pending[command_id].attempts - 1,
                FIRST_RETRY_MS,
                MOST_RETRY_MS,
                self.cloud.scheduler.chance.random,
            )
            self.cloud.scheduler.at(at_us + int((jitter_ms + heard.retry_after_ms) * US), self._send, command_id)

    def _settled(self, client: Client, command_id: str) -> Sending | None:
        sending = self.pending.pop(command_id, None)
        if sending is not None:
            client.pending.remove(command_id)
        return sending

    def _send(self, command_id: str) -> None:
        sending = self.pending.get(command_id)
        if sending is None or sending.client.socket is None:
            return
        sending.attempts += 1
        self.resent += sending.attempts > 1
        self.cloud.gateway.send(sending.client.socket, sending.text)
        self.cloud.scheduler.after(int(REPLY_TIMEOUT_S * 1e6), self._lose_patience, command_id, sending.attempts)

    def _lose_patience(self, command_id: str, attempt: int) -> None:
        sending = self.pending.get(command_id)
        if sending is not None and sending.attempts == attempt:
            self.errors["no reply"] += 1
            self._send(command_id)
