"""Threads: which one a reply belongs to."""

from __future__ import annotations

from chat.errors import MessageNotFoundError
from chat.ports import Item
from chat.services import Services


def root_of(services: Services, room: str, reply_to: int) -> Item:
    """The message that names the thread of an answer to `reply_to`: that one itself, unless it is a reply.

    Raises `MessageNotFoundError`. A deleted message can be answered: its thread goes on. One or two consistent reads.
    """
    answered = services.messages.find(room, reply_to)
    root = services.messages.find(room, answered["thread"]) if answered and answered.get("thread") else answered
    if root is None:
        raise MessageNotFoundError("There is no message of the number in `reply_to`.")
    return root
