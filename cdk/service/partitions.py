"""Parts of tables that a grant can be for, by how their partition keys (`chat.storage.keys`) begin."""

from __future__ import annotations

TICKETS = "ticket#*"
"""In the table of connections: a function at the door may touch nothing else there."""

NONCES = "nonce#*"
"""In the table of connections: what a wallet's message is signed over."""

WORDS = "w#*"
"""The search index, in the table of messages: who keeps it may touch no message."""

REACTIONS, PINS = "x#*", "p#*"
"""As `WORDS`, of what is beside messages and comes and goes: whoever carries out commands may delete no message."""


TRACES, ACCOUNTS = "traces#*", "account#*"
"""In the table of rooms: what users have left where, and their jobs on it."""

ROOMS = "room#*"
"""In the table of rooms: what a room is, and who is in it."""

PUSH, DEVICES = "push#*", "device#*"
"""In the table of rooms: users' devices and when they were told of what, and whose each device is."""

AUDIT = "audit#*"
"""In the table of rooms: what operators did."""

SCALING, ANSWERS, ACKNOWLEDGED = "scaling#*", "answers#*", "alarms#*"
"""In the table of rooms: what operators changed, what they were answered, and who looks after which alarm."""

EDGE_LOGS = "edgelogs#*"
"""In the table of rooms: which logs of CloudFront's were counted."""

PURGES = "purges"
"""In the table of rooms: what caches were told to forget."""

MAINTENANCE = "maintenance"
"""In the table of rooms: how far jobs of maintenance are."""

COLOUR = "colour"
"""In the table of connections: on which stage of the API new sockets open."""

CANARY = "m#stage-canary#*"
"""In the table of messages: what the canary has said. It may remove nothing else."""

WEBHOOKS = "webhooks"
"""In the table of rooms: operators' endpoints."""

FLAGS = "flags"
"""In the table of rooms: who gets which variant of what is tried out."""

UPLOADS = "media#*"
"""In the table of rooms: the records of uploads."""


def only(*partitions: str) -> dict[str, dict[str, object]]:
    """The condition that restricts a statement to items of these partitions."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}}
