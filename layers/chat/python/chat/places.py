"""How far a client has come in rooms, as text: `general:117:9,lunch` in addresses and in the ids of events. Pure.

A place is ROOM[:SEQ[:REV]]: the newest message that the client has, and the newest change of one that it knows of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chat.errors import InvalidFieldError
from chat.storage.counters import Position

MAX_ROOMS = 20
"""Rooms that one stream follows."""

_NUMBER = "0|[1-9][0-9]{0,14}"
_PLACE = re.compile(rf"([a-z0-9][a-z0-9-]{{0,63}})(?::({_NUMBER})(?::({_NUMBER}))?)?")


@dataclass(frozen=True)
class Place:
    """What the client has of a room: messages up to `seq`, changes up to `rev`. None: it starts from now on."""

    seq: int | None = None
    rev: int | None = None


def parse(text: str) -> dict[str, Place]:
    """The rooms that a text names, each with the client's place in it.

    Raises `InvalidFieldError` for what is none, a room named twice, no room or more than `MAX_ROOMS`.
    """
    found: dict[str, Place] = {}
    for part in text.split(","):
        place = _PLACE.fullmatch(part)
        if place is None or place[1] in found:
            raise InvalidFieldError("Rooms are ROOM, ROOM:SEQ or ROOM:SEQ:REV, each once, with commas between them.")
        seq, rev = (int(number) if number else None for number in place.groups()[1:])
        found[place[1]] = Place(seq, rev)
    if len(found) > MAX_ROOMS:
        raise InvalidFieldError(f"One stream follows up to {MAX_ROOMS} rooms.")
    return found


def resume(rooms: Mapping[str, Place], last_event_id: str) -> dict[str, Place]:
    """The rooms, each from where the last event left it; an id's rooms that are not asked for any more are dropped.

    Raises `InvalidFieldError` for an id that is none of ours.
    """
    left = parse(last_event_id)
    return {room: left.get(room, place) for room, place in rooms.items()}


def event_id(positions: Mapping[str, Position]) -> str:
    """The id of an event behind which the client is at these positions."""
    return ",".join(f"{room}:{position.seq}:{position.rev}" for room, position in positions.items())
