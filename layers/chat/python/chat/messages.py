"""Messages: number and store one, deliver it, and page through a room's log."""

from __future__ import annotations

import msgspec

from chat.delivery import deliver
from chat.errors import InvalidFieldError
from chat.ports import Item, Sender
from chat.protocol import (
    MAX_REPLY_BYTES,
    Author,
    History,
    Media,
    Message,
    MessagePosted,
    ReadHistory,
    SendMessage,
    Sent,
    encode,
)
from chat.rooms import require_member
from chat.services import Services
from chat.storage.messages import Draft, Stored

ENVELOPE_BYTES = 1_000
"""What an ack takes besides the messages in it."""


def send(services: Services, sender: Sender, command: SendMessage) -> Sent:
    """Stores the text and then delivers it; the answer means that it is durable.

    A repeat of a stored command answers with the first one's number and is delivered once more to nobody.
    """
    if not command.text.strip():
        raise InvalidFieldError("`text` has nothing in it.")
    require_member(services, sender.user, command.room)
    stored = post(
        services,
        Draft(
            room=command.room,
            kind="text",
            user=sender.user,
            name=sender.name,
            text=command.text,
            command_id=command.id,
            sent_at_ms=services.clock.now_ms(),
        ),
        except_connection=sender.connection,
    )
    return Sent(room=command.room, seq=stored.seq, sent_at_ms=stored.sent_at_ms)


def post(services: Services, draft: Draft, *, except_connection: str | None = None) -> Stored:
    """Numbers, stores and delivers a message of somebody whose right to post was checked."""
    stored = services.messages.append(draft)
    if not stored.repeated:
        message = _message({"sk": stored.seq, **vars(draft)})
        deliver(
            services.fanout, draft.room, encode(MessagePosted(message=message)), except_connection=except_connection
        )
    return stored


def read_history(services: Services, sender: Sender, command: ReadHistory) -> History:
    """A page of the room's log, oldest first. Members only."""
    require_member(services, sender.user, command.room)
    items = services.messages.read(
        command.room, before=command.before, limit=command.limit, now_ms=services.clock.now_ms()
    )
    page = fitting([_message(item) for item in items])
    return History(
        room=command.room,
        messages=page,
        more=bool(page) and page[0].seq > 1,
    )


def fitting(page: list[Message]) -> list[Message]:
    """The newest messages of a page, oldest first, that fit into one frame together."""
    room_bytes = MAX_REPLY_BYTES - ENVELOPE_BYTES
    for at in range(len(page) - 1, -1, -1):
        room_bytes -= len(msgspec.json.encode(page[at])) + 1
        if room_bytes < 0:
            return page[at + 1 :]
    return page


def _message(item: Item) -> Message:
    user = item.get("user")
    media = item.get("media")
    return Message(
        room=item["room"],
        seq=int(item["sk"]),
        kind=item["kind"],
        author=Author(id=user, name=item["name"]) if user else None,
        text=item["text"],
        sent_at_ms=item["sent_at_ms"],
        command_id=item.get("command_id"),
        media=msgspec.convert(media, Media) if media else None,
    )
