"""How long messages took from when they were stored to when they were posted, and what became of their posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from chat import exposures, signals
from chat.ports import Outcome

SLOW_MS = 500
"""What a message may take to most of those who follow its room: the objective, not the planner's aim."""

JOINED = "joined"
"""The path of messages that went out together, at the end of a window or because they waited for the same shard."""

Path = Literal["direct", "slices", "again"]
"""By which way a frame came to be posted; `again` is the second and every later attempt."""


class _Sent(msgspec.Struct):
    sent_at_ms: int


class _Event(msgspec.Struct):
    type: str = ""
    message: _Sent | None = None


_decoder: msgspec.json.Decoder[list[_Event] | _Event] = msgspec.json.Decoder(list[_Event] | _Event)


def posted(frame: bytes, outcomes: Iterable[Outcome], path: Path, now_ms: int) -> None:
    """One frame was posted to several connections. Counted are its messages, of which most frames have one, or none.

    Latency is taken once for each message, not for each connection: they all got it at the same time, nearly. Other
    frames count only where they could not be posted.
    """
    counted = Counter(outcomes)
    signals.DELIVERIES_GONE.add(counted[Outcome.GONE])
    signals.DELIVERIES_FAILED.add(counted[Outcome.FAILED] + counted[Outcome.TOO_LARGE])
    signals.REDELIVERIES.add(counted.total() if path == "again" else 0)
    if not (delivered := counted[Outcome.DELIVERED]):
        return
    ages_ms = _ages_ms(frame, now_ms)
    way = JOINED if len(ages_ms) > 1 and path != "again" else path
    signals.DELIVERIES.add(delivered * len(ages_ms), of=way)
    signals.DELIVERIES_SLOW.add(delivered * sum(age_ms > SLOW_MS for age_ms in ages_ms))
    for age_ms in ages_ms:
        signals.DELIVERY_LATENCY.observe(age_ms, of=way)
    exposures.delivered(ages_ms)


def _ages_ms(frame: bytes, now_ms: int) -> list[int]:
    """Of the frame's new messages; an edit is none. Whatever a frame is, measuring it fails nothing."""
    try:
        found = _decoder.decode(frame)
    except msgspec.MsgspecError:
        return []
    several = found if isinstance(found, list) else [found]
    return [max(0, now_ms - each.message.sent_at_ms) for each in several if each.type == "message" and each.message]
