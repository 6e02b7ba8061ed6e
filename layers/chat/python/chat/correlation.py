"""Which frames or requests what happens now goes back to: ids that go with their consequences, queue after queue.

The id is the one that API Gateway gave the request, so its access log has it as well. It is never a client's word.
`chat.aws.causes` reads ids from events; queues, topics and rows carry them on.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

MOST = 10
"""Ids that are carried on together: as many as a batch of the delivery queue has bodies."""

ATTRIBUTE = "correlation"
"""Of messages in queues and on topics, and of rows whose stream is followed."""

_current: ContextVar[str] = ContextVar("correlation", default="")


def begin(ids: Iterable[str]) -> None:
    """From here on, what happens goes back to these; to nothing known where there are none."""
    distinct = dict.fromkeys(each for joined in ids for each in joined.split(",") if each)
    _current.set(",".join(list(distinct)[:MOST]))


def attribute() -> dict[str, str]:
    """What a row has of it, so that whoever reads the table's stream goes on with it; nothing where nothing is known.

    Some 30 bytes, for which no write unit is charged that the row would not need anyway.
    """
    return {ATTRIBUTE: ids} if (ids := current()) else {}


def current() -> str:
    """The ids, with commas; "" where nothing is known."""
    return _current.get()
