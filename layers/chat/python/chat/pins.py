"""Pins: messages that moderators keep in view, and the list of them."""

from __future__ import annotations

from chat import access, pages
from chat.delivery import deliver
from chat.errors import MessageDeletedError, NotAllowedError
from chat.messages import messages_for
from chat.ports import Delete, Item, Put, Sender
from chat.protocol import MAX_PINS, Author, Changed, ListPins, Pin, PinList, PinsChanged, encode
from chat.services import Services
from chat.storage import keys
from chat.storage.changes import Alteration
from chat.storage.messages import DELETED


def pin(services: Services, sender: Sender, command: Pin) -> Changed:
    """Pins or unpins a message and tells the room; a repeat changes and tells nothing. Moderators.

    Raises `MessageNotFoundError`, `MessageDeletedError`, and `NotAllowedError` for another one in a room that has
    `MAX_PINS`.
    """
    access.require_moderator(services, sender.user, command.room)
    now_ms = services.clock.now_ms()
    services.change_pace.require_below_limit(command.room, now_ms)
    full = not command.remove and len(services.changes.pinned(command.room, MAX_PINS)) == MAX_PINS

    def plan(entry: Item) -> Alteration | None:
        if entry["kind"] == DELETED:
            raise MessageDeletedError("This message is deleted.")
        if entry.get("pinned", False) is not command.remove:
            return None
        if full:
            raise NotAllowedError(f"A room has up to {MAX_PINS} pinned messages.")
        pk, sk = keys.pin(command.room, command.seq)
        row = Delete((pk, sk)) if command.remove else Put({"pk": pk, "sk": sk})
        what = "unpinned" if command.remove else "pinned"
        return Alteration(what, sender.user, sender.name, {"pinned": not command.remove}, [row])

    altered = services.changes.alter(command.room, command.seq, plan, now_ms)
    if altered.done:
        services.change_pace.observe(command.room, altered.rev, now_ms)
        by = Author(sender.user, sender.name)
        event = PinsChanged(room=command.room, seq=command.seq, rev=altered.rev, pinned=not command.remove, by=by)
        deliver(services.fanout, command.room, encode(event), except_connection=sender.connection, unless_tailed=True)
    version = altered.entry.get("version", 1)
    return Changed(room=command.room, seq=command.seq, version=version, rev=altered.rev)


def list_pins(services: Services, sender: Sender, command: ListPins) -> PinList:
    """The room's pinned messages as they stand, by number, as many as fit into a frame. Members only.

    Pins at the same moment may be one or two more than `MAX_PINS`: the list goes on.
    """
    access.require_member(services, sender.user, command.room)
    seqs = services.changes.pinned(command.room, MAX_PINS + 1, after=command.after or 0)
    entries = services.changes.read(command.room, seqs[:MAX_PINS]) if seqs else []
    kept = pages.oldest_fitting(messages_for(services, sender, entries))
    return PinList(messages=kept, after=kept[-1].seq if kept and len(kept) < len(seqs) else None)
