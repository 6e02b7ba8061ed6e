"""Rooms, members and a few messages to look at, made as any client would make them.

Every command carries an id of its own and every room a name of its own, so that a second run changes nothing.
"""

from __future__ import annotations

from typing import Any

from local.client import Client, Refused

GENERAL = "general"
RANDOM = "random"
PRIVATE = "ada-and-grace"

ROOMS: tuple[dict[str, Any], ...] = (
    {"room": GENERAL, "title": "General", "kind": "public"},
    {"room": RANDOM, "title": "Random", "kind": "public"},
    {"room": PRIVATE, "title": "Ada and Grace", "kind": "private", "members": ["grace"]},
)
TALK: tuple[tuple[str, str, str], ...] = (
    ("Ada", GENERAL, "Welcome! Everything here runs on your own machine."),
    ("Grace", GENERAL, "The same templates go to AWS: `make deploy`."),
    ("Ada", GENERAL, "Open this page in a second window and sign in with another name."),
    ("Grace", RANDOM, "It's easier to ask forgiveness than it is to get permission."),
    ("Ada", RANDOM, "That brain of mine is something more than merely mortal, as time will show."),
    ("Ada", PRIVATE, "Only the two of us can read this."),
    ("Grace", PRIVATE, "Until somebody signs in as Grace, this being a demonstration."),
)


def create_demo(origin: str) -> bool:
    """Makes the rooms and their first messages; returns whether there was anything to make.

    `origin` is the page's. A room that already has messages is left as it is, whoever wrote them.
    """
    with Client(origin, "Ada") as ada, Client(origin, "Grace") as grace:
        authors = {"Ada": ada, "Grace": grace}
        empty = {room["room"] for room in ROOMS if enter(ada, room)["last_seq"] == 0}
        for room in empty - {PRIVATE}:
            grace.call("join", room=room)
        for number, (author, room, text) in enumerate(TALK):
            if room in empty:
                authors[author].call("send", command=f"demo-{number}", room=room, text=text)
    return bool(empty)


def enter(client: Client, room: dict[str, Any]) -> dict[str, Any]:
    """Creates the room, or enters it where it exists."""
    try:
        return client.call("create", command=f"demo-{room['room']}", **room)
    except Refused as refused:
        if refused.code != "room_exists":
            raise
        return client.call("join" if room["kind"] == "public" else "subscribe", room=room["room"])
