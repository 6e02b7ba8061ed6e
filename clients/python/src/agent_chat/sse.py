"""Server-Sent Events, as the HTML standard has them. Pure: a text goes in, its events come out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINE_ENDS = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class StreamEvent:
    """One event, and the stream's id behind it. `data` is None where there is none: then only the id counts."""

    id: str
    data: str | None


@dataclass(frozen=True)
class StreamText:
    """All that a text holds. `retry_ms`: how long to wait before coming back, None where it does not say."""

    events: list[StreamEvent] = field(default_factory=list)
    retry_ms: int | None = None


def parse(text: str) -> StreamText:
    """The events of a text. An event that lacks its end, an empty line, is left out: it broke off.

    The names of events are not told: they are the type that is in each frame too.
    """
    events: list[StreamEvent] = []
    retry_ms: int | None = None
    last_id, seen_id, data = "", "", list[str]()
    for line in _LINE_ENDS.split(text.removeprefix("\ufeff"))[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data or seen_id != last_id:
                events.append(StreamEvent(seen_id, "\n".join(data) if data else None))
            last_id, data = seen_id, []
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            seen_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            retry_ms = int(value)
    return StreamText(events, retry_ms)
