"""Telling those who are away: at most once in `APART_MS` of a room, the newest in place of what was told before.

A message that comes too soon after the last that was told is told when its time has come, with all that came with it,
if it is unread by then: one body in the queue waits for it, however many messages come. What a push service does not
take for the moment waits in the queue, too; a device that it knows no more is forgotten.

An event may come twice: the second time is too soon after the first, so what it leads to is one message more, later, at
most.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat import events, signals
from chat.errors import UnavailableError
from chat.events import MessagePosted
from chat.mobile import Alert, Told
from chat.numbering import given_between
from chat.outbound import OutboundAnswer, OutboundRequest
from chat.push import audience, encryption
from chat.push.audience import Absentee
from chat.push.office import Notifier
from chat.push.registration import WEB
from chat.storage.push_subscriptions import Device

APART_MS = 60_000
WAITS_S = (30, 120, 600)
"""Pauses before a device is tried again. After that it is left: the message waits in the room."""

TTL_S = 24 * 3_600
"""How long a push service keeps a message for a device that is off."""

MAX_TEXT_CHARS = 200
GONE = frozenset({404, 410})
LATER = frozenset({0, 429, 500, 502, 503, 504})

logger = logging.getLogger(__name__)


class Due(msgspec.Struct, frozen=True, tag="room", tag_field="due"):
    """A body of the queue: the user is to be told of the room, if there is anything unread in it by then.

    `device` and `attempt` are set where only that one is tried again.
    """

    user: str
    room: str
    device: str | None = None
    attempt: int = 1


@dataclass(frozen=True)
class _Telling:
    """One alert for one device. `at` is the place of the body that it is from."""

    at: int
    device: Device
    alert: Alert
    attempt: int = 1


def work_off(notifier: Notifier, bodies: Sequence[bytes]) -> list[bool]:
    """Tells whom the bodies, events or what is due, are for; says for each, in order, whether it was done with.

    All are sent at the same time. Whatever can't be read fails, and is a dead letter in the end.
    """
    done = [True] * len(bodies)
    tellings: list[_Telling] = []
    for at, body in enumerate(bodies):
        try:
            tellings += _tellings(notifier, at, body)
        except (msgspec.MsgspecError, UnavailableError):
            logger.exception("nobody told")
            done[at] = False
    for telling, told in zip(tellings, _send(notifier, tellings), strict=True):
        try:
            _settle(notifier, telling, told)
        except UnavailableError:
            logger.exception("outcome not noted")
            done[telling.at] = False
    return done


def _tellings(notifier: Notifier, at: int, body: bytes) -> list[_Telling]:
    kind = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if "due" in kind:
        due = msgspec.json.decode(body, type=Due)
        return [each for each in _of_due(notifier, at, due) if due.device in {None, each.device.id}]
    event = events.decode(body)
    if not isinstance(event, MessagePosted):
        return []
    found = audience.of(notifier, event)
    return [each for absentee in found for each in _in_turn(notifier, at, absentee, event)]


def _of_due(notifier: Notifier, at: int, due: Due) -> list[_Telling]:
    latest = notifier.rooms.previews([due.room]).get(due.room)
    if latest is None:
        return []
    found = audience.away(notifier, [due.user], due.room, int(latest["seq"]))
    newest = MessagePosted(
        "", due.room, int(latest["seq"]), "text", None, latest["author"], latest["text"], latest["sent_at_ms"]
    )
    if due.device is not None:  # its turn was taken before
        return [each for absentee in found for each in _alerts(notifier, at, absentee, newest, due.attempt)]
    return [each for absentee in found for each in _in_turn(notifier, at, absentee, newest)]


def _in_turn(notifier: Notifier, at: int, absentee: Absentee, posted: MessagePosted) -> list[_Telling]:
    """The alerts, if it is time for any; else something in the queue waits for it."""
    user, now_ms = absentee.listed.user, notifier.clock.now_ms()
    wait_ms = notifier.book.take_turn(user, posted.room, now_ms, APART_MS)
    if wait_ms == 0:
        return _alerts(notifier, at, absentee, posted, 1)
    if wait_ms > 0:
        notifier.queue.send([msgspec.json.encode(Due(user, posted.room))], delay_s=-(-wait_ms // 1_000))
    return []


def _alerts(notifier: Notifier, at: int, absentee: Absentee, posted: MessagePosted, attempt: int) -> list[_Telling]:
    listed = absentee.listed
    alert = Alert(
        room=posted.room,
        title=listed.title,
        author=posted.name or "",
        text=posted.text[:MAX_TEXT_CHARS] if notifier.shows_text else "",
        seq=posted.seq,
        unread=given_between(listed.read_seq, posted.seq),
        urgent=absentee.urgent,
    )
    return [_Telling(at, device, alert, attempt) for device in absentee.devices]


def _send(notifier: Notifier, tellings: Sequence[_Telling]) -> list[Told]:
    """What became of each, in their order: browsers all at once, then telephones one after the other."""
    web = [telling for telling in tellings if telling.device.kind == WEB]
    answers = iter(notifier.outbound.post([_request(notifier, telling) for telling in web]) if web else [])
    return [
        _told(next(answers))
        if telling.device.kind == WEB
        else notifier.mobile.tell(telling.device.endpoint, telling.alert, topic_of(telling.alert.room))
        for telling in tellings
    ]


def _request(notifier: Notifier, telling: _Telling) -> OutboundRequest:
    device, alert = telling.device, telling.alert
    vapid = notifier.vapid()
    headers = (
        ("authorization", vapid.authorization(device.endpoint, notifier.clock.now_ms() // 1_000)),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
        ("ttl", str(TTL_S)),
        ("topic", topic_of(alert.room)),
        ("urgency", "high" if alert.urgent else "normal"),
    )
    body = encryption.encrypt(msgspec.json.encode(alert), device.p256dh, device.auth)
    return OutboundRequest(device.endpoint, headers, body)


def topic_of(room: str) -> str:
    """What a later alert of the room takes the place of: 32 characters of base64 for URLs (RFC 8030)."""
    return encryption.encode(hashlib.sha256(room.encode()).digest())[:32]


def _told(answer: OutboundAnswer) -> Told:
    if answer.ok:
        return Told.TAKEN
    if answer.status in GONE:
        return Told.GONE
    return Told.FAILED if answer.status in LATER else Told.REFUSED


def _settle(notifier: Notifier, telling: _Telling, told: Told) -> None:
    device, alert = telling.device, telling.alert
    signals.PUSHES.add(of=told.value)
    about = {"device": device.id, "kind": device.kind, "room": alert.room, "attempt": telling.attempt}
    if told is Told.GONE:
        notifier.book.remove(device.user, device.id)
        if device.kind != WEB:
            notifier.mobile.forget(device.endpoint)
    elif told is Told.FAILED and telling.attempt <= len(WAITS_S):
        again = Due(device.user, alert.room, device.id, telling.attempt + 1)
        notifier.queue.send([msgspec.json.encode(again)], delay_s=WAITS_S[telling.attempt - 1])
    elif told is not Told.TAKEN:
        logger.warning("push message not taken", extra=about)
